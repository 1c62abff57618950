"""Line templates: a regular line without its numbers, and what the line reader makes of such a line.

Nothing here knows a grammar. A template is learnt by giving the line reader one line of its kind; every other line that
differs from it in nothing but ordinary numbers then means the same.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.decimals import Bytes, Flags, Ints, Words, words_at
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.outcome import Field, Fields
from nbtrace.records import Side
from nbtrace.vocabulary.quantity import Quantity

SHORTEST_HEAD = 15
"""Heads below this length go to the line reader: their last 16 bytes would reach beyond the line before them."""

LONGEST_HEAD = 40
MOST_HEADS = 512
NO_TEMPLATE = -1

_head = re.compile(
    rb"TRACE_(?:C|PY): [!-<>-~][!-~]* |TRACE_(?:C|PY):[!-<>-~]+=|TRACE_PY_TRICUBIC: \[\d+,\d+,\d+\]="
    rb"|TRACE_(?:C|PY)_SOURCE ?\d+: [!-<>-~][!-~]* "
).fullmatch
_NUMBERS = 9
_SLOT_BITS = 16
_PARTS = 6


@dataclass(frozen=True, slots=True)
class TemplateKind:
    """What all values of one template and place in it have in common.

    Attributes
    ----------
    item : Field
        Key, meaning, the index that the line itself tells, and whether it starts blocks; its value is that of the
        line it was learnt from.
    family, dialect : str
    side : Side
    known : Quantity or None
    sweep : str or None
        The loop of which each line names another turn.
    """

    item: Field
    family: str
    dialect: str
    side: Side
    known: Quantity | None
    sweep: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of regular line: its first kind's number, its values, its dialect and side."""

    first_kind: int
    values: int
    dialect: str
    side: Side


@dataclass
class Templates:
    """The templates of one log, learnt as they turn up; numbers of templates and kinds never change.

    Attributes
    ----------
    kinds : list of TemplateKind
    templates : list of Template
    """

    dialect: Dialect
    kinds: list[TemplateKind] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    _heads: dict[bytes, int] = field(default_factory=dict)
    _of_head: list[list[int | None]] = field(default_factory=list)
    _table: "HeadTable" = field(default_factory=lambda: HeadTable(()))
    _phi: dict[tuple[bytes, ...], int | None] = field(default_factory=dict)

    @property
    def sweep(self) -> bytes:
        """The word before the step of a line; empty where the vocabulary names no sweep."""
        return (self.dialect.vocabulary.sweep or "").encode()

    @property
    def table(self) -> "HeadTable":
        """The heads known so far."""
        return self._table

    def learn_heads(self, heads: set[bytes]) -> bool:
        """Add heads; returns whether any was new."""
        new = [head for head in heads if head not in self._heads and SHORTEST_HEAD <= len(head) <= LONGEST_HEAD]
        new = [head for head in new if _head(head)][: MOST_HEADS - len(self._heads)]
        for head in sorted(new):
            self._heads[head] = len(self._heads)
            self._of_head.append([None] * (_NUMBERS + 1))
        if new:
            self._table = HeadTable(tuple(self._heads))
        return bool(new)

    def of_head(self, head: int, count: int, line: str) -> int:
        """Return the template of lines with this head and number of numbers, learnt from `line` if need be."""
        if count > _NUMBERS:
            return NO_TEMPLATE
        known = self._of_head[head][count]
        if known is None:
            known = self._learn(line, count, values=1)
            self._of_head[head][count] = known
        return known

    def of_phi(self, words: tuple[bytes, ...], line: str) -> int:
        """Return the template of per-φ lines with these words, that of the step among them; learnt from `line`."""
        known = self._phi.get(words)
        if known is None:
            distinct = len(set(words)) == len(words)
            known = self._learn(line, 1, values=len(words) - 2) if distinct else NO_TEMPLATE
            self._phi[words] = known
        return known

    def _learn(self, line: str, count: int, *, values: int) -> int:
        read = self.dialect.tagged(line, "")
        if self.dialect.banner(line) is not None or read is None or not isinstance(read.outcome, Fields):
            return NO_TEMPLATE
        fields = read.outcome.fields
        if (
            read.outcome.pixel is not None
            or len(fields) != values
            or any(len(item.value.numbers) != count or item.value.unit for item in fields)
        ):
            return NO_TEMPLATE
        sweep = self.dialect.vocabulary.sweep
        sweep = None if fields[0].index.ordinal(sweep) is None else sweep
        side, quantities = self.dialect.side_of(read.family), self.dialect.vocabulary.quantities
        kinds = [
            TemplateKind(item, read.family, read.dialect, side, quantities.get(item.meaning.quantity), sweep)
            for item in fields
        ]
        self.templates.append(Template(len(self.kinds), len(kinds), read.dialect, self.dialect.side_of(read.family)))
        self.kinds += kinds
        return len(self.templates) - 1


class HeadTable:
    """Finds known heads among lines by a hash, and makes sure of every byte."""

    def __init__(self, heads: tuple[bytes, ...]) -> None:
        self.size = len(heads)
        padded = [b"\n" * 8 + head + b"\n" * (-len(head) % 8) + b"\n" * 16 for head in heads]
        buffer = np.frombuffer(b"".join([*padded, b"\n" * 24]), dtype=np.uint8)
        starts = np.cumsum([0, *map(len, padded)][:-1], dtype=np.int64) + 8
        self._parts = _parts(buffer, starts, starts + np.array([len(head) for head in heads], dtype=np.int64))
        self._factors, self._slots = self._place()

    def _place(self) -> tuple[Words, Ints]:
        """Find factors under which no two heads fall into one slot."""
        generator = np.random.default_rng(0)
        while True:
            factors = generator.integers(1, 2**63, _PARTS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            slot = _slot(self._parts, factors)
            if len(set(slot.tolist())) == self.size:
                slots = np.full(1 << _SLOT_BITS, NO_TEMPLATE)
                slots[slot] = np.arange(self.size)
                return factors, slots

    def find(self, buffer: Bytes, start: Ints, stop: Ints) -> Ints:
        """Return the number of the head `buffer[start:stop]` of each line, -1 for an unknown one."""
        if not self.size:
            return np.full(start.shape, NO_TEMPLATE, dtype=np.int64)
        parts = _parts(buffer, start, stop)
        kinds = self._slots.take(_slot(parts, self._factors))
        same: Flags = np.logical_and.reduce(
            [mine == known.take(kinds) for mine, known in zip(parts, self._parts, strict=True)]
        )
        kinds[~same] = NO_TEMPLATE
        return kinds


def _parts(buffer: Bytes, start: Ints, stop: Ints) -> tuple[Words, ...]:
    """Return words that no two heads of 15 to 40 bytes share: every byte, at most the newline before, and the length.

    Without the length, heads that repeat one sign 16 times and 17 times would have the same words.
    """
    last = words_at(buffer, stop - 16, 2)
    parts = [words_at(buffer, start, 1)[:, 0], last[:, 0], last[:, 1]]
    length = stop - start
    for offset, longer in ((8, 24), (16, 32)):
        part = np.zeros(start.shape, dtype=np.uint64)
        at = np.flatnonzero(length > longer)
        if at.size:
            part[at] = words_at(buffer, start.take(at) + offset, 1)[:, 0]
        parts.append(part)
    return (*parts, length.astype(np.uint64))


def _slot(parts: tuple[Words, ...], factors: Words) -> Ints:
    mixed = parts[0] * factors[0]
    for part, factor in zip(parts[1:], factors[1:], strict=True):
        mixed ^= part * factor
    slot: Ints = (mixed >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
    return slot
