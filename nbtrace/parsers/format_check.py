"""A log held against the trace format, line by line, with what each faulty line should be."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.parsers.dialect import LONGEST_LINE, Dialect, Tagged
from nbtrace.parsers.outcome import Field, Fields, Structure, UnreadableLine
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.trace_format import (
    EXAMPLE,
    VERSION_LINE,
    FormatError,
    FormatLine,
    line_of,
    parse_body,
    version_stated,
)
from nbtrace.records import Side

MOST_FAULTS = 1000
"""Faulty lines that are kept; all are counted."""

_MOST_PLACES = 1_000_000
_EXACT = 17
_FEW = 12
_SHOWN = 200

_figures = re.compile(r"[+-]?0*([0-9]*)\.?([0-9]*)").match
_key_with_sign = re.compile(r"(\s*(?:[^\W0-9]\w*=[0-9]+\s+)*)([^\s=:]+)\s*[=:]\s*(?=[^\s=])").match
_bad_key = re.compile(r"((?:[^\W0-9]\w*=[0-9]+\s+)*)([^\s=:]+)(\s.*)", re.DOTALL).fullmatch
_decimal_comma = re.compile(r"(?<![^\s])([+-]?[0-9]+),([0-9]+)(?![^\s])").sub
_fortran_exponent = re.compile(r"(?<![\w.])([+-]?[0-9]*\.?[0-9]*)[dDqQ]([+-]?[0-9]+)(?!\S)").sub
_no_exponent_letter = re.compile(r"(?<![\w.])([+-]?[0-9]*\.[0-9]*)([+-][0-9]{3})(?!\S)").sub
_not_finite = re.compile(r"(?<!\S)([+-]?)(nan|inf)(?:inity)?(?:\([^()\s]*\))?(?!\S)", re.IGNORECASE).sub


@frozen
class FormatFault:
    """A line that is not in the format.

    Attributes
    ----------
    line : int
        Line number in the file, from 1.
    text : str
        Its beginning.
    reason : str
        What is wrong with it.
    mend : tuple of str
        The lines that should stand in its place; empty where nobody but its program can tell.
    """

    line: int
    text: str
    reason: str
    mend: tuple[str, ...] = ()


@frozen
class FormatCheck:
    """A log held against the format: total = version lines + valid + comments + other + not valid.

    Attributes
    ----------
    source : str
    total, versions, valid, comments, other, not_valid : int
        Lines; `other` ones have no prefix, and are what else a program prints.
    faults : tuple of FormatFault
        The first ones of what is not valid.
    notes : tuple of str
        What is in the format, and yet worth a look.
    """

    source: str
    total: int
    versions: int
    valid: int
    comments: int
    other: int
    not_valid: int
    faults: tuple[FormatFault, ...]
    notes: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        """Whether every trace line is in the format."""
        return self.not_valid == 0


def check_format(lines: LogLines, source: str, dialect: Dialect) -> FormatCheck:
    """Return what of a log is in the trace format.

    Raises
    ------
    InputError
        If it has no trace line at all.
    """
    checker = _Checker(source, dialect)
    for line in lines:
        checker.line(line)
    return checker.result(cut=lines.cut)


@dataclass
class _Checker:
    source: str
    dialect: Dialect
    total: int = 0
    versions: int = 0
    valid: int = 0
    comments: int = 0
    other: int = 0
    not_valid: int = 0
    digits: int = 0
    first_trace: int = 0
    faults: list[FormatFault] = field(default_factory=list)
    places: Counter[tuple[str, str, tuple[tuple[str, int], ...]]] = field(default_factory=Counter)
    sides: set[Side] = field(default_factory=set)
    _context: str = ""

    def line(self, line: str) -> None:
        self.total += 1
        if not line.strip():
            self.other += 1
        elif line.lstrip().startswith("#"):
            self.comments += 1
        elif (stated := version_stated(line)) is not None:
            self._version(line, stated)
        elif (read := self.dialect.tagged(line, self._context)) is None:
            self.other += 1
        else:
            self._trace(line, read)

    def _version(self, line: str, stated: Structure | UnreadableLine) -> None:
        if isinstance(stated, UnreadableLine):
            self._fault(line, stated.reason, (VERSION_LINE,))
        else:
            self.versions += 1

    def _trace(self, line: str, read: Tagged) -> None:
        if not self.first_trace:
            self.first_trace = self.total
            if not self.versions:
                reason = "no version line stands before the first trace line; begin the log with it"
                self.not_valid += 1
                self.faults.append(FormatFault(self.total, "", reason, (VERSION_LINE,)))
        self.sides |= {self.dialect.side_of(read.family)} - {Side.UNKNOWN}
        prefixed = self._prefix(line)
        if isinstance(read.outcome, Structure):
            self._context = read.outcome.heading or self._context
        try:
            prefix, body = prefixed or self._no_prefix(read)
            parsed = parse_body(body)
        except FormatError as error:
            self._fault(line, str(error), self._mend(line, read, prefixed))
            return
        if isinstance(read.outcome, UnreadableLine):
            self._fault(line, read.outcome.reason, ())
            return
        self.valid += 1
        self._count(prefix, parsed)

    def _count(self, prefix: str, parsed: FormatLine) -> None:
        self.digits = max([self.digits, *(_digits(token) for row in parsed.rows for token in row)])
        if len(self.places) < _MOST_PLACES:
            self.places[prefix, parsed.key, tuple(sorted(parsed.index.items()))] += 1

    def _fault(self, line: str, reason: str, mend: tuple[str, ...]) -> None:
        self.not_valid += 1
        if len(self.faults) < MOST_FAULTS:
            shown = reason if len(reason) <= _SHOWN else f"{reason[:_SHOWN]}…"
            self.faults.append(FormatFault(self.total, _beginning(line), shown, mend))

    def _prefix(self, line: str) -> tuple[str, str] | None:
        """Return the prefix of a line as it is printed, with its colon, and what stands behind it."""
        text = line.strip()
        for prefix in self._all_prefixes:
            rest = text[len(prefix) :]
            if not text.startswith(prefix):
                continue
            if rest[:1] == ":" and not prefix.endswith(":"):
                return f"{prefix}:", rest[1:]
            if not (prefix[-1].isalnum() or prefix.endswith("_")):
                return prefix, rest
        return None

    def _no_prefix(self, read: Tagged) -> NoReturn:
        raise FormatError(f"{read.family} is no prefix of the format: {self._prefixes()}")

    @cached_property
    def _all_prefixes(self) -> list[str]:
        """The prefixes of both sides, the longest first."""
        return sorted((prefix for side in self.dialect.vocabulary.sides for prefix in side.prefixes), key=len)[::-1]

    def _prefixes(self) -> str:
        ends = (prefix if not prefix[-1].isalnum() else f"{prefix}:" for prefix in reversed(self._all_prefixes))
        return " or ".join(ends)

    def _mend(self, line: str, read: Tagged, prefixed: tuple[str, str] | None) -> tuple[str, ...]:
        """Return what a line should be: its own text put right, or else what was read of it, printed anew."""
        if isinstance(read.outcome, Structure):
            return (f"# {line.strip()}",)
        if prefixed is not None:
            for body in _repaired(prefixed[1]):
                if self._reads(f"{prefixed[0]}{body}"):
                    return (f"{prefixed[0]}{body}",)
        if not isinstance(read.outcome, Fields):
            return ()
        prefix = prefixed[0] if prefixed else self._prefix_of(self.dialect.side_of(read.family))
        if prefix is None:
            return ()
        mended = [self._anew(prefix, item) for item in read.outcome.fields]
        return () if None in mended else tuple(text for text in mended if text is not None)

    def _prefix_of(self, side: Side) -> str | None:
        """Return the prefix of a side; of lines that do not tell theirs, that of the log if it has one side alone."""
        sides = {side} - {Side.UNKNOWN} or self.sides
        if len(sides) != 1:
            return None
        reference, candidate = self.dialect.vocabulary.sides
        prefix = (candidate if Side.PY in sides else reference).prefixes[0]
        return f"{prefix}:" if prefix[-1].isalnum() else prefix

    def _reads(self, line: str) -> bool:
        """Whether a line is in the format and gives values."""
        prefixed, read = self._prefix(line), self.dialect.tagged(line, "")
        if prefixed is None or read is None or not isinstance(read.outcome, Fields):
            return False
        try:
            parse_body(prefixed[1])
        except FormatError:
            return False
        return True

    def _anew(self, prefix: str, item: Field) -> str | None:
        """Return the line of the format that reads as the same value, None where there is none."""
        index = _format_index(item)
        if index is None:
            return None
        name = re.sub(r"\W+", "_", item.meaning.quantity).strip("_")
        for key in dict.fromkeys((item.key, item.meaning.quantity, name)):
            line = line_of(prefix, index, key, item.value)
            if self._reads(line) and self._same(line, item):
                return line
        return None

    def _same(self, line: str, item: Field) -> bool:
        read = self.dialect.tagged(line, "")
        if read is None or not isinstance(read.outcome, Fields):
            return False
        (again,) = read.outcome.fields
        named = {item.meaning.quantity, again.meaning.quantity}
        same_name = len(named) == 1 or not named.intersection(self.dialect.vocabulary.quantities)
        numbers = tuple(map(repr, again.value.numbers)) == tuple(map(repr, item.value.numbers))
        return same_name and numbers and again.meaning.scale == item.meaning.scale

    def result(self, *, cut: bool) -> FormatCheck:
        if not self.first_trace:
            raise InputError(
                f"{self.source} has no trace line ({self.total} lines); one looks like this: {EXAMPLE} - "
                "nbtrace init-logging writes a logger; --vocabulary names prefixes of your own"
            )
        if cut:
            self.not_valid += 1
            self.faults.append(FormatFault(self.total, "", "the last line has no end: the log may be cut off"))
        return FormatCheck(
            self.source,
            self.total,
            self.versions,
            self.valid,
            self.comments,
            self.other,
            self.not_valid,
            tuple(self.faults),
            tuple(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        if 0 < self.digits < _FEW:
            yield f"numbers have at most {self.digits} digits: %.{_EXACT}g keeps every bit"
        again = [(key, count) for (_, key, _), count in self.places.items() if count > 1]
        if again:
            key, count = max(again, key=lambda pair: pair[1])
            more = f", and so do {len(again) - 1} more" if len(again) > 1 else ""
            yield f"{key} comes {count} times at the same place{more}: name the loop, as in step=3 {key}"
        if {Side.C, Side.PY} <= self.sides:
            yield "the log holds the traces of both sides"


def _beginning(line: str) -> str:
    text = line.strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _digits(token: str) -> int:
    """Return the significant digits of a number that is no whole one."""
    match = _figures(token)
    if match is None or not match[2]:
        return 0
    return len((match[1] + match[2]).lstrip("0"))


def _format_index(item: Field) -> Mapping[str, int] | None:
    """Return the ordinals of a value as the format prints them, None where it cannot."""
    index: dict[str, int] = {}
    for name, number in item.index.loops:
        index[name.split()[0]] = number
    for name, place in item.index.grids:
        if len(place) != 2:
            return None
        index[f"{name}_slow"], index[f"{name}_fast"] = place
    return index


def _repaired(body: str) -> Iterator[str]:
    """Yield what a faulty body may have been meant as: blanks, signs, exponents and names put right."""
    if len(body) > LONGEST_LINE:
        return
    text = body.strip()
    text = _decimal_comma(r"\1.\2", text)
    text = _fortran_exponent(r"\1e\2", text)
    text = _no_exponent_letter(r"\1e\2", text)
    text = _not_finite(lambda match: match[1].replace("+", "") + match[2].lower(), text)
    yield f" {text}"
    if signed := _key_with_sign(text):
        text = f"{signed[1]}{signed[2]} {text[signed.end() :]}"
        yield f" {text}"
    if parts := _bad_key(text):
        yield f" {parts[1]}{re.sub(r'[^0-9A-Za-z_]+', '_', parts[2]).strip('_')}{parts[3]}"
