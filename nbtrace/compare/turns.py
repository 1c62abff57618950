"""The turns of a loop, and those that print another turn's values, digit for digit, from other inputs."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nbtrace.frozen import frozen
from nbtrace.records import Index, Side, Trace
from nbtrace.vocabulary.vocabulary import UNNAMED, Vocabulary

_Values: TypeAlias = Mapping[tuple[str, Index], tuple[str, ...]]
"""The printed values of a turn, by what they are and where in the turn they belong."""

TELLING = 4
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
    """A turn whose computed values are those of an earlier one; the first of a sweep, of the last of the one before."""

    side: Side
    ordinal: int
    of: int


@dataclass(frozen=True, slots=True)
class TurnValues:
    """What a turn prints, in a form in which it is equal to what another turn prints or is not.

    Attributes
    ----------
    given, computed : hashable
        What it starts from, and what it computes.
    tells : bool
        Whether what it computes has digits enough to be equal to that of another turn by no chance.
    """

    given: Hashable
    computed: Hashable
    tells: bool


def repeated_turns(trace: Trace, side: Side, loop: Loop) -> tuple[TurnRepeat, ...]:
    """Return the turns that repeat an earlier one although their inputs differ; none if all do, where nothing moves.

    What a turn starts from is what it prints and has no inputs of its own, and, along the loop that formulas reach back
    along, the turn before it; there, a value that no formula takes, such as a time, says nothing.
    """
    turns = _turns(trace, loop)
    given, computed = divided({name for values in turns.values() for name, _ in values}, trace.vocabulary, loop)
    return repeats_among(
        {
            ordinal: TurnValues(_of(values, given), _of(values, computed), _tells(values, computed))
            for ordinal, values in turns.items()
        },
        side,
        loop,
        trace.vocabulary,
    )


def repeats_among(
    turns: Mapping[int, TurnValues], side: Side, loop: Loop, vocabulary: Vocabulary
) -> tuple[TurnRepeat, ...]:
    """Return the turns of a loop that repeat an earlier one.

    The first step of a sweep that prints what the last one does has what the sweep before has left: it repeats it.
    """
    reaches_back = loop.name == vocabulary.recurrent
    alike: dict[Hashable, list[int]] = {}
    for ordinal in sorted(turns):
        if turns[ordinal].tells:
            alike.setdefault(turns[ordinal].computed, []).append(ordinal)
    repeated = [
        TurnRepeat(side, ordinal, same[0])
        for same in alike.values()
        for ordinal in same[1:]
        if turns[ordinal].given != turns[same[0]].given
        or (reaches_back and _came_from_elsewhere(turns, ordinal, same[0]))
    ]
    if len(repeated) >= len(turns) - 1:
        return ()
    if loop.name == vocabulary.sweep:
        left = TurnRepeat(side, max(turns), min(turns))
        repeated = [TurnRepeat(side, item.of, item.ordinal) if item == left else item for item in repeated]
    return tuple(sorted(repeated, key=lambda item: item.ordinal))


def _turns(trace: Trace, loop: Loop) -> Mapping[int, _Values]:
    turns: dict[int, dict[tuple[str, Index], tuple[str, ...]]] = {}
    for record in trace.records:
        ordinal = loop.turn(record.quantity, record.index)
        if ordinal is not None and record.value.tokens:
            turns.setdefault(ordinal, {})[record.quantity, record.index.without(loop.name)] = record.value.tokens
    return turns


def divided(quantities: Iterable[str], vocabulary: Vocabulary, loop: Loop) -> tuple[set[str], set[str]]:
    """Return which of the quantities of a loop a program is given there, and which it computes."""
    known = [vocabulary.quantities[name] for name in quantities if name in vocabulary.quantities]
    given = {quantity.name for quantity in known if not quantity.inputs}
    computed = {quantity.name for quantity in known} - given
    if loop.name == vocabulary.recurrent:
        given &= {other for name in computed for other in vocabulary.ancestors(name)}
    return given, computed


def _of(values: _Values, names: set[str]) -> Hashable:
    return frozenset((place, tokens) for place, tokens in values.items() if place[0] in names)


def _tells(values: _Values, computed: set[str]) -> bool:
    return any(are_telling(tokens) for (name, _), tokens in values.items() if name in computed)


def are_telling(tokens: Iterable[str]) -> bool:
    """Whether one of some numbers has digits enough to be equal to another number by no chance."""
    precise = map(_digits, tokens)
    return any(digits is not None and len(digits[0].replace(".", "")) >= TELLING for digits in precise)


def _came_from_elsewhere(turns: Mapping[int, TurnValues], ordinal: int, earlier: int) -> bool:
    """Whether two turns with the same results follow on different turns, or lead to different ones."""
    for step in (-1, 1):
        one, other = turns.get(ordinal + step), turns.get(earlier + step)
        if one is not None and other is not None:
            return one.computed != other.computed
    return False
