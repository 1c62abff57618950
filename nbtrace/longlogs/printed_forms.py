"""How the numbers of a long log are printed: the format of each family of lines, and whether they are float32 values.

Numbers are counted by their form, chunk by chunk; the rules are those of :mod:`nbtrace.compare.precision`.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from nbtrace.compare.precision import (
    COARSEST,
    FEWEST,
    LONG,
    SEVERAL,
    NumberFormat,
    PrintedNumber,
    are_single,
    format_of,
    is_single,
    long_numbers,
    may_be_rounded,
    printed_number,
)
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Figures, Flags, Floats, Ints
from nbtrace.records import Record

_MOST_DIGITS, _MOST_DECIMALS = 20, 26
_LOWEST, _HIGHEST = -26, 20
"""Bounds of the power of ten of the first digit of a number without an exponent."""

_ZERO = _HIGHEST + 1
"""What stands for the power of ten of zero."""

_TELLING = 8
"""Numbers of one form from which on further ones tell nothing."""

_EXACT_DIGITS = 15
_SURE = 0.001
"""Part of a printed digit by which a difference must be off half of one to be decided without printing it."""

_ROUNDED = 2.0**-53
"""Part of a number that it may be off what is printed: of the last of 15 digits up to a ninth."""


_NEAR_A_POWER = 1e-6
_TENS = np.array([10.0**power for power in range(-340, 309)])


@dataclass
class PrintedForms:
    """The forms of the numbers of one log, counted."""

    _long: int = 0
    _single: int = 0
    _families: dict[str, int] = field(default_factory=dict)
    _family: list[int] = field(default_factory=list)
    _counts: dict[str, Counter[PrintedNumber]] = field(default_factory=dict)
    _no_numbers: Counter[str] = field(default_factory=Counter)
    _texts: dict[tuple[str, int], set[object]] = field(default_factory=dict)

    def add(self, columns: Columns) -> None:
        """Count the numbers of a chunk, whose reader tells their figures."""
        for record in columns.odd:
            self._add_record(record)
        figures = columns.figures
        if figures is None or not columns.kind.size:
            return
        for kind in columns.kinds[len(self._family) :]:
            self._family.append(self._families.setdefault(kind.family, len(self._families)))
        family = np.repeat(np.array(self._family).take(columns.kind), np.diff(columns.offset))
        digits = figures.digits
        self._add_forms(family, digits, figures)
        self._add_texts(family, digits, columns)
        at = np.flatnonzero(digits > LONG)
        self._long += at.size
        self._single += _count_single(columns.numbers, figures, at)

    def _add_record(self, record: Record) -> None:
        long = long_numbers(record)
        self._long += len(long)
        self._single += sum(map(is_single, long))
        counts = self._counts.setdefault(record.family, Counter())
        parts = [printed_number(token) for token in record.value.tokens]
        counts.update(part for part in parts if part is not None)
        for token, part in zip(record.value.tokens, parts, strict=True):
            if part is not None:
                self._see(record.family, part.digits, token)
        self._no_numbers[record.family] += parts.count(None)

    def _add_texts(self, family: Ints, digits: Ints, columns: Columns) -> None:
        """Note some different numbers of few digits each, where a family has none of more."""
        for name, number in self._families.items():
            parts = self._counts.get(name, Counter())
            most = max((part.digits for part in parts if part.decimals or not part.trailing_zeros), default=0)
            if FEWEST <= most < COARSEST and len(self._texts.get((name, most), ())) < SEVERAL:
                for at in np.flatnonzero((family == number) & (digits == most)).tolist():
                    self._see(name, most, columns.token(at))
                    if len(self._texts[name, most]) >= SEVERAL:
                        break

    def _see(self, family: str, digits: int, token: str) -> None:
        seen = self._texts.setdefault((family, digits), set())
        if digits < COARSEST and len(seen) < SEVERAL:
            seen.add(token)

    def _add_forms(self, family: Ints, digits: Ints, figures: Figures) -> None:
        form = (family * _MOST_DIGITS + digits) * _MOST_DECIMALS + figures.fraction
        form = form * 8 + (figures.scientific * np.int64(2))
        zero = np.flatnonzero(figures.mantissa == 0)
        form[zero] += 4
        whole = np.flatnonzero(figures.fraction == 0)
        mantissa = figures.mantissa.take(whole)
        form[whole] += (mantissa != 0) & (mantissa % 10 == 0)
        counts = np.bincount(form)
        names = list(self._families)
        for number in np.flatnonzero(counts).tolist():
            rest, trailing_zeros = divmod(number, 2)
            rest, scientific = divmod(rest, 2)
            rest, is_zero = divmod(rest, 2)
            rest, decimals = divmod(rest, _MOST_DECIMALS)
            of, size = divmod(rest, _MOST_DIGITS)
            leading = 0 if scientific else size - 1 - decimals
            exponent = None if is_zero else min(max(leading, _LOWEST), _ZERO)
            exponent = None if exponent == _ZERO else exponent
            part = PrintedNumber(size, decimals, exponent, 0, bool(scientific), bool(trailing_zeros))
            self._counts.setdefault(names[of], Counter())[part] += int(counts[number])

    @property
    def single(self) -> bool:
        """Whether the numbers counted so far are float32 values."""
        return are_single(self._long, self._single)

    def formats(self) -> dict[str, NumberFormat]:
        """Return the format of each family of lines."""
        return {family: self._format(family, counts) for family, counts in self._counts.items()}

    def formats_in_arrays(self) -> dict[str, NumberFormat]:
        """Return the format of each family of lines that arrays hold values of."""
        known = ((family, self._counts.get(family)) for family in self._families)
        return {family: self._format(family, counts) for family, counts in known if counts}

    def _format(self, family: str, counts: Counter[PrintedNumber]) -> NumberFormat:
        def are_rounded(digits: int) -> bool:
            full = sum(many for part, many in counts.items() if part.digits == digits)
            many = counts.total() + self._no_numbers[family]
            return may_be_rounded(digits, full, many) and len(self._texts.get((family, digits), ())) >= SEVERAL

        parts = [part for part, many in counts.items() for _ in range(min(many, _TELLING))]
        return format_of(parts, are_rounded)


def _count_single(numbers: Floats, figures: Figures, at: Ints) -> int:
    """Return how many of some numbers are those of a float32."""
    return int(np.count_nonzero(are_float32(numbers.take(at), figures, at)))


def are_float32(numbers: Floats, figures: Figures, at: Ints) -> Flags:
    """Return which numbers are those of a float32.

    A number of 15 digits is, if its float32 is the number to half a unit of the last of them; the few that come close
    to that half, or to a power of ten where the unit changes, are printed to see.

    Parameters
    ----------
    numbers : array of float64
    figures : Figures
        How they were printed, and others.
    at : array of int
        Where they are among those.
    """
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32).astype(np.float64)
    apart = np.abs(single - numbers)
    yes: Flags = apart == 0
    close = np.flatnonzero(~yes & (apart <= 1e-13 * np.abs(numbers)))
    yes[close] = _are_nearly_float32(numbers.take(close), apart.take(close), figures.at(at.take(close)))
    return yes


def _are_nearly_float32(numbers: Floats, apart: Floats, figures: Figures) -> Flags:
    digits = figures.digits
    leading = digits - 1 - figures.fraction + figures.power
    unit = _TENS.take(np.clip(leading - _EXACT_DIGITS + 1 + 340, 0, _TENS.size - 1))
    first = figures.mantissa / _TENS.take(digits - 1 + 340)
    plain = (digits <= _EXACT_DIGITS) & (first > 1 + _NEAR_A_POWER) & (first < 10 * (1 - _NEAR_A_POWER))
    plain &= (leading > -300) & (leading < 300)
    sure = _SURE * unit + np.abs(numbers) * _ROUNDED
    yes: Flags = plain & (apart < unit / 2 - sure)
    no: Flags = plain & (apart > unit / 2 + sure)
    doubtful = np.flatnonzero(~yes & ~no)
    yes[doubtful] = [is_single(number) for number in numbers[doubtful].tolist()]
    return yes
