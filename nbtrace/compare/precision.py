"""How many digits a log prints, and whether its numbers are single precision."""

import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from nbtrace.compare.excerpt import whole_of
from nbtrace.frozen import frozen
from nbtrace.parsers.reader import UNTAGGED
from nbtrace.records import STATISTICS, Record, Trace

_number = re.compile(r"[+-]?([0-9]*+)\.?([0-9]*+)(?:[eEdD]([+-]?[0-9]+)|(?<=[0-9.])([+-][0-9]{3}))?").fullmatch

_MIXED = frozenset({UNTAGGED, STATISTICS})
"""Families in which every line has a number format of its own."""

_BINARY = frozenset({"npz", "Parquet"})
"""Families of numbers that no text stands for: they are exact."""

LONG = 9
"""Digits from which on a number can tell single from double precision."""

COARSEST = 6
"""Digits of the coarsest format in use, %g; where no number has as many, all of them are short by chance (0.5, 100)."""

FEWEST = 3
"""Digits of the coarsest numbers that are taken for rounded ones."""

EXACT = 17
"""Digits that tell every double-precision number from its neighbours."""

_FULL = 16
"""Digits that only a number has that is printed in full."""

_ROUND = 5
"""Digits from which on a number among such may be a rounded one: 4.9975 of torch, but 5.0 is five."""

_POWER_DIGITS = 5
_SHARE_SINGLE = 0.8
_EXACT_DIGITS = 12
SEVERAL = 8
"""Numbers with the same number of decimals that make a fixed format."""


@frozen
class NumberFormat:
    """The number format of one family of lines, as far as its numbers show it.

    Attributes
    ----------
    digits : int
        Largest number of significant digits.
    decimals : int or None
        Decimals, where all numbers have a fixed number of them.
    own : bool
        Every number has a format of its own; only its own digits count.
    shortest : bool
        As Python prints them, numbers have as many digits as tell them from their neighbours: one of few is exact.
    """

    digits: int
    decimals: int | None = None
    own: bool = False
    shortest: bool = False

    def resolution(self, token: str, scale: float = 1.0, *, beside: float | None = None) -> float:
        """Return the value of the last digit that the format gives a number, in the record unit.

        `beside` is the number that it is compared with: 1e5 with one digit is a rounded 96000, but no rounded 60000, so
        the smaller of the two decades counts.
        """
        parts = printed_number(token)
        if parts is None:
            return 0.0
        if self.decimals is not None and not parts.scientific:
            return abs(scale) * 10.0**-self.decimals
        if self.own and self.shortest and significant_digits(token) < _ROUND:
            return 0.0
        if self.own:
            return abs(scale) * 10.0 ** min(parts.power - parts.decimals, 307)
        if parts.exponent is None:
            return 0.0
        exponent = parts.exponent
        if beside:
            exponent = min(exponent, math.floor(math.log10(abs(beside / scale))))
        return abs(scale) * 10.0 ** max(exponent - self.digits + 1, -307)


def are_counts(*tokens: str) -> bool:
    """Return whether numbers are whole and printed as such, with fewer digits than a rounded number has: 2 is no 3."""
    for token in tokens:  # a loop, because of how often it is asked
        if not token.lstrip("+-").removesuffix(".").isdigit() or significant_digits(token) >= COARSEST:
            return False
    return True


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """How a number was printed.

    Attributes
    ----------
    digits : int
        Significant digits; 1 for zero.
    decimals : int
        Digits behind the point.
    exponent : int or None
        Power of ten of the first significant digit, None for zero.
    power : int
        The power of ten that is printed with it.
    scientific : bool
        Whether one is.
    trailing_zeros : bool
        It is a whole number that ends with zeros, which may stand for digits.
    """

    digits: int
    decimals: int
    exponent: int | None
    power: int
    scientific: bool
    trailing_zeros: bool = False


@lru_cache(maxsize=1 << 14)
def printed_number(token: str) -> PrintedNumber | None:
    """Return how a number was printed, None if the token is no decimal number."""
    match = _number(token)
    if match is None:
        return None
    whole, decimals, power = match[1], match[2], _power(match[3] or match[4])
    figures = (whole + decimals).lstrip("0")
    if not figures:
        return PrintedNumber(1, len(decimals), None, power or 0, scientific=power is not None)
    leading = len(whole.lstrip("0")) - 1 if whole.lstrip("0") else len(figures) - len(decimals) - 1
    shift = power or 0
    trailing_zeros = figures.endswith("0") and not decimals
    return PrintedNumber(len(figures), len(decimals), leading + shift, shift, power is not None, trailing_zeros)


def _power(text: str | None) -> int | None:
    """Return a printed power of ten; one of more digits than any double has, cut to them."""
    if text is None:
        return None
    size = int(text.lstrip("+-").lstrip("0")[:_POWER_DIGITS] or "0")
    return -size if text.startswith("-") else size


def number_formats(trace: Trace) -> Mapping[str, NumberFormat]:
    """Return the number format of each family of lines in a trace."""
    whole = whole_of(trace)
    if whole is not None:
        return whole.formats
    tokens: dict[str, list[str]] = {}
    for record in trace.records:
        tokens.setdefault(record.family, []).extend(record.value.tokens)
    return {family: _of_family(family, texts, trace) for family, texts in tokens.items()}


def _of_family(family: str, tokens: Sequence[str], trace: Trace) -> NumberFormat:
    if family in _MIXED:
        return NumberFormat(0, own=True, shortest=family == UNTAGGED and _are_shortest(tokens))
    if family in _BINARY:
        return NumberFormat(EXACT)
    found = _format(tokens)
    # A document drops zeros at the end, so that a few decimals in all of its numbers are chance: 1.0, 0.5, 2.0.
    short = trace.structured and found.decimals is not None and found.decimals < FEWEST
    return NumberFormat(EXACT) if short else found


def _are_shortest(tokens: Sequence[str]) -> bool:
    """Return whether numbers have the digits that tell them from their neighbours, and no more, and one has all."""
    full = (token for token in tokens if len(token) >= _FULL and significant_digits(token) >= _FULL)
    return any(map(_is_no_count, full)) and all(map(_is_shortest, filter(_is_no_count, tokens)))


def _is_no_count(token: str) -> bool:
    return _number(token) is not None and not token.lstrip("+-").isdigit()


def _is_shortest(token: str) -> bool:
    mantissa = token.lower().partition("e")[0]
    if "d" in mantissa or (mantissa.endswith("0") and not mantissa.endswith(".0")):
        return False  # of Fortran, or with a fixed number of decimals
    try:
        return significant_digits(repr(float(token))) == significant_digits(token)
    except ValueError:  # an exponent without its letter
        return False


def significant_digits(token: str) -> int:
    """Return how many digits a number has, not counting zeros in front and at the end."""
    return len(token.lower().replace("d", "e").partition("e")[0].lstrip("+-").replace(".", "").strip("0"))


def _format(tokens: Sequence[str]) -> NumberFormat:
    parts = [part for token in tokens if (part := printed_number(token)) is not None]
    return format_of(parts, partial(_are_rounded, tokens))


def format_of(parts: Sequence[PrintedNumber], are_rounded: Callable[[int], bool]) -> NumberFormat:
    """Return the format of a family of lines.

    Parameters
    ----------
    parts : sequence of PrintedNumber
        Its numbers.
    are_rounded : callable
        Whether numbers of so few digits were rounded to them, asked where no number has as many as the coarsest format.
    """
    digits = max((part.digits for part in parts if part.decimals or not part.trailing_zeros), default=0)
    if digits < COARSEST and not are_rounded(digits):
        digits = EXACT
    plain = [part for part in parts if not part.scientific and part.decimals]
    decimals = max((part.decimals for part in plain), default=0)
    at_most = {part.exponent for part in plain if part.decimals == decimals}
    all_alike = len(plain) >= SEVERAL and {part.decimals for part in plain} == {decimals}
    fixed = all_alike or (digits < _EXACT_DIGITS and len(at_most) > 1)
    return NumberFormat(digits, decimals if fixed else None)


def _are_rounded(tokens: Sequence[str], digits: int) -> bool:
    """Return whether numbers of so few digits were rounded to them: most have as many, and none has more."""
    full = [token for token in tokens if (part := printed_number(token)) is not None and part.digits == digits]
    return may_be_rounded(digits, len(full), len(tokens)) and len(set(full)) >= SEVERAL


def may_be_rounded(digits: int, full: int, many: int) -> bool:
    """Return whether `many` numbers, of which `full` have so few digits and none has more, may be rounded to them.

    They are if those are several different ones.
    """
    return digits >= FEWEST and full >= SEVERAL and 2 * full > many


def is_single_precision(trace: Trace) -> bool:
    """Return whether the numbers of a trace are float32 values printed with more digits than they have."""
    whole = whole_of(trace)
    if whole is not None:
        return whole.single
    long = [number for record in trace.records for number in long_numbers(record)]
    return are_single(len(long), sum(map(is_single, long)))


def are_single(long: int, singles: int) -> bool:
    """Return whether numbers are float32 values, of which so many are `long` and so many of those are."""
    return long > LONG and singles >= _SHARE_SINGLE * long


def is_long(digits: int) -> bool:
    """Return whether a number of so many significant digits can tell single from double precision."""
    return digits > LONG


def long_numbers(record: Record) -> list[float]:
    """Return the numbers of a value that can tell single from double precision."""
    value = record.value
    if not any(map(_may_be_long, value.tokens)):
        return []
    pairs = zip(value.numbers, value.tokens, strict=True)
    return [number for number, token in pairs if (part := printed_number(token)) and is_long(part.digits)]


def _may_be_long(token: str) -> bool:
    """Return whether a number has text for so many digits, which few have."""
    return len(token) > LONG and len(token.partition("e")[0].replace(".", "")) > LONG


def as_single(number: float) -> float:
    """Return a number rounded to float32; infinite where it is too large for one."""
    try:
        rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.inf
    return rounded


_APART = 2e-14
"""Relative difference of two numbers from which on they are not the same in 15 digits."""


def is_single(number: float) -> bool:
    """Return whether a printed number is that of a float32."""
    if not math.isfinite(number):
        return False
    try:
        single = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return False
    # The texts are made only where the numbers are so close that these may be the same.
    near = abs(single - number) <= _APART * abs(number)
    return bool(single == number or (near and f"{single:.15g}" == f"{number:.15g}"))
