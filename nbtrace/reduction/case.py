"""What is reduced: the words of a command, and small changes of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from nbtrace.records import Pixel


@dataclass(frozen=True)
class WordEdit:
    """A change of some words that stand together.

    Attributes
    ----------
    start, stop : int
        The words that it replaces, as a slice.
    words : tuple of str
        What takes their place; nothing where they go.
    old : tuple of str
        What stood there, the option's own word first.
    new : tuple of str
        What stands there then; empty where the option goes.
    """

    start: int
    stop: int
    words: tuple[str, ...]
    old: tuple[str, ...]
    new: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many words it touches."""
        return max(self.stop - self.start, len(self.words))

    @property
    def text(self) -> str:
        """The change, in words."""
        old, new = " ".join(self.old), " ".join(self.new)
        return f"{new} in place of {old}" if new else f"without {old}"


@dataclass(frozen=True)
class FlagCase:
    """A command line that is compared.

    Attributes
    ----------
    words : tuple of str
        The flags.
    pixel : (slow, fast) or None
        The pixel to trace; None for the worst one.
    """

    words: tuple[str, ...]
    pixel: Pixel | None = None

    def edited(self, edits: Iterable[WordEdit]) -> "FlagCase":
        """Return it with changes, no two of which touch one word."""
        words = list(self.words)
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            words[edit.start : edit.stop] = edit.words
        return replace(self, words=tuple(words))


@dataclass(frozen=True)
class Listing:
    """A file that a case reads, of which lines may go.

    Attributes
    ----------
    place : int
        The word that names it.
    name : str
    lines : tuple of bytes
        With their ends.
    """

    place: int
    name: str
    lines: tuple[bytes, ...]


class ReductionStage(StrEnum):
    """What is made smaller, in this order, again and again until nothing changes."""

    OPTIONS = "options"
    VALUES = "values"
    FILES = "input files"
    COUNTS = "detector and counts"
    PIXEL = "pixel"


class Moves(Protocol):
    """What may be changed in a case; its own physics knows."""

    def drops(self, case: FlagCase) -> tuple[WordEdit, ...]:
        """Return the options, each as the change that takes it away."""

    def ladders(self, case: FlagCase, stage: ReductionStage) -> tuple[tuple[WordEdit, ...], ...]:
        """Return for each value of a stage what may stand in its place, the simplest first; nothing if it is simple.

        Following any of these changes leads to an end.
        """

    def listings(self, case: FlagCase) -> tuple[Listing, ...]:
        """Return the files whose lines may go."""

    def shortened(self, case: FlagCase, listing: Listing, lines: tuple[bytes, ...]) -> FlagCase:
        """Return a case that reads a file of these lines in place of a listing's."""

    def size(self, case: FlagCase) -> int | None:
        """Return how much it computes; None where that is unknown. No change may make it more."""
