"""Errors of the simulator, and the exit status that each gives to ``python -m simulator``.

Every error says in one line what is wrong, where, and what to do.
"""


def shown(text: str) -> str:
    """Return a text as one printable line: control characters and what is not UTF-8 are escaped."""
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


class SimulatorError(Exception):
    """Base of every error that the simulator raises on purpose; its text is one line."""

    exit_status: int = 1

    def __init__(self, text: str) -> None:
        super().__init__(shown(text))


class ConfigurationError(SimulatorError):
    """The flags make no run: something is impossible or contradictory."""

    exit_status = 2


class MissingInputError(ConfigurationError):
    """There is no crystal, or there are no structure factors; the reference prints its usage and exits with 9."""

    exit_status = 9


class InputFileError(SimulatorError):
    """A file that the flags name is missing, unreadable or malformed."""

    exit_status = 3


class ResourceError(SimulatorError):
    """The machine cannot give what the run needs: memory, room on a disk, a place to write to."""

    exit_status = 5


class DependencyError(SimulatorError):
    """A package that the run needs is not installed, or does not load."""

    exit_status = 2
