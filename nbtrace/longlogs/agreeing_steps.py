"""The steps of a long sweep on which both logs agree, as columns, so that only those which differ become records.

A step stands in columns where both logs print the same quantities of it in one line each, every number as often as the
other's but for printed digits and the precision of a program; or where one log prints them, and the other nothing of
the step. All others are records: what is irregular, what differs, what repeats another step, and a few that stand for
the rest.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import NamedTuple

import numpy as np

from nbtrace.compare.apart_values import ALIKE
from nbtrace.compare.excerpt import Excerpt, whole_of
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.precision import is_long, number_formats, significant_digits
from nbtrace.compare.scene import DOUBLE
from nbtrace.compare.turn_columns import ColumnKey, Columns, TurnColumn, TurnNodes
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.every_step import with_steps
from nbtrace.longlogs.grown_arrays import GrownArray
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.regular_steps import RegularSteps
from nbtrace.longlogs.step_columns import StepColumns
from nbtrace.longlogs.step_queue import StepPart, StepQueue, distinct, first_of, step_of
from nbtrace.longlogs.step_windows import STEP_VALUES
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.longlogs.windows import ENDLESS, SideStream, Slots, as_single_numbers
from nbtrace.records import Trace

FEWEST = 1000
"""Steps on which both logs agree from which on they stand in columns."""

_ONE_BLOCK = (1, 1)


def with_differing_steps(result: LongDiffResult) -> LongDiffResult | None:
    """Return a result whose traces hold the steps that differ as records and the others as columns.

    None where they must all be records: there is not one pixel with one sweep alone, values of steps are no single
    numbers of double precision, or few steps agree.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    traces, chunk, logs = (result.c, result.py), result.reading.chunk, logs_of(result.c.vocabulary)
    of_steps = (counts for name, counts in result.counts.items() if name in logs.parts_of_a_step)
    if result.num_blocks != _ONE_BLOCK or any(2 * diverging > many for many, diverging in of_steps):
        return None
    if any(trace.blocks != (0,) or whole_of(trace) is None for trace in traces):
        return None
    try:
        pair = _Pair.of(*(_read(trace, chunk) for trace in traces))
        agreeing = None if pair is None else pair.agreeing(_held(traces), logs.of_a_step(KEY))
    except NotColumnarError:
        return None
    if pair is None or agreeing is None:
        return None
    c, py = (_apart(trace, own, turns, chunk) for trace, own, turns in zip(traces, pair, agreeing, strict=True))
    return None if c is None or py is None else replace(result, c=c, py=py)


class _Steps(NamedTuple):
    """The steps of one log: columns of the regular ones, and where they stand.

    Attributes
    ----------
    columns : mapping of ColumnKey to TurnColumn
    every : array of int
        All steps.
    lines : array of int
        The line that the values of each stand in.
    aside : array of int
        The steps that columns cannot hold.
    """

    columns: Columns
    every: Ints
    lines: Ints
    aside: Ints

    def alone(self, other: "_Steps", records: Ints) -> Ints:
        """Return the steps of which another log prints nothing, but for some that are records, and stand for the rest.

        Those are the first one, and the first with a 0 of each quantity.
        """
        turns = reduce(np.intersect1d, (column.ordinals for column in self.columns.values()))
        turns = turns[(turns > 0) & ~np.isin(turns, records) & ~np.isin(turns, other.every)]
        numbers = (column.numbers[column.find(turns)[0]] for column in self.columns.values())
        standing = [turns[:1], *(turns[own == 0][:1] for own in numbers)]
        return np.setdiff1d(turns, np.concatenate(standing))


@dataclass
class _Reading:
    """One reading of a log for its steps."""

    steps: StepQueue
    columns: StepColumns
    regular: RegularSteps
    stream: SideStream
    trace: Trace
    every: GrownArray = field(default_factory=lambda: GrownArray(np.int64))
    lines: GrownArray = field(default_factory=lambda: GrownArray(np.int64))
    aside: list[Ints] = field(default_factory=list)

    def run(self) -> _Steps:
        """Read the log."""
        formats = number_formats(self.trace)
        done = 0
        while done < ENDLESS:
            self.stream.advance()
            self.steps.take()
            complete, stop = max(self.steps.last, first_of(max(self.stream.last_block, 0))), 0
            while stop < complete:
                stop = min(complete, self.steps.stop_within(STEP_VALUES))
                part = self.steps.cut(stop, self.stream)
                self._add(part, LastDigits(part.part, formats))
            done = max(done, self.stream.last_block)
            self.stream.cut(done)
        blocks = self.columns.by_block()
        if blocks.keys() != {0}:
            raise NotColumnarError("steps of several pixel blocks, or none")
        aside = distinct(np.zeros(0, dtype=np.int64), *self.aside)
        return _Steps(blocks[0], self.every.taken(), self.lines.taken(), aside)

    def _add(self, part: StepPart, digits: LastDigits) -> None:
        every = part.all_numbers()
        if not every.size:
            return
        aside = self.regular.irregular(part, every)
        first, behind = (part.numbers.searchsorted(every, side) for side in ("left", "right"))
        lines = part.part.lines(np.arange(part.numbers.size))
        line = np.zeros(every.size, dtype=np.int64)
        has = behind > first
        line[has] = lines[first[has]]
        aside[has] |= lines[behind[has] - 1] != line[has]
        rows_of = self.regular.rows(part, every, aside)
        if any((part.part.count[rows] != 1).any() for rows in rows_of.values()):
            raise NotColumnarError("a value of a step that is no single number")
        self.columns.add(part, rows_of, digits)
        self.every.add(every)
        self.lines.add(line)
        self.aside.append(every[aside])


def _read(trace: Trace, chunk: int) -> _Steps:
    """Read the steps of a log.

    Raises
    ------
    NotColumnarError
        If columns cannot hold them.
    InputError
        If the log cannot be read any more.
    """
    reader = reader_of(trace, chunk, with_figures=True)
    slots, steps = Slots(trace.vocabulary), StepQueue(trace.vocabulary.sweep or "")
    with ThreadPoolExecutor(1) as executor, as_single_numbers():
        stream = SideStream(reader, slots, executor, map(steps.without_steps, reader.chunks()))
        columns, regular = StepColumns(slots, first_of(1)), RegularSteps(stream, slots)
        return _Reading(steps, columns, regular, stream, trace).run()


class _Pair(NamedTuple):
    """The steps of both logs."""

    c: _Steps
    py: _Steps

    @classmethod
    def of(cls, c: _Steps, py: _Steps) -> "_Pair | None":
        """Return them; None where the logs print other quantities of steps, of several points or in float32."""
        alike = c.columns.keys() == py.columns.keys()
        single = any(column.long_single for own in (c, py) for column in own.columns.values())
        return cls(c, py) if alike and not single and all(key.sample == 0 for key in c.columns) else None

    def agreeing(self, held: Ints, key: str) -> tuple[Ints, Ints] | None:
        """Return the steps of each log that agree with the other log's, or that it alone has; None where they are few.

        They are few, too, where they are not most, or none is in both logs.

        Parameters
        ----------
        held : array of int
            Steps that are records already.
        key : str
            The quantity that steps are known by.
        """
        columns = [column for own in self for column in own.columns.values()]
        turns = reduce(np.intersect1d, (column.ordinals for column in columns))
        records = np.concatenate([self.c.aside, self.py.aside, held])
        turns = turns[(turns > 0) & ~np.isin(turns, records)]
        numbers = [(own, self._numbers(own, turns)) for own in self.c.columns]
        same = reduce(np.logical_and, (_are_alike(*of_both) for _, of_both in numbers))
        found = np.flatnonzero(same)
        standing = [found[:1]]
        for own, (c, py) in numbers:
            standing.append(found[c.numbers[found] == 0][:1])
            if own.name == key and found.size:
                apart = np.abs(py.numbers[found] - c.numbers[found])
                standing.append(found[[apart.argmin(), apart.argmax()]])
        same[np.concatenate(standing)] = False
        agreeing: Ints = turns[same]
        return self._with_those_of_one(agreeing, records) if agreeing.size else None

    def _with_those_of_one(self, agreeing: Ints, records: Ints) -> tuple[Ints, Ints] | None:
        """Return the steps of each log: those that agree, and those that it alone has; None where they are few."""
        of_c = np.union1d(agreeing, self.c.alone(self.py, records))
        of_py = np.union1d(agreeing, self.py.alone(self.c, records))
        both = ((self.c, of_c), (self.py, of_py))
        others = max(own.every.size - turns.size for own, turns in both)
        lines = (own.lines[own.every.searchsorted(turns)] for own, turns in both)
        few = max(of_c.size, of_py.size) < max(FEWEST, others)
        return None if few or any((np.diff(own) <= 0).any() for own in lines) else (of_c, of_py)

    def _numbers(self, key: ColumnKey, turns: Ints) -> "tuple[_Numbers, _Numbers]":
        c, py = ((own.columns[key], own.columns[key].find(turns)[0]) for own in self)
        return _Numbers(c[0].numbers[c[1]], c[0].digits(c[1])), _Numbers(py[0].numbers[py[1]], py[0].digits(py[1]))


class _Numbers(NamedTuple):
    """Numbers of some turns, and half a unit of the last printed digit of each."""

    numbers: Floats
    halves: Floats


def _are_alike(c: _Numbers, py: _Numbers) -> Flags:
    """Return which numbers are the same but for digits and precision, and so nearly that one may be the other's copy.

    The operations are those of single values, in the same order (see `matches` and `another` of the explanation).
    """
    sizes = np.abs(c.numbers), np.abs(py.numbers)
    bounds = c.halves + DOUBLE * sizes[0] + py.halves + DOUBLE * sizes[1]
    apart = np.abs(c.numbers - py.numbers)
    alike: Flags = (apart <= bounds) & (apart <= ALIKE * np.minimum(*sizes))
    return alike


def _held(traces: tuple[Trace, Trace]) -> Ints:
    """Return the steps that traces hold a value of."""
    sweep = traces[0].vocabulary.sweep
    found = {step_of(record, sweep) for trace in traces for record in trace.records}
    return np.array(sorted(number for number in found if number is not None), dtype=np.int64)


def _apart(trace: Trace, own: _Steps, turns: Ints, chunk: int) -> Trace | None:
    """Return a trace with the steps that do not agree, and some others in columns; None where digits are not told."""
    kept = with_steps(trace, chunk, np.setdiff1d(own.every, turns, assume_unique=True))
    long = _long_numbers(kept, own.columns)
    lines = own.lines[own.every.searchsorted(turns)]
    columns = {}
    for key, column in own.columns.items():
        at = column.find(turns)[0]
        columns[key] = TurnColumn(
            ordinals=turns,
            numbers=column.numbers[at],
            single=column.single[at],
            halves=column.halves,
            half=column.half[at],
            long=column.long - long[key],
            nodes=TurnNodes(key, turns),
            lines=lines,
        )
    whole = whole_of(kept)
    if whole is None or not isinstance(kept, Excerpt) or any(column.long < 0 for column in columns.values()):
        return None
    return replace(kept, whole=replace(whole, apart={0: columns}))


def _long_numbers(trace: Trace, columns: Columns) -> Counter[ColumnKey]:
    """Return how many numbers of columns that are records have enough digits to tell single from double precision."""
    found: Counter[ColumnKey] = Counter()
    sweep = trace.vocabulary.sweep
    for record in trace.records:
        ordinal = record.index.ordinal(sweep)
        key = ColumnKey(record.quantity, record.index.sample, sweep or "")
        if ordinal is not None and key in columns and columns[key].place(ordinal) is not None:
            found[key] += sum(is_long(significant_digits(token)) for token in record.value.tokens)
    return found
