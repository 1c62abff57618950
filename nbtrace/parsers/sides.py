"""Files that hold both programs' traces: a log with both prefixes, two columns, or a unified diff.

A line of one side is empty in the other, so that line numbers stay those of the file.
"""

from itertools import pairwise

from nbtrace.parsers.tagged import side_of_line
from nbtrace.records import Side

_HEADER = 8
"""Lines within which the file names of a unified diff stand; version control writes a few lines before them."""


def columns(lines: list[str]) -> tuple[list[str], list[str]] | None:
    """Return the left and right lines of a two-column or unified-diff file, None if it is neither."""
    if any(line.startswith("TRACE") and "\tTRACE" in line for line in lines):
        pairs = [line.partition("\t") for line in lines]
        return [left for left, _, _ in pairs], [right for _, _, right in pairs]
    start = _end_of_diff_header(lines)
    if start is None:
        return None
    body = [*[""] * start, *lines[start:]]
    left = [line[1:] if line[:1] in {"-", " "} else "" for line in body]
    right = [line[1:] if line[:1] in {"+", " "} else "" for line in body]
    return left, right


def _end_of_diff_header(lines: list[str]) -> int | None:
    head = lines[:_HEADER]
    return next(
        (
            number + 2
            for number, (first, second) in enumerate(pairwise(head))
            if first.startswith("--- ") and second.startswith("+++ ")
        ),
        None,
    )


def by_prefix(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a log of both programs as C's and as Py's; lines of neither belong to both."""
    sides = [side_of_line(line) for line in lines]
    return (
        ["" if side is Side.PY else line for line, side in zip(lines, sides, strict=True)],
        ["" if side is Side.C else line for line, side in zip(lines, sides, strict=True)],
    )
