"""How a program is started that is captured from: what it is, and what it reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MOST_WRITTEN = 2**35
"""Bytes that a program may write to one file, so that one that never stops does not fill a disk."""


@dataclass(frozen=True)
class Streams:
    """Files for what a program reads and writes."""

    stdin: Path
    stdout: Path
    stderr: Path


@dataclass(frozen=True)
class Launch:
    """A program that is to be captured from.

    Attributes
    ----------
    program : Path
        Whole path.
    arguments : tuple of str
    folder : Path
        Where it runs.
    work : Path
        Where gdb's own files go.
    seconds : float or None
        Time limit.
    variables : mapping of str to str
        What its environment has besides that of this process.
    """

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    work: Path
    seconds: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
