"""What the gates of two images are called, for those that must know them without comparing images."""

GATES = frozenset({"finite", "variation", "scale", "sum ratio", "correlation", "worst pixels", "rounding"})
