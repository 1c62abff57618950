"""What a back end gives: how the program ended, and what was read of it and written into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.hits import Arrivals, Hit
from nbtrace.evidence.program import ProgramRun


@dataclass(frozen=True)
class InjectedWrite:
    """What stood in a quantity before a value was written over it, and after."""

    write: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class BackEndRun:
    """A run of a program whose values were read: by gdb, or in a Python program.

    Attributes
    ----------
    run : ProgramRun
        How the program ended, and how long it took together with what read the values.
    hits : tuple of Hit
    counts : mapping of int to int
        Hits of each probe by its number.
    unread : mapping of int to str
        Why a value of a probe could not be read.
    seen : tuple of bool
        Of each selected loop whether its turn came.
    forks : int
        Processes that the program started, or that they did, in which it ran itself and no value was read.
    flooded : bool
        There were more hits than are taken.
    width : int or None
        Pixels of the image along its fast axis.
    written : tuple of InjectedWrite
    version : str
        That of gdb, or of Python.
    producer : str
        The compiler, as the debug information names it.
    arrivals : mapping of int to tuple of (tuple of int, int)
        Of each probe what the expressions of its `when` were where its place was reached, and how often.
    back_end : BackEnd
        What read the values.
    """

    run: ProgramRun
    hits: tuple[Hit, ...]
    counts: Mapping[int, int]
    unread: Mapping[int, str]
    seen: tuple[bool, ...]
    forks: int
    flooded: bool
    width: int | None
    written: tuple[InjectedWrite, ...]
    version: str
    producer: str
    arrivals: Arrivals
    back_end: BackEnd = BackEnd.GDB
