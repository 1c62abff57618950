"""Relations held in arrays: how many samples of one log obey them, and which blocks stand for the rest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from nbtrace.compare.check import ALLOWED_DOUBLE, ALLOWED_SINGLE, BLIND
from nbtrace.compare.logs import logs_of
from nbtrace.compare.precision import NumberFormat
from nbtrace.compare.relations import Relation, Values
from nbtrace.compare.self_check import Check, RelationState
from nbtrace.longlogs.column_knowledge import columns_of
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.estimates import residuals
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.tally import Representatives, Window, WindowSide
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Assumed:
    """What decides how exactly values are held, and is known for certain only at the end of the log."""

    single: bool
    formats: dict[str, NumberFormat]
    stated: Values


@dataclass
class HeldRelations:
    """The relations of one log, held in the blocks that are not kept as records.

    The arrays do the operations of the relations on floats in the same order, and allow each value what its own digits
    allow. The blocks that stand for the rest are noted in `chosen`, under `name`.

    Attributes
    ----------
    instances, broken : Counter of str
        Samples or pixels at which a relation was held, and where it does not hold.
    """

    vocabulary: Vocabulary
    chosen: Representatives
    name: object = ""
    instances: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)

    def hold(self, window: Window, number: int, formats: Mapping[str, NumberFormat], *, single: bool) -> None:
        """Count the instances of each relation on one side of a window, and remember its worst ones."""
        side, samples = window.sides[number], window.shape.samples
        kept = np.repeat(~window.aside, samples) & side.sampled
        printed = _Resolutions(side, formats)
        with np.errstate(all="ignore"):
            for relation in logs_of(self.vocabulary).relations or ():
                sizes = np.zeros(kept.size)
                residual = residuals(relation, side.get, sizes, side.has)
                usable = ~np.isnan(residual) & kept
                if not relation.per_sample:
                    usable = last_of_each(usable, samples)
                if usable.any():
                    least = ALLOWED_SINGLE if single or relation.single else ALLOWED_DOUBLE
                    allowed = printed.allowed(relation, residual, sizes, usable, least)
                    fine = allowed < BLIND
                    self._count(relation.name, window, residual, allowed, np.flatnonzero(usable & fine))
                    self._remember(("coarse", relation.name), window, np.flatnonzero(usable & ~fine))
        for name, value in columns_of(self.vocabulary).placeholders.items():
            self._remember(("placeholder", name), window, np.flatnonzero((side.get(name)[:, 0] == value) & kept))

    def with_counts(self, item: Check, own: Check) -> Check:
        """Return a relation with the counts of the whole log: those of the blocks aside, and those of the arrays."""
        if item.finding is RelationState.NOT_CHECKED:
            return item
        name = item.quantity
        return replace(item, instances=own.instances + self.instances[name], broken=own.broken + self.broken[name])

    def _remember(self, key: tuple[object, ...], window: Window, cells: Ints) -> None:
        if cells.size:
            self.chosen.first((self.name, *key), window.block_of(int(cells[0]), window.shape.samples))

    def _count(self, name: str, window: Window, residual: Floats, allowed: Floats, cells: Ints) -> None:
        broken = cells[residual[cells] > allowed[cells]]
        self.instances[name] += cells.size
        self.broken[name] += broken.size
        for what, some in (("measured", cells), ("broken", broken)):
            if some.size:
                worst = int(some[residual[some].argmax()])
                block = window.block_of(worst, window.shape.samples)
                self.chosen.worst((self.name, what, name), float(residual[worst]), block)


def last_of_each(usable: Flags, samples: int) -> Flags:
    """Return which usable samples are the last of their block."""
    if samples == 1:
        return usable
    grid = usable.reshape(-1, samples)
    later = np.cumsum(grid[:, ::-1], axis=1)[:, ::-1]
    last: Flags = grid & (later == 1)
    return last.ravel()


class _Resolutions:
    """The last printed digits of the values of a window, relative to the values."""

    def __init__(self, side: WindowSide, formats: Mapping[str, NumberFormat]) -> None:
        self._side = side
        self._last_digits = LastDigits(side.part, formats)

    def allowed(self, relation: Relation, residual: Floats, sizes: Floats, usable: Flags, least: float) -> Floats:
        """Return what a residual may be at each sample, as the ordinary check has it.

        Where it is within `least`, and digits are so many that no sample is without a say, they are not looked at.
        """
        result: Floats = np.full(sizes.size, least)
        digits = self._last_digits
        telling = not digits.fixed and least + len(relation.needs) * digits.finest < BLIND
        cells = np.flatnonzero(usable & (sizes != 0) & ~(residual <= least)) if telling else np.flatnonzero(sizes)
        if cells.size:
            printed = np.zeros(cells.size)
            for name in relation.needs:
                printed += self._of(name, cells)
            result[cells] += printed
        return result

    def _of(self, name: str, cells: Ints) -> Floats:
        """Return the last digit of a quantity's largest component over that component at some samples; 0 without."""
        side, rows = self._side, self._side.rows(name)
        result: Floats = np.zeros(cells.size)
        at = np.flatnonzero(rows[cells] >= 0) if rows is not None else np.zeros(0, dtype=np.int64)
        if rows is None or not at.size:
            return result
        rows = rows[cells[at]]
        known = side.slots.vocabulary.quantities.get(name)
        numbers = np.abs(side.values(rows, known.size if known is not None else 1))
        size = numbers.max(axis=1)
        own = self._last_digits.of(rows, numbers.argmax(axis=1))
        result[at[size > 0]] = own[size > 0] / size[size > 0]
        return result
