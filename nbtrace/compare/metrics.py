"""The difference of two values: by component and as a whole."""

import math
import struct
import sys
from dataclasses import dataclass

from nbtrace.records import INT_MIN

_AXES = "xyz"


@dataclass(frozen=True, slots=True)
class Difference:
    """How far Py's value is from C's; everything in the record unit.

    Attributes
    ----------
    delta : tuple of float
        Py − C by component.
    worst : int
        Component with the largest |Py − C|, or the one that is furthest beyond the digits that it was printed with.
    norm_c : float
        |C|: absolute value or Euclidean norm.
    relative : float
        Py − C of the worst component over the norm of C; for a scalar Py/C − 1. Infinite if C is 0 and Py is not.
    ratio : float or None
        Py/C, for several components the ratio of the norms; None if C is 0.
    angle_rad : float or None
        Angle between two vectors.
    ulps : int or None
        Double-precision numbers between two scalars.
    digits : float or None
        Decimal digits in agreement; None if the values are equal.
    """

    delta: tuple[float, ...]
    worst: int
    norm_c: float
    relative: float
    ratio: float | None
    angle_rad: float | None
    ulps: int | None
    digits: float | None


def norm(values: tuple[float, ...]) -> float:
    """Return the Euclidean norm; of finite values it is finite, so that no tolerance grows without bound."""
    size = math.hypot(*values)
    if size <= sys.float_info.max:
        return size
    return sys.float_info.max if is_finite(values) else size


def dot(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the scalar product, summed exactly; nan where a product leaves the range of numbers."""
    products = [x * y for x, y in zip(a, b, strict=True)]
    return math.fsum(products) if all(map(math.isfinite, products)) else math.nan


def is_finite(values: tuple[float, ...]) -> bool:
    """Return whether every value is a finite number and none is the reference's integer for a non-finite one."""
    for value in values:  # noqa: SIM110 - a loop, because of how often it is asked
        if not math.isfinite(value) or value == INT_MIN:
            return False
    return True


def difference(c: tuple[float, ...], py: tuple[float, ...], worst: int | None = None) -> Difference:
    """Return the difference of two finite values with the same number of components; `worst` says which one counts."""
    if len(c) == 1 and len(py) == 1:
        return _of_scalars(c[0], py[0])
    delta = tuple(y - x for x, y in zip(c, py, strict=True))
    worst = max(range(len(delta)), key=lambda i: abs(delta[i])) if worst is None else worst
    size = norm(c)
    relative = _relative(delta[worst], size)
    return Difference(
        delta=delta,
        worst=worst,
        norm_c=size,
        relative=relative,
        ratio=_ratio(c, py),
        angle_rad=_angle(c, py) if len(c) == 3 else None,
        ulps=None,
        digits=_digits(relative),
    )


def _of_scalars(c: float, py: float) -> Difference:
    delta = py - c
    relative = _relative(delta, c)
    ulps = _ulps(c, py) if delta else 0
    return Difference((delta,), 0, abs(c), relative, py / c if c else None, None, ulps, _digits(relative))


def _digits(relative: float) -> float | None:
    """Return the decimal digits in agreement of two values that differ by so much; None where they are equal."""
    if relative == 0:
        return None
    return max(0.0, -math.log10(abs(relative))) if math.isfinite(relative) else 0.0


def _relative(delta: float, base: float) -> float:
    if delta == 0:
        return 0.0
    if base == 0:
        return math.copysign(math.inf, delta)
    return delta / base


def _ratio(c: tuple[float, ...], py: tuple[float, ...]) -> float | None:
    base = norm(c)
    return norm(py) / base if base else None


def _angle(c: tuple[float, ...], py: tuple[float, ...]) -> float | None:
    if norm(c) == 0 or norm(py) == 0:
        return None
    unit_c = tuple(x / norm(c) for x in c)
    unit_py = tuple(y / norm(py) for y in py)
    # Half the chord keeps small angles exact where the arc cosine loses them.
    chord = norm(tuple(y - x for x, y in zip(unit_c, unit_py, strict=True)))
    return 2 * math.asin(min(1.0, chord / 2))


def _ulps(c: float, py: float) -> int:
    return abs(_ordinal(py) - _ordinal(c))


def _ordinal(value: float) -> int:
    bits: int = struct.unpack("q", struct.pack("d", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def component_name(index: int, names: tuple[str, ...], size: int) -> str:
    """Return how reports name a component: its own name, x y z, or row and column of a matrix."""
    if names:
        return names[index]
    if size == 9:
        return f"{index // 3 + 1},{index % 3 + 1}"
    return _AXES[index] if size == 3 else str(index)
