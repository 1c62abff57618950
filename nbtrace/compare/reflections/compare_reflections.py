"""Two tables of structure factors compared, reflection by reflection, and by one relation for all."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nbtrace.compare.reflections.given_reflections import Reflections, amplitude_of, reflections_of
from nbtrace.compare.reflections.index_maps import IDENTITY, IndexMap, index_maps
from nbtrace.compare.reflections.reflection_lookup import ReflectionLookup
from nbtrace.compare.reflections.reflection_set import Amplitudes, Indices, ReflectionForm, ReflectionSet
from nbtrace.errors import InputError
from nbtrace.presentable import Presentable
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import DIVERGENT_BELOW, MINOR_BELOW, Status, Verdict
from nbtrace.verdicts.tolerance import Policy, Tolerance
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.sides import Names

_SAMPLE = 2000
_SHOWN = 10
_ALIKE = 1e-6
"""Relative scatter up to which the ratios of two tables are one ratio, beside what printed decimals allow."""

_HOLDS = 0.95
"""Share of the reflections that a relation must account for."""

_BETTER = 0.05
"""Share by which it must account for more than none does."""


@dataclass(frozen=True, slots=True)
class ReflectionRow:
    """One reflection on both sides; F in electrons, None where a side has none."""

    hkl: tuple[int, int, int]
    c: float | None
    py: float | None
    relative: float | None
    status: Status


@dataclass(frozen=True, slots=True)
class ReflectionRelation:
    """How the candidate's table is made from the reference's.

    Attributes
    ----------
    index_map : IndexMap
        From the reference's indices to those under which the candidate has the same reflection.
    power : float
        1, 2 where the candidate has the square, ½ where it has the root.
    scale : float
        Candidate over reference, after the power.
    accounted, compared : int
        Reflections of the reference that it accounts for, and all of them.
    """

    index_map: IndexMap
    power: float
    scale: float
    accounted: int
    compared: int


@dataclass(frozen=True, eq=False, repr=False)
class ReflectionsResult(Presentable):
    """Two tables of structure factors compared.

    Attributes
    ----------
    c, py : ReflectionSet
    names : Names
        What the sides are called.
    tolerance : Tolerance
        Difference of F that agrees.
    slack : float
        Difference of F that rounding to the printed decimals explains, in electrons.
    compared, differing : int
        Reflections that both sides have, and those whose F differs.
    filled_c, filled_py : int
        Reflections that only the other side lists and that are equal to the default that fills this side's gaps.
    only_c, only_py : int
        Reflections that only this side has.
    worst : tuple of ReflectionRow
        The reflections that differ most, relative to the reference.
    lacking : tuple of ReflectionRow
        The strongest reflections that a side lacks.
    relation : ReflectionRelation or None
    bands : tuple of (Status, int)
        How many reflections have which status.
    defaults_differ : int
        Entries that both boxes fill with their defaults, where these differ.
    gaps : int
        Entries that both boxes fill with their defaults.
    """

    presented_as: ClassVar[str] = "reflections"

    c: ReflectionSet
    py: ReflectionSet
    names: Names
    tolerance: Tolerance
    slack: float
    compared: int
    differing: int
    filled_c: int
    filled_py: int
    only_c: int
    only_py: int
    worst: tuple[ReflectionRow, ...]
    lacking: tuple[ReflectionRow, ...]
    relation: ReflectionRelation | None
    bands: tuple[tuple[Status, int], ...]
    defaults_differ: int = 0
    gaps: int = 0

    def counted(self) -> tuple[str, ...]:
        """Return how many reflections were compared, and how many differ."""
        counts = f"{self.compared} reflections compared; differing: {self.differing}"
        return (f"{counts}; {self.c.source} against {self.py.source}",)

    @property
    def verdict(self) -> Verdict:
        """Agreement only where no reflection differs and neither side lacks one."""
        faults = self.differing or self.only_c or self.only_py or self.defaults_differ
        return Verdict.DIFFER if faults else Verdict.AGREE

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What must be known of the two files."""
        return tuple(_notices(self))


def compare_reflections(c: Reflections, py: Reflections, policy: Policy | None = None) -> ReflectionsResult:
    """Compare two tables of structure factors.

    Parameters
    ----------
    c, py : ReflectionSet, str or path-like
        The reference's and the port's: tables, or the names of lists of h k l F or of binary caches.
    policy : Policy, optional
        Tolerances; by default those of nanoBragg's vocabulary.

    Raises
    ------
    InputError
        If a file cannot be read, or the two have no reflection in common and no relation makes one from the other.
    UsageError
        If an argument is neither a table nor the name of a file.
    """
    policy = policy or Policy()
    words = policy.vocabulary
    return _compared(reflections_of(c, words), reflections_of(py, words), words.names, policy.of(amplitude_of(words)))


def _compared(c: ReflectionSet, py: ReflectionSet, names: Names, tolerance: Tolerance) -> ReflectionsResult:
    slack = _slack(c, py)
    rows = ReflectionLookup(py.indices).rows(c.indices)
    found = rows >= 0
    lost = np.ones(len(py.indices), dtype=bool)
    lost[rows[found]] = False
    # What one side fills with its default is compared with the default.
    c_in_py, py_in_c = ~found & py.within(c.indices), lost & c.within(py.indices)
    in_c = np.concatenate([c.indices[found], c.indices[c_in_py], py.indices[py_in_c]])
    of_c = np.concatenate([c.F[found], c.F[c_in_py], _default(c, py_in_c)])
    of_py = np.concatenate([py.F[rows[found]], _default(py, c_in_py), py.F[py_in_c]])
    same = _same(of_c, of_py, tolerance, slack)
    alone_c, alone_py = ~found & ~c_in_py, lost & ~py_in_c
    gaps = _filled_on_both(c, py)
    alike = c.default is None or py.default is None or abs(py.default - c.default) <= tolerance.allowed(abs(c.default))
    defaults = 0 if alike else gaps
    faults = bool((~same).sum() or alone_c.sum() or alone_py.sum() or defaults)
    relation = _Made(c, py, tolerance, slack).relation() if faults else None
    if not len(in_c) and relation is None and not gaps:
        raise InputError(f"nothing to compare: {c.source} and {py.source} have no reflection in common")
    filled = np.zeros(len(in_c), dtype=np.int8)
    filled[int(found.sum()) :][: int(c_in_py.sum())] = 1
    filled[int(found.sum() + c_in_py.sum()) :] = 2
    statuses = _statuses(of_c, of_py, same)
    return ReflectionsResult(
        c=c,
        py=py,
        names=names,
        tolerance=tolerance,
        slack=slack,
        compared=len(in_c),
        gaps=gaps,
        differing=int((~same).sum()),
        filled_c=int((same & (filled == 2)).sum()),
        filled_py=int((same & (filled == 1)).sum()),
        only_c=int(alone_c.sum()),
        only_py=int(alone_py.sum()),
        worst=tuple(_worst(in_c, of_c, of_py, same, statuses)),
        lacking=(*_strongest(c, alone_c, of_reference=True), *_strongest(py, alone_py, of_reference=False)),
        relation=relation,
        bands=tuple((status, int((statuses == place).sum())) for place, status in enumerate(_BANDS)),
        defaults_differ=defaults,
    )


_BANDS = (Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL, Status.NOT_FINITE)


def _default(table: ReflectionSet, where: npt.NDArray[np.bool_]) -> Amplitudes:
    return np.full(int(where.sum()), np.nan if table.default is None else table.default)


def _slack(c: ReflectionSet, py: ReflectionSet) -> float:
    """Return the difference that rounding explains: none between tables with as many decimals each."""
    if c.decimals == py.decimals:
        return 0.0
    known = [table.decimals for table in (c, py) if table.decimals is not None]
    return 0.5 * 10.0 ** -min(known) * (1 + 1e-9)


def _same(c: Amplitudes, py: Amplitudes, tolerance: Tolerance, slack: float) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        allowed = tolerance.value * np.abs(c) if tolerance.basis is Basis.RELATIVE else tolerance.value
        within: npt.NDArray[np.bool_] = np.abs(py - c) <= np.maximum(allowed, slack)
    finite = np.isfinite(c) & np.isfinite(py)
    return within & finite


def _relative(c: Amplitudes, py: Amplitudes) -> Amplitudes:
    with np.errstate(divide="ignore", invalid="ignore"):
        relative: Amplitudes = np.where(c == py, 0.0, (py - c) / np.abs(c))
    return relative


def _statuses(c: Amplitudes, py: Amplitudes, same: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the place of each status in `_BANDS`."""
    size = np.abs(_relative(c, py))
    places = np.full(len(c), _BANDS.index(Status.CRITICAL))
    places[size < DIVERGENT_BELOW] = _BANDS.index(Status.DIVERGENT)
    places[size < MINOR_BELOW] = _BANDS.index(Status.MINOR)
    places[~(np.isfinite(c) & np.isfinite(py))] = _BANDS.index(Status.NOT_FINITE)
    places[same] = _BANDS.index(Status.PASS)
    return places


def _worst(
    indices: Indices,
    c: Amplitudes,
    py: Amplitudes,
    same: npt.NDArray[np.bool_],
    statuses: npt.NDArray[np.int64],
) -> Iterator[ReflectionRow]:
    relative = _relative(c, py)
    wrong = np.flatnonzero(~same)
    size = np.nan_to_num(np.abs(relative[wrong]), nan=np.inf)
    # Of those that are infinitely off, as far as numbers tell, the larger difference comes first.
    order = wrong[np.lexsort((-np.abs(py - c)[wrong], -size))][:_SHOWN]
    for place in order.tolist():
        off = float(relative[place])
        yield ReflectionRow(
            _hkl(indices[place]),
            float(c[place]),
            float(py[place]),
            off if np.isfinite(off) else None,
            _BANDS[int(statuses[place])],
        )


def _strongest(table: ReflectionSet, alone: npt.NDArray[np.bool_], *, of_reference: bool) -> Iterator[ReflectionRow]:
    places = np.flatnonzero(alone)
    for place in places[np.argsort(-np.abs(table.F[places]), kind="stable")][: _SHOWN // 2].tolist():
        value = float(table.F[place])
        c, py = (value, None) if of_reference else (None, value)
        yield ReflectionRow(_hkl(table.indices[place]), c, py, None, Status.MISSING)


def _hkl(row: Indices) -> tuple[int, int, int]:
    h, k, m = row.tolist()
    return h, k, m


def _filled_on_both(c: ReflectionSet, py: ReflectionSet) -> int:
    """Return how many entries both boxes fill with their defaults."""
    if c.default is None or py.default is None or c.limits is None or py.limits is None:
        return 0
    edges = zip(c.limits, py.limits, strict=True)
    spans = [min(high, other_high) - max(low, other_low) + 1 for (low, high), (other_low, other_high) in edges]
    shared = math.prod(max(span, 0) for span in spans)
    listed = np.unique(np.concatenate([c.indices, py.indices]), axis=0)
    return shared - int((c.within(listed) & py.within(listed)).sum())


@dataclass(frozen=True, eq=False)
class _Made:
    """The search for how one table is made from the other."""

    c: ReflectionSet
    py: ReflectionSet
    tolerance: Tolerance
    slack: float

    def relation(self) -> ReflectionRelation | None:
        """Return the map of indices, the power and the factor that account for nearly all; None without."""
        c, py = self.c, self.py
        if not len(c.indices) or not len(py.indices):
            return None
        lookup = ReflectionLookup(py.indices)
        chosen = np.unique(np.linspace(0, len(c.indices) - 1, _SAMPLE).astype(np.int64))
        sample, of_c = c.indices[chosen], c.F[chosen]
        best: tuple[float, IndexMap, float] = (-1.0, IDENTITY, 1.0)
        for index_map in index_maps():
            rows = lookup.rows(index_map(sample))
            for power in _POWERS:
                share = float(self._accounted(rows, of_c, power, self._scale(rows, of_c, power)).mean())
                if share > best[0] + _BETTER / 2:
                    best = (share, index_map, power)
        share, index_map, power = best
        if share < max(_HOLDS, self._as_they_stand(lookup.rows(sample), of_c) + _BETTER):
            return None
        rows = lookup.rows(index_map(c.indices))
        scale = self._scale(rows, c.F, power)
        accounted = int(self._accounted(rows, c.F, power, scale).sum())
        return ReflectionRelation(index_map, power, scale, accounted, len(c.indices))

    def _as_they_stand(self, rows: Indices, c: Amplitudes) -> float:
        found = rows >= 0
        return float(_same(c[found], self.py.F[rows[found]], self.tolerance, self.slack).sum()) / len(rows)

    def _scale(self, rows: Indices, c: Amplitudes, power: float) -> float:
        """Return the factor that most of the stronger reflections have; nan where none has one."""
        use = (rows >= 0) & (c > 0)
        use[use] &= self.py.F[rows[use]] > 0
        if not use.any():
            return float("nan")
        strong = c[use] >= np.quantile(c[use], 0.5)
        scale = float(np.median(self.py.F[rows[use]][strong] / c[use][strong] ** power))
        return 1.0 if abs(scale - 1.0) <= _ALIKE else scale

    def _accounted(self, rows: Indices, c: Amplitudes, power: float, scale: float) -> npt.NDArray[np.bool_]:
        """Return which reflections have the factor, as far as the decimals tell."""
        accounted = rows >= 0
        size = np.abs(c[accounted])
        predicted = scale * size**power * (np.sign(c[accounted]) if power == 1.0 else 1.0)
        rounding: float | Amplitudes = self.slack
        if scale != 1.0 or power != 1.0:
            with np.errstate(divide="ignore"):
                rounding = _half(self.py) + _half(self.c) * scale * power * size ** (power - 1.0)
        off = np.abs(self.py.F[rows[accounted]] - predicted)
        accounted[accounted] = off <= np.maximum(_ALIKE * np.abs(predicted), rounding)
        return accounted


_POWERS = (1.0, 2.0, 0.5)
"""F, intensities in its place, and roots in its place."""


def _half(table: ReflectionSet) -> float:
    """Return half of the last decimal of a rounded table, 0 for an exact one."""
    return 0.0 if table.decimals is None else 0.5 * 10.0**-table.decimals * (1 + 1e-9)


def _notices(result: ReflectionsResult) -> Iterator[Notice]:
    for name, other, table, filled in (
        (result.names.reference, result.names.candidate, result.c, result.filled_c),
        (result.names.candidate, result.names.reference, result.py, result.filled_py),
    ):
        if table.repeated:
            many = "1 reflection" if table.repeated == 1 else f"{table.repeated} reflections"
            text = f"{table.source} gives {many} more than once; the last value counts"
            yield Notice(Subject.LINES, Weight.WARNING, text)
        if table.form is ReflectionForm.CACHE and table.default is not None:
            gaps = table.entries - len(table.indices)
            text = f"{gaps} of the {table.entries} entries of {table.source} hold {table.default:g}, which is taken as "
            yield Notice(Subject.LOG, Weight.INFO, f"{text}the default_F that fills its gaps")
        if filled:
            text = f"{filled} reflections that only {other} lists have the F that fills the gaps of {name}; they agree"
            yield Notice(Subject.LOG, Weight.INFO, text)
    if result.slack:
        text = f"one file has fewer decimals than the other; differences up to {result.slack:.2g} are rounding"
        yield Notice(Subject.PRECISION, Weight.INFO, text)
    if result.defaults_differ:
        text = f"{result.defaults_differ} entries hold the default F on both sides: {result.c.default:g} against "
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, f"{text}{result.py.default:g}")
