"""The probes of nanoBragg that come with nbtrace."""

from pathlib import Path

PROBE_FILE = Path(__file__).with_name("probe_files") / "nanobragg.toml"
"""They name functions, loop variables and assigned variables of the program, and no line of it."""
