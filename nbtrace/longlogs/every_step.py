"""The steps that a comparison of long sweeps has not kept, read once more: all of them, or some."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.step_queue import numbers_of, step_of
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.records import Record, Trace


def with_every_step(result: LongDiffResult) -> LongDiffResult:
    """Return a result whose traces hold every step of the blocks that they hold anything of; the rows are the same.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    c, py = (with_steps(trace, result.reading.chunk, None) for trace in (result.c, result.py))
    return replace(result, c=c, py=py, reading=replace(result.reading, in_blocks=True))


def with_steps(trace: Trace, chunk: int, wanted: Ints | None) -> Trace:
    """Return a trace with those of some steps that it lacks, or of all; those that it has may be numbered.

    Raises
    ------
    InputError
        If the log cannot be read any more.
    """
    records = [*trace.records, *_missing(trace, chunk, wanted)]
    return replace(trace, records=tuple(sorted(records, key=lambda record: record.line)))


def _missing(trace: Trace, chunk: int, wanted: Ints | None) -> Iterator[Record]:
    sweep, blocks = trace.vocabulary.sweep, set(trace.blocks)
    held = {(record.line, record.key) for record in trace.records}
    for columns in reader_of(trace, chunk).chunks():
        for record in columns.records() if wanted is None else _of_steps(columns, wanted, sweep):
            of_step = record.index.ordinal(sweep) is not None and record.index.block in blocks
            if of_step and (record.line, record.key) not in held:
                yield record


def _of_steps(columns: Columns, wanted: Ints, sweep: str | None) -> Iterator[Record]:
    """Yield the values of some steps."""
    of_step: Flags = np.array([kind.sweep is not None for kind in columns.kinds], dtype=np.bool_)
    rows = np.flatnonzero(of_step[columns.kind]) if columns.kind.size else columns.kind
    rows = rows[np.isin(numbers_of(columns.block[rows], columns.sample[rows], columns.step[rows]), wanted)]
    numbered = ((step_of(record, sweep), record) for record in columns.odd)
    chosen = set(wanted.tolist()) if columns.odd else set()
    odd = tuple(record for number, record in numbered if number in chosen)
    return columns.some(rows, odd).records()
