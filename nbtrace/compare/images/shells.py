"""Sums of intensity per shell of resolution."""

import math
from collections.abc import Iterator

import numpy as np

from nbtrace.compare.images.selection import ComparedPixels
from nbtrace.frozen import frozen
from nbtrace.images.image import Floats, Geometry, Pixels
from nbtrace.images.resolution import inverse_d_squared

SHELLS = 10
_ROWS = 16


@frozen
class Shell:
    """A shell of resolution.

    Attributes
    ----------
    d_max, d_min : float
        Its limits in m; inf where it holds the direct beam.
    pixels : int
    c_sum, py_sum : float
        Sums of the compared pixels in it.
    """

    d_max: float
    d_min: float
    pixels: int
    c_sum: float
    py_sum: float

    @property
    def ratio(self) -> float | None:
        """Py/C of the sums, None if one is 0."""
        return self.py_sum / self.c_sum if self.c_sum and self.py_sum else None


def shells(selection: ComparedPixels, geometry: Geometry) -> tuple[Shell, ...]:
    """Return shells of equal width in 1/d², of about as many pixels each on a flat detector; empty ones are left out.

    A pixel belongs to the shell of its centre. Sums are in float64.
    """
    least, most = _range(selection, geometry)
    if not most > least:
        return ()
    counts, c_sums, py_sums = np.zeros(SHELLS, np.int64), np.zeros(SHELLS), np.zeros(SHELLS)
    for squared, c, py in _portions(selection, geometry):
        number = np.minimum(((squared - least) * (SHELLS / (most - least))).astype(np.intp), SHELLS - 1)
        counts += np.bincount(number, minlength=SHELLS)
        c_sums += np.bincount(number, weights=c, minlength=SHELLS)
        py_sums += np.bincount(number, weights=py, minlength=SHELLS)
    edges = [_spacing(least + (most - least) * i / SHELLS) for i in range(SHELLS + 1)]
    return tuple(
        Shell(edges[i], edges[i + 1], int(counts[i]), float(c_sums[i]), float(py_sums[i]))
        for i in range(SHELLS)
        if counts[i]
    )


def _range(selection: ComparedPixels, geometry: Geometry) -> tuple[float, float]:
    portions = [(squared.min(), squared.max()) for squared, _, _ in _portions(selection, geometry)]
    return float(min(low for low, _ in portions)), float(max(high for _, high in portions))


def _portions(selection: ComparedPixels, geometry: Geometry) -> Iterator[tuple[Floats, Pixels, Pixels]]:
    """Yield 1/d² of the centres of compared pixels with their values in C and Py, a few rows at a time."""
    rows, columns = selection.shape
    fast, done = np.arange(columns) + 0.5, 0
    for first in range(0, rows, _ROWS):
        slow = np.arange(first, min(first + _ROWS, rows))[:, None] + 0.5
        squared = np.asarray(inverse_d_squared(geometry, slow, fast)).ravel()
        if selection.compared is not None:
            squared = squared[selection.compared[first : first + _ROWS].ravel()]
        part = slice(done, done + squared.size)
        done += squared.size
        if squared.size:
            yield squared, selection.c[part], selection.py[part]


def _spacing(inverse_squared: float) -> float:
    return 1 / math.sqrt(inverse_squared) if inverse_squared > 0 else math.inf
