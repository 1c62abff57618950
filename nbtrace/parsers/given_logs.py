"""Logs as a library user gives them: a trace, the name of a file, or a stream that is open for reading."""

import os
from pathlib import Path
from typing import IO, TypeAlias

from nbtrace.errors import InputError, UsageError
from nbtrace.parsers import pair_of, read_sides, read_trace
from nbtrace.records import Side, Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

Stream: TypeAlias = IO[str] | IO[bytes]
"""What is read to its end, from where it stands; it is not closed."""

Log: TypeAlias = Trace | str | os.PathLike[str] | Stream
"""A trace, the name of a log (plain or gzip; `-` for standard input), or a stream."""

Words: TypeAlias = Vocabulary | str | os.PathLike[str]
"""A vocabulary, its name, or the name of its file."""


def trace_pair(c: Log, py: Log, words: Words | None = None, otherwise: Vocabulary | None = None) -> tuple[Trace, Trace]:
    """Return two logs to be compared as traces, by the rules of the commands.

    One file or stream, given twice, may hold the traces of both programs; beside a log of one program, its trace of
    the other is taken, whatever the order of the two.

    Parameters
    ----------
    c, py : Trace, str, path-like or stream
    words : Vocabulary, str or path-like, optional
        What the lines mean; by default the vocabulary of a Trace given beside the file.
    otherwise : Vocabulary, optional
        What they mean where neither tells; nanoBragg's if not given.

    Raises
    ------
    InputError
        If a log cannot be read.
    UsageError
        If an argument is no log, or a Trace was read with another vocabulary than `words`.
    """
    vocabulary = vocabulary_of((c, py), words, otherwise)
    first = _sides(c, vocabulary)
    second = first if py is c and not isinstance(py, str | os.PathLike) else _sides(py, vocabulary)
    return pair_of(first, second)


def one_trace(log: Log, words: Words | None = None, side: Side | str | None = None) -> Trace:
    """Return a log as a trace; `side` (`c` or `py`) says which, of a file that holds those of both programs.

    Raises
    ------
    InputError
        If it cannot be read or holds no value, nothing of that side, or two traces and `side` does not say which.
    UsageError
        If it is no log, was read with another vocabulary than `words`, or there is no such side.
    """
    vocabulary = vocabulary_of((log,), words)
    wanted = None if side is None else _side(side)
    if isinstance(log, Trace):
        trace = log
    else:
        _refuse(log)
        trace = read_trace(log, wanted, vocabulary=vocabulary)
        if not trace.records:
            raise InputError(f"{trace.source} holds no trace values ({trace.account.total} lines)")
    return of_side(trace, wanted)


def of_side(trace: Trace, side: Side | str | None) -> Trace:
    """Return a trace if it is one of that side, or nothing tells of which it is.

    Raises
    ------
    InputError
        If it is the other side's.
    UsageError
        If there is no such side.
    """
    wanted = None if side is None else _side(side)
    if wanted is not None and trace.side not in {wanted, Side.UNKNOWN}:
        names = trace.vocabulary.names
        raise InputError(f"{trace.source} is a log of {names.of(trace.side)}; it holds nothing of {names.of(wanted)}")
    return trace


def vocabulary_of(logs: tuple[Log, ...], words: Words | None, otherwise: Vocabulary | None = None) -> Vocabulary:
    """Return the vocabulary that logs are read with.

    Raises
    ------
    InputError
        If the file of a vocabulary cannot be read.
    UsageError
        If there is no such vocabulary, or a Trace was read with another one.
    """
    carried = next((log.vocabulary for log in logs if isinstance(log, Trace)), None)
    if words is None:
        return carried or otherwise or registry.default()
    vocabulary = words if isinstance(words, Vocabulary) else registry.load(words)
    for log in logs:
        if isinstance(log, Trace) and log.vocabulary is not vocabulary:
            raise UsageError(
                f"{log.source} was read with the vocabulary {log.vocabulary.name}; load one once, and give it to "
                "read_trace and to the comparison"
            )
    return vocabulary


def _sides(log: Log, vocabulary: Vocabulary) -> tuple[Trace, ...]:
    if isinstance(log, Trace):
        return (log,)
    _refuse(log)
    return read_sides(log, vocabulary)


def _refuse(log: object) -> None:
    """Refuse what is no log, and the text of one, which a file name is easily mistaken for."""
    if isinstance(log, str) and "\n" in log and not _exists(log):
        raise UsageError("this is the text of a log, not a file name: give io.StringIO(text), or parse_trace(text)")
    if not isinstance(log, str | os.PathLike) and not callable(getattr(log, "read", None)):
        raise UsageError(f"a log is a Trace, the name of a file or an open file, not {type(log).__name__}")


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _side(side: Side | str) -> Side:
    """Return a side by its word in documents.

    Raises
    ------
    UsageError
        If it is neither `c` nor `py`.
    """
    if side not in {Side.C, Side.PY}:
        raise UsageError(f"side {str(side)!r}: a side is c or py")
    return Side(side)
