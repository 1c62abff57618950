"""Long flat arrays in a few parts, each looked at by a thread of its own: numpy computes without Python's lock.

Steps of the cache's size are so short that two processors gain nothing by it; more may.

What is summed in parts is added in the order in which numpy adds a whole array, so that the sum is the same to the bit.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

_LEAST = 1 << 19
"""Pixels of a part: below, a thread costs more than it gives."""
_MOST = 8
_TOO_FEW = 2
"""Processors up to which parts that are looked at in steps of the cache's size are not shared: handing Python's lock to
and fro between two of them after every step took more than it gave."""
_SPARSE = 4
"""Pixels in each of which one may differ for those that do to be looked at alone."""

LEAF = 1 << 15
"""Most pixels that are summed at a time: their working arrays stay in the processor's cache."""

_KEPT = 1 << 24
"""Bytes up to which an array gets the memory of one before it."""

_Part = TypeVar("_Part")
_Given = TypeVar("_Given")


def keep_freed_memory(size: int) -> None:
    """Have the C library keep some of the memory that working arrays free, where so many pixels are looked at.

    The GNU one gives every array of more than 128 kB back to the system, and gets it anew, one page at a time, which
    costs more than the work; from the largest that was freed it learns to keep those that are smaller. That is for a
    process of our own: how a user's process keeps its memory is not for a comparison to say.
    """
    if size >= _LEAST:
        np.empty(_KEPT, np.uint8)


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
        It may run beside itself, in a thread that knows nothing of the caller's context but what numpy is to do about
        numbers that are too large, too small or none.
    """
    count = _threads(size) if _processors() > _TOO_FEW else 1
    edges = [*(size * number // count // chunk * chunk for number in range(count)), size]
    return beside(lambda ends: work(*ends), list(pairwise(edges)), size)


def beside(work: Callable[[_Given], _Part], given: Sequence[_Given], size: int) -> list[_Part]:
    """Return what the work gives of each, in order; beside each other where so many pixels make it worth it.

    The work is as for :func:`in_parts`.
    """
    count = min(_threads(size), len(given))
    if count < 2:
        return [work(item) for item in given]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for large images alone

    handling = np.geterr()

    def handled(item: _Given) -> _Part:
        with np.errstate(**handling):
            return work(item)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(handled, given))


def _threads(size: int) -> int:
    return max(1, min(size // _LEAST, _MOST, _processors()))


def few_apart(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.intp] | None:
    """Return the places at which two flat arrays differ, rising, so that only these need be looked at; None if many."""
    apart = x != y
    return np.flatnonzero(apart) if np.count_nonzero(apart) * _SPARSE <= x.size else None


def of_leaves(size: int, work: Callable[[int, int], _Part], most: int = LEAF) -> list[_Part]:
    """Return what `work(first, end)` gives of each of the parts that :func:`total` adds, in order.

    Parameters
    ----------
    size : int
        Pixels.
    work : callable
        As for :func:`in_parts`.
    most : int
        Most pixels of a part, which :func:`total` is told as well.
    """
    leaves = list(_leaves(0, size, most))

    def worked(first: int, end: int) -> list[_Part]:
        return [work(start, stop) for start, stop in leaves if first <= start < end]

    return [found for part in in_parts(size, 1, worked) for found in part]


def total(size: int, sums: Sequence[float], most: int = LEAF) -> float:
    """Return the sum of so many numbers from the sums of their parts, as numpy's own `sum` of them all rounds it.

    numpy adds halves, each of them by its halves, the first one cut to a multiple of eight.
    """
    terms = iter(sums)

    def added(count: int) -> float:
        if count <= most:
            return next(terms)
        half = _half(count)
        return added(half) + added(count - half)

    return added(size)


def _leaves(first: int, size: int, most: int) -> Iterator[tuple[int, int]]:
    if size <= most:
        yield first, first + size
        return
    half = _half(size)
    yield from _leaves(first, half, most)
    yield from _leaves(first + half, size - half, most)


def _half(size: int) -> int:
    return size // 2 - size // 2 % 8


def _processors() -> int:
    """Return on how many processors this process may run; not every system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
