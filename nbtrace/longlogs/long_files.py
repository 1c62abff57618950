"""Which logs are long enough to be read by columns."""

import os
from pathlib import Path

from nbtrace.parsers.binary_traces import begins_binary

LONG = 2_000_000
"""Bytes of a log from which on columns pay."""


def are_long(*logs: str | os.PathLike[str]) -> bool:
    """Return whether logs are together long enough for columns; what is no file is read once, in order."""
    paths = [Path(log) for log in logs]
    if not all(path.is_file() for path in paths) or any(map(begins_binary, paths)):
        return False
    return sum(path.stat().st_size for path in paths) > LONG * len(paths)
