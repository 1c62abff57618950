"""Values that are computed once for a run, wherever they are printed: which blocks hold those that matter."""

from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.odd_values import is_of_run
from nbtrace.longlogs.tally import Representatives
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record

_MOST_NUMBERS = 9


@dataclass
class RunValues:
    """The values of one log that stand for the run, of which the last one counts.

    A run prints them again and again where several logs stand in one file. The blocks that hold the first and the last
    one of each kind, and those between which one becomes another, are noted in `chosen`.
    """

    chosen: Representatives
    name: str
    _last: dict[int, tuple[int, tuple[float, ...], int]] = field(default_factory=dict)
    _odd: dict[tuple[object, ...], Record] = field(default_factory=dict)

    def add(self, part: WindowPart, slot: Ints) -> None:
        """Look at the next values; `slot` is that of each value of a run, −1 for others."""
        rows = np.flatnonzero(slot >= 0)
        if rows.size:
            self._add_rows(part, rows[np.argsort(slot[rows], kind="stable")], slot)
        for record in filter(is_of_run, part.odd):
            kind = record.quantity, record.key, record.family, record.index.loops, record.index.grids
            earlier = self._odd.get(kind)
            changes = earlier is not None and earlier.value.text != record.value.text
            self._note(kind, record.index.block, earlier.index.block if earlier is not None and changes else None)
            self._odd[kind] = record

    def _add_rows(self, part: WindowPart, rows: Ints, slot: Ints) -> None:
        slots, kinds, blocks = slot[rows], part.kind[rows], part.block[rows]
        begins = np.concatenate([[True], slots[1:] != slots[:-1]])
        for at in np.flatnonzero(begins).tolist():
            self._follow(int(slots[at]), int(kinds[at]), self._numbers(part, rows[at]), int(blocks[at]))
        changes = np.flatnonzero(~begins[1:] & ~_alike(part, rows)) + 1
        if changes.size:
            turns = np.stack([slots[changes], kinds[changes - 1], kinds[changes]], axis=1)
            for at in changes[np.unique(turns, axis=0, return_index=True)[1]].tolist():
                kind = int(slots[at]), int(kinds[at - 1]), int(kinds[at])
                self._note(kind, int(blocks[at]), int(blocks[at - 1]))
        for at in np.flatnonzero(np.concatenate([begins[1:], [True]])).tolist():
            self._last[int(slots[at])] = int(kinds[at]), self._numbers(part, rows[at]), int(blocks[at])
        for kind, at in zip(*np.unique(kinds[::-1], return_index=True), strict=True):
            self._note((int(kind),), int(blocks[kinds.size - 1 - at]), None)

    def _follow(self, slot: int, kind: int, numbers: tuple[float, ...], block: int) -> None:
        """Note that the first value of a slot in a window follows the last one before it."""
        earlier = self._last.get(slot)
        self.chosen.first(("run", self.name, kind), block)
        if earlier is not None and earlier[:2] != (kind, numbers):
            self._note((slot, earlier[0], kind), block, earlier[2])

    def _note(self, kind: tuple[object, ...], block: int, before: int | None) -> None:
        self.chosen.first(("run", self.name, *kind), block)
        self.chosen.last(("last of run", self.name, *kind), block)
        if before is not None:
            self.chosen.first(("run before", self.name, *kind), before)
            self.chosen.first(("run change", self.name, *kind), block)

    @staticmethod
    def _numbers(part: WindowPart, row: np.int64) -> tuple[float, ...]:
        return tuple(part.numbers[part.first[row] : part.first[row] + part.count[row]].tolist())


def _alike(part: WindowPart, rows: Ints) -> Flags:
    """Return which values, but the first, are of the kind and have the numbers of their predecessor."""
    kind, count, first = part.kind[rows], part.count[rows], part.first[rows]
    alike: Flags = (kind[1:] == kind[:-1]) & (count[1:] == count[:-1])
    for component in range(min(int(count.max()), _MOST_NUMBERS)):
        own = part.numbers[first + np.minimum(component, np.maximum(count - 1, 0))]
        alike &= own[1:] == own[:-1]
    return alike
