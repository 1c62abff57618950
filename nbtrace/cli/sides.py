"""The two programs: which is meant by a name, and their logs."""

from nbtrace.errors import UsageError
from nbtrace.parsers import read_trace
from nbtrace.records import Side, Trace
from nbtrace.vocabulary.vocabulary import Vocabulary


def side_named(name: str, vocabulary: Vocabulary) -> Side:
    """Return the side of that name: `c` or `py`, or what the vocabulary calls it.

    Raises
    ------
    UsageError
        If neither is called so.
    """
    labels = {label.label.casefold(): side for label, side in zip(vocabulary.sides, (Side.C, Side.PY), strict=True)}
    named = {**labels, Side.C.value: Side.C, Side.PY.value: Side.PY}
    found = named.get(name.casefold())
    if found is None:
        raise UsageError(f"--side {name!r}: give {' or '.join(label.label for label in vocabulary.sides)}")
    return found


def read_pair(c_log: str, py_log: str, vocabulary: Vocabulary) -> tuple[Trace, Trace]:
    """Return the traces of the reference and of the candidate; one file may hold both.

    Raises
    ------
    InputError
        If one of them is missing, unreadable or binary.
    """
    return read_trace(c_log, Side.C, vocabulary=vocabulary), read_trace(py_log, Side.PY, vocabulary=vocabulary)
