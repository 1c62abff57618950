"""Values that a program prints over several lines, as numpy does with matrices, put on the first of them."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from nbtrace.parsers.source import LogLines

_MOST_LINES = 64
"""Lines of one value."""

_LONGEST = 4096
"""Letters of one value."""

_OPEN = rb"\[[^\[\]\n]*\n[ \t]*[\[0-9.+-]|\[[ \t]*\[[^\[\]\n]*\],?[ \t]*\r?\n[ \t]*\["
_folded = re.compile(_OPEN).search
_further = re.compile(r"[\s\[\]0-9.,+eEdDinfaNI-]*(?:,\s*\w+=[\w.':]+)*\)?\s*").fullmatch


def is_folded(text: bytes) -> bool:
    """Return whether whole lines seem to hold a value in brackets that goes on in the next line."""
    return b"[" in text and _folded(text) is not None


def unfolded(lines: LogLines) -> Iterable[str]:
    """Return the lines, each value over several lines on the first of them, and the others empty: numbers stay."""
    return _joined(iter(lines)) if any(map(is_folded, lines.pieces)) else lines


def _joined(lines: Iterator[str]) -> Iterator[str]:
    waiting: list[str] = []
    while waiting or (waiting := list(islice(lines, 1))):
        taken = [waiting.pop(0)]
        while _depth(taken) > 0 and len(taken) < _MOST_LINES:
            waiting = waiting or list(islice(lines, 1))
            if not waiting or not waiting[0].strip() or not _further(waiting[0][:_LONGEST]):
                break
            taken.append(waiting.pop(0))
        if len(taken) > 1 and not _depth(taken) and sum(map(len, taken)) <= _LONGEST:
            yield " ".join([taken[0], *(line.strip() for line in taken[1:])])
            yield from [""] * (len(taken) - 1)
        else:
            yield taken[0]
            waiting[:0] = taken[1:]


def _depth(lines: Iterable[str]) -> int:
    return sum(line.count("[") - line.count("]") for line in lines)
