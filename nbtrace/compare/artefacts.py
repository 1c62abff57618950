"""Differences of the logs that are none of the computations: another unit under one key, known habits of logging."""

import math
from collections.abc import Sequence
from dataclasses import replace

from nbtrace.compare.judge import Row, status_of
from nbtrace.compare.logs import logs_of
from nbtrace.compare.metrics import difference
from nbtrace.frozen import frozen
from nbtrace.verdicts.status import MINOR_BELOW
from nbtrace.vocabulary.vocabulary import Vocabulary

_WITHOUT_UNIT = frozenset({"1", "photons"})
POWER_CLOSE = 5e-3
"""Part of a value by which it may be off another one times a power of ten."""

POWERS = (*range(2, 16), 20, 30)
"""Powers of ten between two units of one quantity: from femtometres to metres, and areas and volumes in ångströms."""


@frozen
class Physical:
    """What is left of the divergences once the artefacts, and what may follow from them, are set aside.

    From a habit of logging nothing follows: the program computes with another value than it prints.

    Attributes
    ----------
    artefacts : tuple of str
        Quantities set aside.
    first : Row or None
        The first divergence that is left; of a quantity in another unit, the row after rescaling.
    material : Row or None
        The first of those above 1e-4 relative, or without a relative difference.
    """

    artefacts: tuple[str, ...]
    first: Row | None
    material: Row | None = None


def power_of_ten(row: Row) -> int:
    """Return n if the quantity has a unit and Py is 10ⁿ times C in every component, |n| ≥ 2; else 0."""
    if row.difference is None or row.difference.ratio is None or not 0 < row.difference.ratio < math.inf:
        return 0
    known = row.known
    if known is None or (known.unit in _WITHOUT_UNIT and not known.shows_units):
        return 0
    power = round(math.log10(row.difference.ratio))
    if abs(power) not in POWERS:
        return 0
    off = math.hypot(*(y - x for x, y in zip(row.c.numbers, _scaled(row, power), strict=True)))
    return power if off <= POWER_CLOSE * row.difference.norm_c else 0


def _scaled(row: Row, power: int) -> tuple[float, ...]:
    return tuple(number * 10.0**-power for number in row.py.numbers)


def rescaled(row: Row, power: int) -> Row:
    """Return the row as it would be if Py had printed the unit of C; the allowed difference stays what it was."""
    remaining = difference(row.c.numbers, _scaled(row, power))
    return replace(row, difference=remaining, status=status_of(remaining, row.limit, row.tolerance))


def undone(row: Row, vocabulary: Vocabulary) -> Row | None:
    """Return the row as it would be without a habit of logging; None if no habit makes it differ."""
    if row.difference is None:
        return None
    values = logs_of(vocabulary).undone(row.quantity, row.c.numbers, row.py.numbers)
    if values is None:
        return None
    remaining = difference(*values)
    return replace(row, difference=remaining, status=status_of(remaining, row.limit, row.tolerance))


def is_habit(row: Row, vocabulary: Vocabulary) -> bool:
    """Whether a habit of logging is all that makes a row differ."""
    left = undone(row, vocabulary)
    return left is not None and not left.status.diverges


def set_aside(rows: Sequence[Row], vocabulary: Vocabulary) -> Physical:
    """Return what the artefacts are, and the first divergence apart from them and from what may follow from them.

    A quantity in another unit that still diverges after rescaling is no mere artefact: its rescaled row counts. What is
    computed from one that agrees after rescaling follows from the unit only if it is off by a power of ten itself, or
    computed from something that is.
    """
    artefacts: dict[str, None] = {}
    in_other_units: set[str] = set()
    carried: set[str] = set()
    left_over: list[Row] = []
    for row in rows:
        if not row.status.diverges:
            continue
        power = power_of_ten(row)
        without_habit = undone(row, vocabulary)
        left = without_habit or (rescaled(row, power) if power else row)
        if power or without_habit is not None:
            artefacts[row.quantity] = None
        above = vocabulary.ancestors(row.quantity)
        if above & carried or (above & in_other_units and _is_power(row)):
            carried.add(row.quantity)
        if power and without_habit is None:
            in_other_units.add(row.quantity)
        if left.status.diverges and (left is not row or row.quantity not in carried):
            left_over.append(left)
    material = next((row for row in left_over if _is_material(row)), None)
    return Physical(tuple(artefacts), next(iter(left_over), None), material)


def _is_material(row: Row) -> bool:
    return row.difference is None or not abs(row.difference.relative) <= MINOR_BELOW


def _is_power(row: Row) -> bool:
    """Whether Py is C times a power of ten, whatever the quantity."""
    ratio = row.difference.ratio if row.difference is not None else None
    if ratio is None or not 0 < ratio < math.inf:
        return False
    exponent = math.log10(ratio)
    return abs(exponent) > 1 and abs(exponent - round(exponent)) < POWER_CLOSE
