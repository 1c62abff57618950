"""The different numbers of an array, and its median: numpy's own load its masked arrays to see that it is none."""

from typing import Any

import numpy as np
import numpy.typing as npt


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the different numbers of an array, sorted."""
    found: npt.NDArray[Any] = np.unique(values, return_counts=True)[0]
    return found


def median(values: npt.NDArray[Any]) -> float:
    """Return the median of a flat array of finite numbers, which is not empty."""
    middle = [(values.size - 1) // 2, values.size // 2]
    low, high = np.partition(values, middle)[middle].astype(np.float64)
    return float((low + high) / 2)
