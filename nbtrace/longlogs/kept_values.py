"""Values of a long log that are kept, with their text, and made records of when they are wanted."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record


@dataclass
class KeptValues:
    """Values of one log, each of which has a number by which it is found again."""

    _pieces: list[Columns] = field(default_factory=list)
    _begins: list[int] = field(default_factory=list)
    _total: int = 0

    def add(self, part: WindowPart, rows: Ints) -> Ints:
        """Keep some values, no one of them twice; return their numbers."""
        order = np.argsort(rows)
        rows = rows[order]
        numbers = np.empty(rows.size, dtype=np.int64)
        numbers[order] = self._total + np.arange(rows.size)
        first = 0
        for columns, low, high in part.pieces:
            begin, end = np.searchsorted(rows, [first, first + high - low]).tolist()
            if end > begin:
                self._pieces.append(columns.some(rows[begin:end] + low - first))
                self._begins.append(self._total + begin)
            first += high - low
        self._total += rows.size
        return numbers

    def records(self, numbers: Iterable[int]) -> dict[int, Record]:
        """Return values as the line reader gives them, by their numbers."""
        wanted: dict[int, list[int]] = {}
        for number in sorted(set(numbers)):
            wanted.setdefault(bisect_right(self._begins, number) - 1, []).append(number)
        found: dict[int, Record] = {}
        for at, own in wanted.items():
            rows = np.array(own) - self._begins[at]
            found.update(zip(own, self._pieces[at].some(rows).records(), strict=True))
        return found
