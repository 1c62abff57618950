"""Lines without what a logger put in front of them, which for the lines of most skeletons is nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.log_prefixes import LogPrefix, begins_dated, may_be_seconds, prefix_of, stands_bare
from nbtrace.parsers.skeletons import LONGEST, BySkeleton, Learned, are_tried, parted, takes_skeletons
from nbtrace.vocabulary.vocabulary import Vocabulary

_DIGITS = str.maketrans("123456789", "000000000")
_TOLD_BY_DIGITS = ("0" * 10, "PIX0_PY")
"""With zeros for all digits: what prefixes are told by, seconds since 1970 and a trace's own."""


class BareLine(NamedTuple):
    """A line behind its prefix, that prefix, and its skeleton with its numbers.

    It has no skeleton where it, or a number in it, is too long for one.
    """

    text: str
    prefix: LogPrefix | None
    skeleton: str | None = None
    numbers: Sequence[str] = ()


class Prefixes:
    """Finds what stands in front of lines, once for those that have as many digits in the same places."""

    def __init__(self) -> None:
        self._learned = Learned[tuple[LogPrefix | None]]()

    def of(self, line: str) -> LogPrefix | None:
        """Return what stands in front of a line; nothing in front of one that is too long for a trace line."""
        if len(line) > LONGEST:
            return prefix_of(line) if len(line) <= LONGEST_LINE else None
        alike = line.translate(_DIGITS)
        known = self._learned.get(alike)
        if known is not None:
            return known[0]
        prefix = prefix_of(line)
        if (prefix is None or prefix.rank is None) and not any(word in alike for word in _TOLD_BY_DIGITS):
            self._learned.learn(alike, (prefix,))
        return prefix


class BareLines:
    """Takes the lines of a log apart, to be read with a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._bare = BySkeleton(stands_bare)
        self._prefixes = Prefixes()
        self._longest = LONGEST if takes_skeletons(vocabulary) else -1

    def parted(self, line: str) -> BareLine:
        """Return a line behind its prefix."""
        short = len(line) <= self._longest
        if short and not begins_dated(line):
            skeleton, numbers = parted(line)
            is_timed = bool(numbers) and may_be_seconds(numbers[0])
            if not is_timed and are_tried(numbers) and self._bare.of(line, skeleton):
                return BareLine(line, None, skeleton, numbers)
        prefix = self._prefixes.of(line)
        text = line if prefix is None else line[prefix.end :]
        if short:
            skeleton, numbers = parted(text)
            if are_tried(numbers):
                return BareLine(text, prefix, skeleton, numbers)
        return BareLine(text, prefix)
