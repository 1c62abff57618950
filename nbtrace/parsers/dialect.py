"""How the lines of a log are read: what each line is, and where its values belong.

:class:`Dialect` is what the readers ask; a vocabulary names its own under the subject `dialect`, and has the plain one
of :mod:`nbtrace.parsers.plain` without.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrace.parsers.outcome import Field, Fields, Outcome
from nbtrace.parsers.placed_rows import CellRow, PlacedRow, placed_by_keys
from nbtrace.parsers.source import LogLines
from nbtrace.records import Index, Side, Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.parsers.untagged import UntaggedReader

LONGEST_LINE = 4096
"""Characters beyond which a line is no trace line; real ones stay far below."""

SUBJECT = "dialect"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A line with a prefix, read.

    Attributes
    ----------
    family : str
        The prefix, which decides the number format.
    dialect : str
        What such lines are called.
    outcome : Outcome
    """

    family: str
    dialect: str
    outcome: Outcome


class Placement(ABC):
    """Tells each value which block, sample and turn of a loop it belongs to, line by line."""

    block: int = 0

    @abstractmethod
    def place(self, item: Field) -> Index:
        """Return the index of a value, and remember that it was seen."""

    @property
    def closed(self) -> bool:
        """Whether the block under way has reached its end."""
        return False


class Dialect(ABC):
    """The lines of the logs of one vocabulary.

    Attributes
    ----------
    json_parts : mapping of str to tuple of str
        Quantities of which flat JSON documents hold the components under keys of their own.
    """

    json_parts: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @abstractmethod
    def tagged(self, line: str, context: str) -> Tagged | None:
        """Read a line with a prefix; None if it has none. `context` is the last heading."""

    @abstractmethod
    def side_of(self, family: str) -> Side:
        """Return the program that prints lines of a family."""

    @abstractmethod
    def placement(self) -> Placement:
        """Return what places the values of one log."""

    @abstractmethod
    def named_quantities(self, line: str, context: str) -> tuple[str, ...]:
        """Return what an unreadable line would have given, as far as it tells."""

    @abstractmethod
    def side_of_line(self, line: str) -> Side:
        """Return the program whose prefix a line carries."""

    def may_be_traced(self, text: str) -> bool:
        """Return whether a trace line may begin anywhere in a text, as far as that is seen at once."""
        del text
        return True

    def banner(self, line: str) -> Outcome | None:
        """Return what a line without a prefix states, None if it states nothing that is known."""
        del line
        return None

    def statistics(self, line: str) -> Fields | None:
        """Return what a line without a prefix says of the whole result, None if it says nothing of it."""
        del line
        return None

    def continuation(self, line: str, family: str, context: str) -> Outcome | None:
        """Read an indented line without a prefix after one of a family; None where such lines do not belong to it."""
        del line, family, context
        return None

    def unprefixed(self, lines: LogLines) -> "UntaggedReader | None":
        """Return what reads the lines of a log without any prefix; None if it is no such log."""
        del lines
        return None

    def document(self, source: str, data: Mapping[str, Any], lines: int, repeated: Sequence[str]) -> Trace | None:
        """Return the trace of a JSON document in a form of the dialect's own; None for any other.

        `repeated` holds the keys that an object of it holds more than once.
        """
        del source, data, lines, repeated
        return None

    def no_trace(self, head: bytes) -> str | None:
        """Return what a file is that another command reads, by its first bytes, and which; None for any other."""
        del head
        return None

    def placed_row(self, row: CellRow) -> PlacedRow:
        """Return a row of a structured file with its place, and what its keys stand for."""
        return placed_by_keys(row, self.vocabulary)

    def is_prefixed(self, family: str) -> bool:
        """Whether a family is one of lines with a prefix."""
        return self.side_of(family) is not Side.UNKNOWN


@cache
def dialect_of(vocabulary: Vocabulary) -> Dialect:
    """Return how the logs of a vocabulary are read."""
    kind: type[Dialect] = registry.loaded(vocabulary.knowledge.get(SUBJECT, "nbtrace.parsers.plain:PlainDialect"))
    return kind(vocabulary)
