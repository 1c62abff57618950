"""Why two images differ: runs of a simulator held against each, and their ratio as a product of known factors."""
