"""Vectors as tuples of their components, which are floats or, of many values at once, arrays.

What is written for both does the same operations in the same order, so that a column has the bits of its values.
"""

import math
from typing import Any, TypeAlias

from nbtrace.compare.metrics import norm

Vector: TypeAlias = tuple[float, ...]
Column: TypeAlias = Any
"""A float, or an array of many."""


def cross(a: Vector, b: Vector) -> Vector:
    """Return a × b."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def scaled(a: Vector, factor: float) -> Vector:
    """Return a·factor."""
    return tuple(x * factor for x in a)


def added(*vectors: Vector) -> Vector:
    """Return the sum of vectors."""
    return tuple(map(math.fsum, zip(*vectors, strict=True)))


def unit(a: Vector) -> Vector:
    """Return a/|a|, a itself where its length is 0."""
    size = norm(a)
    return scaled(a, 1 / size) if size else a


def length(a: tuple[Column, ...]) -> Column:
    """Return |a|; infinite where a square leaves the range of numbers."""
    squares = inner(a, a)
    return math.sqrt(squares) if isinstance(squares, float) else squares**0.5


def inner(a: tuple[Column, ...], b: tuple[Column, ...]) -> Column:
    """Return a·b."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def ceiling(x: Column) -> Column:
    """Return ⌈x⌉."""
    return float(math.ceil(x)) if isinstance(x, float) else -(-x // 1)


def largest(*numbers: Column) -> Column:
    """Return the largest number, place by place."""
    if all(isinstance(number, float) for number in numbers):
        return max(numbers)
    import numpy as np  # noqa: PLC0415 - arrays have come in

    return np.maximum.reduce(numbers)


def where(condition: Column, chosen: Column, other: Column) -> Column:
    """Return one of two numbers, place by place."""
    if isinstance(condition, bool):
        return chosen if condition else other
    import numpy as np  # noqa: PLC0415 - arrays have come in

    return np.where(condition, chosen, other)
