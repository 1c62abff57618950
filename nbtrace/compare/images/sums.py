"""Exact sums of pixels and of their products, in any order.

A float64 x splits without error into h = (x + σ) − σ and x − h. With σ a power of two of at least 2n·max|x|, the high
parts h of n numbers are multiples of 2⁻⁵³σ whose sum stays below σ, so float64 adds them without rounding, in whatever
order (Rump, Ogita, Oishi: Accurate floating-point summation, SIAM J. Sci. Comput. 31, 2008). What is left is split
again with a σ that is smaller by the bits that were taken, until nothing is left. Sums are kept as fractions.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import few_apart, in_parts
from nbtrace.frozen import frozen
from nbtrace.images.image import Floats

_CHUNK = 1 << 16
"""Pixels at a time: their working arrays stay in the processor's cache."""

_FEW = 256
_MANTISSA = 53
_SINGLE = 24
"""Binary digits of floats of at most four bytes."""
_SHIFT = 1100
"""Binary digits behind the point that hold any float64."""

_LEAST_EXPONENT = -1021
"""With σ at or below this power of two all that is left are multiples of 2⁻¹⁰⁷⁴ with a sum below 2⁻¹⁰²¹: exact."""

_SHORT = 1 << 26
"""Largest whole number of which a square is exact in float64, and has products that are with any smaller one."""

_SPLITTER = 2.0**27 + 1.0


@frozen
class Moments:
    """Exact sums over the compared pixels of both images; xx is the sum of squares of C, xy of products."""

    count: int
    x: Fraction
    y: Fraction
    xx: Fraction
    yy: Fraction
    xy: Fraction

    def exchanged(self) -> "Moments":
        """Return those of the images exchanged."""
        return Moments(self.count, self.y, self.x, self.yy, self.xx, self.xy)


def moments(
    x: npt.NDArray[Any],
    y: npt.NDArray[Any],
    largest: tuple[float, float] | None = None,
    whole: tuple[bool, bool] = (False, False),
) -> Moments:
    """Return the exact sums of two flat arrays of finite real numbers.

    Products of float32 and of integers up to 26 bits are exact in float64; the rounding of others is added as a sum of
    its own. Terms below 1e-280 of the largest product may be lost.

    Parameters
    ----------
    x, y : ndarray
    largest : (float, float), optional
        The largest size of either, where it is known.
    whole : (bool, bool), optional
        Whether either is known to hold whole numbers alone: their sums are faster.
    """
    left, right = (_common_exponent(size) for size in largest or (_largest(x), _largest(y)))
    exact = _is_short(x) and _is_short(y)
    grains = [
        0 if exponent == 0 and (known or values.dtype.kind in "ui") else None
        for values, known, exponent in zip((x, y), whole, (left, right), strict=True)
    ]

    def tallied(first: int, end: int) -> Counter[str]:
        sums: defaultdict[str, _Sum] = defaultdict(_Sum)
        for start in range(first, end, _CHUNK):
            one, other = (values[start : min(start + _CHUNK, end)] for values in (x, y))
            a = _Terms.of(one, left, grains[0])
            apart = few_apart(one, other) if left == right else None
            if apart is not None:
                # Alike but for a few: these are summed on their own, and are 0 among the others.
                some = _Terms(a.values[apart], a.largest, a.grain)
                a.values[apart] = 0.0
                _add(sums, {"same": a}, {"same squares": (a, a)}, exact=exact)
                if not apart.size:
                    continue
                a, other = some, other[apart]
            b = _Terms.of(other, right, grains[1])
            _add(sums, {"x": a, "y": b}, {"xx": (a, a), "yy": (b, b), "xy": (a, b)}, exact=exact)
        return Counter({name: total.scaled for name, total in sums.items()})

    found: Counter[str] = Counter()
    for part in in_parts(x.size, _CHUNK, tallied):
        found.update(part)
    exponents = {"x": left, "y": right, "xx": 2 * left, "yy": 2 * right, "xy": left + right}
    alike = {name: found["same squares" if len(name) > 1 else "same"] for name in exponents}
    return Moments(
        x.size,
        **{
            name: Fraction(found[name] + alike[name], 1 << _SHIFT) * Fraction(2) ** exponent
            for name, exponent in exponents.items()
        },
    )


class _Terms(NamedTuple):
    """Numbers to be summed, of which none is larger than `largest`, and all are multiples of 2 to the `grain`.

    The grain is None where it is not known.
    """

    values: Floats
    largest: float
    grain: int | None

    @classmethod
    def of(cls, values: npt.NDArray[Any], exponent: int, grain: int | None) -> "_Terms":
        """Return numbers divided by a power of two, as float64; the least size tells the grain."""
        doubles = _scaled(values, exponent)
        low, high = float(doubles.min(initial=0.0)), float(doubles.max(initial=0.0))
        if grain is None:
            least = _least_size(doubles)
            grain = math.frexp(least)[1] - (_SINGLE if values.dtype.itemsize <= 4 else _MANTISSA)
        return cls(doubles, max(high, -low), grain)

    def times(self, other: "_Terms") -> "_Terms":
        """Return products, which must be exact for their grain to hold."""
        grain = None if self.grain is None or other.grain is None else self.grain + other.grain
        return _Terms(self.values * other.values, self.largest * other.largest, grain)


def _add(
    sums: Mapping[str, "_Sum"],
    numbers: Mapping[str, _Terms],
    factors: Mapping[str, tuple[_Terms, _Terms]],
    *,
    exact: bool,
) -> None:
    """Add products, then numbers, which are used up, to the sums of their names."""
    for name, (one, other) in factors.items():
        product = one.times(other)
        if not exact:
            error = _product_error(one.values, other.values, product.values)
            sums[name].add(_Terms(error, _largest(error), None))
            product = product._replace(grain=None)
        sums[name].add(product)
    for name, terms in numbers.items():
        sums[name].add(terms)


class _Sum:
    """A sum that grows; kept as an integer so that adding to it neither rounds nor looks for common divisors."""

    def __init__(self) -> None:
        self.scaled = 0

    def add(self, terms: _Terms) -> None:
        """Add numbers; the array is used up."""
        for part in _parts(*terms):
            numerator, denominator = part.as_integer_ratio()
            self.scaled += (numerator << _SHIFT) // denominator


def _least_size(values: Floats) -> float:
    """Return the least size of those that are not 0; 0 if all are."""
    low = float(values.min(initial=math.inf))
    if low > 0:
        return low if low < math.inf else 0.0
    # Sizes have the order of whole numbers of the same bits, of which 0 less one is the largest.
    bits = np.abs(values).view(np.uint64)
    bits -= np.uint64(1)
    least = int(bits.min()) + 1
    return float(np.array(least, np.uint64).view(np.float64)) if least < 1 << 64 else 0.0


def _largest(values: npt.NDArray[Any]) -> float:
    return max(float(values.max(initial=0)), -float(values.min(initial=0)))


def _parts(values: Floats, largest: float, grain: int | None) -> Iterator[float]:
    """Yield a few numbers whose exact sum is that of `values`, which are used up; see :class:`_Terms`."""
    if largest == 0.0:
        return
    bits = values.size.bit_length() + 1
    exponent = math.frexp(largest)[1] + bits
    # Multiples of the grain whose sum is below 2 to the exponent are added without rounding if that holds them.
    enough = _LEAST_EXPONENT if grain is None else max(_LEAST_EXPONENT, grain + _MANTISSA)
    high = np.empty_like(values) if exponent > enough else values
    while exponent > enough:
        sigma = math.ldexp(1.0, exponent)
        np.add(values, sigma, out=high)
        np.subtract(high, sigma, out=high)
        yield float(high.sum())
        np.subtract(values, high, out=values)
        # A few of them mostly tell that something is left.
        if grain is None and not (values[:_FEW].any() or values.any()):
            return
        exponent += bits - _MANTISSA
    yield float(values.sum())


def _product_error(x: Floats, y: Floats, product: Floats) -> Floats:
    """Return what x·y is more than its rounded value, without error (Dekker's product)."""
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    error: Floats = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    return error


def _halves(x: Floats) -> tuple[Floats, Floats]:
    """Return two numbers of at most 26 bits whose sum is x (Veltkamp's split)."""
    scaled = _SPLITTER * x
    high = scaled - (scaled - x)
    return high, x - high


def _scaled(values: npt.NDArray[Any], exponent: int) -> Floats:
    doubles = values.astype(np.float64)
    return np.ldexp(doubles, -exponent) if exponent else doubles


def _is_short(values: npt.NDArray[Any]) -> bool:
    """Tell whether all numbers have so few bits that their products are exact."""
    if values.dtype.kind == "f":
        return values.dtype.itemsize <= 4
    return values.dtype.itemsize <= 2 or _largest(values) <= _SHORT


def _common_exponent(largest: float) -> int:
    """Return the power of two to divide by: 0 unless squares of the largest number would leave float64's range."""
    exponent = math.frexp(largest)[1]
    return 0 if abs(exponent) < 300 else exponent
