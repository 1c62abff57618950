"""Exact sums of pixels and of their products, in any order.

A float64 x splits without error into h = (x + σ) − σ and x − h. With σ a power of two of at least 2n·max|x|, the high
parts h of n numbers are multiples of 2⁻⁵³σ whose sum stays below σ, so float64 adds them without rounding, in whatever
order (Rump, Ogita, Oishi: Accurate floating-point summation, SIAM J. Sci. Comput. 31, 2008). What is left is split
again with a σ that is smaller by the bits that were taken, until nothing is left. Sums are kept as fractions.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import few_apart, in_parts
from nbtrace.images.image import Floats

_CHUNK = 1 << 14
"""Pixels at a time: their working arrays stay in the processor's cache."""

_FEW = 256
_MANTISSA = 53
_SHIFT = 1100
"""Binary digits behind the point that hold any float64."""

_LEAST_EXPONENT = -1021
"""With σ at or below this power of two all that is left are multiples of 2⁻¹⁰⁷⁴ with a sum below 2⁻¹⁰²¹: exact."""

_SHORT = 1 << 26
"""Largest whole number of which a square is exact in float64, and has products that are with any smaller one."""

_SPLITTER = 2.0**27 + 1.0


@dataclass(frozen=True)
class Moments:
    """Exact sums over the compared pixels of both images; xx is the sum of squares of C, xy of products."""

    count: int
    x: Fraction
    y: Fraction
    xx: Fraction
    yy: Fraction
    xy: Fraction


def moments(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Moments:
    """Return the exact sums of two flat arrays of finite real numbers.

    Products of float32 and of integers up to 26 bits are exact in float64; the rounding of others is added as a sum of
    its own. Terms below 1e-280 of the largest product may be lost.
    """
    left, right = _common_exponent(x), _common_exponent(y)
    exact = _is_short(x) and _is_short(y)

    def tallied(first: int, end: int) -> Counter[str]:
        sums: defaultdict[str, _Sum] = defaultdict(_Sum)
        for start in range(first, end, _CHUNK):
            one, other = (values[start : min(start + _CHUNK, end)] for values in (x, y))
            a = _scaled(one, left)
            apart = few_apart(one, other) if left == right else None
            if apart is not None:
                # Alike but for a few: these are summed on their own, and are 0 among the others.
                same, a, other = a, a[apart], other[apart]
                same[apart] = 0.0
                _add(sums, {"same": same}, {"same squares": (same, same)}, exact=exact)
                if not apart.size:
                    continue
            b = _scaled(other, right)
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


def _add(
    sums: Mapping[str, "_Sum"],
    numbers: Mapping[str, Floats],
    factors: Mapping[str, tuple[Floats, Floats]],
    *,
    exact: bool,
) -> None:
    """Add products, then numbers, which are used up, to the sums of their names."""
    largest = {id(values): _largest(values) for values in numbers.values()}
    for name, (one, other) in factors.items():
        product = one * other
        if not exact:
            sums[name].add(_product_error(one, other, product))
        sums[name].add(product, largest[id(one)] * largest[id(other)])
    for name, values in numbers.items():
        sums[name].add(values, largest[id(values)])


class _Sum:
    """A sum that grows; kept as an integer so that adding to it neither rounds nor looks for common divisors."""

    def __init__(self) -> None:
        self.scaled = 0

    def add(self, values: Floats, largest: float | None = None) -> None:
        """Add numbers, of which none is larger than the largest; the array is used up."""
        for part in _parts(values, _largest(values) if largest is None else largest):
            numerator, denominator = part.as_integer_ratio()
            self.scaled += (numerator << _SHIFT) // denominator


def _largest(values: Floats) -> float:
    return float(max(values.max(initial=0.0), -values.min(initial=0.0)))


def _parts(values: Floats, largest: float) -> Iterator[float]:
    """Yield a few numbers whose exact sum is that of `values`, which are used up; none is larger than `largest`."""
    if largest == 0.0:
        return
    bits = values.size.bit_length() + 1
    exponent = math.frexp(largest)[1] + bits
    high = np.empty_like(values)
    while exponent > _LEAST_EXPONENT:
        sigma = math.ldexp(1.0, exponent)
        np.add(values, sigma, out=high)
        np.subtract(high, sigma, out=high)
        yield float(high.sum())
        np.subtract(values, high, out=values)
        # A few of them mostly tell that something is left.
        if not (values[:_FEW].any() or values.any()):
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
    return max(int(values.max(initial=0)), -int(values.min(initial=0))) <= _SHORT


def _common_exponent(values: npt.NDArray[Any]) -> int:
    """Return the power of two to divide by: 0 unless squares of the largest number would leave float64's range."""
    largest = max(float(values.max(initial=0)), -float(values.min(initial=0)))
    exponent = math.frexp(largest)[1]
    return 0 if abs(exponent) < 300 else exponent
