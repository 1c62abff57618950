"""How many representable numbers lie between two pixels (units in the last place)."""

from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 66
"""Bins of 0, 1, 2 to 3, 4 to 7, … steps: one for each length of a 64-bit distance in binary digits."""

_UPPER = np.uint64(2**64 - 2**11)
_LONGEST = np.uint64(2**53)
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
    distance = _distance(x, y, number_format).astype(np.uint64)
    # The exponent of a float64 is the number of binary digits, unless a number too long for it is rounded up.
    np.bitwise_and(distance, _UPPER, out=distance, where=distance > _LONGEST)
    return np.bincount(np.frexp(distance.astype(np.float64))[1], minlength=BINS)


def _distance(x: npt.NDArray[Any], y: npt.NDArray[Any], number_format: np.dtype[Any]) -> npt.NDArray[Any]:
    if number_format.kind == "f":
        left, right = (_ordered(values.astype(number_format)) for values in (x, y))
        apart: npt.NDArray[Any] = np.maximum(left, right) - np.minimum(left, right)
        return apart
    counts: npt.NDArray[Any] = np.abs(y.astype(np.int64) - x.astype(np.int64))
    return counts


def _ordered(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return floats as unsigned integers of the same order, both zeros alike; neighbours are 1 apart."""
    size = values.dtype.itemsize
    unsigned = _UNSIGNED[size]
    sign = unsigned(1 << (8 * size - 1))
    bits = (values + 0.0).view(unsigned)
    ordered: npt.NDArray[Any] = np.where(bits & sign, sign - (bits ^ sign), bits | sign)
    return ordered
