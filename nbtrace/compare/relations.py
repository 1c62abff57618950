"""A relation that the values of one log must obey among themselves, whatever the configuration was.

It is computed from the printed values alone, in double precision, without any simulator: a log that breaks one was not
printed by the computation it claims to show. A relation yields its two sides and the size of the terms it is made of,
since rounding acts on the terms.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from nbtrace.compare.vectors import Column
from nbtrace.frozen import frozen
from nbtrace.records import Trace

Vector: TypeAlias = tuple[Column, ...]
Values: TypeAlias = Mapping[str, Vector]
"""Logged values of one sample and its pixel, by quantity, in record units."""


@frozen
class Sides:
    """Both sides of a relation, component by component, and the size of the terms they are made of."""

    logged: Vector
    computed: Vector
    size: Column


@frozen
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
    compute : callable
        The right side from the logged values, of one value or of columns of many.
    size : callable, optional
        Size of the terms that it is made of; by default its own.
    per_sample : bool
        Every sample of a block must obey it; else it holds once in a block.
    single : bool
        The left side is rounded to float32 whatever the precision of the program.
    only_first_unless : str or None
        It holds for the first sample of a block alone, unless this flag is set.
    one_of : str or None
        It holds only where the log states no more than one of this setting.
    may_be_many : callable
        Whether a log that does not state that setting may be of more than one.
    takes_if_logged : tuple of str
        Quantities that it takes where they are logged.
    flags : tuple of str
        Logged flags, 0 or not, by which it is another formula.
    meaning : callable
        What it looks like where it does not hold; empty if it looks like nothing known.
    """

    name: str
    formula: str
    needs: tuple[str, ...]
    compute: Callable[[Values], Vector]
    size: Callable[[Values], Column] | None = None
    per_sample: bool = False
    single: bool = False
    only_first_unless: str | None = None
    one_of: str | None = None
    may_be_many: Callable[[Trace], bool] = lambda _trace: False
    takes_if_logged: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    meaning: Callable[[Values], str] = lambda _values: ""

    def sides(self, values: Values) -> Sides:
        """Return both sides from the logged values."""
        computed = self.compute(values)
        return Sides(values[self.name], computed, abs(computed[0]) if self.size is None else self.size(values))


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
    if not math.isfinite(sides.size):
        return math.inf
    pairs: Iterable[tuple[float, float]] = zip(sides.logged, sides.computed, strict=True)
    apart = [abs(logged - computed) / sides.size for logged, computed in pairs]
    return max(apart) if all(map(math.isfinite, apart)) else math.inf


def applies(relation: Relation, sample: int, values: Values, trace: Trace) -> bool:
    """Whether a relation holds for a sample of a log."""
    return _is_one(relation, trace) and (
        relation.only_first_unless is None or sample == 0 or values.get(relation.only_first_unless, (0.0,))[0] != 0
    )


def _is_one(relation: Relation, trace: Trace) -> bool:
    stated = trace.settings.get(relation.one_of) if relation.one_of is not None else None
    return stated is None or float(stated.value) <= 1


def may_not_apply(relation: Relation, trace: Trace) -> bool:
    """Whether a log may be of several of what a relation holds for one of: a broken one then proves nothing."""
    return relation.one_of is not None and relation.one_of not in trace.settings and relation.may_be_many(trace)
