"""Running the reference and a candidate on the same flags, and the reference against itself."""
