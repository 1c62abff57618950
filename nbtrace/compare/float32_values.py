"""Which values of a block are float32 ones, as where a program mixes precisions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrace.compare import precision
from nbtrace.compare.apart_values import ApartNodes
from nbtrace.compare.precision import is_single
from nbtrace.records import Record
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.turn_columns import Columns

_FEW = 9
"""Long numbers of which half may be float32 by chance."""


def mostly_single(computed: Mapping[Any, Record], apart: "Columns") -> bool:
    """Whether half of the long numbers are float32, as where a program mixes precisions."""
    numbers = [
        number
        for record in computed.values()
        for number, token in zip(record.value.numbers, record.value.tokens, strict=True)
        if is_long(token)
    ]
    singles = sum(map(is_single, numbers)) + sum(column.long_single for column in apart.values())
    long = len(numbers) + sum(column.long for column in apart.values())
    return long > _FEW and singles >= long / 2


def singles_of(vocabulary: Vocabulary, computed: Mapping[Any, Record], apart: "Columns") -> frozenset[Any]:
    """Return the values that are float32, where long numbers tell that some are.

    What every program stores as float32, whatever it computes with, says nothing.
    """
    exact = {node for node, record in computed.items() if all(is_single(number) for number in record.value.numbers)}
    names = {node.name for node in exact} | {name for name, _, _ in apart}
    stored = {name for name in names if (f := vocabulary.formulas.get(name)) and f.single}
    telling = [node for node in exact if node.name not in stored and any(map(is_long, computed[node].value.tokens))]
    of_turns = sum(column.long_single for (name, _, _), column in apart.items() if name not in stored)
    if len(telling) + of_turns < _TELLING:
        return frozenset()
    return ApartNodes(apart, exact) if apart else frozenset(exact)


_TELLING = 2
"""Long numbers that are float32 by chance hardly ever: one in 2²⁹ is."""


def is_long(token: str) -> bool:
    """Whether a printed number has enough digits to tell single from double precision."""
    return precision.is_long(precision.significant_digits(token))
