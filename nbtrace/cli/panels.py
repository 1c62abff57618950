"""The panels that the help is grouped in: of commands by what they are for, of options by what they are about."""

COMPARE = "Compare"
EXPLAIN = "Explain"
RUN = "Run"
EVIDENCE = "Evidence"
"""Panels of commands, in the order of the help."""

COMMANDS = {
    "diff": COMPARE,
    "phi": COMPARE,
    "steps": COMPARE,
    "scaling": COMPARE,
    "images": COMPARE,
    "compare": COMPARE,
    "explain": EXPLAIN,
    "check": EXPLAIN,
    "selftest": EXPLAIN,
    "capture": RUN,
    "harness": RUN,
    "simulate": RUN,
    "sweep": RUN,
    "trust": RUN,
    "lint": RUN,
    "init-logging": RUN,
    "demo": RUN,
    "bundle": EVIDENCE,
    "report": EVIDENCE,
    "schema": EVIDENCE,
    "vocabulary": EVIDENCE,
}
"""The panel of each command, in the order in which the help lists them."""

OUTPUT = "Output"
TOLERANCE = "Tolerance"
PIXELS = "Pixels"
SIMULATOR = "Simulator"
PROGRAMS = "Programs"
"""Panels of options; what stands in none of them is told first."""
