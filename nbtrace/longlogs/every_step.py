"""The steps that a comparison of long sweeps has not kept, read once more, all of them."""

from collections.abc import Iterator
from dataclasses import replace

from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.records import Record, Trace


def with_every_step(result: LongDiffResult) -> LongDiffResult:
    """Return a result whose traces hold every step of the blocks that they hold anything of; the rows are the same.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    c, py = (_with(trace, result.reading.chunk) for trace in (result.c, result.py))
    return replace(result, c=c, py=py, reading=replace(result.reading, in_blocks=True))


def _with(trace: Trace, chunk: int) -> Trace:
    """Return a trace with the values of steps that it lacks; those that it has may be numbered."""
    records = [*trace.records, *_missing(trace, chunk)]
    return replace(trace, records=tuple(sorted(records, key=lambda record: record.line)))


def _missing(trace: Trace, chunk: int) -> Iterator[Record]:
    sweep, blocks = trace.vocabulary.sweep, set(trace.blocks)
    held = {(record.line, record.key) for record in trace.records}
    for columns in ColumnReader(trace.source, chunk, trace.vocabulary).chunks():
        for record in columns.records():
            of_step = record.index.ordinal(sweep) is not None and record.index.block in blocks
            if of_step and (record.line, record.key) not in held:
                yield record
