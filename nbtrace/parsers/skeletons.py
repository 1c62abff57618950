"""The skeleton of a line: what is left of it without its numbers, and what is known of all lines that share one.

A log of many lines has few skeletons. What a line says is the same for all lines of one skeleton, but for the numbers
themselves, as long as nobody looks at a number's digits: whether it is whole, and has a sign then, is part of what is
kept. It is learned from a line that comes again, and believed only where lines of the same skeleton with other numbers
in it say the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from nbtrace.frozen import frozen
from nbtrace.lazy_pattern import LazyPattern
from nbtrace.vocabulary.vocabulary import Vocabulary

LONGEST = 1000
"""Characters of a line whose skeleton is looked at; the limits of what reads lines lie far beyond."""

MOST_KNOWN = 2000
"""Skeletons of which something is known at a time: a text of random words has one for each of its lines."""

_MOST_SEEN = 8 * MOST_KNOWN

_Known = TypeVar("_Known")

_BEFORE, _BEHIND = r"(?<![^\s=(\[,;|])", r"(?=[\s,;)\]|]|:(?!\S)|\Z)"
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_apart = LazyPattern(rf"{_BEFORE}({_NUMBER}){_BEHIND}")
"""Parts a line at the numbers that stand by themselves; dates, clocks, versions, and digits in words are no such."""
_apart_at_slashes = LazyPattern(rf"{_BEFORE}(?:({_NUMBER})|([0-9]+)/([0-9]+)){_BEHIND}")
"""The same, and at two whole numbers with a slash between them: `Epoch 3/20`."""


def _pieces(text: str) -> list[str]:
    """Return what stands around the numbers of a line, and the numbers, by turns."""
    if "/" not in text:
        return _apart.split(text)
    parts = _apart_at_slashes.split(text)
    pieces = parts[:1]
    for number, first, second, between in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
        pieces += [first, "/", second, between] if number is None else [number, between]
    return pieces


def parted(text: str) -> tuple[str, list[str]]:
    """Return the skeleton of a line without its end, and its numbers as printed."""
    pieces = _pieces(text)
    numbers = pieces[1::2]
    if numbers:
        # A line has no line end in it, so that no text is taken for a number's mark.
        pieces[1::2] = [
            "\ni" if number.isdigit() else "\nf" if "." in number or "e" in number or "E" in number else "\ns"
            for number in numbers
        ]
    return "".join(pieces), numbers


def holds_number(text: str) -> bool:
    """Return whether a text holds one of the numbers at which a line is parted."""
    return len(_pieces(text)) > 1


def template_of(text: str) -> tuple[str, list[str]]:
    """Return a text as a format with `%s` in place of its numbers, and these."""
    pieces = _pieces(text)
    return "%s".join(piece.replace("%", "%%") for piece in pieces[::2]), pieces[1::2]


@frozen
class Trial:
    """A line of a given skeleton with numbers that were made up, each of which is another one where `apart`."""

    text: str
    numbers: tuple[str, ...]
    apart: bool = True


_TRIALS = (
    ("{}01", "-{}01", "{}01.25", True),
    ("{}", "+{}", "-{}.5", True),
    ("{}00000000", "-{}0000000", "{}.5000000000000000000e+100", True),
    ("00{}", "+00{}", "-{}.0625E-07", True),
    ("1", "-1", "-{}.5", False),
    ("1", "+1", "0.5", False),
)
"""Forms of a whole number, one with a sign, and one with a decimal point or an exponent.

What decides by more than the kinds of a line's numbers counts their signs (is this a formula?) or takes a 1 for a unit,
and the more there are, the sooner; the first trial has none of either, the last but one has nothing else. Or it asks
how many letters lie between two words: the third trial has the longest numbers of :func:`are_tried`, the last the
shortest ones that there are.
"""

_LONGEST_WHOLE, _LONGEST_NUMBER = 9, 25


def are_tried(numbers: Sequence[str]) -> bool:
    """Return whether none of the numbers of a line is longer than those of its trials."""
    longest = max(map(len, numbers), default=0)
    if longest <= _LONGEST_WHOLE:
        return True
    return longest <= _LONGEST_NUMBER and not any(
        len(number) > _LONGEST_WHOLE and number.lstrip("+-").isdigit() for number in numbers
    )


def trials(skeleton: str) -> Iterator[Trial]:
    """Yield lines with a skeleton."""
    first, *marked = skeleton.split("\n")
    for whole, signed, other, apart in _TRIALS:
        forms = {"i": whole, "s": signed, "f": other}
        numbers = tuple(forms[part[0]].format(place) for place, part in enumerate(marked, start=3))
        behind = (part[1:] for part in marked)
        text = first + "".join(number + rest for number, rest in zip(numbers, behind, strict=True))
        yield Trial(text, numbers, apart)


def takes_skeletons(vocabulary: Vocabulary) -> bool:
    """Return whether no key of a vocabulary has a number of its own in it, which a skeleton has not."""
    keys = (key for quantity in vocabulary.quantities.values() for key in (quantity.name, *dict(quantity.aliases)))
    return not any(map(holds_number, (*keys, *vocabulary.indices, *vocabulary.constants)))


class Learned(Generic[_Known]):
    """What is known of the lines of each skeleton; the oldest is forgotten where there is too much of it."""

    def __init__(self) -> None:
        self._known: dict[object, _Known] = {}
        self._seen: set[int] = set()
        self.get = self._known.get
        """Return what is known of a skeleton, None if it is nothing."""

    def comes_again(self, skeleton: object) -> bool:
        """Return whether a skeleton was seen before, as far as that is remembered, and there is room for it.

        Where there are more skeletons than that, learning each of them again and again takes longer than it saves.
        """
        if len(self._known) >= MOST_KNOWN:
            return False
        sight = hash(skeleton)
        if sight in self._seen:
            return True
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add(sight)
        return False

    def learn(self, skeleton: object, known: _Known) -> None:
        """Keep what is known of a skeleton."""
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[skeleton] = known


class BySkeleton(Generic[_Known]):
    """A function of a line, asked once for all lines of a skeleton where it gives the same for all of them."""

    def __init__(self, function: Callable[[str], _Known]) -> None:
        self._function = function
        self._learned = Learned[tuple[_Known, ...]]()

    def of(self, text: str, skeleton: str) -> _Known:
        """Return what the function gives for a line that has a skeleton."""
        known = self._learned.get(skeleton)
        if known:
            return known[0]
        value = self._function(text)
        if known is None and self._learned.comes_again(skeleton):
            alike = all(self._function(trial.text) == value for trial in trials(skeleton))
            self._learned.learn(skeleton, (value,) if alike else ())
        return value
