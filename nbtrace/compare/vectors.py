"""Vectors as tuples of their components."""

import math
from typing import TypeAlias

from nbtrace.compare.metrics import norm

Vector: TypeAlias = tuple[float, ...]


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
