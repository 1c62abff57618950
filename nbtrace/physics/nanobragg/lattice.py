"""The lattice factor worked out by hand: sin(πNh)/sin(πh) at the traced h, and at its distance from the index."""

import math
import sys
from collections.abc import Sequence

from nbtrace.compare.chain import WorkedFactor
from nbtrace.compare.column_math import each, is_column
from nbtrace.compare.vectors import Column, where
from nbtrace.records import Trace

MOST_CELLS = 4096
"""Largest number of cells that a lattice factor is tried with."""
_LARGEST_STATED = 1e9
_AXES = "abc"
_SETTING = {"a": "N_a", "b": "N_b", "c": "N_c"}
_FITS = 1e-9
_FITS_SINGLE = 1e-3


def lattice_factor(index: Column, cells: int) -> Column:
    """Return sin(πNh)/sin(πh), N where h is an integer.

    The sines are taken of the distance to the nearest integer, where they keep their digits.
    """
    if is_column(index):
        return _lattice_factors(index, cells)
    nearest = round(index)
    rest = index - nearest
    sign = -1.0 if nearest % 2 and not cells % 2 else 1.0
    if abs(rest) < sys.float_info.min:  # its sine has lost its digits
        return sign * cells
    return sign * math.sin(math.pi * cells * rest) / math.sin(math.pi * rest)


def _lattice_factors(index: Column, cells: int) -> Column:
    nearest = index.round()
    rest = index - nearest
    sign = where((nearest % 2 != 0) & (cells % 2 == 0), -1.0, 1.0)
    ratio = sign * each(math.sin, math.pi * cells * rest) / each(math.sin, math.pi * rest)
    return where(abs(rest) < sys.float_info.min, sign * cells, ratio)


Cells = tuple[int | None, ...]
"""Numbers of cells along a, b, c."""


def work_out(
    trace: Trace, given: Cells | None = None, *, fallback: Cells | None = None, block: int = 0
) -> tuple[WorkedFactor, ...]:
    """Return the worked factors of the first sample of a pixel block; none if the log has no Miller indices.

    Parameters
    ----------
    trace : Trace
    given : numbers of cells, optional
        By default those of the banner, else the ones that the logged factors need.
    fallback : numbers of cells, optional
        The other side's, for where neither tells.
    block : int
        Pixel block.
    """
    record = next(iter(trace.by_block.get(("hkl_frac", block), ())), None)
    if record is None or len(record.numbers) != 3 or not all(map(math.isfinite, record.numbers)):
        return ()
    nobody: Cells = (None, None, None)
    per_axis = zip(_AXES, record.numbers, given or nobody, fallback or nobody, strict=True)
    return tuple(_one(trace, axis, index, wanted, other, block) for axis, index, wanted, other in per_axis)


def _one(trace: Trace, axis: str, index: float, given: int | None, other: int | None, block: int) -> WorkedFactor:
    rounded = math.ceil(index - 0.5)
    logged = trace.number(f"F_latt_{axis}", block)
    cells, origin = _cells(trace, axis, index, logged, given)
    if cells is None and other is not None:
        cells, origin = other, "other side"
    at_index = lattice_factor(index, cells) if cells else None
    at_distance = lattice_factor(index - rounded, cells) if cells else None
    return WorkedFactor(axis, index, rounded, cells, origin, at_index, at_distance, logged)


def _cells(trace: Trace, axis: str, index: float, logged: float | None, given: int | None) -> tuple[int | None, str]:
    if given:
        return given, "given"
    stated = trace.settings.get(_SETTING[axis])
    if stated is not None:
        number = float(stated.value)
        if 1 <= number <= _LARGEST_STATED:
            return int(number), "stated"
    inferred = infer_cells(index, logged) if logged is not None else None
    return inferred, "inferred" if inferred else "unknown"


def common_cells(indices: Sequence[float], factors: Sequence[float], uncertain: Sequence[float]) -> int | None:
    """Return the one number of cells that gives the lattice factors along several axes; None if it may be chance.

    Parameters
    ----------
    indices, factors : sequence of float
        h, k, l and the factors along a, b, c.
    uncertain : sequence of float
        Half a unit of the last printed digit of each index, then of each factor.
    """
    if not all(map(math.isfinite, (*indices, *factors))):
        return None
    by_axis = list(zip(indices, factors, uncertain[: len(indices)], uncertain[len(indices) :], strict=True))
    odds = 0.0
    for cells in range(1, MOST_CELLS + 1):
        chance, fits = 1.0, True
        for index, factor, of_index, of_factor in by_axis:
            value = abs(lattice_factor(index, cells))
            allowed = of_factor + abs(abs(lattice_factor(index + of_index, cells)) - value) + _FITS * max(value, 1.0)
            fits = fits and abs(value - abs(factor)) <= 2 * allowed
            chance *= min(4 * allowed / max(abs(factor), _AMPLITUDE), 1.0)
        odds += chance
        if fits:
            return cells if odds < _BY_CHANCE else None
    return None


_AMPLITUDE = 0.5
"""Size of a lattice factor away from its maxima, at least."""
_BY_CHANCE = 1e-3
"""Expected number of smaller numbers of cells that fit as well by chance."""


def infer_cells(index: float, factor: float) -> int | None:
    """Return the number of cells that gives a lattice factor at a Miller index; None if no number or several fit.

    The sign is left out, since some programs take the sine at h − h₀.
    """
    if not math.isfinite(factor) or not math.isfinite(index):
        return None
    misfits = sorted((abs(abs(lattice_factor(index, n)) - abs(factor)), n) for n in range(1, MOST_CELLS + 1))
    best, second = misfits[0], misfits[1]
    scale = max(abs(factor), 1.0)
    for allowed in (_FITS, _FITS_SINGLE):
        if best[0] <= allowed * scale:
            return best[1] if second[0] > 10 * allowed * scale else None
    return None
