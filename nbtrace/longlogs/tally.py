"""What the windows of two long logs add up to: counts, and the pixel blocks that stand for the rest.

Every count is of values that were compared as arrays. A block that arrays cannot hold is set aside; it, and the blocks
that hold a first or a worst value, are kept as records for the ordinary comparison.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from nbtrace.compare.gaps import LackCount
from nbtrace.compare.judge import ROUNDING
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.relations import Values
from nbtrace.longlogs.column_knowledge import ORDINAL, columns_of
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.estimates import norms, powers_of_ten
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.reading_again import BlockSpread
from nbtrace.longlogs.windows import CellLoop, Slots, TableShape, WindowPart
from nbtrace.records import Record
from nbtrace.verdicts.status import MINOR_BELOW
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.quantity import Basis

_FIRST_LONELY = 3
"""Blocks of one side alone that a notice shows."""

_FIRST_ROWS = 6
"""Rows of a configured quantity that a notice may show."""


_NEARLY_ALL = 0.9
"""Part of a value that a power of ten at least is away from it."""

_SLACK = 0.5 + 1e-6
"""Half a digit of each side, and a little more."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Tolerances of some slots, shape (slots, 1); distance, norm of C, limit and blindness, shape (slots, cells)."""

    relative: Flags
    minor: Floats
    divergent: Floats
    worst: Floats
    size: Floats
    limit: Floats
    blind: Flags

    def bands(self, both: Flags) -> tuple[Flags, Flags, Flags]:
        """Return which values are in the first to third band or above."""
        over = both & (self.worst > self.limit)
        measure = np.where(self.relative, self.worst / self.size, self.worst)
        return over, over & (measure >= self.minor), over & (measure >= self.divergent)


@dataclass
class Representatives:
    """The pixel blocks that stand for the rest, each under what it stands for."""

    _first: dict[tuple[object, ...], int] = field(default_factory=dict)
    _worst: dict[tuple[object, ...], tuple[float, int]] = field(default_factory=dict)

    def first(self, key: tuple[object, ...], block: int) -> None:
        """Remember the first block under a key."""
        self._first.setdefault(key, block)

    def worst(self, key: tuple[object, ...], size: float, block: int) -> None:
        """Remember the block with the greatest size under a key; of equal ones the first."""
        if key not in self._worst or size > self._worst[key][0]:
            self._worst[key] = size, block

    def last(self, key: tuple[object, ...], block: int) -> None:
        """Remember the last block under a key."""
        self._first[key] = block

    @property
    def blocks(self) -> set[int]:
        """The blocks."""
        return {*self._first.values(), *(block for _, block in self._worst.values())}


class CountedBeside(Protocol):
    """What is counted of the same values beside a tally."""

    def alone(self, window: "Window", cell_loop: CellLoop, number: int, cells: Flags) -> None:
        """Note values that one side alone has; `cells` has the shape of a table."""

    def alone_on_odd_line(self, number: int, record: Record) -> None:
        """Note a value of an irregular line that one side alone has."""

    def judged(self, window: "Window", cell_loop: CellLoop, slots: Ints, both: Flags, over: Flags) -> None:
        """Count values that both sides have; `both` and `over`, which diverge, have a row for each of some slots."""


@dataclass
class Tally:
    """The counts.

    Attributes
    ----------
    all_extremes : bool
        Whether the blocks with the largest value and the largest difference of each quantity stand for others, too.
    compared, over : Counter of str
        Values of each quantity that both sides have, and those of them that diverge.
    alone : Counter of int
        Values that only C (0) or only Py (1) has.
    alone_names : (set of str, set of str)
        Their names.
    lacking : (LackCount, LackCount)
        What C (0) and what Py (1) lacks of what it prints elsewhere.
    configured_over : Counter of str
        Diverging values of configured quantities that a notice counts, as :func:`~nbtrace.compare.configured.matters`.
    spread : BlockSpread or None
        In which blocks values diverge, where that is asked for.
    beside : CountedBeside or None
        What is counted besides, where that is asked for.
    """

    policy: Policy
    configured: tuple[str, ...]
    all_extremes: bool = False
    compared: Counter[str] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)
    alone: Counter[int] = field(default_factory=Counter)
    alone_names: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    configured_over: Counter[str] = field(default_factory=Counter)
    spread: BlockSpread | None = None
    beside: CountedBeside | None = None
    chosen: Representatives = field(default_factory=Representatives)
    lacking: tuple[LackCount, LackCount] = field(default_factory=lambda: (LackCount(), LackCount()))

    def compare(self, loop: CellLoop, window: "Window") -> None:
        """Add the values of one loop."""
        c, py = (side.tables[loop] for side in window.sides)
        per_block = window.shape.cells_per_block(loop)
        kept = np.repeat(~window.aside, per_block)
        has_c, has_py = (c >= 0) & kept, (py >= 0) & kept
        for number, alone in enumerate((has_c & ~has_py, has_py & ~has_c)):
            for slot in np.flatnonzero(alone.any(axis=1)).tolist():
                name = window.slots.quantity[slot]
                self.alone[number] += int(np.count_nonzero(alone[slot]))
                self.alone_names[number].add(name)
                self.chosen.first(("alone", number, name), window.block_of(int(alone[slot].argmax()), per_block))
            if self.beside is not None:
                self.beside.alone(window, loop, number, alone)
        self._lack(loop, window, (has_c, has_py))
        both = has_c & has_py
        slots = np.flatnonzero(both.any(axis=1))
        for size in (1, 3):
            some = slots[window.arity[slots] == size]
            if some.size:
                self._judge(window, loop, some, both[some], size)

    def _lack(self, loop: CellLoop, window: "Window", has: tuple[Flags, Flags]) -> None:
        """Count the values and steps of one loop that a side lacks in the blocks that both sides have."""
        per_block = window.shape.cells_per_block(loop)
        shared = np.repeat(window.sides[0].present & window.sides[1].present, per_block)
        cell = np.arange(shared.size)
        further = (
            (cell % window.shape.samples > 0) if loop is CellLoop.SAMPLE else np.zeros(shared.shape, dtype=np.bool_)
        )
        for number, (mine, other) in enumerate((has, has[::-1])):
            count = self.lacking[number]
            alone = other & ~mine & shared
            if loop is CellLoop.STEP:
                step = (cell % window.shape.steps > 0) & shared
                key = logs_of(window.slots.vocabulary).of_a_step(KEY)
                slot = window.slots.find(key)
                nowhere = np.zeros(shared.shape, dtype=np.bool_)
                present = (other.any(axis=0) if not key else nowhere if slot is None else other[slot]) & step
                here = mine.any(axis=0)
                missing = present & ~here
                count.steps_there += int(np.count_nonzero(present))
                count.steps += int(np.count_nonzero(missing))
                if missing.any():
                    self.chosen.first(("step", number), window.block_of(int(missing.argmax()), per_block))
                alone &= ~missing
            count.sampled_further = count.sampled_further or bool((mine & further).any())
            for slot in np.flatnonzero(mine.any(axis=1)).tolist():
                count.apart.update(window.slots.apart[slot])
            for slot in np.flatnonzero(alone.any(axis=1)).tolist():
                self._lose(window, number, slot, alone[slot], further, per_block)

    def alone_on_odd_lines(self, number: int, window: "Window", records: Iterable[Record]) -> None:
        """Count values from irregular lines of side `number` that the other side has not, and no vocabulary knows."""
        first = window.shape.first_block
        shared = window.sides[0].present & window.sides[1].present & ~window.aside
        for record in records:
            block, name = record.index.block, record.quantity
            if not window.aside[block - first]:
                self.alone[number] += 1
                self.alone_names[number].add(name)
                self.chosen.first(("alone", number, name), block)
                if self.beside is not None:
                    self.beside.alone_on_odd_line(number, record)
            if shared[block - first]:
                self.lacking[1 - number].values[name, False, ()] += 1
                self.chosen.first(("lost", 1 - number, name, False, ()), block)

    def _lose(self, window: "Window", number: int, slot: int, alone: Flags, further: Flags, per_block: int) -> None:
        """Count what a side lacks of one slot, at the first sampled points and at further ones."""
        name, apart = window.slots.quantity[slot], window.slots.apart[slot]
        for beyond in (False, True):
            cells = np.flatnonzero(alone & (further == beyond))
            if cells.size:
                self.lacking[number].values[name, beyond, apart] += cells.size
                where = window.block_of(int(cells[0]), per_block)
                self.chosen.first(("lost", number, name, beyond, apart), where)

    def lonely(self, window: "Window") -> None:
        """Count the blocks that only one side has; the first ones and the last block of each side are kept."""
        present = [side.present for side in window.sides]
        for number, mine in enumerate(present):
            if mine.any():
                self.chosen.last(("last", number), window.shape.first_block + int(np.flatnonzero(mine)[-1]))
        for number, (mine, other) in enumerate((present, present[::-1])):
            blocks = np.flatnonzero(other & ~mine & ~window.aside)
            for at, block in enumerate(blocks[:_FIRST_LONELY].tolist(), self.lacking[number].blocks):
                if at < _FIRST_LONELY:
                    self.chosen.first(("lonely", number, at), window.shape.first_block + block)
            self.lacking[number].blocks += blocks.size

    def _measured(
        self, window: "Window", loop: CellLoop, slots: Ints, both: Flags, size: int
    ) -> tuple[tuple[Floats, Floats], "_Limits"]:
        """Return the values of some slots, shape (slots, cells, components), how far they are apart, and may be."""
        rows = tuple(side.tables[loop][slots] for side in window.sides)
        c, py = (side.values(own, size) for side, own in zip(window.sides, rows, strict=True))
        limits = [self.policy.of(window.slots.quantity[slot]) for slot in slots.tolist()]
        value = np.array([limit.value for limit in limits])[:, None]
        relative = np.array([limit.basis is Basis.RELATIVE for limit in limits])[:, None]
        minor, divergent = np.array([limit.bands for limit in limits]).T[..., None]
        apart = np.abs(py - c)
        worst = apart[..., 0] if size == 1 else np.maximum.reduce([*np.moveaxis(apart, -1, 0)])
        norm = norms(c)
        limit = np.where(relative, value * norm, value)
        near = both & (worst > 0)
        digits = window.last_digits
        if not (digits[0].fixed or digits[1].fixed):
            near &= (digits[0].finest * norm + digits[1].finest * norms(py)) * _SLACK >= limit
        blind = np.zeros(both.shape, dtype=np.bool_)
        at = np.nonzero(near)
        if at[0].size:
            component = apart[at].argmax(axis=-1)
            ends = c[(*at, component)], py[(*at, component)]
            own = digits[0].of(rows[0][at], component, ends[1]) + digits[1].of(rows[1][at], component, ends[0])
            by_print = own / 2 * ROUNDING
            larger = np.maximum(norm[at], norms(py[at]))
            blind[at] = (by_print > limit[at]) & (by_print >= larger)
            limit[at] = np.maximum(limit[at], by_print)
        return (c, py), _Limits(relative, minor, divergent, worst, norm, limit, blind)

    def statuses(self, window: "Window", loop: CellLoop, slots: Ints, both: Flags, size: int) -> Ints:
        """Return 0 for values that agree, 1 to 3 for those of the bands above."""
        bands = self._measured(window, loop, slots, both, size)[1].bands(both)
        result: Ints = np.sum(bands, axis=0, dtype=np.int64)
        return result

    def blind(self, window: "Window") -> None:
        """Set the blocks aside in which too few digits of a value are printed to compare it."""
        if not any(digits.fixed for digits in window.last_digits):
            return
        for loop in window.sides[0].tables:
            both = np.logical_and.reduce([side.tables[loop] >= 0 for side in window.sides])
            for size in (1, 3):
                some = np.flatnonzero(both.any(axis=1) & (window.arity == size))
                if some.size:
                    blind = self._measured(window, loop, some, both[some], size)[1].blind
                    cells = np.flatnonzero(blind.any(axis=0))
                    window.aside[cells // window.shape.cells_per_block(loop)] = True

    def _judge(self, window: "Window", loop: CellLoop, slots: Ints, both: Flags, components: int) -> None:
        """Add the values of some slots."""
        per_block = window.shape.cells_per_block(loop)
        values, found = self._measured(window, loop, slots, both, components)
        worst, limit = found.worst, found.limit
        bands = found.bands(both)
        over = bands[0]
        if self.spread is not None:
            self.spread.add(window.shape.first_block, both, over, per_block)
        if self.beside is not None:
            self.beside.judged(window, loop, slots, both, over)
        severity = np.where(both & (worst > 0), worst / limit, 0.0)
        self._count(window, slots, both, bands, severity, per_block)
        # What agrees may be a power of ten apart, too, if more than nearly all of the value is allowed.
        self._units(window, slots, over | (both & (limit > _NEARLY_ALL * found.size)), values, per_block)
        for what, sizes in (("size", found.size), ("apart", worst)) if self.all_extremes else ():
            largest = np.where(both, sizes, -1.0).argmax(axis=1).tolist()
            for at, (slot, cell) in enumerate(zip(slots.tolist(), largest, strict=True)):
                name = window.slots.quantity[slot]
                self.chosen.worst((what, name), float(sizes[at, cell]), window.block_of(cell, per_block))
        for at, slot in enumerate(slots.tolist()):
            name = window.slots.quantity[slot]
            if name in self.configured and over[at].any():
                matters = np.flatnonzero(over[at] & (worst[at] / found.size[at] > MINOR_BELOW))
                self._configure(window, name, matters, per_block)

    def _count(
        self,
        window: "Window",
        slots: Ints,
        both: Flags,
        bands: tuple[Flags, ...],
        severity: Floats,
        per_block: int,
    ) -> None:
        counts, overs = both.sum(axis=1).tolist(), bands[0].sum(axis=1).tolist()
        greatest = severity.argmax(axis=1).tolist()
        starts = [both.argmax(axis=1).tolist(), *(band.argmax(axis=1).tolist() for band in bands)]
        for at, slot in enumerate(slots.tolist()):
            name = window.slots.quantity[slot]
            self.compared[name] += counts[at]
            self.over[name] += overs[at]
            for number, flags in enumerate((both, *bands)):
                cell = starts[number][at]
                if flags[at, cell]:
                    self.chosen.first(("row", name, number), window.block_of(cell, per_block))
            cell = greatest[at]
            self.chosen.worst(("row", name), float(severity[at, cell]), window.block_of(cell, per_block))

    def _units(self, window: "Window", slots: Ints, far: Flags, values: tuple[Floats, Floats], per_block: int) -> None:
        """Remember where Py is a power of ten times C."""
        rows, cells = np.nonzero(far)
        if not rows.size:
            return
        power = powers_of_ten(values[0][rows, cells], values[1][rows, cells])
        at = np.flatnonzero(power)
        kinds, first = np.unique(np.stack([rows[at], power[at]]), axis=1, return_index=True)
        for (row, exponent), some in zip(kinds.T.tolist(), at[first].tolist(), strict=True):
            name = window.slots.quantity[int(slots[row])]
            self.chosen.first(("unit", name, exponent), window.block_of(int(cells[some]), per_block))

    def _configure(self, window: "Window", name: str, cells: Ints, per_block: int) -> None:
        for cell in cells[: max(0, _FIRST_ROWS - self.configured_over[name])].tolist():
            block = window.block_of(cell, per_block)
            self.chosen.first(("configured", name, block), block)
        self.configured_over[name] += cells.size


@dataclass(frozen=True)
class WindowSide:
    """One side of a window: its values, its tables, and the pixel size that its log states."""

    part: WindowPart
    tables: dict[CellLoop, Ints]
    slots: Slots
    shape: TableShape
    stated: Values
    _known: dict[str, Floats] = field(default_factory=dict)
    _has: dict[str, Flags] = field(default_factory=dict)

    @cached_property
    def present(self) -> Flags:
        """Which blocks of the window this side has, shape (blocks,)."""
        by_block = np.zeros(self.shape.blocks, dtype=np.bool_)
        by_block[self.part.block - self.shape.first_block] = True
        return by_block

    @property
    def num_blocks(self) -> int:
        """How many blocks of the window this side has, those with values from irregular lines alone among them."""
        by_block = self.present.copy()
        by_block[[record.index.block - self.shape.first_block for record in self.part.odd]] = True
        return int(np.count_nonzero(by_block))

    @property
    def sampled(self) -> Flags:
        """Which samples this side has, shape (cells,): those with a value, and the first one of a block without."""
        has: Flags = (self.tables[CellLoop.SAMPLE] >= 0).any(axis=0).reshape(-1, self.shape.samples)
        has[:, 0] |= ~has.any(axis=1)
        return has.ravel()

    def values(self, rows: Ints, size: int) -> Floats:
        """Return the numbers of values of `size` components, of some value where a row is −1."""
        numbers: Floats = self.part.numbers[self.part.first[rows][..., None] + np.arange(size)]
        return numbers

    def rows(self, name: str) -> Ints | None:
        """Return the value of a quantity at each sample, -1 where it is not logged; None where it nowhere is."""
        slot = self.slots.find(name)
        if slot is None or not self.part.kind.size:
            return None
        rows = self.tables[CellLoop.SAMPLE][slot]
        return rows if (rows >= 0).any() else np.repeat(self.tables[CellLoop.BLOCK][slot], self.shape.samples)

    def get(self, name: str) -> Floats:
        """Return a quantity at each sample, shape (cells, components), nan where it is not logged."""
        if name not in self._known:
            self._known[name] = self._gather(name)
        return self._known[name]

    def has(self, name: str) -> Flags:
        """Return at which samples every component of a quantity is logged, shape (cells,)."""
        if name not in self._has:
            self._has[name] = np.logical_not(np.isnan(self.get(name)).any(axis=1))
        return self._has[name]

    def _gather(self, name: str) -> Floats:
        cells = self.shape.cells(CellLoop.SAMPLE)
        if name in self.stated:
            return np.tile(np.array(self.stated[name]), (cells, 1))
        if name == ORDINAL:
            return np.tile(np.arange(self.shape.samples, dtype=np.float64), self.shape.blocks)[:, None]
        known = self.slots.vocabulary.quantities.get(name)
        size = known.size if known is not None else 1
        rows = self.rows(name)
        if rows is None:
            return np.full((cells, size), np.nan)
        values = self.values(rows, size)
        values[rows < 0] = np.nan
        return values


@dataclass(frozen=True)
class Window:
    """Some pixel blocks of both sides.

    Attributes
    ----------
    shape : TableShape
    sides : (WindowSide, WindowSide)
    slots : Slots
    arity : array of int64
        Components of each slot.
    aside : array of bool, shape (blocks,)
        Blocks that are compared as records alone.
    last_digits : tuple of LastDigits
        What the last printed digits of either side are worth, where two sides are compared.
    """

    shape: TableShape
    sides: tuple[WindowSide, WindowSide]
    slots: Slots
    arity: Ints
    aside: Flags
    last_digits: tuple[LastDigits, ...] = ()

    def block_of(self, cell: int, cells_per_block: int) -> int:
        """Return the number of the block that a cell belongs to."""
        return self.shape.first_block + cell // cells_per_block

    def indices(self, number: int) -> tuple[Ints, Ints, Ints]:
        """Return the block, the sample and the step of each value of one side."""
        part = self.sides[number].part
        return part.block, part.sample, part.step

    def places(self, number: int) -> Floats:
        """Return (slow, fast) of each block's first sampled point of one side, in pixels."""
        side = self.sides[number]
        with np.errstate(all="ignore"):
            positions = columns_of(self.slots.vocabulary).positions(side.get)
        return positions[:: self.shape.samples]

    def repeated_steps(self, number: int) -> Ints:
        """Return the blocks, from 0, in which two turns of a sample have the same key value."""
        return self.samples_repeating(number) // self.shape.samples

    def samples_repeating(self, number: int) -> Ints:
        """Return the samples, all blocks through, in which two turns have the same key value."""
        key = logs_of(self.slots.vocabulary).of_a_step(KEY)
        side, slot = self.sides[number], self.slots.find(key)
        if slot is None or not side.part.kind.size:
            return np.zeros(0, dtype=np.int64)
        rows = side.tables[CellLoop.STEP][slot].reshape(-1, self.shape.steps)
        printed = side.values(rows, 1)[..., 0]
        printed[rows < 0] = np.nan
        ordered = np.sort(printed, axis=1)
        again: Ints = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        return again
