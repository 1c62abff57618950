"""Exit codes, and the errors that carry them.

Every error says in one line what is wrong, where, and what to do; the command line prints that line and exits with
the error's code. Library callers catch :class:`NbtraceError` or one of its kinds.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; scripts and CI rely on the numbers."""

    AGREE = 0
    DIFFER = 1
    USAGE = 2
    INPUT = 3
    MISMATCH = 4
    PROGRAM = 5
    PERTURBED = 6
    INCOMPLETE = 7
    BROKEN = 70
    """nbtrace itself is at fault: there is a traceback, and no answer."""


class NbtraceError(Exception):
    """Base of every error that nbtrace raises on purpose."""

    exit_code: ExitCode = ExitCode.USAGE


class UsageError(NbtraceError):
    """The call makes no sense as it stands: a bad option, a bad policy file, an output that already exists."""


class InputError(NbtraceError):
    """An input is missing, unreadable, or holds nothing that can be compared."""

    exit_code = ExitCode.INPUT


class MismatchError(NbtraceError):
    """Two inputs have shapes or geometries that exclude each other."""

    exit_code = ExitCode.MISMATCH


class ProgramError(NbtraceError):
    """A program that nbtrace started failed; the message holds its own exit status."""

    exit_code = ExitCode.PROGRAM


class PerturbedError(NbtraceError):
    """A program gives other output while values are captured from it, or another build of it does: no trace of it."""

    exit_code = ExitCode.PERTURBED


class IncompleteError(NbtraceError):
    """A value that was to be captured cannot be had, or a probe was never reached; the message holds the remedy."""

    exit_code = ExitCode.INCOMPLETE
