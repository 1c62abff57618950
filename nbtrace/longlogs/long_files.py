"""Which logs are long enough to be read by columns."""

import os
from pathlib import Path

from nbtrace.parsers.binary_traces import begins_binary
from nbtrace.parsers.given_logs import Log

PAYING = 300_000
"""Bytes of a log from which on columns are faster; commands, which print what stands for the rest, read them so."""

LONG = 2_000_000
"""Bytes of a log from which on results of the library, too, hold only the rows that stand for the rest."""


def are_long(*logs: str | os.PathLike[str], least: int | None = None) -> bool:
    """Return whether logs have more bytes than that, on average; by default :data:`LONG`.

    What is no file is read once, in order.
    """
    paths = [Path(log) for log in logs]
    if not all(path.is_file() for path in paths) or any(map(begins_binary, paths)):
        return False
    return sum(path.stat().st_size for path in paths) > (LONG if least is None else least) * len(paths)


def long_names(first: Log, second: Log, least: int | None = None) -> tuple[str, str] | None:
    """Return the names of two logs that are long; None where one is a trace or an open file, or they are short."""
    if not isinstance(first, str | os.PathLike) or not isinstance(second, str | os.PathLike):
        return None
    return (os.fspath(first), os.fspath(second)) if are_long(first, second, least=least) else None
