"""The aligned trace as a plain `diff -u`: what agrees stands once, what diverges stands with both values."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.report.view import WEIGHT_WORDS, clean
from nbtrace.verdicts.status import Status

if TYPE_CHECKING:
    from nbtrace.longlogs.long_result import LongDiffResult

_CONTEXT = 3

Shown = tuple[bool, str, str, str, Status]
"""A row that is shown: whether the one before it is not, its label, C's and Py's value, and its status."""


def unified(result: DiffResult) -> str:
    """Return the aligned trace with three lines of context around every divergence; empty if nothing diverges."""
    return "".join(unified_lines(result, _shown(result.rows)))


def unified_of_long(result: "LongDiffResult") -> Iterator[str]:
    """Yield the same of two long logs line by line, which are read once more."""
    from nbtrace.longlogs.aligned_rows import rows_near_divergences  # noqa: PLC0415 - imports numpy

    rows = rows_near_divergences(result, _CONTEXT)
    return unified_lines(result, ((begins, *row) for begins, row in rows))


def unified_lines(result: DiffResult, rows: Iterable[Shown]) -> Iterator[str]:
    """Yield the lines of a unified diff of some rows of a result; none if there are none."""
    head = _head(result)
    for begins, label, c, py, status in rows:
        yield from head
        head = ()
        if begins:
            yield f"@@ {clean(label)} @@\n"
        if status.diverges:
            yield f"-{clean(label)} {clean(c)}\n"
            yield f"+{clean(label)} {clean(py)}    # {status.value}\n"
        else:
            yield f" {clean(label)} {clean(c)}\n"


def _head(result: DiffResult) -> tuple[str, ...]:
    lines = [f"# {WEIGHT_WORDS[notice.weight]}  {clean(notice.text)}" for notice in result.notices]
    lines += [f"# values that agree within the tolerance are shown as {clean(result.names.reference)} prints them"]
    lines += [f"--- {clean(result.c.source)}", f"+++ {clean(result.py.source)}"]
    return tuple(f"{clean(line)}\n" for line in lines)


def _shown(rows: tuple[Row, ...]) -> Iterator[Shown]:
    for start, stop in _blocks(rows):
        for at in range(start, stop):
            row = rows[at]
            yield at == start, row.label, row.c.value.text, row.py.value.text, row.status


def _blocks(rows: tuple[Row, ...]) -> list[tuple[int, int]]:
    """Return the ranges of rows to show: every divergence with its context, neighbours joined."""
    blocks: list[tuple[int, int]] = []
    for i, row in enumerate(rows):
        if not row.status.diverges:
            continue
        start, stop = max(0, i - _CONTEXT), min(len(rows), i + _CONTEXT + 1)
        if blocks and start <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], stop)
        else:
            blocks.append((start, stop))
    return blocks
