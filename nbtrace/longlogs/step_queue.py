"""The steps of long sweeps, taken out of the columns of a log as it is read."""

from collections import deque
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.templates import TemplateKind
from nbtrace.longlogs.windows import CellLoop, Kept, SideStream, WindowPart, loop_of
from nbtrace.records import Record

_MOST_BLOCKS = 4000
_MOST_WAITING = 2000
"""Turns that are noted before they are put among the others."""
STEP_BITS = 31
AFTER_ALL = (1 << 63) - 1
"""A number beyond that of every step."""


def number_of(block: int, sample: int, step: int) -> int:
    """Return the number of a step: steps in the order of a log have ascending numbers.

    Raises
    ------
    NotColumnarError
        If there are too many blocks, samples or steps for it.
    """
    if not (0 <= block < _MOST_BLOCKS and 0 <= sample < SWEEPS_OF_A_BLOCK and 0 <= step < 1 << STEP_BITS):
        raise NotColumnarError("too many turns of loops")
    return numbers_of(block, sample, step)


@overload
def numbers_of(block: int, sample: int, step: int) -> int: ...
@overload
def numbers_of(block: Ints, sample: Ints, step: Ints) -> Ints: ...
def numbers_of(block: Ints | int, sample: Ints | int, step: Ints | int) -> Ints | int:
    """Return the number of a step, or those of many, as :func:`number_of` does, which are known not to be too many."""
    return ((block * SWEEPS_OF_A_BLOCK + sample) << STEP_BITS) + step


def first_of(block: int) -> int:
    """Return the number of the first step that a block may have."""
    return number_of(block, 0, 0) if block < _MOST_BLOCKS else AFTER_ALL


def distinct(*numbers: Ints) -> Ints:
    """Return the different ones of some numbers, most of which stand in ascending order, in that order."""
    every = np.sort(np.concatenate(numbers), kind="stable")
    found: Ints = every[np.concatenate([[True], every[1:] != every[:-1]])[: every.size]]
    return found


def _are_among(numbers: Ints, others: Ints) -> Flags:
    """Return which numbers are among others, which ascend."""
    at = np.minimum(np.searchsorted(others, numbers), others.size - 1)
    found: Flags = others[at] == numbers if others.size else np.zeros(numbers.shape, dtype=np.bool_)
    return found


@dataclass
class DistinctTurns:
    """The different turns of some steps."""

    _found: list[Ints] = field(default_factory=lambda: [np.zeros(0, dtype=np.int64)])

    def add(self, steps: Ints) -> None:
        """Note those of some steps."""
        self._found.append(distinct(steps & (1 << STEP_BITS) - 1))
        if sum(turns.size for turns in self._found[1:]) > self._found[0].size + _MOST_WAITING:
            self._found = [distinct(*self._found)]

    def all(self) -> Ints:
        """Return them all, in order."""
        return distinct(*self._found)


def step_of(record: Record, sweep: str | None) -> int | None:
    """Return the number of the step that a value is of, None for a value of no step.

    Raises
    ------
    NotColumnarError
        If it is of another loop, too, or there are too many turns.
    """
    step = record.index.ordinal(sweep)
    if step is None:
        return None
    if record.known is not None and loop_of(record.known) is not CellLoop.STEP:
        raise NotColumnarError("a value of another loop in the line of a step")
    return number_of(record.index.block, record.index.sample, step)


def block_of(number: int) -> int:
    """Return the block of a step."""
    return (number >> STEP_BITS) // SWEEPS_OF_A_BLOCK


def sample_of(number: int) -> int:
    """Return the sampled point of a step."""
    return (number >> STEP_BITS) % SWEEPS_OF_A_BLOCK


@dataclass(frozen=True, slots=True)
class StepPart:
    """The values of some steps of one log.

    Attributes
    ----------
    part : WindowPart
    numbers : array of int64, shape (n,)
        The step of each of its values.
    odd : list of (int, Record)
        Values from irregular lines, and their steps.
    """

    part: WindowPart
    numbers: Ints
    odd: list[tuple[int, Record]]

    def all_numbers(self) -> Ints:
        """Return the steps that it has a value of, in ascending order."""
        odd = np.array([number for number, _ in self.odd], dtype=np.int64)
        return distinct(self.numbers, odd)

    def kept(self, wanted: set[int]) -> dict[int, Kept]:
        """Return the values of some steps, without holding the rest in memory."""
        by_step = {number: Kept() for number in sorted(wanted)}
        first = 0
        for columns, low, high in self.part.pieces:
            own = self.numbers[first : first + high - low]
            ends = np.searchsorted(own, [*by_step, *(number + 1 for number in by_step)]) + low
            for kept, start, stop in zip(by_step.values(), *ends.reshape(2, -1).tolist(), strict=True):
                if stop > start:
                    kept.columns.append(columns.part(start, stop))
            first += high - low
        for number, record in self.odd:
            if number in by_step:
                by_step[number].odd.append(record)
        return by_step


@dataclass
class StepQueue:
    """The steps of one log that were read and not yet cut.

    Attributes
    ----------
    sweep : str
        The loop of which each line names another turn.
    last : int
        The last step that was taken.
    turns : set of int
        The steps that irregular lines name.
    wanted : array of int64 or None
        The steps, in ascending order, of which regular lines are kept; by default all.
    """

    sweep: str
    wanted: Ints | None = None
    last: int = -1
    turns: set[int] = field(default_factory=set)
    _read: deque[tuple[Columns, Ints, list[int], list[tuple[int, Record]]]] = field(default_factory=deque)
    _pending: list[tuple[Columns, Ints, int]] = field(default_factory=list)
    _odd: list[tuple[int, Record]] = field(default_factory=list)
    _of_step: list[bool] = field(default_factory=list)

    def without_steps(self, columns: Columns) -> Columns:
        """Return the values that are of no step, and keep the others; called where the log is read.

        Raises
        ------
        NotColumnarError
            If the steps do not come in their order, or a value of another kind is printed in them.
        """
        self._of_step += map(self._is_of_step, columns.kinds[len(self._of_step) :])
        of_step = np.array(self._of_step)[columns.kind] if columns.kind.size else columns.kind > 0
        odd = [(step_of(record, self.sweep), record) for record in columns.odd]
        rows = np.flatnonzero(of_step)
        block, sample, step = columns.block[rows], columns.sample[rows], columns.step[rows]
        if step.size:
            number_of(int(block.max()), int(sample.max()), int(step.max()))
        numbers = numbers_of(block, sample, step)
        if (np.diff(numbers) < 0).any():
            raise NotColumnarError("steps in another order")
        ends = [*numbers[:1].tolist(), *numbers[-1:].tolist()]
        if self.wanted is not None:
            near = _are_among(numbers, self.wanted)
            rows, numbers = rows[near], numbers[near]
        steps = columns.some(rows) if columns.odd or rows.size < columns.kind.size else columns
        self._read.append((steps, numbers, ends, [(number, record) for number, record in odd if number is not None]))
        return columns.some(np.flatnonzero(~of_step), tuple(record for number, record in odd if number is None))

    def _is_of_step(self, kind: TemplateKind) -> bool:
        if kind.sweep is None:
            return False
        if kind.known is not None and loop_of(kind.known) is not CellLoop.STEP:
            raise NotColumnarError("a value of another loop in the line of a step")
        return True

    def take(self) -> None:
        """Take what has been read.

        Raises
        ------
        NotColumnarError
            If the steps do not come in their order.
        """
        while self._read:
            columns, numbers, ends, odd = self._read.popleft()
            every = [*ends, *(number for number, _ in odd)]
            if every and min(every) < self.last:
                raise NotColumnarError("steps in another order")
            self.last = max([self.last, *every])
            self.turns.update(number & (1 << STEP_BITS) - 1 for number, _ in odd)
            self._odd += odd
            if numbers.size:
                self._pending.append((columns, numbers, 0))

    def stop_within(self, most: int) -> int:
        """Return a step before which there are about so many values that were not cut before."""
        if not self._pending:
            return AFTER_ALL
        _, numbers, low = self._pending[0]
        return int(numbers[min(low + most, numbers.size) - 1]) + 1

    def cut(self, stop: int, stream: SideStream) -> StepPart:
        """Return the values of all steps below `stop` that were not cut before."""
        pieces, own, rest = [], [np.zeros(0, dtype=np.int64)], []
        for columns, numbers, low in self._pending:
            high = int(np.searchsorted(numbers, stop))
            if high > low:
                pieces.append((columns, low, high))
                own.append(numbers[low:high])
            if high < numbers.size:
                rest.append((columns, numbers, high))
        self._pending = rest
        odd = [item for item in self._odd if item[0] < stop]
        self._odd = [item for item in self._odd if item[0] >= stop]
        return StepPart(stream.joined(pieces, [record for _, record in odd]), np.concatenate(own), odd)
