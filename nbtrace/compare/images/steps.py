"""How many representable numbers lie between two pixels (units in the last place)."""

from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 66
"""Bins of 0, 1, 2 to 3, 4 to 7, … steps: one for each length of a 64-bit distance in binary digits."""

_INTEGERS = {2: np.int16, 4: np.int32, 8: np.int64}
_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}


def common_format(x: np.dtype[Any], y: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return the number format in which two images are counted apart: the coarser float, or whole counts."""
    kinds = {"f" if dtype.kind == "f" else "i" for dtype in (x, y)}
    if kinds == {"f"}:
        return min(x, y, key=lambda dtype: dtype.itemsize)
    return np.dtype(np.int64) if kinds == {"i"} else None


def step_counts(x: npt.NDArray[Any], y: npt.NDArray[Any], number_format: np.dtype[Any]) -> npt.NDArray[np.int64]:
    """Return how many pairs are 0, 1, 2 to 3, 4 to 7, … steps of `number_format` apart, shape (BINS,)."""
    if number_format.kind == "f":
        distance = _apart(_ordered(x.astype(number_format)), _ordered(y.astype(number_format)))
    else:
        distance = np.abs(y.astype(np.int64) - x.astype(np.int64)).astype(np.uint64)
    # The exponent of a float64 is the number of binary digits, unless a number too long for it is rounded up.
    exact = (
        np.where(distance >> 53, distance & ~distance.dtype.type(0x7FF), distance)
        if distance.itemsize == 8
        else distance
    )
    return np.bincount(np.frexp(exact.astype(np.float64))[1], minlength=BINS)


def _ordered(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return floats as unsigned integers of the same order, both zeros alike; neighbours are 1 apart."""
    size = values.dtype.itemsize
    bits = (values + 0.0).view(_UNSIGNED[size])
    sign = _UNSIGNED[size](1 << (8 * size - 1))
    return np.where(bits & sign, sign - (bits & ~sign), bits + sign)


def _apart(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.maximum(x, y) - np.minimum(x, y)
