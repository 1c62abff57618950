"""Lines of a script that prints no trace prefix: `key = value`, `key: value`, `key value`.

They are read only in a log that has no line with a prefix, and what was read is said: any text may hold such a line.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from copy import copy
from enum import StrEnum
from typing import Self

from nbtrace.frozen import frozen
from nbtrace.parsers.bare_lines import BareLines
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.keyed import is_formula, key_values
from nbtrace.parsers.outcome import Fields, Outcome
from nbtrace.parsers.skeletons import BySkeleton
from nbtrace.parsers.values import read_value
from nbtrace.parsers.worded_numbers import (
    ComputedNumbers,
    computed_numbers,
    holds_computed,
    is_of_the_run,
    worded_numbers,
)
from nbtrace.records import Shape, Value
from nbtrace.vocabulary.vocabulary import Vocabulary


class UntaggedForm(StrEnum):
    """How a line without a prefix assigns a value."""

    EQUALS = "key = value"
    COLON = "key: value"
    BLANK = "key value"
    PAIRS = "key=value key=value"
    WORDS = "words number words number"


@frozen
class Assignment:
    """A line that assigns values: its form, and each key with the text of its value."""

    form: UntaggedForm
    pairs: tuple[tuple[str, str], ...]


class UntaggedReader(ABC):
    """Reads the lines of a log without any prefix, one after the other."""

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """What the keys are looked up in."""

    @abstractmethod
    def read(self, line: str) -> tuple[Outcome, UntaggedForm] | None:
        """Return what a line gives and its form, None for a line that is no trace."""

    @abstractmethod
    def worded(self, pairs: tuple[tuple[str, str], ...]) -> Outcome | None:
        """Return the values of numbers with the words in front of each."""

    def context(self, line: str) -> str:
        """Take note of where the next line stands; return what of the lines before it decides how it is read."""
        del line
        return ""

    def apart(self) -> Self:
        """Return a reader that stands where this one does, and leaves it there."""
        return copy(self)

    def stands_like(self, other: Self) -> bool:
        """Return whether what another reader has read so far makes it read the next line as this one does."""
        del other
        return True

    def whole(self, line: str) -> tuple[Outcome, UntaggedForm] | None:
        """Return what a line gives and its form, and no number of it less: what no form takes is told by its words."""
        read = self.read(line)
        if read is not None and not (isinstance(read[0], Fields) and _leaves_numbers(line, self.vocabulary)):
            return read
        pairs = worded_numbers(line) if len(line) <= LONGEST_LINE else ()
        outcome = self.worded(pairs) if pairs else None
        return read if outcome is None else (outcome, UntaggedForm.WORDS)

    @staticmethod
    def leaves_out(line: str) -> bool:
        """Return whether a line that gives nothing holds numbers of the machine, or of a time that something took."""
        return len(line) <= LONGEST_LINE and holds_computed(line)

    @abstractmethod
    def named(self, line: str) -> tuple[str, ...]:
        """Return the quantities that a line assigns, whether or not their values can be read."""


_equals = re.compile(r"([^\s=:][^=:]*?)\s*+(?<![!<>])=(?!=)\s*+(\S.*)").fullmatch
_colon = re.compile(r"([^\s=:][^=:]*):\s+(\S.*)").fullmatch
_blank = re.compile(r"([^\s=:]+)\s+(\S.*)").fullmatch
_pairs = re.compile(r"\w+=\S[^=]*(?:[\s,]\w+=\S[^=]*)+").fullmatch
_led = re.compile(r"([A-Za-z_]\w*)(?:[ =#]+[0-9]+)?:\s+([A-Za-z_]\w*\s*+=[^=].*)").fullmatch
"""A line that begins with what it is of: `geometry: a = 1`, `step 3: a = 1`."""
_word = re.compile(r"[A-Za-z_][\w.*^/()\[\]'-]*|\|[A-Za-z_]\w*\|").fullmatch
_damaged = re.compile(r"[+-]?\.?[0-9]\S*|\*+").fullmatch
"""One word that begins as a number, or the stars that Fortran prints where one does not fit."""
_clock = re.compile(r"(?i:time|elapsed|duration|wall|took|seconds|date)|\bETA\b").search
_CLOCKS = frozenset({"s", "ms", "µs", "us", "ns", "min", "h", "it/s"})

_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "on"), "true"),
    **dict.fromkeys(("false", "f", "no", "off"), "false"),
}

_TELLING = 3
"""Known quantities that make a text a log, however much else stands in it."""

_SHARE_KNOWN, _SHARE_UNKNOWN = 4, 2
"""A text is a log, too, where every fourth line assigns a value and one of the keys is known, or else every second.

So is one where every second line holds numbers with a decimal point, and more than one of them says what they are.
"""


def _leaves_numbers(line: str, vocabulary: Vocabulary) -> bool:
    """Return whether a line that was read holds numbers that are in none of its values."""
    found = assignment(line, vocabulary)
    pairs = (line.partition(":")[::2],) if found is None else found.pairs
    return any(_holds_more(key, text, vocabulary) for key, text in pairs)


def _holds_more(key: str, text: str, vocabulary: Vocabulary) -> bool:
    value = read_value(text)
    tail = text.rpartition("=")[2]
    if tail != text and value.tokens and read_value(tail).tokens == value.tokens:
        return not is_formula(value, text)
    if vocabulary.knows(key.rstrip()) or value.unit is not None:
        return False
    return sum(len(numbers.split()) for _, numbers in worded_numbers(text)) > len(value.tokens)


def assignment(line: str, vocabulary: Vocabulary) -> Assignment | None:
    """Return the keys and values of a line without a prefix; None if it is of none of the forms.

    A key that the vocabulary does not know is one word; with a blank alone between key and value it has to know it.
    """
    text = line.strip()
    if not text or len(text) > LONGEST_LINE:
        return None
    if _pairs(text):
        pairs = tuple((key, value.rstrip(", ")) for key, value in key_values(text))
        return Assignment(UntaggedForm.PAIRS, pairs)
    if (led := _led(text)) and not vocabulary.knows(led[1]):
        return assignment(led[2], vocabulary)
    for form, match in ((UntaggedForm.EQUALS, _equals(text)), (UntaggedForm.COLON, _colon(text))):
        if match and is_key(match[1], vocabulary):
            return Assignment(form, ((match[1], match[2]),))
    match = _blank(text)
    if match and vocabulary.knows(match[1]) and (read_value(match[2]).tokens or _damaged(match[2])):
        return Assignment(UntaggedForm.BLANK, ((match[1], match[2]),))
    return None


def known_keys(line: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the quantities of the vocabulary to which a line without a prefix assigns something."""
    found = assignment(line, vocabulary)
    named = () if found is None else (vocabulary.meaning(key.rstrip()).quantity for key, _ in found.pairs)
    return tuple(name for name in named if name in vocabulary.quantities)


def is_key(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is a key: one that is known, or a single word that names no time, and nothing of the machine."""
    return vocabulary.knows(text) or (_word(text) is not None and not _clock(text) and not is_of_the_run(text))


def is_a_time(unit: str | None) -> bool:
    """Whether an unknown value is how long something took, which no two runs have in common."""
    return unit in _CLOCKS


def told_truth(text: str) -> Value | None:
    """Return the value of a text that says true or false, yes or no, as any language prints it; None for any other."""
    truth = _TRUTHS.get(text.strip().strip(".").casefold())
    return None if truth is None else Value(Shape.TEXT, (), (), truth)


_tag = re.compile(r"\s*([A-Z][A-Z0-9]*_[A-Z0-9_]*:|[A-Z][A-Z0-9]{3,}(?=:|\s+[A-Za-z])|\w+>)").match


def looks_untagged(lines: Iterable[str], vocabulary: Vocabulary) -> bool:
    """Return whether the lines of a text are the output of a script: they assign values, or tell numbers in words."""
    known: set[str] = set()
    tags: Counter[str] = Counter()
    given = filled = computed = in_words = 0
    told = _Telling(vocabulary)
    for line in lines:
        filled += bool(line.strip())
        if len(line) > LONGEST_LINE:
            continue
        says = told.of(line)
        given += says.given
        known |= says.known
        computed += says.numbers.found
        in_words += says.numbers.in_words
        if says.tag:
            tags[says.tag] += 1
    if len(known) >= _TELLING:
        return True
    if given > (not known) and given * (_SHARE_KNOWN if known else _SHARE_UNKNOWN) >= filled:
        return True
    has_prefix = 2 * max(tags.values(), default=0) >= filled  # of a vocabulary that was not given
    return in_words > 1 and computed * _SHARE_UNKNOWN >= filled and not has_prefix


@frozen
class _Says:
    """What a line says of the text that it stands in: keys with numbers, known quantities, numbers, a prefix."""

    given: int
    known: frozenset[str]
    numbers: ComputedNumbers
    tag: str | None


class _Telling:
    """Tells what the lines of a text say of it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._lines = BareLines(vocabulary)
        self._says = BySkeleton(self._of_message)

    def of(self, line: str) -> _Says:
        """Return what a line says, whatever a logger put in front of it."""
        found = self._lines.parted(line)
        return self._of_message(found.text) if found.skeleton is None else self._says.of(found.text, found.skeleton)

    def _of_message(self, text: str) -> _Says:
        keys = _given_keys(text, self._vocabulary)
        known = frozenset(self._vocabulary.meaning(key).quantity for key in keys) & self._vocabulary.quantities.keys()
        numbers = ComputedNumbers(found=True, in_words=True) if keys else computed_numbers(text)
        tag = _tag(text)
        return _Says(len(keys), known, numbers, tag and tag[1])


def _given_keys(text: str, vocabulary: Vocabulary) -> list[str]:
    """Return the keys to which a line assigns numbers."""
    found = assignment(text, vocabulary)
    pairs = () if found is None else found.pairs
    return [key for key, value in pairs if read_value(value).shape is not Shape.TEXT]
