"""The scaling chain of logs with sweeps of many steps: what it takes of each step is read once more, as a column."""

import numpy as np

from nbtrace.compare.chain import ChainKnowledge, Swept, chain_of
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.scaling import ScalingResult, scaling_of
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.every_step import with_every_step
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.records import Trace
from nbtrace.vocabulary.vocabulary import Vocabulary


def scaling_of_sweeps(result: DiffResult, cells: tuple[int, int, int] | None) -> ScalingResult:
    """Return the scaling chains of two long logs whose traces hold some steps of their sweeps alone.

    Raises
    ------
    InputError
        As :func:`~nbtrace.compare.scaling.scaling_of`.
    """
    if not isinstance(result, LongDiffResult):
        return scaling_of(result, cells)
    vocabulary = result.c.vocabulary
    chain = chain_of(vocabulary)
    if not _is_of_steps(chain, vocabulary):
        try:
            return scaling_of(result, cells, swept_columns(chain.swept or "", result.reading.chunk))
        except NotColumnarError:
            pass
    return scaling_of(with_every_step(result), cells)


def _is_of_steps(chain: ChainKnowledge, vocabulary: Vocabulary) -> bool:
    """Whether a factor of the chain is of a step itself."""
    known = (vocabulary.quantities.get(name) for name in (*chain.names, *chain.takes))
    return any(quantity is not None and vocabulary.sweep in quantity.indices for quantity in known)


def swept_columns(name: str, chunk: int) -> Swept:
    """Return what reads a log for the values that :func:`nbtrace.compare.chain.swept` takes of a trace.

    Parameters
    ----------
    name : str
    chunk : int
        Bytes read at a time.
    """

    def values(trace: Trace) -> dict[int, float]:
        found: dict[int, float] = {}
        for columns in reader_of(trace, chunk).chunks():
            step, value, is_of_others = _of_chunk(columns, name, trace.vocabulary)
            if is_of_others:
                return {}
            found.update(zip(step.tolist(), value.tolist(), strict=True))
            if columns.block.size and columns.block[-1] > 0:
                break
        return found

    return values


def _of_chunk(columns: Columns, name: str, vocabulary: Vocabulary) -> tuple[Ints, Floats, bool]:
    """Return the steps and values of the first sample of the first block in a chunk, and whether others have some."""
    own: Flags = np.array([kind.item.meaning.quantity == name for kind in columns.kinds], dtype=np.bool_)
    if any(kind.sweep is None for kind, is_own in zip(columns.kinds, own.tolist(), strict=True) if is_own):
        raise NotColumnarError("a value of a step in a line that names none")
    rows = np.flatnonzero(own[columns.kind] & (columns.block == 0)) if own.any() else np.zeros(0, dtype=np.int64)
    odd = [record for record in columns.odd if record.quantity == name and record.index.block == 0]
    scale = np.array([kind.item.meaning.scale for kind in columns.kinds], dtype=np.float64)
    of_others = bool((columns.sample[rows] != 0).any()) or any(record.index.sample for record in odd)
    steps = ((record.index.ordinal(vocabulary.sweep), record) for record in odd)
    named = [(step, record.numbers[0], record.line) for step, record in steps if step is not None and not of_others]
    step = np.concatenate([columns.step[rows], np.array([item[0] for item in named], dtype=np.int64)])
    value = columns.numbers[columns.offset[rows]] * scale[columns.kind[rows]]
    value = np.concatenate([value, np.array([item[1] for item in named], dtype=np.float64)])
    line = np.concatenate([columns.line[rows], np.array([item[2] for item in named], dtype=np.int64)])
    order = np.argsort(line, kind="stable")
    return step[order], value[order], of_others
