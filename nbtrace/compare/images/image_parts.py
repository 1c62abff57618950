"""Long flat arrays in a few parts, each looked at by a thread of its own: numpy computes without Python's lock."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

_LEAST = 1 << 19
"""Pixels of a part: below, a thread costs more than it gives."""
_MOST = 8
_SPARSE = 4
"""Pixels in each of which one may differ for those that do to be looked at alone."""

_Part = TypeVar("_Part")


def in_parts(size: int, chunk: int, work: Callable[[int, int], _Part]) -> list[_Part]:
    """Return what `work(first, end)` gives of each part, in order.

    How many parts there are follows from the processors, so the caller joins them in a way that does not depend on it.

    Parameters
    ----------
    size : int
        Pixels.
    chunk : int
        Parts begin at multiples of it.
    work : callable
        It may run beside itself, and in a thread that knows nothing of the caller's context.
    """
    count = min(size // _LEAST, _MOST, _processors())
    if count < 2:
        return [work(0, size)]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for large images alone

    edges = [*(size * number // count // chunk * chunk for number in range(count)), size]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))


def few_apart(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.intp] | None:
    """Return the places at which two flat arrays differ, rising, so that only these need be looked at; None if many."""
    places = np.flatnonzero(x != y)
    return places if places.size * _SPARSE <= x.size else None


def _processors() -> int:
    """Return on how many processors this process may run; not every system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
