"""Errors of the simulator, and the exit status that each gives to ``python -m simulator``.

Every error says in one line what is wrong, where, and what to do.
"""


class SimulatorError(Exception):
    """Base of every error that the simulator raises on purpose."""

    exit_status: int = 9


class ConfigurationError(SimulatorError):
    """The flags make no run: something is missing, impossible or contradictory. The reference exits with 9 here too."""


class InputFileError(SimulatorError):
    """A file that the flags name is missing, unreadable or malformed."""

    exit_status = 3


class ResourceError(SimulatorError):
    """The machine cannot give what the run needs: memory, room on a disk, a place to write to."""

    exit_status = 5
