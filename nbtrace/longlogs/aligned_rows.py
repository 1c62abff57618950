"""The compared values near a divergence, of values that come in execution order, window by window."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np

from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.verdicts.status import Status


@dataclass(frozen=True, slots=True)
class AlignedRows:
    """Some compared values as they are shown, in execution order.

    Attributes
    ----------
    begins : list of bool
        Whether the value before it is left out.
    labels, c, py : list of str
        Quantity and index; what C prints, and Py; `py` is empty where the two agree.
    statuses : list of Status
    """

    begins: list[bool]
    labels: list[str]
    c: list[str]
    py: list[str]
    statuses: list[Status]


class RowTexts(NamedTuple):
    """The columns of :class:`AlignedRows` that depend on a value alone."""

    labels: list[str]
    c: list[str]
    py: list[str]
    statuses: list[Status]

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.labels)

    def some(self, which: Collection[int]) -> "RowTexts":
        """Return some of the values."""
        labels, c, py, statuses = self
        return RowTexts(
            [labels[at] for at in which],
            [c[at] for at in which],
            [py[at] for at in which],
            [statuses[at] for at in which],
        )

    def joined(self, other: "RowTexts") -> "RowTexts":
        """Return these values, and others behind them."""
        return RowTexts(
            [*self.labels, *other.labels],
            [*self.c, *other.c],
            [*self.py, *other.py],
            [*self.statuses, *other.statuses],
        )


class WindowRows(Protocol):
    """Some values in execution order, of which it is known where they diverge; their texts are made when asked for."""

    diverge: Flags

    def texts(self, which: Ints) -> RowTexts:
        """Return some of the values."""


def rows_near_divergences(windows: Iterable[WindowRows], context: int) -> Iterator[AlignedRows]:
    """Yield the diverging values, and as many before and after each as `context` says, in execution order."""
    before = RowTexts([], [], [], [])
    diverge: list[bool] = []
    told = 0  # so many of `before` have been decided
    shown_last = False
    for rows in chain(windows, [None]):
        flags = np.array([*diverge, *(rows.diverge.tolist() if rows is not None else [])], dtype=np.bool_)
        shown = _dilated(flags, context)
        stop = max(told, flags.size - (context if rows is not None else 0))
        places = np.flatnonzero(shown[told:stop]) + told
        if places.size:
            texts = before.some(places[places < before.size].tolist())
            if rows is not None:
                texts = texts.joined(rows.texts(places[places >= before.size] - before.size))
            begins = ~np.where(places > told, shown[places - 1], shown_last)
            yield AlignedRows(begins.tolist(), *texts)
        if rows is None:
            return
        shown_last = bool(shown[stop - 1]) if stop > told else shown_last
        first = max(0, stop - context)
        rest = rows.texts(np.arange(max(first - before.size, 0), rows.diverge.size))
        before = before.some(range(first, before.size)).joined(rest)
        diverge, told = flags[first:].tolist(), stop - first


def in_order(keys: Ints) -> Ints:
    """Return the order of columns of numbers by their first row, then by the second one, and so on."""
    telling = [row for row in keys if (row[1:] != row[:-1]).any()]
    order: Ints = np.lexsort(telling[::-1]) if telling else np.arange(keys.shape[1])
    return order


def _dilated(flags: Flags, context: int) -> Flags:
    """Return which are set, or have one that is within so many places."""
    counts = np.concatenate([[0], np.cumsum(flags)])
    at = np.arange(flags.size)
    near: Flags = counts[np.minimum(at + context + 1, flags.size)] > counts[np.maximum(at - context, 0)]
    return near
