"""The compared values of two logs with long sweeps in execution order, the steps near divergences read once more.

What is of no step, and what arrays could not compare, is there as records, and takes its place among the steps.
"""

from bisect import bisect_left
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from nbtrace.compare.align import ExecutionOrder, place_of
from nbtrace.compare.judge import Row
from nbtrace.compare.judged_columns import BANDS
from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK
from nbtrace.longlogs.aligned_rows import RowTexts, in_order
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.step_queue import AFTER_ALL, STEP_BITS, StepPart, StepQueue, distinct, first_of, step_of
from nbtrace.longlogs.step_windows import STEP_VALUES, TURN, StepWindow, step_window
from nbtrace.longlogs.tally import Tally
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.longlogs.windows import ENDLESS, CellLoop, SideStream, Slots, WindowPart, as_single_numbers
from nbtrace.records import Index, Record, Trace

_BOTH = 2

_Key: TypeAlias = tuple[int, tuple[int, ...], int, int, int, float, tuple[int, ...], int]
"""By what rows are sorted: the place in the order of execution, and C's line."""


def are_steps_shown(result: LongDiffResult) -> bool:
    """Whether the rows near divergences are found without the steps that are far from any.

    The traces must hold all that is of no step, and steps stand together in the order of execution.
    """
    whole = (len(result.c.blocks), len(result.py.blocks)) == result.num_blocks
    if result.reading.steps is None or not whole:
        return False
    order = ExecutionOrder(result.c.vocabulary, (*result.c.records, *result.py.records))
    return all(_is_beside_its_step(row, order, result.c.vocabulary.sweep) for row in result.rows)


def _is_beside_its_step(row: Row, order: ExecutionOrder, sweep: str | None) -> bool:
    """Whether a value stands with all else of its step, one of no step between none."""
    index = row.c.index
    step = index.ordinal(sweep)
    _, unnamed, phase, sample, outer, *_ = order.of(row.quantity, row.index)
    if step is None:
        return outer < 0
    return (any(unnamed), phase, sample, outer) == (False, 1, index.sample, step)


class _StepLog:
    """One of the two logs, of which some steps are read."""

    def __init__(self, trace: Trace, chunk: int, slots: Slots, executor: Executor, wanted: Ints) -> None:
        reader = reader_of(trace, chunk, with_figures=True)
        self.steps = StepQueue(slots.vocabulary.sweep or "", wanted)
        self.stream = SideStream(reader, slots, executor, map(self.steps.without_steps, reader.chunks()))

    @property
    def complete(self) -> int:
        """The step before which all have been read."""
        return max(self.steps.last, first_of(max(self.stream.last_block, 0)))

    def advance(self) -> None:
        """Read on; what is of no step is let go."""
        self.stream.advance()
        self.stream.cut(ENDLESS)
        self.steps.take()


@dataclass
class _StepRows:
    """Some steps in execution order, and rows that are records; each array has shape (n,).

    `code` is the number of a label, or of a row of `own`, whose `c_row` is −1; `step` the turn that the label tells.
    """

    parts: tuple[WindowPart, WindowPart]
    own: list[Row]
    labels: tuple[list[str], list[str]]
    code: Ints
    step: Ints
    c_row: Ints
    py_row: Ints
    status: Ints
    diverge: Flags

    def texts(self, which: Ints) -> RowTexts:
        """Return some rows."""
        code, c_row, status = self.code[which], self.c_row[which], self.status[which]
        of_label = np.where(c_row < 0, 0, code)
        begins, ends = (np.array(texts, dtype=np.object_)[of_label].tolist() for texts in self.labels)
        labelled = zip(begins, self.step[which].tolist(), ends, strict=True)
        texts = RowTexts(
            [f"{begin}{step}{end}" for begin, step, end in labelled],
            self.parts[0].value_texts(c_row),
            self.parts[1].value_texts(np.where(status > 0, self.py_row[which], -1)),
            [BANDS[number] for number in status.tolist()],
        )
        for at in np.flatnonzero(c_row < 0).tolist():
            row = self.own[code[at]]
            texts.labels[at], texts.statuses[at] = row.label, row.status
            texts.c[at], texts.py[at] = row.c.value.text, row.py.value.text
        return texts


@dataclass
class StepReading:
    """The second reading of two logs with long sweeps, with what the first one found."""

    result: LongDiffResult
    _begins: list[str] = field(default_factory=lambda: [""])
    _ends: list[str] = field(default_factory=lambda: [""])
    _codes: dict[tuple[int, int], int] = field(default_factory=dict)
    _places: dict[int, tuple[Index, tuple[float, tuple[int, ...]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        result = self.result
        self._sweep = result.c.vocabulary.sweep or ""
        self._order = ExecutionOrder(result.c.vocabulary, (*result.c.records, *result.py.records))
        self._slots = Slots(result.c.vocabulary)
        self._tally = Tally(result.policy, ())
        numbers = ((step_of(row.c, self._sweep), row) for row in result.rows)
        own = [row for number, row in numbers if number is None or number in result.reading.steps_aside]
        keyed = (((*self._order.of(row.quantity, row.index), row.c.line), row) for row in own)
        self._own = sorted(keyed, key=lambda item: item[0])

    def windows(self) -> Iterator[_StepRows]:
        """Yield the rows of each window."""
        reading, result = self.result.reading, self.result
        assert reading.steps is not None  # noqa: S101 - of logs with long sweeps
        wanted = np.setdiff1d(reading.steps, np.array(sorted(reading.steps_aside), dtype=np.int64))
        with ThreadPoolExecutor(_BOTH) as executor:
            logs = [_StepLog(trace, reading.chunk, self._slots, executor, wanted) for trace in (result.c, result.py)]
            for parts in _steps_of(logs):
                numbers = distinct(*(part.numbers for part in parts))
                if numbers.size:
                    with as_single_numbers():
                        streams = [log.stream for log in logs]
                        rows = self._rows(step_window(streams, self._slots, parts, numbers, reading.assumed))
                    yield rows
            nothing = logs[0].stream.cut(0), logs[1].stream.cut(0)
        yield self._with_own(nothing, np.zeros((6, 0), dtype=np.int64), len(self._own))

    def _rows(self, window: StepWindow) -> _StepRows:
        loops = CellLoop.STEP, CellLoop.BLOCK  # the second one has what no vocabulary knows
        found = [columns for loop in loops for columns in self._compared(loop, window)]
        parts = window.sides[0].part, window.sides[1].part
        columns = np.concatenate([np.zeros((5, 0), dtype=np.int64), *found], axis=1)
        slot, number, c_row, *_ = columns
        code, rank = self._coded(slot, number, parts[0], c_row)
        order = in_order(np.stack([number, rank, c_row]))
        every = np.stack([code, *columns])[:, order]
        return self._with_own(parts, every, self._own_before(parts[0], every))

    def _compared(self, loop: CellLoop, window: StepWindow) -> Iterator[Ints]:
        """Yield the values of a loop: slot, step, row of C, row of Py, status."""
        tables = [side.tables[loop] for side in window.sides]
        both = (tables[0] >= 0) & (tables[1] >= 0)
        for size in (1, 3):
            some = np.flatnonzero(both.any(axis=1) & (window.arity == size))
            if some.size:
                status = self._tally.statuses(window, loop, some, both[some], size)
                at, cell = np.nonzero(both[some])
                number = window.numbers[cell // window.shape.cells_per_block(loop)]
                rows = [table[some[at], cell] for table in tables]
                yield np.stack([some[at], number, *rows, status[at, cell]])

    def _coded(self, slot: Ints, number: Ints, part: WindowPart, rows: Ints) -> tuple[Ints, Ints]:
        """Return the number of the label of each value, and its rank within its step."""
        sweeps, of_sweep = np.unique(number >> STEP_BITS, return_inverse=True)
        slots, first, of_slot = np.unique(slot, return_index=True, return_inverse=True)
        for name, at in zip(slots.tolist(), first.tolist(), strict=True):
            if name not in self._places:
                self._places[name] = self._place(part.record(int(rows[at])))
        ranks = {rank: at for at, rank in enumerate(sorted({self._places[name][1] for name in slots.tolist()}))}
        rank = np.array([ranks[self._places[name][1]] for name in slots.tolist()], dtype=np.int64)
        codes = [[self._code(sweep, name) for name in slots.tolist()] for sweep in sweeps.tolist()]
        code = np.array(codes, dtype=np.int64).reshape(sweeps.size, slots.size)
        return code[of_sweep, of_slot], rank[of_slot]

    def _place(self, record: Record) -> tuple[Index, tuple[float, tuple[int, ...]]]:
        """Return where values like one stand, of the first step, and their rank within a step."""
        place = place_of(record)
        *_, rank, turns = self._order.of(record.quantity, place)
        loops = tuple((name, 0 if name == self._sweep else turn) for name, turn in place.loops)
        return replace(place, block=0, sample=0, loops=loops), (rank, turns)

    def _code(self, sweep: int, slot: int) -> int:
        """Return the number of the label of a slot in a sweep."""
        if (sweep, slot) not in self._codes:
            block, sample = divmod(sweep, SWEEPS_OF_A_BLOCK)
            place = replace(self._places[slot][0], block=block, sample=sample)
            at = [name for name, _ in place.loops].index(self._sweep) + 1
            begin = replace(place, loops=place.loops[:at], grids=()).label().removesuffix("0]")
            self._begins.append(f"{self._slots.quantity[slot]} {begin}")
            self._ends.append(place.label().removeprefix(f"{begin}0"))
            self._codes[sweep, slot] = len(self._begins) - 1
        return self._codes[sweep, slot]

    def _own_before(self, part: WindowPart, every: Ints) -> int:
        """Return how many of the records that wait stand before the last of some values."""
        if not every.shape[1]:
            return 0
        last = self._key(part, every, every.shape[1] - 1)
        return bisect_left(self._own, last, key=lambda item: item[0])

    def _key(self, part: WindowPart, every: Ints, at: int) -> _Key:
        """Return the key by which a value of a window is sorted among records."""
        _, slot, number, c_row, *_ = every[:, at].tolist()
        block, sample = divmod(number >> STEP_BITS, SWEEPS_OF_A_BLOCK)
        place, _ = self._places[slot]
        loops = tuple((name, number & TURN if name == self._sweep else turn) for name, turn in place.loops)
        order = self._order.of(self._slots.quantity[slot], replace(place, block=block, sample=sample, loops=loops))
        return *order, int(part.lines(np.array([c_row]))[0])

    def _with_own(self, parts: tuple[WindowPart, WindowPart], every: Ints, count: int) -> _StepRows:
        """Return some values, and the next records among them."""
        own, self._own = self._own[:count], self._own[count:]
        before = range(every.shape[1])
        at = [bisect_left(before, key, key=partial(self._key, parts[0], every)) for key, _ in own]
        records = np.stack([np.arange(count), *np.full((5, count), -1)])
        code, _, number, c_row, py_row, status = np.insert(every, at, records, axis=1)
        diverge = status > 0
        diverge[c_row < 0] = [row.status.diverges for _, row in own]
        labels = self._begins, self._ends
        step = number & TURN
        return _StepRows(parts, [row for _, row in own], labels, code, step, c_row, py_row, status, diverge)


def _steps_of(logs: list[_StepLog]) -> Iterator[list[StepPart]]:
    """Yield the steps that have been read of both logs, some at a time, without what is held as records."""
    complete = 0
    while complete < AFTER_ALL:
        min(logs, key=lambda log: log.complete).advance()
        complete, stop = min(log.complete for log in logs), 0
        while stop < complete:
            stop = min(complete, *(log.steps.stop_within(STEP_VALUES) for log in logs))
            yield [replace(log.steps.cut(stop, log.stream), odd=[]) for log in logs]
