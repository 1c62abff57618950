"""Holding a long log against itself in bounded memory: the result of the ordinary check, instances counted in arrays.

The first blocks, those that arrays cannot hold, and those that hold a first or worst value, are kept as records and go
through the ordinary check. Of all others it is the arrays that say how many obey a relation: they do the operations of
the relations on floats in the same order, and allow each value what its own digits allow.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from nbtrace.compare.check import ALLOWED_DOUBLE, ALLOWED_SINGLE, BLIND, check, instances_of, remarks_on, states_float32
from nbtrace.compare.excerpt import WholeLog, excerpt_of
from nbtrace.compare.formula_checks import MOST_BLOCKS
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.precision import NumberFormat
from nbtrace.compare.relations import Relation, Values
from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK, Repeat, phi_steps, repeated_later, sweeps_of, unless_all
from nbtrace.compare.self_check import Check, RelationState, SelfCheck
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.column_knowledge import columns_of
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.estimates import residuals
from nbtrace.longlogs.places import contradicted, points
from nbtrace.longlogs.printed_forms import PrintedForms
from nbtrace.longlogs.tally import Representatives, Window, WindowSide, last_of_each
from nbtrace.longlogs.windows import (
    CellLoop,
    Kept,
    SideStream,
    Slots,
    TableShape,
    WindowPart,
    arity_of,
    irregular_blocks,
    windows_of,
)
from nbtrace.progress import stage, step
from nbtrace.records import Record, Side, Trace
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_ASIDE = 2000
"""Blocks that may be kept; logs with more irregular ones are not for arrays."""

_MOST_CELLS = 20_000_000
_LOWEST_POWER = -400
_TENS = np.array([10.0**power if power > -320 else 0.0 for power in range(_LOWEST_POWER, 309)])
_COARSEST, _FINEST = 307, -307
"""Powers of ten between which the last digit of a number is looked for."""


@dataclass(frozen=True)
class _Assumed:
    """What decides how exactly a relation is to hold, and is known for certain only at the end of the log."""

    single: bool
    formats: dict[str, NumberFormat]
    stated: Values


def check_long(log: str, vocabulary: Vocabulary, *, chunk: int = 3 * CHUNK) -> SelfCheck | None:
    """Hold a long log against itself.

    Parameters
    ----------
    log : str
        File name.
    vocabulary : Vocabulary
    chunk : int
        Bytes read at a time.

    Returns
    -------
    SelfCheck or None
        Its trace holds the blocks that stand for the rest. None if the log has a form that only the ordinary check
        handles: another layout than that of a plain log, no relations, thousands of irregular blocks.

    Raises
    ------
    InputError
        If it is missing, unreadable or binary.
    """
    if not logs_of(vocabulary).relations:
        return None
    assumed = None
    try:
        for _ in range(2):
            passed = _Pass(vocabulary, assumed)
            found = passed.run(log, chunk)
            if passed.assumed == found:
                return passed.result(found)
            assumed = found
    except NotColumnarError:
        return None
    return None


class _Pass:
    """One reading of the log, with what is assumed of it; by default what its first part shows."""

    def __init__(self, vocabulary: Vocabulary, assumed: _Assumed | None) -> None:
        self.assumed = assumed
        self._vocabulary = vocabulary
        self._relations = logs_of(vocabulary).relations or ()
        self._forms = PrintedForms()
        self._slots = Slots(vocabulary)
        self._aside: set[int] = set()
        self._kept: dict[int, Kept] = {}
        self._chosen = Representatives()
        self._instances: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._blocks = 0
        self._steps = 0
        self._sweeps = 0
        self._repeats: list[Repeat] = []
        self._most_samples = 1
        self._turns: set[int] = set()
        self._first: tuple[bool, Mapping[str, NumberFormat]] | None = None

    def run(self, log: str, chunk: int) -> _Assumed:
        """Read the log; return what is known of it then."""
        self._reader = ColumnReader(log, chunk, self._vocabulary, with_figures=True)
        with ThreadPoolExecutor(1) as executor, stage("megabytes checked"):
            self._stream = SideStream(self._reader, self._slots, executor, self._counted())
            told = 0
            for start, part in windows_of(self._stream):
                self._add(start, part)
                read = self._reader.unpacked // 1_000_000
                step(read - told)
                told = read
        return self._known(self._forms.single, self._forms.formats())

    def _counted(self) -> Iterator[Columns]:
        for columns in self._reader.chunks():
            self._forms.add(columns)
            self._first = self._first or (self._forms.single, self._forms.formats())
            yield columns

    def _assume(self, start: int, part: WindowPart) -> _Assumed:
        """Return what the first part of the log shows."""
        self._keep(start, part, {start})
        return self._known(*(self._first or (False, {})))

    def _known(self, single: bool, formats: Mapping[str, NumberFormat]) -> _Assumed:  # noqa: FBT001 - a pair
        trace = self._trace(self._kept.keys())
        stated = logs_of(self._vocabulary).stated(trace)
        return _Assumed(single or states_float32(trace), dict(formats), stated)

    def _add(self, start: int, part: WindowPart) -> None:
        shape = TableShape.around(start, (part,))
        if shape.cells(CellLoop.STEP) * (len(self._slots.quantity) + 1) > _MOST_CELLS:
            raise NotColumnarError("too many turns of loops")
        slot = self._stream.slot_of(part)
        assumed = self.assumed = self.assumed or self._assume(start, part)
        aside = np.zeros(shape.blocks, dtype=np.bool_)
        aside[irregular_blocks(part, slot, arity_of(self._slots)) - start] = True
        aside[part.block[self._slots.placed(slot)] - start] = True
        tables = self._stream.tables(part, shape, aside)
        side = WindowSide(part, tables, self._slots, shape, assumed.stated)
        window = Window(shape, (side, side), self._slots, arity_of(self._slots), aside)
        self._set_aside(window)
        self._note(window, slot)
        self._repeat(window)
        self._hold(window, assumed)
        self._aside.update((start + np.flatnonzero(aside)).tolist())
        wanted = self._aside | self._chosen.blocks
        if len(wanted) > _MOST_ASIDE:
            raise NotColumnarError("thousands of irregular blocks")
        self._keep(start, part, wanted)

    def _keep(self, start: int, part: WindowPart, wanted: set[int]) -> None:
        self._kept.update(part.kept({block for block in wanted if block >= start}))
        for block in self._kept.keys() - wanted:
            del self._kept[block]

    def _set_aside(self, window: Window) -> None:
        """Mark the blocks that formulas are held in, and those that are of another pixel."""
        aside, side, first = window.aside, window.sides[0], window.shape.first_block
        names_of_steps = logs_of(self._vocabulary).parts_of_a_step
        present = side.present
        aside[np.flatnonzero(present)[: max(0, MOST_BLOCKS - self._blocks)]] = True
        self._blocks += side.num_blocks
        names = self._slots.quantity
        if any(name in names_of_steps and self._slots.find(name) != at for at, name in enumerate(names)):
            aside[window.repeated_steps(0)] = True  # Some steps are of a source or another place of their own.
        stated = {block - first: pixel for block, pixel in self._reader.pixels.items() if block >= first}
        aside[contradicted(stated, *points(window.places(0)))] = True
        if window.shape.samples > self._most_samples:
            aside[side.part.block[side.part.sample >= self._most_samples] - first] = True
            self._most_samples = window.shape.samples
        for turn, row in _firsts(side.part.step + 1):
            if turn not in self._turns:
                aside[side.part.block[row] - first] = True
                self._turns.add(turn)

    def _note(self, window: Window, slot: Ints) -> None:
        """Remember the first block of each quantity, placeholders, and how many steps there are."""
        side, shape = window.sides[0], window.shape
        for number, row in _firsts(slot + 1):
            self._chosen.first(("seen", number), int(side.part.block[row]))
        kept = np.repeat(~window.aside, shape.samples)
        for name, value in columns_of(self._vocabulary).placeholders.items():
            cells = np.flatnonzero((side.get(name)[:, 0] == value) & kept)
            if cells.size:
                self._chosen.first(("placeholder", name), window.block_of(int(cells[0]), shape.samples))
        key = self._slots.find(logs_of(self._vocabulary).of_a_step(KEY))
        if key is not None:
            rows = side.tables[CellLoop.STEP][key].reshape(-1, shape.steps)[kept, 1:] >= 0
            self._steps += int(np.count_nonzero(rows))
            self._sweeps += int(np.count_nonzero(rows.any(axis=1)))

    def _repeat(self, window: Window) -> None:
        """Remember the steps that repeat others, by the records of those that have the k of another one."""
        side, shape = window.sides[0], window.shape
        samples = window.samples_repeating(0)
        samples = samples[~window.aside[samples // shape.samples]]
        if not samples.size:
            return
        slots = {part: self._slots.find(name) for name, part in logs_of(self._vocabulary).parts_of_a_step.items()}
        rows = {
            part: side.tables[CellLoop.STEP][slot].reshape(-1, shape.steps)[samples]
            for part, slot in slots.items()
            if slot is not None
        }
        alike = _alike(np.where(rows[KEY] >= 0, side.values(rows[KEY], 1)[..., 0], np.nan))
        found: dict[tuple[int, int], dict[str, Record]] = {}
        for at, turn in np.argwhere(alike[:, 1:]).tolist():
            block, point = divmod(int(samples[at]), shape.samples)
            sweep = point + SWEEPS_OF_A_BLOCK * (shape.first_block + block)
            own = {part: int(of_part[at, turn + 1]) for part, of_part in rows.items()}
            found[sweep, turn] = {part: side.part.record(row) for part, row in own.items() if row >= 0}
        self._repeats += repeated_later(found, Side.UNKNOWN)

    def _hold(self, window: Window, assumed: _Assumed) -> None:
        """Count the instances of each relation, and remember its worst ones."""
        kept = np.repeat(~window.aside, window.shape.samples)
        printed = _Resolutions(window.sides[0], assumed.formats)
        with np.errstate(all="ignore"):
            for relation in self._relations:
                sizes = np.zeros(kept.size)
                residual = residuals(relation, window.sides[0].get, sizes)
                usable = ~np.isnan(residual) & kept
                if not relation.per_sample:
                    usable = last_of_each(usable, window.shape.samples)
                if usable.any():
                    allowed = _allowed(relation, printed, sizes, single=assumed.single)
                    self._count(relation.name, window, residual, allowed, np.flatnonzero(usable & (allowed < BLIND)))
                    self._remember(("coarse", relation.name), window, np.flatnonzero(usable & ~(allowed < BLIND)))

    def _remember(self, key: tuple[object, ...], window: Window, cells: Ints) -> None:
        if cells.size:
            self._chosen.first(key, window.block_of(int(cells[0]), window.shape.samples))

    def _count(self, name: str, window: Window, residual: Floats, allowed: Floats, cells: Ints) -> None:
        broken = cells[residual[cells] > allowed[cells]]
        self._instances[name] += cells.size
        self._broken[name] += broken.size
        for what, some in (("measured", cells), ("broken", broken)):
            if some.size:
                worst = int(some[residual[some].argmax()])
                block = window.block_of(worst, window.shape.samples)
                self._chosen.worst((what, name), float(residual[worst]), block)

    def _trace(self, blocks: AbstractSet[int]) -> Trace:
        reader = self._reader
        records = [record for block in sorted(blocks & self._kept.keys()) for record in self._kept[block].records()]
        records.sort(key=lambda record: record.line)
        pixels = {block: pixel for block, pixel in reader.pixels.items() if block in blocks}
        return Trace(
            reader.source,
            tuple(records),
            reader.settings,
            reader.account,
            reader.dialects,
            pixels,
            self._vocabulary,
            statistics=reader.statistics,
        )

    def result(self, found: _Assumed) -> SelfCheck:
        """Hold the kept blocks against themselves, and count all of them."""
        aside = self._trace(self._aside)
        steps = phi_steps(aside)
        repeated = sorted((*self._repeats, *repeated_later(steps, Side.UNKNOWN)), key=lambda item: item.sample)
        of_side = tuple(replace(item, side=self._reader.side) for item in repeated)
        whole = WholeLog(
            self._forms.single,
            found.formats,
            self._blocks,
            self._sweeps + sweeps_of(steps),
            unless_all(of_side, self._steps + len(steps)),
        )
        trace = excerpt_of(self._trace(self._kept.keys()), whole)
        held = check(trace)
        by_quantity = {item.quantity: item for item in check(excerpt_of(aside, whole), formulas=False).checks}
        names = {relation.name for relation in self._relations}
        checks = tuple(
            self._with_counts(item, by_quantity[item.quantity]) if item.quantity in names else item
            for item in held.checks
        )
        return replace(held, checks=checks, remarks=tuple(remarks_on(trace, checks, tuple(instances_of(trace)))))

    def _with_counts(self, item: Check, own: Check) -> Check:
        """Return a relation with the counts of the whole log: those of the blocks aside, and those of the arrays."""
        if item.finding is RelationState.NOT_CHECKED:
            return item
        name = item.quantity
        return replace(item, instances=own.instances + self._instances[name], broken=own.broken + self._broken[name])


def _allowed(relation: Relation, printed: "_Resolutions", sizes: Floats, *, single: bool) -> Floats:
    """Return what a residual may be at each sample, as the ordinary check has it."""
    digits = np.zeros(sizes.size)
    for name in relation.needs:
        digits += printed.of(name)
    least = ALLOWED_SINGLE if single or relation.single else ALLOWED_DOUBLE
    result: Floats = least + np.where(sizes == 0, 0.0, digits)
    return result


class _Resolutions:
    """The last printed digits of the values of a window, relative to the values."""

    def __init__(self, side: WindowSide, formats: Mapping[str, NumberFormat]) -> None:
        self._side = side
        kinds = side.part.pieces[-1][0].kinds if side.part.pieces else []
        known = [formats.get(kind.family) for kind in kinds]
        self._digits = np.array([form.digits if form is not None else 0 for form in known])
        decimals = [None if form is None else form.decimals for form in known]
        self._decimals = np.array([-1 if number is None else number for number in decimals])
        self._scale = np.array([kind.item.meaning.scale for kind in kinds])
        self._known: dict[str, Floats] = {}

    def of(self, name: str) -> Floats:
        """Return the last digit of a quantity's largest component over that component, at each sample; 0 without."""
        if name not in self._known:
            self._known[name] = self._work_out(name)
        return self._known[name]

    def _work_out(self, name: str) -> Floats:
        side, part = self._side, self._side.part
        rows = side.rows(name)
        result: Floats = np.zeros(side.shape.cells(CellLoop.SAMPLE))
        cells = np.flatnonzero(rows >= 0) if rows is not None else np.zeros(0, dtype=np.int64)
        if rows is None or part.figures is None or not cells.size:
            return result
        known = side.slots.vocabulary.quantities.get(name)
        numbers = np.abs(side.values(rows[cells], known.size if known is not None else 1))
        size = numbers.max(axis=1)
        some = part.figures.at(part.first[rows[cells]] + numbers.argmax(axis=1))
        kinds = part.kind[rows[cells]]
        power = np.clip(some.leading - self._digits[kinds] + 1, _FINEST, _COARSEST)
        power = np.where((self._decimals[kinds] >= 0) & ~some.scientific, -self._decimals[kinds], power)
        own = np.abs(self._scale[kinds]) * _TENS[power - _LOWEST_POWER]
        result[cells[size > 0]] = own[size > 0] / size[size > 0]
        return result


def _alike(keys: Floats) -> Flags:
    """Return which numbers another one of their row is equal to, shape (rows, columns)."""
    order = np.argsort(keys, axis=1)
    ordered = np.take_along_axis(keys, order, axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    again = np.zeros(keys.shape, dtype=np.bool_)
    again[:, 1:] |= same
    again[:, :-1] |= same
    alike: Flags = np.zeros(keys.shape, dtype=np.bool_)
    np.put_along_axis(alike, order, again, axis=1)
    return alike


def _firsts(numbers: Ints) -> Iterator[tuple[int, int]]:
    """Yield each of some small numbers, none below 0, with the place at which it comes first."""
    place = np.full(int(numbers.max(initial=-1)) + 1, -1)
    place[numbers[::-1]] = np.arange(numbers.size)[::-1]
    found = np.flatnonzero(place >= 0)
    return zip(found.tolist(), place[found].tolist(), strict=True)
