"""The part of a long log that stands for the whole of it, and what was counted in the whole."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING

from nbtrace.frozen import frozen
from nbtrace.records import Trace

if TYPE_CHECKING:
    from nbtrace.compare.precision import NumberFormat
    from nbtrace.compare.repeats import Repeat
    from nbtrace.compare.turn_columns import Columns


@frozen
class WholeLog:
    """What is known of all records of a log.

    Attributes
    ----------
    single : bool
        Whether its numbers are float32 values.
    formats : mapping of str to NumberFormat
        The number format of each family of its lines.
    blocks : int
        How many pixel blocks it has.
    sweeps : int
        How many sweeps have a step with a value that it is known by.
    repeats : tuple of Repeat
        The steps that repeat another one.
    turns : int
        How many different steps of a sweep its lines name; 0 where the records tell.
    apart : mapping of int to Columns
        Of pixel blocks, the numbers of steps that count although they stand in no record.
    """

    single: bool
    formats: Mapping[str, "NumberFormat"]
    blocks: int
    sweeps: int
    repeats: tuple["Repeat", ...]
    turns: int = 0
    apart: Mapping[int, "Columns"] = field(default_factory=dict)


@frozen
class Excerpt(Trace):
    """Some blocks of a log, complete.

    Attributes
    ----------
    whole : WholeLog or None
        What is known of the blocks that it leaves out; None of nothing but its own.
    """

    whole: WholeLog | None = None


def excerpt_of(trace: Trace, whole: WholeLog) -> Excerpt:
    """Return a trace with what is known of its whole log, which is then not worked out again."""
    held = {item.name: getattr(trace, item.name) for item in fields(Trace)}
    return Excerpt(**held, whole=whole)


def whole_of(trace: Trace) -> WholeLog | None:
    """Return what is known of the log that a trace stands for; None where it is the whole log."""
    return trace.whole if isinstance(trace, Excerpt) else None
