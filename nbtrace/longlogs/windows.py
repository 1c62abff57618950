"""Two long logs side by side: tables of the same pixel blocks, cut from the columns of both."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np

from nbtrace.longlogs.columnar import TEXT_WORDS, ColumnReader, Columns
from nbtrace.longlogs.decimals import Figures, Flags, Floats, Ints, Words
from nbtrace.longlogs.templates import TemplateKind
from nbtrace.records import INT_MIN, NOWHERE, Index, Record
from nbtrace.vocabulary.quantity import Quantity, Scope
from nbtrace.vocabulary.vocabulary import Vocabulary

_SPARE = 9
"""Numbers appended so that reading any value as a vector stays inside the array."""

_SIZES = frozenset({1, 3})
"""Numbers of components that arrays hold."""

_TOGETHER = 3
"""Chunks of a log that make a window: arrays of a chunk stay in the processor's cache, calls for a window are fewer."""

ENDLESS = 1 << 40
"""Number of the block after the last one of a log that has been read."""


def as_single_numbers() -> AbstractContextManager[None]:
    """Return within what arrays leave the range of numbers, or divide by zero, without a word, as single numbers do."""
    return np.errstate(all="ignore")


class CellLoop(IntEnum):
    """The loops in which a value is printed, which decide the cells of its table."""

    NONE = 0
    SAMPLE = 1
    STEP = 2
    BLOCK = 3


def loop_of(known: Quantity | None) -> CellLoop:
    """Return the loop in which a quantity is printed."""
    if known is None or known.scope is Scope.BLOCK:
        return CellLoop.BLOCK
    if known.scope is Scope.RUN:
        return CellLoop.NONE
    return CellLoop.STEP if known.indices else CellLoop.SAMPLE


@dataclass
class Slots:
    """Numbers the rows of the tables: one for each quantity and place that lines themselves name (node, source).

    Attributes
    ----------
    vocabulary : Vocabulary
    quantity : list of str
        What each slot holds.
    apart : list of tuple of (str, int)
        The turns of loops judged apart that it is of.
    """

    vocabulary: Vocabulary
    quantity: list[str] = field(default_factory=list)
    apart: list[tuple[tuple[str, int], ...]] = field(default_factory=list)
    _known: dict[tuple[object, ...], int] = field(default_factory=dict)
    _index: list[Index] = field(default_factory=list)
    _placed: list[bool] = field(default_factory=list)

    def of(self, kind: TemplateKind) -> int:
        """Return the slot of a kind."""
        name, index = kind.item.meaning.quantity, kind.item.index
        slot = self._known.setdefault((name, index.without(kind.sweep).loops, index.grids), len(self._known))
        if slot == len(self.quantity):
            self.quantity.append(name)
            self._index.append(index.without(kind.sweep))
            own = index.within(kind.known.indices) if kind.known is not None else NOWHERE
            self.apart.append(own.within(self.vocabulary.judged_apart).loops)
            placed = bool(index.without(kind.sweep).loops or index.grids)
            self._placed.append(placed and kind.known is not None and not kind.known.indices)
        return slot

    def placed(self, slot: Ints) -> Flags:
        """Return which values are of a place that their lines name, although their quantity is computed once."""
        result: Flags = np.array([*self._placed, False])[slot]
        return result

    def place(self, slot: int, loop: str) -> Index:
        """Return the place that lines name of the values of a slot, but for their turn of one loop."""
        return self._index[slot].without(loop)

    def find(self, name: str) -> int | None:
        """Return the slot of a quantity without a place of its own."""
        return self._known.get((name, (), ()))


@dataclass(frozen=True, slots=True)
class WindowPart:
    """The values of one side in some pixel blocks, in file order.

    Attributes
    ----------
    kind, block, sample, step, first, count : array of int64, shape (n,)
        As :class:`~nbtrace.longlogs.columnar.Columns` has them; the numbers of value i are
        `numbers[first[i] : first[i] + count[i]]`, scaled to the unit of the vocabulary.
    numbers : array of float64
    pieces : list of (Columns, int, int)
        Where the values come from: rows of chunks.
    odd : list of Record
        Values from irregular lines.
    figures : Figures or None
        How each of the numbers was printed, where the reader was asked for it.
    """

    kind: Ints
    block: Ints
    sample: Ints
    step: Ints
    first: Ints
    count: Ints
    numbers: Floats
    pieces: list[tuple[Columns, int, int]]
    odd: list[Record]
    figures: Figures | None = None

    @property
    def first_block(self) -> int:
        """The first block that it has a value of."""
        own: list[int] = self.block[:1].tolist()
        return min([*own, *(record.index.block for record in self.odd)])

    def record(self, row: int) -> Record:
        """Return a value as the line reader gives it."""
        for columns, low, high in self.pieces:
            if row < high - low:
                return columns.record(low + row)
            row -= high - low
        raise IndexError(row)

    def value_texts(self, rows: Ints) -> list[str]:
        """Return the printed text of values; empty where a row is −1."""
        result = np.full(rows.size, "", dtype=np.object_)
        first = 0
        for columns, low, high in self.pieces:
            some = np.flatnonzero((rows >= first) & (rows < first + high - low))
            if some.size:
                result[some] = np.array(columns.value_texts(rows[some] + low - first), dtype=np.object_)
            first += high - low
        texts: list[str] = result.tolist()
        return texts

    def lines(self, rows: Ints) -> Ints:
        """Return the line number of values."""
        parts = [columns.line[low:high] for columns, low, high in self.pieces]
        result: Ints = np.concatenate([np.zeros(0, dtype=np.int64), *parts])[rows]
        return result

    def texts(self, rows: Ints, component: int = 0) -> Words:
        """Return the printed text of a number of each value as words, shape (n, words); zeros where a row is −1."""
        result = np.zeros((rows.size, TEXT_WORDS), dtype=np.uint64)
        first = 0
        for columns, low, high in self.pieces:
            some = np.flatnonzero((rows >= first) & (rows < first + high - low))
            result[some] = columns.texts(rows[some] + low - first, component)
            first += high - low
        return result

    def kept(self, blocks: set[int]) -> dict[int, "Kept"]:
        """Return the values of some blocks, without holding the rest in memory."""
        wanted = sorted(blocks)
        by_block = {block: Kept() for block in wanted}
        for columns, low, high in self.pieces:
            ends = np.searchsorted(columns.block[low:high], [*wanted, *(block + 1 for block in wanted)]) + low
            for block, start, stop in zip(wanted, *ends.reshape(2, -1).tolist(), strict=True):
                if stop > start:
                    by_block[block].columns.append(columns.part(start, stop))
        for record in self.odd:
            if record.index.block in by_block:
                by_block[record.index.block].odd.append(record)
        return by_block


@dataclass(frozen=True)
class Kept:
    """The values of one block: rows of chunks, and those from irregular lines."""

    columns: list[Columns] = field(default_factory=list)
    odd: list[Record] = field(default_factory=list)

    @cached_property
    def records(self) -> list[Record]:
        """The values as the line reader gives them, in file order."""
        records = [record for columns in self.columns for record in columns.records()]
        return sorted([*records, *self.odd], key=lambda record: record.line)


class SideStream:
    """One log as a stream of columns, read ahead by one chunk, from which whole blocks are cut."""

    def __init__(
        self, reader: ColumnReader, slots: Slots, executor: Executor, chunks: Iterator[Columns] | None = None
    ) -> None:
        self.reader = reader
        self.last_block = -1
        self._slots = slots
        self._executor = executor
        self._chunks = reader.chunks() if chunks is None else chunks
        self._pending: list[tuple[Columns, int]] = []
        self._odd: list[Record] = []
        self._loop: list[int] = []
        self._slot: list[int] = []
        self._own: list[bool] = []
        self._scale: list[float] = []
        self._next = self._submit()

    def _submit(self) -> "Future[Columns | None]":
        return self._executor.submit(next, self._chunks, None)

    def advance(self) -> None:
        """Take the next chunk; `last_block` is then the block under way, or `ENDLESS`."""
        columns = self._next.result()
        if columns is None:
            self.last_block = ENDLESS
            return
        self._next = self._submit()
        self._pending.append((columns, 0))
        self._odd += columns.odd
        last = [int(columns.block[-1])] if columns.block.size else []
        last += [record.index.block for record in columns.odd[-1:]]
        self.last_block = max([self.last_block, *last])

    def waiting(self, most: int) -> Iterator[Record]:
        """Yield the values that were not cut yet, those of so many rows of each chunk."""
        for columns, low in self._pending:
            yield from map(columns.record, range(low, min(columns.kind.size, low + most)))
        yield from self._odd

    def cut(self, stop: int) -> WindowPart:
        """Return the values of all blocks below `stop` that were not cut before."""
        pieces, rest = [], []
        for columns, low in self._pending:
            high = int(np.searchsorted(columns.block, stop))
            if high > low:
                pieces.append((columns, low, high))
            if high < columns.block.size:
                rest.append((columns, high))
        self._pending = rest
        odd = [record for record in self._odd if record.index.block < stop]
        self._odd = [record for record in self._odd if record.index.block >= stop]
        return self.joined(pieces, odd)

    def joined(self, pieces: list[tuple[Columns, int, int]], odd: list[Record]) -> WindowPart:
        """Return rows of chunks as one part."""

        def join(name: str) -> Ints:
            parts = [getattr(columns, name)[low:high] for columns, low, high in pieces]
            return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

        numbers, counts = [], []
        for columns, low, high in pieces:
            numbers.append(columns.numbers[columns.offset[low] : columns.offset[high]])
            counts.append(np.diff(columns.offset[low : high + 1]))
        count = np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)
        values = np.concatenate([*numbers, np.zeros(_SPARE)])
        kind = join("kind")
        scale = np.array(self._facts(pieces)[3])
        if kind.size and (scale != 1.0).any():
            with as_single_numbers():
                values *= np.concatenate([np.repeat(scale[kind], count), np.ones(_SPARE)])
        first = np.cumsum(count) - count
        places = join("block"), join("sample"), join("step")
        return WindowPart(kind, *places, first, count, values, pieces, odd, _figures(pieces))

    def _facts(self, pieces: list[tuple[Columns, int, int]]) -> tuple[list[int], list[int], list[bool], list[float]]:
        kinds = pieces[-1][0].kinds if pieces else []
        for kind in kinds[len(self._slot) :]:
            self._loop.append(loop_of(kind.known))
            self._slot.append(self._slots.of(kind))
            self._own.append(kind.item.key == kind.item.meaning.quantity)
            self._scale.append(kind.item.meaning.scale)
        return self._loop, self._slot, self._own, self._scale

    def slot_of(self, part: WindowPart) -> Ints:
        """Return the slot of each value, -1 for values of no loop."""
        loop, slot = np.array(self._loop), np.array(self._slot)
        result: Ints = np.where(loop == CellLoop.NONE, -1, slot)[part.kind] if part.kind.size else part.kind
        return result

    def run_slots(self, part: WindowPart) -> Ints:
        """Return the slot of each value of no loop, which stands for the whole run; −1 for others."""
        loop, slot = np.array(self._loop), np.array(self._slot)
        result: Ints = np.where(loop == CellLoop.NONE, slot, -1)[part.kind] if part.kind.size else part.kind
        return result

    def tables(
        self,
        part: WindowPart,
        shape: "TableShape",
        blocks_aside: Flags,
        loops: tuple[CellLoop, ...] = (CellLoop.SAMPLE, CellLoop.STEP, CellLoop.BLOCK),
    ) -> dict[CellLoop, Ints]:
        """Return, for each loop, the table of values: shape (slots, cells), -1 where there is none.

        Blocks that hold what a table cannot, two values in a cell, are marked in `blocks_aside`.
        """
        loop, slot, own = (np.array(facts) for facts in (self._loop, self._slot, self._own))
        by_loop = {}
        at_block = part.block - shape.first_block
        for which in loops:
            table = np.full((len(self._slots.quantity), shape.cells(which)), -1, dtype=np.int64)
            rows = np.flatnonzero(loop[part.kind] == which) if part.kind.size else np.zeros(0, dtype=np.int64)
            for named_so in (False, True):
                chosen = rows[own[part.kind[rows]] == named_so] if rows.size else rows
                place = (
                    slot[part.kind[chosen]] * table.shape[1] + shape.cell(which, part, chosen)
                    if chosen.size
                    else rows[:0]
                )
                table.ravel()[place] = chosen
                lost = chosen[table.ravel()[place] != chosen]
                blocks_aside[at_block[lost]] = True
            by_loop[which] = table
        return by_loop


def _figures(pieces: list[tuple[Columns, int, int]]) -> Figures | None:
    """Return how the numbers of some rows were printed."""
    parts = [
        columns.figures.part(*columns.offset[[low, high]].tolist())
        for columns, low, high in pieces
        if columns.figures is not None
    ]
    return Figures.joined(parts) if parts else None


@dataclass(frozen=True, slots=True)
class TableShape:
    """How the cells of a window's tables are numbered: block by block, then by sample, then by step."""

    first_block: int
    blocks: int
    samples: int
    steps: int

    @classmethod
    def around(cls, first_block: int, parts: tuple[WindowPart, ...]) -> "TableShape":
        """Return the shape that holds the values of all sides."""
        last, sample, step = first_block, 0, -1
        for part in parts:
            if part.block.size:
                last = max(last, int(part.block[-1]))
                sample, step = max(sample, int(part.sample.max())), max(step, int(part.step.max()))
            last = max([last, *(record.index.block for record in part.odd)])
        return cls(first_block, last - first_block + 1, sample + 1, step + 2)

    def cells(self, loop: CellLoop) -> int:
        """Return the number of cells of a loop's table."""
        return self.blocks * self.cells_per_block(loop)

    def cells_per_block(self, loop: CellLoop) -> int:
        """Return the number of cells that a block has in a loop's table."""
        return {CellLoop.SAMPLE: self.samples, CellLoop.STEP: self.samples * self.steps}.get(loop, 1)

    def cell(self, loop: CellLoop, part: WindowPart, rows: Ints) -> Ints:
        """Return the cells of values."""
        cell = part.block[rows] - self.first_block
        if loop is CellLoop.SAMPLE:
            return cell * self.samples + part.sample[rows]
        if loop is CellLoop.STEP:
            return (cell * self.samples + part.sample[rows]) * self.steps + part.step[rows] + 1
        return cell


def arity_of(slots: Slots) -> Ints:
    """Return the number of components that arrays hold of each slot; 0 where they hold none."""
    quantities = slots.vocabulary.quantities
    sizes = [quantities[name].size if name in quantities else 1 for name in slots.quantity]
    return np.array([size if size in _SIZES else 0 for size in sizes], dtype=np.int64)


def irregular_blocks(part: WindowPart, slot: Ints, arity: Ints, odd: Iterable[Record]) -> Ints:
    """Return the blocks of some values from irregular lines, and those with one that is not finite, or of another size.

    A slot of arity −1 holds values of any size.
    """
    blocks = np.array([record.index.block for record in odd], dtype=np.int64)
    size = arity[slot] if slot.size else slot
    of_another_size = part.block[(slot >= 0) & (size != part.count) & (size >= 0)]
    return np.concatenate([blocks, not_finite_blocks(part), of_another_size])


def not_finite_blocks(part: WindowPart) -> Ints:
    """Return the blocks that hold an infinite number or the reference's integer for one."""
    bad = np.flatnonzero(~np.isfinite(part.numbers) | (part.numbers == INT_MIN))
    return part.block[np.searchsorted(part.first, bad, side="right") - 1]


def windows_of(side: SideStream) -> Iterator[tuple[int, WindowPart]]:
    """Yield the blocks of one log that are complete, as (first block, values), in order and without gaps."""
    done = 0
    while done < ENDLESS:
        for _ in range(_TOGETHER):
            if side.last_block < ENDLESS:
                side.advance()
        stop = side.last_block
        if stop > done:
            part = side.cut(stop)
            if part.block.size or part.odd:
                yield done, part
            done = stop


def windows(
    c: SideStream, py: SideStream, ends: Sequence[int] = (), together: int = _TOGETHER
) -> Iterator[tuple[int, WindowPart, WindowPart]]:
    """Yield the blocks of both logs that are complete, as (first block, C, Py), in order and without gaps.

    None holds blocks on both sides of one of `ends`, which ascend, or many more than `together` chunks of each log.
    """
    done, at = 0, 0
    while done < ENDLESS:
        for _ in range(2 * together):
            behind = min((c, py), key=lambda side: side.last_block)
            if behind.last_block < ENDLESS:
                behind.advance()
        complete = min(c.last_block, py.last_block)
        while complete > done:
            stop = min([complete, *ends[at : at + 1]])
            at += stop in ends[at : at + 1]
            parts = c.cut(stop), py.cut(stop)
            if any(part.block.size or part.odd for part in parts):
                yield done, *parts
            done = stop
