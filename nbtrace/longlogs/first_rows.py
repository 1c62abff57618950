"""The value of each turn that diverges first, kept of two long logs as they are compared."""

from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.by_turn import firsts, grown
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.kept_values import KeptValues
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

    Attributes
    ----------
    kept : (KeptValues, KeptValues)
        Of C and of Py.
    """

    kept: tuple[KeptValues, KeptValues] = field(default_factory=lambda: (KeptValues(), KeptValues()))
    _key: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _numbers: list[Ints] = field(default_factory=lambda: [np.zeros(0, dtype=np.int64)] * 2)
    _seen: dict[object, Flags] = field(default_factory=dict)
    _unknown: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    _outside: dict[object, tuple[int, int]] = field(default_factory=dict)

    def offer(self, parts: Parts, rows: Rows, turn: Ints, key: Ints) -> None:
        """Take the rows that come before all others of their turns so far, by their keys and then by their lines."""
        order = np.lexsort((rows[0], key, turn))
        order = order[firsts(turn[order])]
        size = int(turn.max(initial=-1)) + 1
        self._key = grown(self._key, size, fill=_NEVER)
        order = order[key[order] < self._key[turn[order]]]
        if order.size:
            self._key[turn[order]] = key[order]
            for side, (part, own) in enumerate(zip(parts, rows, strict=True)):
                self._numbers[side] = grown(self._numbers[side], self._key.size)
                self._numbers[side][turn[order]] = self.kept[side].add(part, own[order])

    def offer_unknown(self, what: object, parts: Parts, rows: Rows, turn: Ints) -> None:
        """Take the first rows of turns, in order, of one quantity that no vocabulary knows."""
        order = np.argsort(turn, kind="stable")
        order = order[firsts(turn[order])]
        seen = grown(self._seen.get(what, np.zeros(0, dtype=np.bool_)), int(turn.max(initial=-1)) + 1, fill=False)
        order = order[~seen[turn[order]]]
        seen[turn[order]] = True
        self._seen[what] = seen
        if order.size:
            c, py = (self.kept[side].add(parts[side], rows[side][order]) for side in (0, 1))
            self._unknown.append((turn[order], c, py))

    def offer_outside(self, what: object, parts: Parts, rows: tuple[int, int]) -> None:
        """Take the first row of what stands outside of all turns."""
        if what not in self._outside:
            c, py = (self.kept[side].add(parts[side], np.array([rows[side]])) for side in (0, 1))
            self._outside[what] = int(c[0]), int(py[0])

    def of_turns(self) -> tuple[Ints, Ints, Ints]:
        """Return turns, in order, and the numbers of their first rows in C and in Py.

        A turn may have several: that of the known quantities, and those of unknown ones.
        """
        turns = np.flatnonzero(self._key != _NEVER)
        known = turns, *(numbers.take(turns) for numbers in self._numbers)
        columns = tuple(np.concatenate(parts) for parts in zip(known, *self._unknown, strict=True))
        order = np.argsort(columns[0], kind="stable")
        turn, c, py = (column[order] for column in columns)
        return turn, c, py

    def outside(self) -> list[tuple[Record, Record]]:
        """Return the first rows of what stands outside of all turns."""
        pairs = self._outside.values()
        return self.records([c for c, _ in pairs], [py for _, py in pairs])

    def records(self, c: list[int], py: list[int]) -> list[tuple[Record, Record]]:
        """Return the values with some numbers in C, and with as many in Py."""
        of_c, of_py = self.kept[0].records(c), self.kept[1].records(py)
        return [(of_c[one], of_py[other]) for one, other in zip(c, py, strict=True)]


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
