"""Files that hold both programs' traces: a log with both prefixes, two columns, or a unified diff.

A line of one side is empty in the other, so that line numbers stay those of the file.
"""

from collections.abc import Iterable
from itertools import pairwise

from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.log_prefixes import prefix_of
from nbtrace.parsers.source import LogLines
from nbtrace.records import Side

HEADER = 8
"""Lines within which the file names of a unified diff stand; version control writes a few lines before them."""


def columns(lines: LogLines) -> tuple[Iterable[str], Iterable[str]] | None:
    """Return the left and right lines of a two-column or unified-diff file, None if it is neither."""
    if is_two_columns(lines):
        return (line.partition("\t")[0] for line in lines), (line.partition("\t")[2] for line in lines)
    start = end_of_diff_header(lines.first(HEADER))
    if start is None:
        return None
    return _of_diff(lines, start, "-"), _of_diff(lines, start, "+")


def is_two_columns(lines: LogLines) -> bool:
    """Return whether a line holds the traces of both programs, parted by a tab."""
    return lines.holds(b"\tTRACE") and any(line.startswith("TRACE") and "\tTRACE" in line for line in lines)


def _of_diff(lines: LogLines, start: int, sign: str) -> Iterable[str]:
    for number, line in enumerate(lines):
        yield line[1:] if number >= start and line[:1] in {sign, " "} else ""


def end_of_diff_header(head: list[str]) -> int | None:
    """Return how many lines of the first `HEADER` ones of a unified diff come before its body, None if it is none."""
    return next(
        (
            number + 2
            for number, (first, second) in enumerate(pairwise(head))
            if first.startswith("--- ") and second.startswith("+++ ")
        ),
        None,
    )


def by_prefix(lines: LogLines, dialect: Dialect) -> tuple[Iterable[str], Iterable[str]]:
    """Return the lines of a log of both programs, side by side; lines of neither belong to both."""
    return (
        ("" if _side(line, dialect) is Side.PY else line for line in lines),
        ("" if _side(line, dialect) is Side.C else line for line in lines),
    )


def _side(line: str, dialect: Dialect) -> Side:
    """Return the program whose trace prefix a line carries, behind that of a logger or not."""
    prefix = prefix_of(line)
    messages = (line[end:] for end in (0, *(prefix.starts if prefix else ())))
    sides = (dialect.side_of_line(text) for text in messages)
    return next((side for side in sides if side is not Side.UNKNOWN), Side.UNKNOWN)
