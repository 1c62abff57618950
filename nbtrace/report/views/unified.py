"""The aligned trace as a plain `diff -u`: what agrees stands once, what diverges stands with both values."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.report.view import WEIGHT_WORDS, clean
from nbtrace.verdicts.status import Status

if TYPE_CHECKING:
    from nbtrace.longlogs.long_result import LongDiffResult

_CONTEXT = 3

_Shown: TypeAlias = tuple[list[bool], list[str], list[str], list[str], list[Status]]
"""Rows that are shown: whether the one before each is not, their labels, C's and Py's values, and their statuses."""

_ENDS = {status: f"    # {status.value}\n" if status.diverges else "" for status in Status}


def unified(result: DiffResult) -> str:
    """Return the aligned trace with three lines of context around every divergence; empty if nothing diverges."""
    return "".join(_texts(result, [_shown(result.rows)]))


def unified_of_long(result: "LongDiffResult") -> Iterator[str]:
    """Yield the same of two long logs, many lines at a time; they are read once more."""
    # What imports numpy.
    from nbtrace.longlogs.aligned_blocks import BlockReading  # noqa: PLC0415
    from nbtrace.longlogs.aligned_rows import rows_near_divergences  # noqa: PLC0415
    from nbtrace.longlogs.aligned_steps import StepReading  # noqa: PLC0415

    reading = BlockReading(result) if result.has_whole_blocks else StepReading(result)
    found = rows_near_divergences(reading.windows(), _CONTEXT)
    return _texts(result, ((rows.begins, rows.labels, rows.c, rows.py, rows.statuses) for rows in found))


def _texts(result: DiffResult, parts: Iterable[_Shown]) -> Iterator[str]:
    """Yield a unified diff of some rows of a result; nothing if there are none."""
    head = _head(result)
    for begins, *texts, statuses in parts:
        if not begins:
            continue
        yield from head
        head = ()
        labels, c, py = map(_cleaned, texts)
        rows = zip(begins, labels, c, py, map(_ENDS.__getitem__, statuses), strict=True)
        yield "".join([_text(*row) for row in rows])


def _text(begins: bool, label: str, c: str, py: str, end: str) -> str:  # noqa: FBT001 - one of millions
    at = f"@@ {label} @@\n" if begins else ""
    return f"{at}-{label} {c}\n+{label} {py}{end}" if end else f"{at} {label} {c}\n"


def _cleaned(texts: list[str]) -> list[str]:
    """Return texts as they may be printed; nearly always all of them are."""
    return texts if "".join(texts).isprintable() else list(map(clean, texts))


def _head(result: DiffResult) -> tuple[str, ...]:
    lines = [f"# {WEIGHT_WORDS[notice.weight]}  {clean(notice.text)}" for notice in result.notices]
    lines += [f"# values that agree within the tolerance are shown as {clean(result.names.reference)} prints them"]
    lines += [f"--- {clean(result.c.source)}", f"+++ {clean(result.py.source)}"]
    return tuple(f"{clean(line)}\n" for line in lines)


def _shown(rows: tuple[Row, ...]) -> _Shown:
    places = [(at == start, rows[at]) for start, stop in _blocks(rows) for at in range(start, stop)]
    shown = [row for _, row in places]
    return (
        [begins for begins, _ in places],
        [row.label for row in shown],
        [row.c.value.text for row in shown],
        [row.py.value.text for row in shown],
        [row.status for row in shown],
    )


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
