"""The panels that the help is grouped in: of commands by what they are for, of options by what they are about."""

COMPARE = "Compare"
EXPLAIN = "Explain"
RUN = "Run"
EVIDENCE = "Evidence"
"""Panels of commands."""

OUTPUT = "Output"
TOLERANCE = "Tolerance"
PIXELS = "Pixels"
SIMULATOR = "Simulator"
PROGRAMS = "Programs"
"""Panels of options; what stands in none of them is told first."""
