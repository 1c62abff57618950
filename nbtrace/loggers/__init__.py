"""What prints trace lines from other people's programs: a C header, a Fortran module, a module of Python.

Each is one file that needs nothing of nbtrace. `nbtrace init-logging` writes them out; the one of Python is also what
`nbtrace.log` is.
"""

from enum import StrEnum
from pathlib import Path


class Language(StrEnum):
    """A language that there is a logger for."""

    C = "c"
    FORTRAN = "fortran"
    PYTHON = "python"


_FILES = {Language.C: "nbtrace.h", Language.FORTRAN: "nbtrace.f90", Language.PYTHON: "nbtrace_log.py"}


def logger_file(language: Language) -> Path:
    """Return the file that holds the logger for a language."""
    return Path(__file__).with_name(_FILES[language])
