"""The numbers of the steps of long sweeps as columns, gathered as a log is read."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from nbtrace.compare.precision import LONG
from nbtrace.compare.scene import usable
from nbtrace.compare.turn_columns import ColumnKey, Columns, TurnColumn
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.printed_forms import are_float32
from nbtrace.longlogs.step_queue import STEP_BITS, StepPart, block_of, sample_of
from nbtrace.longlogs.windows import Slots, WindowPart
from nbtrace.vocabulary.quantity import Scope


@dataclass
class _Pieces:
    """The numbers of one quantity."""

    steps: list[Ints] = field(default_factory=list)
    numbers: list[Floats] = field(default_factory=list)
    half: list["np.ndarray[tuple[int, ...], np.dtype[np.int32]]"] = field(default_factory=list)
    single: list[Flags] = field(default_factory=list)
    long: list[Flags] = field(default_factory=list)


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
    _pieces: dict[str, _Pieces] = field(default_factory=dict)
    _halves: dict[float, int] = field(default_factory=dict)
    _usable: dict[int, bool] = field(default_factory=dict)

    def add(self, part: StepPart, rows_of: dict[int, Ints], digits: LastDigits) -> None:
        """Gather some rows of steps; `rows_of` are those of each slot.

        Raises
        ------
        NotColumnarError
            If a known quantity is of no sampled point.
        """
        before = np.zeros(0, dtype=np.int64)
        for slot, every in rows_of.items():
            some = every[part.numbers[every] < self.stop]
            rows = some[self._are_usable(part.part, some)]
            if not rows.size:
                continue
            steps = part.numbers[rows]
            before = steps = before if np.array_equal(before, steps) else steps
            pieces = self._pieces.setdefault(self.slots.quantity[slot], _Pieces())
            pieces.steps.append(steps)
            pieces.numbers.append(part.part.numbers[part.part.first[rows]])
            pieces.half.append(self._codes(digits.of(rows, np.zeros_like(rows)) / 2))
            single, long = _precision(part.part, rows)
            pieces.single.append(single)
            pieces.long.append(long)

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

    def _codes(self, halves: Floats) -> "np.ndarray[tuple[int, ...], np.dtype[np.int32]]":
        found, inverse = np.unique(halves, return_inverse=True)
        codes = [self._halves.setdefault(half, len(self._halves)) for half in found.tolist()]
        result: np.ndarray[tuple[int, ...], np.dtype[np.int32]] = np.array(codes, dtype=np.int32)[inverse.reshape(-1)]
        return result

    def by_block(self) -> dict[int, Columns]:
        """Return the columns of each block, and forget the pieces."""
        halves = np.array(list(self._halves), dtype=np.float64)
        result: dict[int, dict[ColumnKey, TurnColumn]] = {}
        shared: dict[int, Ints] = {}
        for name in list(self._pieces):
            pieces = self._pieces.pop(name)
            steps, numbers, half = (
                np.concatenate(pieces.steps),
                np.concatenate(pieces.numbers),
                np.concatenate(pieces.half),
            )
            single, long = np.concatenate(pieces.single), np.concatenate(pieces.long)
            del pieces
            sweeps = steps >> STEP_BITS
            ends = [0, *(np.flatnonzero(np.diff(sweeps)) + 1).tolist(), steps.size]
            for low, high in pairwise(ends):
                first, some = int(steps[low]), slice(low, high)
                ordinals = steps[some] - (first >> STEP_BITS << STEP_BITS)
                known = shared.setdefault(first >> STEP_BITS, ordinals)
                column = TurnColumn(
                    known if np.array_equal(known, ordinals) else ordinals,
                    numbers[some],
                    single[some],
                    halves,
                    half[some],
                    int(np.count_nonzero(long[some])),
                    int(np.count_nonzero(long[some] & single[some])),
                )
                key = ColumnKey(name, sample_of(first), self.slots.vocabulary.sweep or "")
                result.setdefault(block_of(first), {})[key] = column
        return dict(result)


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
