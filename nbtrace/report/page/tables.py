"""Tables of a page: what a cell says, and what it is sorted by."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import overload

_NUMBER = re.compile(r"\s*([-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?=$|[\s/%°:*×])")


class Tone(StrEnum):
    """How bad a word is; the colour of a status, which always stands there in words too."""

    GOOD = "good"
    MINOR = "minor"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


_TONES = {
    Tone.GOOD: "PASS MATCH OK AGREE CONSISTENT consistent agree holds intact HOLDS exact",
    Tone.MINOR: "MINOR INHERITED AMPLIFIED INFO UNDER_WAY",
    Tone.WARN: "DIVERGENT LOG_ONLY NOTE STALE NOT_LISTED",
    Tone.BAD: "CRITICAL DIFFER INCONSISTENT inconsistent differ STOP FAIL BROKEN broken MISMATCH DAMAGED "
    "INTERRUPTED UNREADABLE",
    Tone.NONE: "MISSING UNKNOWN SHAPE NOT_FINITE NOT_CHECKED SKIPPED SELF",
}
_INTRODUCED = "INTRODUCED_"
"""How the status of a mistake begins; the name of the side whose it is follows."""

_LONG = 28
_MOST_CHOICES = 200
SEPARATOR = ", "
"""Between the values of a cell that holds several."""

MOST_ROWS = 2000
"""Rows of a table that a page shows; what diverges is shown first of all."""

_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}
_RANK = {tone: rank for rank, tone in enumerate((Tone.GOOD, Tone.MINOR, Tone.WARN, Tone.NONE, Tone.BAD))}
_PHRASES = {
    "ALARM": Tone.BAD,
    "STEADY": Tone.GOOD,
    "WAIVED": Tone.MINOR,
    "WAIVER FAILS": Tone.BAD,
    "NOT COMPARABLE": Tone.BAD,
    "not comparable": Tone.BAD,
    "not checkable": Tone.NONE,
    "not intact": Tone.BAD,
}


@lru_cache(maxsize=1 << 10)
def tone_of(text: str) -> Tone | None:
    """Return the tone of a status word; None for any other text."""
    word = text.strip().rstrip("*").strip()
    if word.startswith(_INTRODUCED):
        return Tone.BAD
    return _PHRASES.get(word) or _TONE_OF.get(word)


@dataclass(frozen=True)
class PageColumn:
    """A column: its heading, and whether its cells are numbers.

    `filters` offers its values for choice; with `several` a cell holds some of them, separated by commas.
    """

    title: str
    numeric: bool = False
    code: bool = False
    filters: bool = False
    several: bool = False

    @property
    def classes(self) -> str:
        """What its heading is to the style of the page."""
        words = ("number" if self.numeric else "", "folds" if len(self.title) > _LONG else "")
        return " ".join(filter(None, words))


@dataclass(frozen=True)
class PageCell:
    """A cell.

    Attributes
    ----------
    text : str
    note : str
        Smaller, under the text.
    value : float or None
        The number that it is sorted by, where the text is rounded or no number.
    parts : tuple of str
        The components of a vector, which stand one below the other in place of the text.
    """

    text: str
    note: str = ""
    value: float | None = None
    parts: tuple[str, ...] = ()

    @property
    def tone(self) -> Tone | None:
        """The tone of a status."""
        return tone_of(self.text)

    @property
    def sort(self) -> str:
        """What a browser sorts by: a number as text, or nothing where the text itself serves."""
        tone = self.tone
        number = self.value if self.value is not None else leading_number(self.text)
        if tone is not None:
            number = float(_RANK[tone])
        return "" if number is None or not math.isfinite(number) else repr(number)


class TextRow(Sequence[PageCell]):
    """A row of bare texts, whose cells are made as they are asked for: of a long table hardly any is."""

    __slots__ = ("_texts",)

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    @overload
    def __getitem__(self, place: int) -> PageCell: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[PageCell]: ...

    def __getitem__(self, place: int | slice) -> PageCell | Sequence[PageCell]:
        """Return a cell, or the row of some."""
        return TextRow(self._texts[place]) if isinstance(place, slice) else PageCell(self._texts[place])

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(frozen=True)
class PageTable:
    """A table: rows hold one cell per column; of more rows than `most` only that many are shown."""

    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[Sequence[PageCell], ...]
    most: int = MOST_ROWS

    @cached_property
    def status_column(self) -> int | None:
        """Where the statuses stand: the column all of whose cells are statuses, the last such one."""
        places = [
            place
            for place in range(len(self.columns))
            if self.rows and all(row[place].tone is not None for row in self.rows)
        ]
        return places[-1] if places else None

    @cached_property
    def shown(self) -> tuple[Sequence[PageCell], ...]:
        """The rows in order, of too many those that do not agree and then the first of the others."""
        if len(self.rows) <= self.most:
            return self.rows
        place = self.status_column
        agreeing = [place is None or row[place].tone is Tone.GOOD for row in self.rows]
        ranked = sorted(range(len(self.rows)), key=lambda number: (agreeing[number], number))
        return tuple(self.rows[number] for number in sorted(ranked[: self.most]))

    @cached_property
    def wordy(self) -> bool:
        """Whether some column but the first holds sentences, so that a narrow window shows each row as a card."""
        return any(
            len(row[place].text) > _LONG
            for row in self.shown
            for place, column in enumerate(self.columns)
            if place and (not column.numeric or row[place].parts)
        )

    @cached_property
    def filters(self) -> tuple[tuple[int, PageColumn, tuple[str, ...]], ...]:
        """The columns by whose values rows can be chosen: place, column, and values in the order of the rows."""
        found = []
        for place, column in enumerate(self.columns):
            texts = [row[place].text for row in self.shown] if column.filters else []
            values = dict.fromkeys(
                word for text in texts for word in (text.split(SEPARATOR) if column.several else [text])
            )
            chosen = tuple(value for value in values if value)
            if (1 if column.several else 2) <= len(chosen) <= _MOST_CHOICES:
                found.append((place, column, chosen))
        return tuple(found)

    @property
    def statuses(self) -> tuple[tuple[str, Tone, int], ...]:
        """The words of the status column with their tones and how often each stands there, the worst first."""
        place = self.status_column
        if place is None:
            return ()
        words = [row[place].text.rstrip("*") for row in self.shown]
        found = {word: tone for word in words if (tone := tone_of(word)) is not None}
        ordered = sorted(found.items(), key=lambda item: -_RANK[item[1]])
        return tuple((word, tone, words.count(word)) for word, tone in ordered)


def leading_number(text: str) -> float | None:
    """Return the number that a text begins with (`101.37 %`, `+1.3e-06`, `3/10`); None if it begins with none."""
    found = _NUMBER.match(text)
    return float(found[1].replace("−", "-")) if found else None
