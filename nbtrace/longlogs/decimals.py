"""Decimal numbers to doubles, many at once and exactly: every result is the one that Python's `float` gives.

The digits of a token are gathered as 64-bit words and summed eight at a time. A mantissa below 2⁵³ with a power of ten
up to 10²² needs one correctly rounded operation [1]_. Beyond that the product is formed in twice the precision and
taken where its error cannot change the rounding [2]_; the few that are left go to `float`.

References
----------
.. [1] W. D. Clinger, How to read floating point numbers accurately, PLDI 1990.
.. [2] T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971);
   A. Ziv, Fast evaluation of elementary mathematical functions with correctly rounded last bit, ACM TOMS 17 (1991).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint64]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

PAD = 64
"""Bytes that a buffer must have before its first token and after its last."""

_LONGEST = 24
_WORD = 8
_EXACT_MANTISSA = 2**53
_EXACT_POWER = 22
_WIDE_POWER = 250
_SPLITTER = float(2**27 + 1)
_ZIV_MARGIN = 2.0**-98


def _u(value: int) -> np.uint64:
    return np.uint64(value & 0xFFFF_FFFF_FFFF_FFFF)


def _last_bytes(count: int) -> int:
    """Mask of the last `count` characters of a word; characters are in memory order, so these are its high bytes."""
    return (0xFFFF_FFFF_FFFF_FFFF << (64 - 8 * min(max(count, 0), 8))) & 0xFFFF_FFFF_FFFF_FFFF


_MASKS = tuple(
    np.array([_last_bytes(count - 8 * word) for count in range(_LONGEST + 1)], dtype=np.uint64) for word in range(3)
)
"""Masks of the last 0 … 24 characters of three words, the last word first."""

_UP = 10.0 ** np.maximum(np.arange(-_EXACT_POWER, _EXACT_POWER + 1), 0)
_DOWN = _UP[::-1].copy()
"""What a number is multiplied with and divided by for a power of ten from -22 on; one of both is 1."""

_TENS = np.append(10 ** np.arange(19, dtype=np.int64), np.iinfo(np.int64).max)
_LEAST_DIGITS = np.array([len(str(2**bit)) for bit in range(64)])
"""Digits of the least whole number with so many bits and one."""

_ONE, _SEVEN, _THREE, _TOP_BIT, _BYTE, _LAST_BYTE = _u(1), _u(7), _u(3), _u(63), _u(8), _u(56)
_SIGN_BIT = _TOP_BIT
_ZEROS, _NINES, _HIGHS = _u(0x3030303030303030), _u(0x7676767676767676), _u(0x8080808080808080)
_SUM = (
    (_u(2561), _u(8), _u(0x00FF00FF00FF00FF)),
    (_u(6553601), _u(16), _u(0x0000FFFF0000FFFF)),
    (_u(42949672960001), _u(32), _u(0x00000000FFFFFFFF)),
)
_E_TWO, _E_TWO_IS = _u(0xDF << 32), _u(0x45 << 32)
_E_THREE, _E_THREE_IS = _u(0xDF << 24), _u(0x45 << 24)

_MANY_LONG = 4
"""Part of the numbers, one in so many, from which on the third word of all is read, not that of the long ones alone."""


@dataclass(frozen=True, slots=True)
class Decimals:
    """Tokens, read.

    Attributes
    ----------
    values : array of float64, shape (n,)
        Meaningless where `valid` is False.
    valid : array of bool, shape (n,)
        Whether the token is an ordinary decimal number; False also for rare spellings such as `+1`, `1e5` or `inf`.
    mantissa : array of int64, shape (n,)
        Its digits as a whole number, without sign and point.
    fraction : array of int64, shape (n,)
        How many of them stand behind the point.
    power : array of int64, shape (n,)
        The power of ten that is printed with it, 0 if none is.
    scientific : array of bool, shape (n,)
        Whether one is.
    """

    values: Floats
    valid: Flags
    mantissa: Ints
    fraction: Ints
    power: Ints
    scientific: Flags

    def at(self, which: Ints) -> "Decimals":
        """Return those of some tokens."""
        some = self.figures(which)
        valid = self.valid.take(which)
        return Decimals(self.values.take(which), valid, some.mantissa, some.fraction, some.power, some.scientific)

    def figures(self, which: Ints | None = None) -> "Figures":
        """Return how the numbers were printed, or some of them."""
        every = Figures(self.mantissa, self.fraction, self.power, self.scientific)
        return every if which is None else every.at(which)


@dataclass(frozen=True, slots=True)
class Figures:
    """How numbers were printed; each array has shape (n,), and means what that of :class:`Decimals` does."""

    mantissa: Ints
    fraction: Ints
    power: Ints
    scientific: Flags

    def at(self, which: Ints) -> "Figures":
        """Return those of some numbers."""
        return Figures(
            self.mantissa.take(which),
            self.fraction.take(which),
            self.power.take(which),
            self.scientific.take(which),
        )

    def part(self, low: int, high: int) -> "Figures":
        """Return those of some numbers in a row."""
        some = slice(low, high)
        return Figures(self.mantissa[some], self.fraction[some], self.power[some], self.scientific[some])

    @staticmethod
    def joined(parts: Sequence["Figures"]) -> "Figures":
        """Return those of several parts, in a row."""
        return Figures(
            np.concatenate([part.mantissa for part in parts]),
            np.concatenate([part.fraction for part in parts]),
            np.concatenate([part.power for part in parts]),
            np.concatenate([part.scientific for part in parts]),
        )

    @property
    def digits(self) -> Ints:
        """How many significant digits each has, those at the end of a whole number included; 1 for zero."""
        bits = np.maximum((self.mantissa.astype(np.float64).view(np.int64) >> 52) - 1023, 0)
        least: Ints = _LEAST_DIGITS.take(bits)
        least += self.mantissa >= _TENS.take(least)
        return least

    @property
    def leading(self) -> Ints:
        """The power of ten of the first significant digit; without a meaning for zero."""
        result: Ints = self.digits - 1 - self.fraction + self.power
        return result


def word_at(words: Words, position: Ints) -> Words:
    """Return the eight bytes from each position on, the first one lowest; `words` is the buffer as aligned words."""
    index = position >> 3
    shift: Words = (position.view(np.uint64) & _SEVEN) << _THREE
    result: Words = (words.take(index) >> shift) | ((words.take(index + 1) << _ONE) << (_TOP_BIT - shift))
    return result


def words_at(buffer: Bytes, position: Ints, count: int) -> Words:
    """Return `count` words from each position on, shape (n, count), wherever in a word it is."""
    size = 8 * count
    anywhere = np.ndarray((buffer.size - size + 1,), np.dtype((np.void, size)), buffer, strides=(1,))
    words: Words = anywhere[position].view(np.uint64).reshape(-1, count)
    return words


def _last_24(buffer: Bytes, stop: Ints) -> tuple[Words, Words, Words]:
    """Return the 24 bytes before each position as three words, the last one first."""
    words = words_at(buffer, stop - _LONGEST, 3)
    return words[:, 2].copy(), words[:, 1].copy(), words[:, 0].copy()


def parse(buffer: Bytes, start: Ints, stop: Ints, dot: Ints) -> Decimals:
    """Read the tokens `buffer[start:stop]`.

    Parameters
    ----------
    buffer : array of uint8
        Text with `PAD` bytes before the first and after the last token; its length is a multiple of 8.
    start, stop : array of int64, shape (n,)
        Ends of the tokens.
    dot : array of int64, shape (n,)
        Position of the decimal point of each, -1 if it has none.
    """
    last, middle, first = _last_24(buffer, stop)
    negative = buffer.take(start) == ord("-")
    mantissa_stop, exponent, valid = _exponents(last, start, stop)
    with_exponent = np.flatnonzero(mantissa_stop != stop)
    if with_exponent.size:
        again = _last_24(buffer, mantissa_stop[with_exponent])
        last[with_exponent], middle[with_exponent], first[with_exponent] = again
    has_dot = dot >= 0
    fraction = np.where(has_dot, mantissa_stop - dot - 1, 0)
    digits = mantissa_stop - start - negative - has_dot
    valid &= (digits > 0) & (digits + has_dot <= _LONGEST) & (fraction >= 0) & (fraction <= digits)
    np.clip(digits, 0, _LONGEST, out=digits)
    kept = np.where(has_dot & valid, fraction, _LONGEST)
    mantissa, clean = _mantissas((last, middle, first), digits, kept)
    valid &= clean
    values = _scale(mantissa, exponent - fraction)
    missing = np.flatnonzero(np.isnan(values) & valid)
    for at in missing.tolist():
        values[at] = abs(float(buffer[start[at] : stop[at]].tobytes()))
    values.view(np.uint64)[...] ^= negative.astype(np.uint64) << _SIGN_BIT
    return Decimals(values, valid, mantissa, fraction, exponent, mantissa_stop != stop)


def _exponents(last: Words, start: Ints, stop: Ints) -> tuple[Ints, Ints, Flags]:
    """Return where each mantissa ends, its exponent, and whether the exponent is well formed."""
    exponent = np.zeros(stop.shape, dtype=np.int64)
    valid = np.ones(stop.shape, dtype=np.bool_)
    length = stop - start
    two = ((last & _E_TWO) == _E_TWO_IS) & (length > 4)
    three = ((last & _E_THREE) == _E_THREE_IS) & (length > 5)
    at = np.flatnonzero(two | three)
    mantissa_stop = stop
    if at.size:
        tail, long = last[at].view(np.int64), three[at]
        hundreds, tens, ones = (((tail >> shift) & 0xFF) - ord("0") for shift in (40, 48, 56))
        hundreds *= long
        sign = (tail >> np.where(long, 32, 40)) & 0xFF
        valid[at] = (sign == ord("+")) | (sign == ord("-"))
        for digit in (hundreds, tens, ones):
            valid[at] &= (digit >= 0) & (digit <= 9)
        size = (hundreds * 10 + tens) * 10 + ones
        exponent[at] = np.where(sign == ord("-"), -size, size)
        mantissa_stop = stop.copy()
        mantissa_stop[at] -= 4 + long
    return mantissa_stop, exponent, valid


def _mantissas(text: tuple[Words, Words, Words], digits: Ints, kept: Ints) -> tuple[Ints, Flags]:
    """Return the numbers that the last `digits` digits make, and whether they are digits and below 9·10¹⁸.

    The characters before the last `kept` ones move one place to the right, over the decimal point.
    """
    last, middle, first = text
    moved = (
        (last << _BYTE) | (middle >> _LAST_BYTE),
        (middle << _BYTE) | (first >> _LAST_BYTE),
    )
    low, low_clean = _eight_digits(_join(last, moved[0], _MASKS[0].take(kept)), _MASKS[0].take(digits))
    high, high_clean = _eight_digits(_join(middle, moved[1], _MASKS[1].take(kept)), _MASKS[1].take(digits))
    total = high * _u(10**8) + low
    clean = low_clean & high_clean
    is_long = digits > 2 * _WORD
    number = np.count_nonzero(is_long)
    long = slice(None) if number * _MANY_LONG > digits.size else np.flatnonzero(is_long)
    if number:
        front = _join(first[long], first[long] << _BYTE, _MASKS[2].take(kept[long]))
        top, top_clean = _eight_digits(front, _MASKS[2].take(digits[long]))
        clean[long] &= top_clean & (top < _u(900))
        total[long] += top * _u(10**16)
    return total.view(np.int64), clean


def _join(right: Words, left: Words, mask: Words) -> Words:
    result: Words = left ^ ((left ^ right) & mask)
    return result


def _eight_digits(text: Words, mask: Words) -> tuple[Words, Flags]:
    """Return the numbers that words of eight characters make (those outside the mask as 0), and if all are digits."""
    digit = (text ^ _ZEROS) & mask
    clean: Flags = (((digit + _NINES) | digit) & _HIGHS) == 0
    for factor, shift, keep in _SUM:
        digit *= factor
        digit >>= shift
        digit &= keep
    return digit, clean


def _scale(mantissa: Ints, power: Ints) -> Floats:
    """Return mantissa·10^power correctly rounded, nan where that is beyond the fast ways."""
    size = np.abs(power)
    exact = mantissa.astype(np.float64)
    clipped = np.clip(power, -_EXACT_POWER, _EXACT_POWER) + _EXACT_POWER
    values = exact * _UP.take(clipped)
    values /= _DOWN.take(clipped)
    hard = np.flatnonzero(((mantissa > _EXACT_MANTISSA) | (size > _EXACT_POWER)) & (mantissa != 0))
    if hard.size:
        values[hard] = _scale_wide(mantissa[hard], power[hard])
    return values


@cache
def _wide_power(power: int) -> tuple[float, float]:
    """Return 10^power as the unevaluated sum of two doubles."""
    exact = Fraction(10) ** power
    high = float(exact)
    return high, float(exact - Fraction(high))


def _scale_wide(mantissa: Ints, power: Ints) -> Floats:
    low, high = max(int(power.min()), -_WIDE_POWER), min(int(power.max()), _WIDE_POWER)
    inside = (power >= low) & (power <= high)
    if not inside.any():
        return np.full(mantissa.shape, np.nan)
    shifted = np.where(inside, power - low, 0)
    used = np.flatnonzero(np.bincount(shifted))
    table = np.zeros((int(used[-1]) + 1, 2))
    for at in used.tolist():
        table[at] = _wide_power(at + low)
    factor, factor_rest = table[shifted].T
    number = mantissa.astype(np.float64)
    number_rest = (mantissa - number.astype(np.int64)).astype(np.float64)
    product = number * factor
    rest = _product_error(number, factor, product) + (number * factor_rest + number_rest * factor)
    margin = product * _ZIV_MARGIN
    values: Floats = product + (rest + margin)
    values[~inside | (values != product + (rest - margin))] = np.nan
    return values


def _product_error(a: Floats, b: Floats, product: Floats) -> Floats:
    """Return a·b − product exactly (Dekker)."""
    a_high, b_high = _high_half(a), _high_half(b)
    a_low, b_low = a - a_high, b - b_high
    result: Floats = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return result


def _high_half(a: Floats) -> Floats:
    scaled = a * _SPLITTER
    high: Floats = scaled - (scaled - a)
    return high
