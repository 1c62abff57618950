"""The aligned trace as a plain `diff -u`: what agrees stands once, what diverges stands with both values."""

from collections.abc import Iterator

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.report.view import WEIGHT_WORDS, clean

_CONTEXT = 3


def unified(result: DiffResult) -> str:
    """Return the aligned trace with three lines of context around every divergence; empty if nothing diverges."""
    blocks = _blocks(result.rows)
    if not blocks:
        return ""
    lines = [f"# {WEIGHT_WORDS[notice.weight]}  {clean(notice.text)}" for notice in result.notices]
    lines += [f"# values that agree within the tolerance are shown as {clean(result.names.reference)} prints them"]
    lines += [f"--- {clean(result.c.source)}", f"+++ {clean(result.py.source)}"]
    for start, stop in blocks:
        lines.append(f"@@ {clean(result.rows[start].label)} @@")
        lines += [line for row in result.rows[start:stop] for line in _lines(row)]
    return "\n".join(map(clean, lines)) + "\n"


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


def _lines(row: Row) -> Iterator[str]:
    c, py = clean(row.c.value.text), clean(row.py.value.text)
    if row.status.diverges:
        yield f"-{row.label} {c}"
        yield f"+{row.label} {py}    # {row.status.value}"
    else:
        yield f" {row.label} {c}"
