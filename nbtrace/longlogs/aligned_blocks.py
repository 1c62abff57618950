"""The compared values of the pixel blocks of two long logs in execution order, read once more near divergences."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from nbtrace.compare.align import ExecutionOrder, place_of
from nbtrace.compare.judge import Row
from nbtrace.compare.judged_columns import BANDS
from nbtrace.longlogs.aligned_rows import RowTexts, in_order
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.tally import Tally, Window, WindowSide
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.longlogs.windows import (
    CellLoop,
    SideStream,
    Slots,
    TableShape,
    WindowPart,
    arity_of,
    as_single_numbers,
    windows,
)
from nbtrace.records import Index
from nbtrace.vocabulary.quantity import Scope

_FIRST_BLOCK = "pixel block 1"

_GAP = 2000
"""Blocks in a row that are not read and that a window may have."""

_OrderKey: TypeAlias = tuple[int, tuple[int, ...], int, int, int, float, tuple[int, ...]]

_Key: TypeAlias = tuple[tuple[int, ...], int, tuple[int, float, tuple[int, ...]]]
"""By what a value is placed in its block: unnamed turns, phase, and the rest of the order within a sample."""


def are_in_blocks(result: LongDiffResult) -> bool:
    """Whether every value that arrays hold stands with its block in the order of execution."""
    order = ExecutionOrder(result.c.vocabulary, (*result.c.records, *result.py.records))
    of_the_first = Counter(row.quantity for row in result.rows if row.index.block == 0)
    return (
        result.has_whole_blocks
        and bool(result.reading.again)
        and all(
            row.c.scope is Scope.RUN
            or order.of(row.quantity, replace(row.index, block=1))[0] == 1
            or result.counts[row.quantity][0]
            == of_the_first[row.quantity]  # the first block is always compared as records
            for row in result.rows
        )
    )


class _Labels(dict[tuple[int, int, bool], tuple[str, str]]):
    """What stands before and after the number of the block in a label, by code, sample, and whether there is one."""

    def __init__(self, places: list[Index], names: list[str]) -> None:
        super().__init__()
        self._places = places
        self._names = names

    def __missing__(self, key: tuple[int, int, bool]) -> tuple[str, str]:
        code, sample, has_block = key
        index = replace(self._places[code], block=int(has_block), sample=sample).label()
        name = self._names[code]
        if has_block:
            before, number, after = index.partition(_FIRST_BLOCK)
            parts = f"{name} {before}{number[:-1]}", after
        else:
            parts = f"{name} {index}".rstrip(), ""
        self[key] = parts
        return parts


@dataclass
class _BlockRows:
    """The rows of one window in execution order; each array has shape (n,).

    `c_row` and `py_row` are the values of either side, −1 for a row of `own`, whose number is then in `code`.
    """

    parts: tuple[WindowPart, WindowPart]
    own: list[Row]
    labels: _Labels
    code: Ints
    block: Ints
    sample: Ints
    c_row: Ints
    py_row: Ints
    status: Ints
    diverge: Flags

    def texts(self, which: Ints) -> RowTexts:
        """Return some rows."""
        status = self.status[which]
        own = np.flatnonzero(status < 0).tolist()
        texts = RowTexts(
            self._labels_of(which),
            self.parts[0].value_texts(self.c_row[which]),
            self.parts[1].value_texts(np.where(status > 0, self.py_row[which], -1)),
            [BANDS[number] for number in status.tolist()],
        )
        for at in own:
            row = self.own[self.code[which[at]]]
            texts.labels[at], texts.statuses[at] = row.label, row.status
            texts.c[at], texts.py[at] = row.c.value.text, row.py.value.text
        return texts

    def _labels_of(self, which: Ints) -> list[str]:
        """Return the labels of some rows; empty for those of records."""
        code, sample, block = self.code[which], self.sample[which], self.block[which]
        many = int(sample.max(initial=0)) + 2
        key = (code * many + sample + 1) * 2 + (block > 0)
        begins = np.full(int(key.max(initial=0)) + 1, "", dtype=np.object_)
        ends = begins.copy()
        for number in np.flatnonzero(np.bincount(key)).tolist():
            rest, has_block = divmod(number, 2)
            of_code, of_sample = divmod(rest, many)
            if of_sample:
                begins[number], ends[number] = self.labels[of_code, of_sample - 1, bool(has_block)]
        rows = zip(begins[key].tolist(), block.tolist(), ends[key].tolist(), strict=True)
        return [f"{start}{at or ''}{end}" for start, at, end in rows]


@dataclass
class BlockReading:
    """The second reading of two logs, with what the first one found."""

    result: LongDiffResult
    _codes: dict[tuple[int, int, int], int] = field(default_factory=dict)
    _places: list[Index] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _keys: list[_Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        result = self.result
        self._labels = _Labels(self._places, self._names)
        records = (*result.c.records, *result.py.records)
        self._order = ExecutionOrder(result.c.vocabulary, records)
        self._slots = Slots(result.c.vocabulary)
        self._tally = Tally(result.policy, ())
        own = [row for row in result.rows if row.c.scope is Scope.RUN or row.c.index.block in result.reading.aside]
        self._own = sorted(((self._order.of(row.quantity, row.index), row) for row in own), key=lambda item: item[0])

    def windows(self) -> Iterator[_BlockRows]:
        """Yield the rows of each window."""
        reading, result = self.result.reading, self.result
        with ThreadPoolExecutor(2) as executor:
            streams = [
                SideStream(
                    reader_of(trace, reading.chunk, with_figures=True, again=again),
                    self._slots,
                    executor,
                )
                for trace, again in zip((result.c, result.py), reading.again, strict=True)
            ]
            for stream in streams:
                stream.advance()
            stops = self._stops(reading.again[0].wanted)
            for start, *parts in windows(streams[0], streams[1], stops, together=2):  # the texts of a window are many
                with as_single_numbers():
                    rows = self._window(streams, start, (parts[0], parts[1]))
                yield rows
        nothing = streams[0].cut(0), streams[1].cut(0)
        yield self._ordered(nothing, np.zeros((6, 0), dtype=np.int64), self._own)

    @staticmethod
    def _stops(wanted: Flags) -> list[int]:
        """Return the blocks before which so many are not read that a window must not hold them."""
        some = np.flatnonzero(wanted)
        stops: list[int] = some[1:][np.diff(some) > _GAP].tolist()
        return stops

    def _window(self, streams: list[SideStream], start: int, parts: tuple[WindowPart, WindowPart]) -> _BlockRows:
        start = min([part.first_block for part in parts if part.block.size or part.odd], default=start)
        shape, reading = TableShape.around(start, parts), self.result.reading
        unused, aside = np.zeros(shape.blocks, dtype=np.bool_), np.zeros(shape.blocks, dtype=np.bool_)
        stop = start + shape.blocks
        aside[[block - start for block in reading.aside if start <= block < stop]] = True
        sides = [
            WindowSide(part, stream.tables(part, shape, unused), self._slots, shape, {})
            for stream, part in zip(streams, parts, strict=True)
        ]
        digits = tuple(LastDigits(part, known.formats) for part, known in zip(parts, reading.assumed, strict=True))
        window = Window(shape, (sides[0], sides[1]), self._slots, arity_of(self._slots), aside, digits)
        found = [
            columns for loop in (CellLoop.SAMPLE, CellLoop.STEP, CellLoop.BLOCK) for columns in self._loop(loop, window)
        ]
        until = bisect_left(self._own, stop, key=lambda item: item[0][0])
        own, self._own = self._own[:until], self._own[until:]
        return self._ordered(parts, np.concatenate([np.zeros((6, 0), dtype=np.int64), *found], axis=1), own)

    def _loop(self, loop: CellLoop, window: Window) -> Iterator[Ints]:
        """Yield the rows of a loop: code, block, sample, row of C, row of Py, status."""
        shape = window.shape
        per_block = shape.cells_per_block(loop)
        tables = [side.tables[loop] for side in window.sides]
        both = (tables[0] >= 0) & (tables[1] >= 0) & np.repeat(~window.aside, per_block)
        for size in (1, 3):
            some = np.flatnonzero(both.any(axis=1) & (window.arity == size))
            if not some.size:
                continue
            status = self._tally.statuses(window, loop, some, both[some], size)
            at, cell = np.nonzero(both[some])
            rows = [table[some[at], cell] for table in tables]
            within = cell % per_block
            code = self._codes_of(loop, window.sides[1].part, shape, (some, at), rows[1])
            sample = within // shape.steps if loop is CellLoop.STEP else within
            if loop is CellLoop.BLOCK:
                sample = np.zeros_like(cell)
            yield np.stack([code, shape.first_block + cell // per_block, sample, *rows, status[at, cell]])

    def _codes_of(
        self, loop: CellLoop, part: WindowPart, shape: TableShape, slots: tuple[Ints, Ints], rows: Ints
    ) -> Ints:
        """Return the code of each row: one for each slot, given as some and which of them, and step of a loop."""
        some, at = slots
        key = at * shape.steps + part.step[rows] + 1
        first = np.full(some.size * shape.steps, -1)
        first[key[::-1]] = rows[::-1]
        codes = np.zeros_like(first)
        for number in np.flatnonzero(first >= 0).tolist():
            slot, step = divmod(number, shape.steps)
            name = int(some[slot]), step, int(loop)
            if name not in self._codes:
                self._learn(name, part, int(first[number]))
            codes[number] = self._codes[name]
        result: Ints = codes[key]
        return result

    def _learn(self, name: tuple[int, int, int], part: WindowPart, row: int) -> None:
        """Note where the values of a slot, a step and a loop stand in their block."""
        record = part.record(row)
        place = replace(place_of(record), block=0, sample=0)
        _, unnamed, phase, _, outer, rank, turns = self._order.of(record.quantity, place)
        self._codes[name] = len(self._codes)
        self._places.append(place)
        self._names.append(record.quantity)
        self._keys.append((unnamed, phase, (outer, rank, turns)))

    def _ordered(
        self, parts: tuple[WindowPart, WindowPart], found: Ints, own: list[tuple[_OrderKey, Row]]
    ) -> _BlockRows:
        """Return the rows of arrays, as :meth:`_loop` gives them, and those of records in order."""
        code, block, sample, c_row, py_row, status = found
        every = [*self._keys, *((key[1], key[2], key[4:]) for key, _ in own)]
        unnamed = {part: at for at, part in enumerate(sorted({key[0] for key in every}))}
        rest = {part: at for at, part in enumerate(sorted({key[2] for key in every}))}
        of_code = [[unnamed[turns], phase, rest[last]] for turns, phase, last in self._keys]
        of_rows = np.array(of_code, dtype=np.int64).reshape(-1, 3)[code]
        own_keys = np.array(
            [[key[0], unnamed[key[1]], key[2], key[3], rest[key[4:]], row.c.line] for key, row in own], dtype=np.int64
        ).reshape(-1, 6)
        line = parts[0].lines(c_row)
        of_sample = np.where(of_rows[:, 1] == 1, sample, 0)
        array_keys = np.stack([block, of_rows[:, 0], of_rows[:, 1], of_sample, of_rows[:, 2], line], axis=1)
        order = in_order(np.concatenate([array_keys, own_keys]).T)
        missing = np.full(len(own), -1)
        diverge = np.concatenate([status > 0, np.array([row.status.diverges for _, row in own], dtype=np.bool_)])
        return _BlockRows(
            parts,
            [row for _, row in own],
            self._labels,
            np.concatenate([code, np.arange(len(own))])[order],
            np.concatenate([block, missing])[order],
            np.concatenate([sample, missing])[order],
            np.concatenate([c_row, missing])[order],
            np.concatenate([py_row, missing])[order],
            np.concatenate([status, missing])[order],
            diverge[order],
        )
