"""Sums of intensity per shell of resolution."""

import math
from dataclasses import dataclass

import numpy as np

from nbtrace.compare.images.selection import Selection
from nbtrace.images.geometry import inverse_d_squared
from nbtrace.images.image import Floats, Geometry

SHELLS = 10
_ROWS = 64


@dataclass(frozen=True)
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


def shells(selection: Selection, geometry: Geometry) -> tuple[Shell, ...]:
    """Return shells of equal width in 1/d², of about as many pixels each on a flat detector; empty ones are left out.

    A pixel belongs to the shell of its centre. Sums are in float64.
    """
    squared = _of_compared(selection, geometry)
    least, most = float(squared.min()), float(squared.max())
    if not most > least:
        return ()
    number = np.minimum(((squared - least) * (SHELLS / (most - least))).astype(np.intp), SHELLS - 1)
    counts = np.bincount(number, minlength=SHELLS)
    sums = [np.bincount(number, weights=values, minlength=SHELLS) for values in (selection.c, selection.py)]
    edges = [_spacing(least + (most - least) * i / SHELLS) for i in range(SHELLS + 1)]
    return tuple(
        Shell(edges[i], edges[i + 1], int(counts[i]), float(sums[0][i]), float(sums[1][i]))
        for i in range(SHELLS)
        if counts[i]
    )


def _of_compared(selection: Selection, geometry: Geometry) -> Floats:
    """Return 1/d² of the centres of the compared pixels, a few rows at a time."""
    rows, columns = selection.shape
    squared = np.empty(selection.shape)
    fast = np.arange(columns) + 0.5
    for first in range(0, rows, _ROWS):
        slow = np.arange(first, min(first + _ROWS, rows))[:, None] + 0.5
        squared[first : first + _ROWS] = inverse_d_squared(geometry, slow, fast)
    return squared.ravel() if selection.indices is None else squared.ravel()[selection.indices]


def _spacing(inverse_squared: float) -> float:
    return 1 / math.sqrt(inverse_squared) if inverse_squared > 0 else math.inf
