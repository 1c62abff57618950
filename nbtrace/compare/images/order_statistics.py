"""The different numbers of an array, its median, and where its ends are.

numpy's own `unique` and `median` load its masked arrays to see that it is none.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

_EVERY, _NEAR = 64, 4
"""One in so many numbers tells which are near an end, and how many times as many as are wanted are taken as such."""


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the different numbers of an array, sorted."""
    found: npt.NDArray[Any] = np.unique(values, return_counts=True)[0]
    return found


def outermost(values: npt.NDArray[Any], count: int, *, lowest: bool = False) -> npt.NDArray[np.intp]:
    """Return the places of so many numbers, the largest or the lowest, in any order.

    Where it is open which of equal numbers are among them, numpy's own choice of places decides.
    """
    if count >= values.size:
        return np.arange(values.size)
    # What some of the numbers tell to be near the end is sorted, not all: parting places takes far longer.
    sample = np.sort(values[::_EVERY])
    near = min(_NEAR * count // _EVERY, sample.size - 1)
    some = np.flatnonzero(values <= sample[near] if lowest else values >= sample[-1 - near])
    if some.size > count:
        found = np.sort(values[some])
        inner, outer = found[[count - 1, count] if lowest else [-count, -count - 1]]
        if inner != outer:
            chosen: npt.NDArray[np.intp] = some[values[some] <= inner if lowest else values[some] >= inner]
            return chosen
    kth = count if lowest else values.size - count
    order = np.argpartition(values.astype(np.float64), kth)
    return order[:kth] if lowest else order[kth:]


def median(values: npt.NDArray[Any]) -> float:
    """Return the median of a flat array of finite numbers, which is not empty."""
    middle = [(values.size - 1) // 2, values.size // 2]
    low, high = np.partition(values, middle)[middle].astype(np.float64)
    return float(low if low == high else (low + high) / 2)
