"""Pages of the words that are nanoBragg's: its causes, the defects of the reference."""

from importlib.resources import files

PAGES = files("nbtrace.physics.nanobragg") / "pages"
"""Their folder."""
