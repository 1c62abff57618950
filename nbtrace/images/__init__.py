"""Images: pixels with where they came from, and the files that hold them."""
