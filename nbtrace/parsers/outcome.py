"""What one line of a log turns out to be."""

from dataclasses import dataclass
from typing import TypeAlias

from nbtrace.frozen import frozen
from nbtrace.parsers.misfits import misfit
from nbtrace.records import NOWHERE, Index, Pixel, Value
from nbtrace.vocabulary.quantity import Meaning
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a line, before its place in the pixel block is known.

    `index` holds what the line itself tells; `starts_blocks` marks keys whose repetition begins a new sample or block.
    """

    key: str
    value: Value
    meaning: Meaning
    index: Index = NOWHERE
    starts_blocks: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A line that gives values, and perhaps states the traced pixel."""

    fields: tuple[Field, ...]
    pixel: Pixel | None = None


@frozen
class Stated:
    """A line that states settings or the traced pixel."""

    settings: tuple[tuple[str, str], ...] = ()
    pixel: Pixel | None = None


@frozen
class Structure:
    """A heading, rule or marker of the trace; `heading` becomes the context of the lines after it."""

    heading: str | None = None


@frozen
class UnreadableLine:
    """A line with a trace prefix that cannot be read."""

    reason: str


Outcome: TypeAlias = Fields | Stated | Structure | UnreadableLine


def fitting(outcome: Outcome, vocabulary: Vocabulary) -> Outcome:
    """Return an outcome as it is, or as a problem where a value has not the numbers that its quantity has."""
    if not isinstance(outcome, Fields):
        return outcome
    for item in outcome.fields:
        complaint = misfit(
            item.key, vocabulary.quantities.get(item.meaning.quantity), item.value.shape, item.value.numbers
        )
        if complaint is not None:
            return UnreadableLine(complaint)
    return outcome
