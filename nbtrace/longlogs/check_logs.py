"""A trace or a log held against itself: by columns where the log is long, else by records."""

import os

from nbtrace.compare import check as by_records
from nbtrace.compare.self_check import SelfCheck
from nbtrace.longlogs.long_files import are_long
from nbtrace.parsers.given_logs import Log, Words, of_side, vocabulary_of
from nbtrace.records import Side
from nbtrace.vocabulary.vocabulary import Vocabulary


def check(
    log: Log, *, side: Side | str | None = None, vocabulary: Words | None = None, formulas: bool = True
) -> SelfCheck:
    """Hold a trace against itself.

    Parameters
    ----------
    log : Trace, name of a log, or open file
    side : Side or str, optional
        Of a file that holds the traces of both programs, which: `c` or `py`.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of a log mean; by default nanoBragg's.
    formulas : bool
        Whether formulas are held, too, which take the configuration that the log states and the turns of its loops;
        where a vocabulary has no relations, they always are.

    Raises
    ------
    InputError
        If a log cannot be read, holds no value, nothing of that side, or two traces and `side` does not say which.
    UsageError
        If it is no log, or was read with another vocabulary.
    """
    if formulas and isinstance(log, str | os.PathLike):
        result = check_by_columns(os.fspath(log), vocabulary_of((log,), vocabulary))
        if result is not None:
            of_side(result.trace, side)
            return result
    return by_records.check(log, side=side, vocabulary=vocabulary, formulas=formulas)


def check_by_columns(log: str, vocabulary: Vocabulary, least: int | None = None) -> SelfCheck | None:
    """Hold a log of more bytes than that against itself if columns can; else return None.

    Raises
    ------
    InputError
        If it is missing, unreadable or binary.
    """
    if not are_long(log, least=least):
        return None
    from nbtrace.longlogs.long_check import check_long  # noqa: PLC0415 - imports numpy, which short logs do not need

    return check_long(log, vocabulary)
