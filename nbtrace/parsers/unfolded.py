"""Values that a program prints over several lines, as numpy does with matrices, put on the first of them."""

import re
from collections.abc import Iterable, Iterator

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
    while waiting or (line := next(lines, None)) is not None:
        line = waiting.pop(0) if waiting else line
        taken = [line]
        while _depth(taken) > 0 and len(taken) < _MOST_LINES:
            following = waiting.pop(0) if waiting else next(lines, None)
            if following is None:
                break
            if not _further(following[:_LONGEST]) or not following.strip():
                waiting.insert(0, following)
                break
            taken.append(following)
        whole = len(taken) > 1 and not _depth(taken) and sum(map(len, taken)) <= _LONGEST
        yield " ".join(part.strip() if number else part for number, part in enumerate(taken)) if whole else taken[0]
        if whole:
            yield from [""] * (len(taken) - 1)
        else:
            waiting[:0] = taken[1:]


def _depth(lines: Iterable[str]) -> int:
    return sum(line.count("[") - line.count("]") for line in lines)
