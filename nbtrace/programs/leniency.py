"""The word among the reference's flags that asks for a lenient reading of them."""

LENIENT = "--lenient"
"""Ignore what the reference ignores, with a warning each; no word of the reference's."""
