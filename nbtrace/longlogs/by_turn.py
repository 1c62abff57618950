"""Arrays with an element for each turn of a loop, as long as the greatest turn so far makes them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nbtrace.longlogs.decimals import Flags, Ints

Element = TypeVar("Element", bound=np.generic)


_SHARE = 8
"""An array that is too short grows by this part of itself at least; the system moves large ones without a copy."""


def grown(array: NDArray[Element], size: int, *, fill: int = 0) -> NDArray[Element]:
    """Return an array, made longer in place if it has fewer than `size` elements; nobody has a view of it."""
    before = array.size
    if before < size:
        array.resize(max(size, before + before // _SHARE), refcheck=False)
        array[before:] = fill
    return array


def fitted(array: NDArray[Element], size: int) -> NDArray[Element]:
    """Return a copy of an array with `size` elements: its first ones, and zeros behind them."""
    result = np.zeros(size, dtype=array.dtype)
    kept = min(size, array.size)
    result[:kept] = array[:kept]
    return result


def counted(counts: Ints, turn: Ints) -> Ints:
    """Return counts to which one is added for each of some turns."""
    if not turn.size:
        return counts
    low, high = int(turn.min()), int(turn.max()) + 1
    counts = grown(counts, high)
    counts[low:high] += np.bincount(turn - low)
    return counts


def firsts(turn: Ints) -> Flags:
    """Return which of some turns, in order, are the first of their number."""
    result: Flags = np.ones(turn.size, dtype=np.bool_)
    result[1:] = turn[1:] != turn[:-1]
    return result
