"""A relation that the values of one log must obey among themselves, whatever the configuration was.

It is computed from the printed values alone, in double precision, without any simulator: a log that breaks one was not
printed by the computation it claims to show. A relation yields its two sides and the size of the terms it is made of,
since rounding acts on the terms.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nbtrace.records import Trace

Vector: TypeAlias = tuple[float, ...]
Values: TypeAlias = Mapping[str, Vector]
"""Logged values of one sample and its pixel, by quantity, in record units."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a relation, component by component, and the size of the terms they are made of."""

    logged: Vector
    computed: Vector
    size: float


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between logged quantities.

    Attributes
    ----------
    name : str
        The quantity on its left side.
    formula : str
        As reports print it.
    needs : tuple of str
        Quantities that must be logged.
    sides : callable
        Both sides from the logged values.
    per_sample : bool
        Every sample of a block must obey it; else it holds once in a block.
    single : bool
        The left side is rounded to float32 whatever the precision of the program.
    applies : callable
        Whether it holds for a sample of a log: its ordinal, the values, the log.
    meaning : callable
        What it looks like where it does not hold; empty if it looks like nothing known.
    """

    name: str
    formula: str
    needs: tuple[str, ...]
    sides: Callable[[Values], Sides]
    per_sample: bool = False
    single: bool = False
    applies: Callable[[int, Values, Trace], bool] = lambda _sample, _values, _trace: True
    meaning: Callable[[Values], str] = lambda _values: ""


def missing(relation: Relation, values: Values) -> tuple[str, ...]:
    """Return which of the quantities that a relation needs are not logged as numbers."""
    return tuple(name for name in relation.needs if name not in values)


def both_sides(relation: Relation, values: Values) -> Sides:
    """Return both sides of a relation; where the formula has no value (it divides by 0), the computed side is nan."""
    try:
        return relation.sides(values)
    except (ZeroDivisionError, OverflowError):
        logged = values[relation.name]
        return Sides(logged, (math.nan,) * len(logged), math.nan)


def residual(sides: Sides) -> float:
    """Return the largest difference between the sides, relative to the size of the terms; infinite without a value."""
    if sides.size == 0:
        return 0.0 if sides.logged == sides.computed else math.inf
    pairs: Iterable[tuple[float, float]] = zip(sides.logged, sides.computed, strict=True)
    apart = [abs(logged - computed) / sides.size for logged, computed in pairs]
    return max(apart) if all(map(math.isfinite, apart)) else math.inf
