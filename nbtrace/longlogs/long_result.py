"""The result of a comparison of two long logs: the rows that stand for the rest, and the counts of all."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.divergence import Group, group_rows
from nbtrace.frozen import frozen
from nbtrace.longlogs.chunks import CHUNK
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.held_relations import Assumed
from nbtrace.longlogs.reading_again import ReadingAgain

if TYPE_CHECKING:
    from nbtrace.longlogs.turn_counts import TurnCounts


@frozen
class CountedGroup(Group):
    """The rows that stand for a quantity, with the counts of all of them."""

    total: int
    total_diverging: int

    @property
    def compared(self) -> int:
        """How many rows there are."""
        return self.total

    @property
    def diverging(self) -> int:
        """How many rows diverge."""
        return self.total_diverging


@dataclass(frozen=True, slots=True)
class LongReading:
    """How two long logs were read: what was assumed of C and Py, and the blocks that were compared as records.

    `again` tells how the blocks that diverge are read once more; `in_blocks` whether the traces hold whole blocks; else
    they hold some steps of their sweeps alone, and `steps` are the numbers of those that diverge, and of those next to
    them; `steps_aside` those of which every value is held as a record.
    """

    chunk: int
    assumed: tuple[Assumed, ...]
    aside: frozenset[int]
    in_blocks: bool = True
    again: tuple[ReadingAgain, ...] = ()
    steps: Ints | None = None
    steps_aside: frozenset[int] = frozenset()


@frozen
class LongDiffResult(DiffResult):
    """Two long traces compared; traces and rows are those of the blocks that stand for the rest.

    Attributes
    ----------
    counts : dict of str to (int, int)
        Values of each quantity that were compared, and those that diverge.
    reading : LongReading
        How the logs are read once more.
    whole : (int, int)
        Pixel blocks of C and of Py.
    turns : TurnCounts or None
        What was counted of the turns of a loop, where that was asked for.
    """

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    reading: LongReading = field(default=LongReading(CHUNK, (), frozenset()), compare=False, repr=False)
    whole: tuple[int, int] = (1, 1)
    turns: "TurnCounts | None" = field(default=None, compare=False, repr=False)

    @property
    def num_blocks(self) -> tuple[int, int]:
        """How many pixel blocks the whole logs have."""
        return self.whole

    @property
    def has_whole_blocks(self) -> bool:
        """Whether the traces hold all of the blocks that they hold anything of."""
        return self.reading.in_blocks

    @property
    def holds_every_row(self) -> bool:
        """Whether there is a row for every value that was compared: not of long logs."""
        return False

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The rows by quantity, in execution order, with the counts of the whole logs."""
        return tuple(
            CountedGroup(group.quantity, group.rows, group.first, group.worst, *self.counts[group.quantity])
            for group in group_rows(self.rows)
        )
