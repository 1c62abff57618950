"""The value of each turn that diverges first, kept of two long logs as they are compared."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.by_turn import firsts, grown
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.kept_values import KeptColumns, KeptValues
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record
from nbtrace.vocabulary.quantity import Quantity, Scope

_SAMPLES, _RANKS, _PHASES = 1 << 20, 1 << 10, 1 << 2
_NEVER = np.iinfo(np.int64).max

Parts = tuple[WindowPart, WindowPart]
Rows = tuple[Ints, Ints]


@dataclass
class FirstRows:
    """The first rows of turns, and those that are the first of their quantity outside of all turns.

    Of a quantity that no vocabulary knows it is seen at the end where in the order it stands: its first rows are kept
    beside the others.
    """

    _kept: tuple[KeptValues, KeptValues] = field(default_factory=lambda: (KeptValues(), KeptValues()))
    _key: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _numbers: list[Ints] = field(default_factory=lambda: [np.zeros(0, dtype=np.int32) for _ in range(2)])
    _seen: dict[object, Flags] = field(default_factory=dict)
    _unknown: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    _outside: dict[object, tuple[int, int]] = field(default_factory=dict)
    _parts: Parts | None = None
    _waiting: list[tuple[Rows, Ints, Ints]] = field(default_factory=list)

    def offer(self, parts: Parts, rows: Rows, turn: Ints, key: Ints) -> None:
        """Take the rows that come before all others of their turns so far, by their keys and then by their lines."""
        if self._parts is None or self._parts[0] is not parts[0]:
            self.settle()
            self._parts = parts
        self._waiting.append((rows, turn, key))

    def settle(self) -> None:
        """Keep what comes first of what was offered of some parts, of which no more comes."""
        parts, waiting = self._parts, self._waiting
        self._parts, self._waiting = None, []
        if parts is None:
            return
        c, py, turn, key = (
            np.concatenate(own) for own in zip(*((*rows, turn, key) for rows, turn, key in waiting), strict=True)
        )
        order = np.lexsort((c, key, turn))
        order = order[firsts(turn[order])]
        size = int(turn.max(initial=-1)) + 1
        self._key = grown(self._key, size, fill=_NEVER)
        order = order[key[order] < self._key[turn[order]]]
        if order.size:
            self._key[turn[order]] = key[order]
            for side, numbers in enumerate(self._keep(parts, (c[order], py[order]))):
                self._numbers[side] = grown(self._numbers[side], self._key.size)
                self._numbers[side][turn[order]] = numbers

    def _keep(self, parts: Parts, rows: Rows) -> tuple[Ints, Ints]:
        """Keep pairs of values; return their numbers in C and in Py."""
        c, py = (kept.add(part, own) for kept, part, own in zip(self._kept, parts, rows, strict=True))
        return c, py

    def offer_unknown(self, what: object, parts: Parts, rows: Rows, turn: Ints) -> None:
        """Take the first rows of turns, in order, of one quantity that no vocabulary knows."""
        order = np.argsort(turn, kind="stable")
        order = order[firsts(turn[order])]
        seen = grown(self._seen.get(what, np.zeros(0, dtype=np.bool_)), int(turn.max(initial=-1)) + 1, fill=False)
        order = order[~seen[turn[order]]]
        seen[turn[order]] = True
        self._seen[what] = seen
        if order.size:
            self._unknown.append((turn[order], *self._keep(parts, (rows[0][order], rows[1][order]))))

    def offer_outside(self, what: object, parts: Parts, rows: tuple[int, int]) -> None:
        """Take the first row of what stands outside of all turns."""
        if what not in self._outside:
            c, py = self._keep(parts, (np.array(rows[:1]), np.array(rows[1:])))
            self._outside[what] = int(c[0]), int(py[0])

    def taken(self) -> "FirstPairs":
        """Return the rows when all have been offered, and have none from then on."""
        self.settle()
        turns = np.flatnonzero(self._key != _NEVER)
        known = turns, *(numbers.take(turns) for numbers in self._numbers)
        columns = tuple(np.concatenate(parts) for parts in zip(known, *self._unknown, strict=True))
        order = np.argsort(columns[0], kind="stable")
        turn, c, py = (column[order] for column in columns)
        self._key, self._numbers = np.zeros(0, dtype=np.int64), []
        return FirstPairs(turn, (c, py), tuple(self._outside.values()), (self._kept[0].taken(), self._kept[1].taken()))


@dataclass(frozen=True, slots=True)
class FirstPairs:
    """The first rows of turns as pairs of values.

    A turn may have several: that of the known quantities, and those of unknown ones.

    Attributes
    ----------
    turn : array of int64
        Turns, in order.
    numbers : (array of int64, array of int64)
        The numbers of their first rows in C and in Py.
    outside : tuple of (int, int)
        Those of the first rows of what stands outside of all turns.
    kept : (KeptColumns, KeptColumns)
        The values of C and of Py, by their numbers.
    """

    turn: Ints
    numbers: tuple[Ints, Ints]
    outside: tuple[tuple[int, int], ...]
    kept: tuple[KeptColumns, KeptColumns]

    def records(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[Record, Record]]:
        """Return the values with some numbers in C and in Py."""
        pairs = list(pairs)
        of_c, of_py = (kept.records(pair[side] for pair in pairs) for side, kept in enumerate(self.kept))
        return [(of_c[one], of_py[other]) for one, other in pairs]


def keys(known: Quantity, rank: int, block: Ints, sample: Ints) -> Ints:
    """Return numbers in the order of execution of values of a quantity in one turn of a loop.

    Raises
    ------
    NotColumnarError
        If there are too many samples or quantities for it.
    """
    if rank >= _RANKS or int(sample.max(initial=0)) >= _SAMPLES:
        raise NotColumnarError("too many samples or quantities")
    phase = int(known.scope)
    of_phase = (block * _PHASES + phase) * _SAMPLES
    result: Ints = ((of_phase + sample) if known.scope is Scope.POINT else of_phase) * _RANKS + rank
    return result
