"""Which values of a block are float32 ones, as where a program mixes precisions."""

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrace.compare.apart_values import ApartNodes
from nbtrace.records import Record
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.turn_columns import Columns

_LONG = 9
"""Digits from which on a number can tell single from double precision, and how many such numbers it takes."""


def mostly_single(computed: Mapping[Any, Record], apart: "Columns") -> bool:
    """Whether half of the long numbers are float32, as where a program mixes precisions."""
    numbers = [
        number
        for record in computed.values()
        for number, token in zip(record.value.numbers, record.value.tokens, strict=True)
        if is_long(token)
    ]
    singles = sum(map(_is_single, numbers)) + sum(column.long_single for column in apart.values())
    long = len(numbers) + sum(column.long for column in apart.values())
    return long > _LONG and singles >= long / 2


def singles_of(vocabulary: Vocabulary, computed: Mapping[Any, Record], apart: "Columns") -> frozenset[Any]:
    """Return the values that are float32, where long numbers tell that some are.

    What every program stores as float32, whatever it computes with, says nothing.
    """
    exact = {node for node, record in computed.items() if all(_is_single(number) for number in record.value.numbers)}
    names = {node.name for node in exact} | {name for name, _, _ in apart}
    stored = {name for name in names if (f := vocabulary.formulas.get(name)) and f.single}
    telling = [node for node in exact if node.name not in stored and any(map(is_long, computed[node].value.tokens))]
    of_turns = sum(column.long_single for (name, _, _), column in apart.items() if name not in stored)
    if len(telling) + of_turns < _TELLING:
        return frozenset()
    return ApartNodes(apart, exact) if apart else frozenset(exact)


_TELLING = 2
"""Long numbers that are float32 by chance hardly ever: one in 2²⁹ is."""


_APART = 2e-14
"""Relative difference of two numbers from which on they are not the same in 15 digits."""


def is_long(token: str) -> bool:
    """Whether a printed number has enough digits to tell single from double precision."""
    return len(token.strip("-0.").replace(".", "").partition("e")[0]) > _LONG


def _is_single(number: float) -> bool:
    """Whether a printed number is that of a float32."""
    single = _single(number)
    # The texts are made only where the numbers are so close that these may be the same.
    return single == number or (
        not abs(single - number) > _APART * abs(number) and f"{single:.15g}" == f"{number:.15g}"
    )


def _single(number: float) -> float:
    try:
        value: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return number
    return value
