"""Arrays with an element for each turn of a loop, as long as the greatest turn so far makes them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nbtrace.longlogs.decimals import Flags, Ints

Element = TypeVar("Element", bound=np.generic)


def grown(array: NDArray[Element], size: int, *, fill: object = 0) -> NDArray[Element]:
    """Return an array, made longer if it has fewer than `size` elements."""
    if array.size >= size:
        return array
    longer = np.full(max(size, 2 * array.size), fill, dtype=array.dtype)
    longer[: array.size] = array
    return longer


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
