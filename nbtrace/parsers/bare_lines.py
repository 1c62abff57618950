"""Lines without what a logger put in front of them, which for the lines of most skeletons is nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.log_prefixes import LogPrefix, may_be_seconds, prefix_of, stands_bare
from nbtrace.parsers.skeletons import LONGEST, BySkeleton, parted, takes_skeletons
from nbtrace.vocabulary.vocabulary import Vocabulary


class BareLine(NamedTuple):
    """A line behind its prefix, that prefix, and its skeleton with its numbers; None where it is too long for one."""

    text: str
    prefix: LogPrefix | None
    skeleton: str | None = None
    numbers: Sequence[str] = ()


class BareLines:
    """Takes the lines of a log apart, to be read with a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._bare = BySkeleton(stands_bare)
        self._longest = LONGEST if takes_skeletons(vocabulary) else -1

    def parted(self, line: str) -> BareLine:
        """Return a line behind its prefix."""
        if len(line) <= self._longest:
            skeleton, numbers = parted(line)
            if self._bare.of(line, skeleton) and not (numbers and may_be_seconds(numbers[0])):
                return BareLine(line, None, skeleton, numbers)
        prefix = prefix_of(line) if len(line) <= LONGEST_LINE else None
        text = line if prefix is None else line[prefix.end :]
        return BareLine(text, prefix, *parted(text)) if len(line) <= self._longest else BareLine(text, prefix)
