"""Reading the blocks of a long log that diverge once more: which ones, and where in the log they are."""

from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.placing import ColumnPlacement

ROWS_AROUND = 16
"""Values before and after those that diverge that are read with them; a view shows fewer as context."""

ROWS_AROUND_STEPS = 5
"""The same of steps, which are shown with three: so many that what is read of two places is told apart."""


@dataclass(frozen=True, slots=True)
class ChunkMark:
    """What was known of a log before one of its chunks, and what is in it.

    Attributes
    ----------
    lines : int
        How many lines come before it.
    places : ColumnPlacement
        Where its first value belongs.
    last_block : int
        The block of its last value; that before its first one is in `places`.
    is_regular : bool
        Whether nothing in it is for the line reader, which remembers what it has read.
    """

    lines: int
    places: ColumnPlacement
    last_block: int
    is_regular: bool


@dataclass
class BlockSpread:
    """How many values of each block arrays compare, and in which blocks some of them diverge."""

    _first: list[int] = field(default_factory=list)
    _rows: list[Ints] = field(default_factory=list)
    _diverge: list[Flags] = field(default_factory=list)

    def add(self, first: int, both: Flags, over: Flags, per_block: int) -> None:
        """Add some values, shape (slots, cells): which ones both logs have, and which ones diverge."""
        rows = both.sum(axis=0).reshape(-1, per_block).sum(axis=1)
        diverge = over.any(axis=0).reshape(-1, per_block).any(axis=1)
        if self._first[-1:] != [first]:
            self._first.append(first)
            self._rows.append(np.zeros(rows.size, dtype=np.int32))
            self._diverge.append(np.zeros(rows.size, dtype=np.bool_))
        self._rows[-1] += rows.astype(np.int32)
        self._diverge[-1] |= diverge

    def near(self, aside: frozenset[int], least: int) -> Flags:
        """Return which blocks diverge or are set aside, or have some of the `least` values next to one that does."""
        ends = [first + rows.size for first, rows in zip(self._first, self._rows, strict=True)]
        size = max([1, *ends, *(block + 1 for block in aside)])
        rows, diverge = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
        for first, end, some, over in zip(self._first, ends, self._rows, self._diverge, strict=True):
            rows[first:end], diverge[first:end] = some, over
        diverge[list(aside)] = True
        before = np.concatenate([[0], np.cumsum(rows)])
        at = np.flatnonzero(diverge)
        low = np.maximum(np.searchsorted(before, before[at] - least, side="right") - 1, 0)
        high = np.minimum(np.searchsorted(before, before[at + 1] + least), size)
        edges = np.bincount(low, minlength=size + 1) - np.bincount(high, minlength=size + 1)
        near: Flags = np.cumsum(edges)[:size] > 0
        return near


@dataclass
class StepSpread(BlockSpread):
    """The same of the steps of sweeps, by the order in which they are compared."""

    _numbers: list[Ints] = field(default_factory=list)
    _before: int = 0

    def begin(self, numbers: Ints) -> None:
        """Note which steps are added next."""
        self._before += self._numbers[-1].size if self._numbers else 0
        self._numbers.append(numbers)

    def add(self, first: int, both: Flags, over: Flags, per_block: int) -> None:
        """Add some values of the steps that were noted last; see :meth:`BlockSpread.add`."""
        del first
        super().add(self._before, both, over, per_block)

    @property
    def numbers(self) -> Ints:
        """All steps in the order in which they were compared."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *self._numbers])

    def steps_near(self, given: Ints, least: int) -> Ints:
        """Return the steps that diverge or are given, and those that hold some of the `least` values next to one."""
        numbers = self.numbers
        near = self.near(frozenset(np.flatnonzero(np.isin(numbers, given)).tolist()), least)
        found: Ints = numbers[near[: numbers.size]]
        return found


@dataclass(frozen=True)
class ReadingAgain:
    """Some blocks of a log, read once more.

    Attributes
    ----------
    marks : tuple of ChunkMark
        Those of the first reading, which read as many bytes at a time.
    sweep_keys : dict of str to int
        The numbers of the keys of steps, to which the marks refer.
    wanted : array of bool, shape (blocks,)
        Which blocks are read.
    """

    marks: tuple[ChunkMark, ...]
    sweep_keys: dict[str, int]
    wanted: Flags

    def leaves_out(self, number: int) -> bool:
        """Whether nothing of a chunk is read."""
        if number >= len(self.marks):
            return False
        mark = self.marks[number]
        return mark.is_regular and not self.wanted[mark.places.block : mark.last_block + 1].any()

    def are_wanted(self, block: Ints) -> Flags:
        """Return which of some blocks are read; those that the first reading did not see are."""
        result: Flags = self.wanted[np.minimum(block, self.wanted.size - 1)] | (block >= self.wanted.size)
        return result
