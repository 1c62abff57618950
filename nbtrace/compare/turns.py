"""The turns of a loop, and those that print another turn's values, digit for digit, from other inputs."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from nbtrace.frozen import frozen
from nbtrace.records import Index, Side, Trace
from nbtrace.vocabulary.vocabulary import UNNAMED, Vocabulary

_Values: TypeAlias = Mapping[tuple[str, Index], tuple[str, ...]]
"""The printed values of a turn, by what they are and where in the turn they belong."""

_TELLING = 4
"""Digits of which at least one value must have as many, so that it is equal by no chance."""

_digits = re.compile(r"[1-9][0-9.]*").search


@frozen
class Loop:
    """A loop of which lines state the turn, or which they go round without saying so.

    Attributes
    ----------
    name : str
    repeated : frozenset of str
        Quantities that are of turn 0 where their line states none.
    """

    name: str
    repeated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, *traces: Trace) -> "Loop":
        """Return a loop of some logs; of values that come again without an index, the first ones are of turn 0."""
        if name not in UNNAMED:
            return cls(name)
        again = (item for trace in traces for item in trace.records if item.index.ordinal(name) is not None)
        return cls(name, frozenset(item.quantity for item in again))

    def turn(self, quantity: str, index: Index) -> int | None:
        """Return the turn that a value belongs to, None where it stands outside of the loop."""
        stated = index.ordinal(self.name)
        return 0 if stated is None and quantity in self.repeated else stated


@frozen
class TurnRepeat:
    """A turn whose computed values are those of an earlier one."""

    side: Side
    ordinal: int
    of: int


def repeated_turns(trace: Trace, side: Side, loop: Loop) -> tuple[TurnRepeat, ...]:
    """Return the turns that repeat an earlier one although their inputs differ; none if all do, where nothing moves.

    What a turn starts from is what it prints and has no inputs of its own, and, along the loop that formulas reach back
    along, the turn before it; there, a value that no formula takes, such as a time, says nothing.
    """
    turns = _turns(trace, loop)
    quantities = {name for values in turns.values() for name, _ in values}
    given, computed = _divided(quantities, trace.vocabulary)
    reaches_back = loop.name == trace.vocabulary.recurrent
    if reaches_back:
        given &= {other for name in computed for other in trace.vocabulary.ancestors(name)}
    results = {ordinal: _of(values, computed) for ordinal, values in turns.items()}
    starts = {ordinal: _of(values, given) for ordinal, values in turns.items()}
    alike: dict[frozenset[tuple[tuple[str, Index], tuple[str, ...]]], list[int]] = {}
    for ordinal in sorted(turns):
        if _tells(results[ordinal]):
            alike.setdefault(frozenset(results[ordinal].items()), []).append(ordinal)
    repeated = [
        TurnRepeat(side, ordinal, same[0])
        for same in alike.values()
        for ordinal in same[1:]
        if starts[ordinal] != starts[same[0]] or (reaches_back and _came_from_elsewhere(results, ordinal, same[0]))
    ]
    return tuple(sorted(repeated, key=lambda item: item.ordinal)) if len(repeated) < len(turns) - 1 else ()


def _turns(trace: Trace, loop: Loop) -> Mapping[int, _Values]:
    turns: dict[int, dict[tuple[str, Index], tuple[str, ...]]] = {}
    for record in trace.records:
        ordinal = loop.turn(record.quantity, record.index)
        if ordinal is not None and record.value.tokens:
            turns.setdefault(ordinal, {})[record.quantity, record.index.without(loop.name)] = record.value.tokens
    return turns


def _divided(quantities: Iterable[str], vocabulary: Vocabulary) -> tuple[set[str], set[str]]:
    """Return the quantities that a program is given, and those that it computes."""
    known = [vocabulary.quantities[name] for name in quantities if name in vocabulary.quantities]
    given = {quantity.name for quantity in known if not quantity.inputs}
    return given, {quantity.name for quantity in known} - given


def _of(values: _Values, names: set[str]) -> _Values:
    return {place: tokens for place, tokens in values.items() if place[0] in names}


def _tells(values: _Values) -> bool:
    precise = (_digits(token) for value in values.values() for token in value)
    return any(digits is not None and len(digits[0].replace(".", "")) >= _TELLING for digits in precise)


def _came_from_elsewhere(results: Mapping[int, _Values], ordinal: int, earlier: int) -> bool:
    """Whether two turns with the same results follow on different turns, or lead to different ones."""
    before = results.get(ordinal - 1), results.get(earlier - 1)
    if None not in before:
        return before[0] != before[1]
    after = results.get(ordinal + 1), results.get(earlier + 1)
    return None not in after and after[0] != after[1]
