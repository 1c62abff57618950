"""Which long logs end within a number that the other has whole, so that their last line is not to be read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from nbtrace.compare.align import pair_blocks
from nbtrace.compare.torn_values import Traces, torn_line
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.reading_again import ReadingAgain
from nbtrace.records import Record, Trace, Unreadable
from nbtrace.verdicts.tolerance import Policy

Torn = Mapping[str, Unreadable]
"""What is said of the last line of logs that are not read to their end, by the name of the file."""

NOT_TORN: Torn = {}


def torn_lines(traces: Traces, policy: Policy, chunk: int) -> Torn:
    """Return which of two logs end within a number that the other has whole.

    Where one has a last line without an end, both are read once more.

    Parameters
    ----------
    traces : (Trace, Trace)
        The parts of them that stand for the whole.
    policy : Policy
        What a value may differ by and still agree.
    chunk : int
        Bytes read at a time.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    found = {}
    for number, (own, other) in enumerate((traces, traces[::-1])):
        if not own.account.open_line or own.account.torn or own.source == other.source:
            continue
        last = _last(own, chunk)
        if last is None or last.line != own.account.total or (own.records[:1] and own.records[0].line == last.line):
            continue
        there = replace(last, index=replace(last.index, block=_partner(traces, number, last.index.block)))
        whole = _like(there, other, chunk)[len(_like(last, own, chunk)) - 1 :][:1]
        torn = torn_line(traces, number, last, whole[0], policy) if whole else None
        if torn is not None:
            found[own.source] = torn
    return found


def _partner(traces: Traces, number: int, block: int) -> int:
    """Return which block of the other log belongs to one; where neither excerpt holds it, that of the same number."""
    held = pair_blocks(*traces)
    partners = held if number else {partner: own for own, partner in held.items()}
    return partners.get(block, -1 if block in traces[1 - number].blocks else block)


def reader_of(
    trace: Trace, chunk: int, *, with_figures: bool = False, again: ReadingAgain | None = None
) -> ColumnReader:
    """Return what reads the log of a trace once more, up to where it was read."""
    torn = trace.account.unreadable[-1] if trace.account.torn else None
    return ColumnReader(trace.source, chunk, trace.vocabulary, with_figures, again=again, torn=torn)


def _last(trace: Trace, chunk: int) -> Record | None:
    last = None
    for columns in reader_of(trace, chunk).chunks():
        row = [columns.record(columns.kind.size - 1)] if columns.kind.size else []
        last = max([*row, *columns.odd[-1:]], key=lambda record: record.line, default=last)
    return last


def _like(record: Record, trace: Trace, chunk: int) -> list[Record]:
    """Return the values of a log that are of the same quantity and place."""
    return [
        own
        for columns in reader_of(trace, chunk).chunks()
        for own in _near(columns, record)
        if (own.quantity, own.index) == (record.quantity, record.index)
    ]


def _near(columns: Columns, record: Record) -> Iterator[Record]:
    """Yield the values of some lines that may be of the place of a record."""
    of_block = columns.block == record.index.block
    quantity = np.array([kind.item.meaning.quantity == record.quantity for kind in columns.kinds], dtype=np.bool_)
    step = record.index.loops[0][1] if len(record.index.loops) == 1 else None
    for row in np.flatnonzero(of_block & quantity[columns.kind]).tolist() if columns.kind.size else ():
        if columns.step[row] in {step, -1}:
            yield columns.record(row)
    yield from columns.odd
