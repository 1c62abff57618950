"""The numbers of the steps of long sweeps as columns, gathered as a log is read."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from nbtrace.compare.precision import LONG
from nbtrace.compare.scene import usable
from nbtrace.compare.turn_columns import ColumnKey, Columns, TurnColumn
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.grown_arrays import GrownArray
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.printed_forms import are_float32
from nbtrace.longlogs.step_queue import STEP_BITS, StepPart, block_of, sample_of
from nbtrace.longlogs.windows import Slots, WindowPart
from nbtrace.vocabulary.quantity import Scope

_SINGLE, _LONG = 1, 2
"""Marks of a number: it is a float32 value; it has enough digits to tell single from double precision."""

_SMALL = 255
"""The largest code of a byte; most logs print fewer different last digits."""


def _bytes() -> GrownArray:
    return GrownArray(np.uint8)


@dataclass
class _Gathered:
    """The numbers of one quantity, codes of their last digits, marks; their steps where those are its own."""

    numbers: GrownArray = field(default_factory=lambda: GrownArray(np.float64))
    half: GrownArray = field(default_factory=_bytes)
    marks: GrownArray = field(default_factory=_bytes)
    steps: GrownArray | None = None

    def add(self, numbers: Floats, half: Ints, marks: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> None:
        """Gather some more."""
        if self.half.dtype == np.uint8 and half.max(initial=0) > _SMALL:
            self.half = self.half.widened(np.int32)
        self.numbers.add(numbers)
        self.half.add(half)
        self.marks.add(marks)


@dataclass
class _Steps:
    """The steps of all quantities: those of the first one, with which others begin, and what they have instead."""

    leader: str = ""
    shared: GrownArray = field(default_factory=lambda: GrownArray(np.int64))
    _begun: int = 0
    _last: Ints | None = None

    def begin(self) -> None:
        """Go on to the next rows, of which those of the leader come first."""
        self._last = None

    def add(self, name: str, own: _Gathered, steps: Ints) -> None:
        """Add the steps of more numbers of a quantity."""
        self.leader = self.leader or name
        if name == self.leader:
            self._begun, self._last = self.shared.size, steps
            self.shared.add(steps)
            return
        if own.steps is None:
            in_step = self._last is not None and own.numbers.size == self._begun
            if in_step and self._last is not None and np.array_equal(self._last, steps):
                return
            own.steps = self.shared.begun(own.numbers.size)
        own.steps.add(steps)


@dataclass
class StepColumns:
    """The numbers of steps that stand in no record, of the first blocks.

    Attributes
    ----------
    slots : Slots
    stop : int
        The step from which on none are gathered.
    """

    slots: Slots
    stop: int
    _gathered: dict[str, _Gathered] = field(default_factory=dict)
    _steps: _Steps = field(default_factory=_Steps)
    _halves: dict[float, int] = field(default_factory=dict)
    _usable: dict[int, bool] = field(default_factory=dict)

    def add(self, part: StepPart, rows_of: dict[int, Ints], digits: LastDigits) -> None:
        """Gather some rows of steps; `rows_of` are those of each slot.

        Raises
        ------
        NotColumnarError
            If a known quantity is of no sampled point.
        """
        self._steps.begin()
        quantities = self.slots.quantity
        for slot in sorted(rows_of, key=lambda slot: quantities[slot] != self._steps.leader):
            every = rows_of[slot]
            some = every[part.numbers[every] < self.stop]
            rows = some[self._are_usable(part.part, some)]
            if not rows.size:
                continue
            gathered = self._gathered.setdefault(quantities[slot], _Gathered())
            self._steps.add(quantities[slot], gathered, part.numbers[rows])
            half = self._codes(digits.of(rows, np.zeros_like(rows)) / 2)
            gathered.add(part.part.numbers[part.part.first[rows]], half, _marks(part.part, rows))

    def _are_usable(self, part: WindowPart, rows: Ints) -> Flags:
        """Return which rows hold a value that formulas see."""
        kinds = part.kind[rows]
        for kind, first in zip(*np.unique(kinds, return_index=True), strict=True):
            if int(kind) not in self._usable:
                record = part.record(int(rows[first]))
                self._usable[int(kind)] = usable(self.slots.vocabulary, record)
                if self._usable[int(kind)] and record.scope is not Scope.POINT:
                    raise NotColumnarError("a value of a step that is of no sampled point")
        known = np.zeros(int(kinds.max(initial=0)) + 1, dtype=np.bool_)
        known[[kind for kind, is_usable in self._usable.items() if is_usable and kind < known.size]] = True
        result: Flags = known[kinds]
        return result

    def _codes(self, halves: Floats) -> Ints:
        found, inverse = np.unique(halves, return_inverse=True)
        codes = [self._halves.setdefault(half, len(self._halves)) for half in found.tolist()]
        result: Ints = np.array(codes, dtype=np.int64)[inverse.reshape(-1)]
        return result

    def by_block(self) -> dict[int, Columns]:
        """Return the columns of each block, and forget what was gathered."""
        halves = np.array(list(self._halves), dtype=np.float64)
        result: dict[int, dict[ColumnKey, TurnColumn]] = {}
        every: Ints = self._steps.shared.taken()
        shared: dict[int, Ints] = {}
        for name in list(self._gathered):
            gathered = self._gathered.pop(name)
            numbers, half, marks = gathered.numbers.taken(), gathered.half.taken(), gathered.marks.taken()
            steps = every[: numbers.size] if gathered.steps is None else gathered.steps.taken()
            del gathered
            sweeps = steps >> STEP_BITS
            ends = [0, *(np.flatnonzero(np.diff(sweeps)) + 1).tolist(), steps.size]
            del sweeps
            for low, high in pairwise(ends):
                first, some = int(steps[low]), slice(low, high)
                ordinals = steps[some] - (first >> STEP_BITS << STEP_BITS)
                known = shared.setdefault(first >> STEP_BITS, ordinals)
                single, long = (marks[some] & _SINGLE) != 0, (marks[some] & _LONG) != 0
                column = TurnColumn(
                    known if np.array_equal(known, ordinals) else ordinals,
                    numbers[some],
                    single,
                    halves,
                    half[some],
                    int(np.count_nonzero(long)),
                    int(np.count_nonzero(long & single)),
                )
                key = ColumnKey(name, sample_of(first), self.slots.vocabulary.sweep or "")
                result.setdefault(block_of(first), {})[key] = column
        return dict(result)


def _marks(part: WindowPart, rows: Ints) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Return the marks of values."""
    single, long = _precision(part, rows)
    marks: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = (single * _SINGLE + long * _LONG).astype(np.uint8)
    return marks


def _precision(part: WindowPart, rows: Ints) -> tuple[Flags, Flags]:
    """Return which values are float32 ones, and which have enough digits to tell single from double precision."""
    assert part.figures is not None  # noqa: S101 - readers of what is checked tell them
    at, figures = part.first[rows], part.figures
    numbers = np.concatenate(
        [columns.numbers[columns.offset[low] : columns.offset[high]] for columns, low, high in part.pieces]
    )[at]
    plain = figures.mantissa[at]
    for power in (8, 4, 2, 1):
        ends = (plain != 0) & (plain % 10**power == 0)
        plain[ends] //= 10**power
    return are_float32(numbers, figures, at), plain >= 10**LONG
