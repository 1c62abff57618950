"""The irregular lines of a log that is read by columns: the line reader reads them, in their place among the others."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.placing import Placed
from nbtrace.longlogs.scan import IRREGULAR, Scan
from nbtrace.parsers.dialect import Dialect, Placement
from nbtrace.parsers.outcome import Field, Outcome
from nbtrace.parsers.reader import LogReader
from nbtrace.records import Index, Pixel, Record, Setting

_MOST_KNOWN = 2000
"""Irregular lines that are remembered."""

_LONGEST_KNOWN = 1000
"""Letters of one that is."""


class _Unplaced(Placement):
    """Leaves values where the line says they are and keeps them for later."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Field] = []

    def place(self, item: Field) -> Index:
        self.items.append(item)
        return item.index


@dataclass(frozen=True, slots=True)
class _ReadLine:
    """What a line gave: its outcomes, each with family, dialect, text and names, or that it was no trace."""

    taken: tuple[tuple[Outcome, str, str, str, tuple[str, ...]], ...]
    ignored: int
    continues: str | None


class OddLines(LogReader):
    """The line reader for the lines that are not regular; places and pixels are settled when the chunk is complete."""

    def __init__(self, source: str, dialect: Dialect, settings: dict[str, Setting]) -> None:
        self._unplaced = _Unplaced()
        super().__init__(source, dialect, settings=settings, _placement=self._unplaced)
        self._statements: list[tuple[int, Pixel]] = []
        self._known: dict[tuple[str, str, str | None], _ReadLine] = {}
        self._taken: list[tuple[Outcome, str, str, str, tuple[str, ...]]] = []

    def read_odd(self, scanned: Scan, first_line: int) -> Iterator[tuple[str, int]]:
        """Read the irregular lines of a chunk; yield each new dialect with its first line."""
        for at in np.flatnonzero(scanned.template == IRREGULAR).tolist():
            number = first_line + at
            if number != self.total + 1:
                self._continues = None
            known = len(self.dialects)
            self.total = number - 1
            self.read([scanned.line(at)])
            if len(self.dialects) > known:
                yield next(reversed(self.dialects)), number

    def _line(self, line: str, number: int) -> None:
        """Read a line, or use what the same line gave before: the banner of each of many runs is that of the first."""
        key = line, self._context, self._continues
        known = self._known.get(key)
        if known is not None:
            for outcome, family, dialect, text, named in known.taken:
                super()._take(outcome, family, dialect, text, number, named)
            self.ignored += known.ignored
            self._continues = known.continues
            return
        before, counted = self.ignored, (len(self.statistics), self.ranks.total())
        self._taken = []
        super()._line(line, number)
        is_plain = counted == (len(self.statistics), self.ranks.total()) and len(line) <= _LONGEST_KNOWN
        if is_plain and len(self._known) < _MOST_KNOWN:
            self._known[key] = _ReadLine(tuple(self._taken), self.ignored - before, self._continues)

    def _take(
        self, outcome: Outcome, family: str, dialect: str, line: str, number: int, named: tuple[str, ...] = ()
    ) -> None:
        self._taken.append((outcome, family, dialect, line, named))
        super()._take(outcome, family, dialect, line, number, named)

    def taken(self) -> tuple[list[Record], list[Field]]:
        """Return the records since the last call, with the fields they were made of, and forget them."""
        taken = self.records, self._unplaced.items
        self.records, self._unplaced.items = [], []
        return taken

    def place_pixels(self, placed: Placed, lines: Ints, pixels: dict[int, Pixel]) -> None:
        """Note the pixels that were stated, each for the block that was under way."""
        for line, pixel in self._statements:
            block, closed = placed.state_before(int(np.searchsorted(lines, line)))
            if closed and pixels.get(block, pixel) != pixel:
                block += 1
            pixels.setdefault(block, pixel)
        self._statements.clear()

    def _state_pixel(self, pixel: Pixel) -> None:
        self._statements.append((self.total, pixel))
