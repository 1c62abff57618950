"""What a trap of a command line is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class TrapKind(Enum):
    """In what way a command line does something else than it looks."""

    NO_EFFECT = "something typed has no effect"
    OTHER_EFFECT = "something typed has another effect than it looks"
    CLOCK = "the clock decides what is computed"
    FILE = "a file is not what it is taken for"


@dataclass(frozen=True)
class Trap:
    """One thing to know about a command line.

    Attributes
    ----------
    kind : TrapKind
    text : str
        In one line.
    """

    kind: TrapKind
    text: str


def no_effect(text: str) -> Trap:
    """Return a trap about something without effect."""
    return Trap(TrapKind.NO_EFFECT, text)


def other_effect(text: str) -> Trap:
    """Return a trap about something with another effect."""
    return Trap(TrapKind.OTHER_EFFECT, text)


def about_file(text: str) -> Trap:
    """Return a trap about a file."""
    return Trap(TrapKind.FILE, text)


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
