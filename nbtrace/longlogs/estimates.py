"""Sizes of differences for many pixels at once: which of them deserve a closer look.

Nothing here decides: whatever comes out largest or first is judged again, from its records, by the functions that judge
single values and relations.
"""

from collections.abc import Callable

import numpy as np

from nbtrace.compare.artefacts import POWER_CLOSE, POWERS
from nbtrace.compare.relations import Relation, Sides
from nbtrace.longlogs.column_knowledge import ORDINAL, Get
from nbtrace.longlogs.decimals import Flags, Floats, Ints

_SMALL_SQUARE, _LARGE_SQUARE = 1e-280, 1e300
"""Between these no square of a component that matters has left the range of numbers."""


def norms(values: Floats) -> Floats:
    """Return the Euclidean norm along the last axis; of finite values it is finite, and 0 only of zeros."""
    if values.shape[-1] == 1:
        return np.abs(values[..., 0])
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = _dots(values, values)
        size: Floats = np.sqrt(squares)
        far = np.nonzero((squares < _SMALL_SQUARE) | (squares > _LARGE_SQUARE))
        if far[0].size:
            some = values[far]
            whole = np.hypot(np.hypot(some[..., 0], some[..., 1]), some[..., 2])
            finite = np.isfinite(some).all(axis=-1)
            size[far] = np.where(finite, np.minimum(whole, np.finfo(np.float64).max), whole)
    return size


def _dots(a: Floats, b: Floats) -> Floats:
    result: Floats = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return result


def residuals(relation: Relation, get: Get, sizes: Floats, has: Callable[[str], Flags]) -> Floats:
    """Return the residual of a relation at each sample, nan where it cannot be checked.

    `sizes` is filled with the size of its terms there; `has` tells at which samples a quantity is logged.

    Samples are taken together that log the same of what the relation takes, and whose flags are alike, so that the
    relation sees what it would see of each alone.
    """
    first = get(relation.needs[0])
    residual: Floats = np.full(first.shape[0], np.nan)
    needed: Flags = np.logical_and.reduce([has(name) for name in relation.needs])
    if relation.only_first_unless is not None:
        needed &= (get(ORDINAL)[:, 0] == 0) | (np.nan_to_num(get(relation.only_first_unless)[:, 0]) != 0)
    optional = [name for name in relation.takes_if_logged if not np.isnan(get(name)).all()]
    states = [~np.isnan(get(name)[:, 0]) for name in optional]
    states += [np.nan_to_num(get(name)[:, 0]) != 0 for name in relation.flags]
    kinds = needed.astype(np.int64)
    for bit, state in enumerate(states, 1):
        kinds |= state.astype(np.int64) << bit
    kinds[~needed] = 0
    for kind in np.flatnonzero(np.bincount(kinds)[1:]) + 1:
        cells = np.flatnonzero(kinds == kind)
        every = slice(None) if cells.size == kinds.size else cells
        on = [bool(kind >> bit & 1) for bit in range(1, len(states) + 1)]
        present = [name for name, is_present in zip(optional, on, strict=False) if is_present]
        values = {name: tuple(get(name)[every].T) for name in (*relation.needs, *present)}
        raised = zip(relation.flags, on[len(optional) :], strict=True)
        sides = relation.sides({**values, **{name: (float(flag),) for name, flag in raised}})
        residual[every] = _residual(sides)
        sizes[every] = sides.size
    return residual


def _residual(sides: Sides) -> Floats:
    apart = np.maximum.reduce([np.abs(x - y) for x, y in zip(sides.logged, sides.computed, strict=True)])
    result: Floats = np.where(apart == 0, 0.0 * apart, apart / sides.size)
    result[~np.isfinite(result + sides.size)] = np.inf
    return result


def powers_of_ten(c: Floats, py: Floats) -> Ints:
    """Return n where the components of Py are 10ⁿ times those of C, as two units have it; else 0; shape (n,)."""
    sizes = norms(c)
    ratio = norms(py) / sizes
    power: Ints = np.round(np.log10(np.where((ratio > 0) & np.isfinite(ratio), ratio, 1.0))).astype(np.int64)
    power[~np.isin(np.abs(power), POWERS)] = 0
    off = norms(c - py * 10.0 ** -power.astype(np.float64)[:, None])
    power[~(off <= POWER_CLOSE * sizes)] = 0
    return power
