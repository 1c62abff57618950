"""What a second long log of the reference differs by from the first, without a record of each value."""

import hashlib
from functools import cache

import numpy as np

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.repeatability import Repeatability, excuses_itself, moved_by
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.decimals import Floats, Ints
from nbtrace.longlogs.stream import diff_long
from nbtrace.records import Side
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.vocabulary import Vocabulary


def long_repeatability(result: DiffResult, again: str) -> Repeatability | None:
    """Return what `again`, a second log of the reference, differs by from that of a result.

    None if the logs have a form that only the ordinary comparison handles.

    Raises
    ------
    UsageError
        If it is a log of the other program, or has the very values of the candidate's.
    InputError
        If it is missing or unreadable.
    """
    vocabulary = result.c.vocabulary
    try:
        digests = [_digest(name, vocabulary) for name in (again, result.py.source, result.c.source)]
    except NotColumnarError:
        return None
    moved = diff_long(result.c.source, again, Policy(vocabulary=vocabulary), all_extremes=True)
    if moved is None:
        return None
    if moved.py.side is Side.PY or digests[0] == digests[1] != digests[2]:
        raise excuses_itself(again, vocabulary.names)
    return moved_by(moved.rows, again)


def _digest(name: str, vocabulary: Vocabulary) -> bytes:
    """Return a digest of the quantities and numbers of a log in their order, whatever the form of their lines."""
    digests = tuple(hashlib.sha256() for _ in range(3))
    for columns in ColumnReader(name, vocabulary=vocabulary).chunks():
        for digest, part in zip(digests, _values(columns), strict=True):
            digest.update(part.tobytes())
    return b"".join(digest.digest() for digest in digests)


def _values(columns: Columns) -> tuple[Ints, Ints, Floats]:
    """Return of the values of a chunk, in their order, the quantity, how many numbers there are, and the numbers."""
    meanings = [kind.item.meaning for kind in columns.kinds]
    count = np.diff(columns.offset)
    quantity = np.array([_number_of(meaning.quantity) for meaning in meanings], dtype=np.int64)[columns.kind]
    scale = np.array([meaning.scale for meaning in meanings], dtype=np.float64)[columns.kind]
    numbers = columns.numbers * np.repeat(scale, count)
    if columns.odd:
        at = np.searchsorted(columns.line, [record.line for record in columns.odd])
        own = np.array([len(record.numbers) for record in columns.odd])
        every = [number for record in columns.odd for number in record.numbers]
        numbers = np.insert(numbers, np.repeat(columns.offset[at], own), every)
        quantity = np.insert(quantity, at, [_number_of(record.quantity) for record in columns.odd])
        count = np.insert(count, at, own)
    return quantity, count, numbers


@cache
def _number_of(quantity: str) -> int:
    """Return a number that no other quantity has."""
    return int.from_bytes(hashlib.sha256(quantity.encode(errors="replace")).digest()[:8], "little", signed=True)
