"""Which side breaks which formula, what is a root, and which share of the final ratio is its own."""
