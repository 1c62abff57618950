"""Back ends: by what means values are read out of a running program."""

from enum import StrEnum


class BackEnd(StrEnum):
    """What reads the values."""

    GDB = "gdb"
    TRACEPOINTS = "gdbserver tracepoints"
    PYTHON_MONITORING = "sys.monitoring"
    PYTHON_SETTRACE = "sys.settrace"
