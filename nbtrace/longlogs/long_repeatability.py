"""What a second long log of the reference differs by from the first, without a record of each value."""

import hashlib

import numpy as np

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.repeatability import Repeatability, excuses_itself, moved_by
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader
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
    """Return a digest of the quantities and numbers of a log in their order, those of irregular lines apart."""
    quantities, numbers, odd = (hashlib.sha256() for _ in range(3))
    known: dict[str, int] = {}
    for columns in ColumnReader(name, vocabulary=vocabulary).chunks():
        facts = [kind.item.meaning for kind in columns.kinds]
        for fact in facts:
            known.setdefault(fact.quantity, len(known))
        if columns.kind.size:
            count = np.diff(columns.offset)
            scale = np.array([fact.scale for fact in facts])[columns.kind]
            quantities.update(np.array([known[fact.quantity] for fact in facts])[columns.kind].tobytes())
            numbers.update((columns.numbers * np.repeat(scale, count)).tobytes())
        for record in columns.odd:
            odd.update(f"{record.quantity!r} {record.numbers!r}".encode())
    names = "\n".join(known).encode(errors="replace")
    return b"".join([quantities.digest(), numbers.digest(), odd.digest(), hashlib.sha256(names).digest()])
