"""How many representable numbers lie between two pixels (units in the last place)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 66
"""Bins of 0, 1, 2 to 3, 4 to 7, … steps: one for each length of a 64-bit distance in binary digits."""

_FAR = 64
"""Steps from which on distances are sorted into bins."""
_ONE = 1023
"""Exponent of 1 as float64 holds it."""

_SIGNED: Mapping[int, type[np.signedinteger[Any]]] = {2: np.int16, 4: np.int32, 8: np.int64}
_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}


def common_format(x: np.dtype[Any], y: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return the number format in which two images are counted apart: the coarser float, or whole counts."""
    kinds = {"f" if dtype.kind == "f" else "i" for dtype in (x, y)}
    if kinds == {"f"}:
        return min(x, y, key=lambda dtype: dtype.itemsize)
    return np.dtype(np.int64) if kinds == {"i"} else None


def format_name(number_format: np.dtype[Any]) -> str:
    """Return what a step is one of: `count`, or the name of a float format."""
    return number_format.name if number_format.kind == "f" else "count"


def step_counts(x: npt.NDArray[Any], y: npt.NDArray[Any], number_format: np.dtype[Any]) -> npt.NDArray[np.int64]:
    """Return how many pairs are 0, 1, 2 to 3, 4 to 7, … steps of `number_format` apart, shape (BINS,)."""
    distance = _distance(x, y, number_format)
    counts = np.zeros(BINS, np.int64)
    if int(distance.max(initial=0)) >= _FAR:
        return _binned(distance, counts)
    counts[0] = distance.size
    for bits in range(8 * distance.dtype.itemsize):
        # Where nearly all are a few steps apart, counting what exceeds each is faster than sorting all into bins.
        longer = np.count_nonzero(distance >= distance.dtype.type(1 << bits))
        if not longer:
            break
        counts[bits] -= longer
        counts[bits + 1] += longer
    return counts


def _binned(distance: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Add distances to the counts of their lengths in binary digits, which are the exponents of floats."""
    if distance.dtype.itemsize == 8:
        distance = distance & ~(distance >> np.uint64(1))  # so that rounding to a float makes none longer
    found = np.bincount(distance.astype(np.float64).view(np.int64) >> 52, minlength=_ONE + BINS)
    counts[0] += found[0]
    counts[1:] += found[_ONE : _ONE + BINS - 1]
    return counts


def _distance(x: npt.NDArray[Any], y: npt.NDArray[Any], number_format: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return how many numbers lie between those of two arrays, as unsigned integers."""
    if number_format.kind == "f":
        left, right = (_ordered(values.astype(number_format, copy=False)) for values in (x, y))
        apart: npt.NDArray[Any] = np.maximum(left, right)
        np.subtract(apart, np.minimum(left, right, out=right), out=apart)
        return apart.view(_UNSIGNED[number_format.itemsize])
    counts: npt.NDArray[Any] = np.abs(y.astype(np.int64) - x.astype(np.int64))
    return counts.view(np.uint64)


def _ordered(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return floats as integers of the same order, both zeros alike; neighbours are 1 apart."""
    signed = _SIGNED[values.dtype.itemsize]
    ordered: npt.NDArray[Any] = (values + 0.0).view(signed)
    if ordered.min() < 0:
        np.subtract(np.iinfo(signed).min, ordered, out=ordered, where=ordered < 0)
    return ordered
