"""Reading trace logs of every dialect.

:func:`read_trace` reads one log, :func:`read_sides` one that may hold the traces of both programs.
"""

import os
from collections.abc import Iterable

from nbtrace.errors import InputError
from nbtrace.parsers.documents import looks_like_json, read_json
from nbtrace.parsers.labels import LabelReader, looks_labelled
from nbtrace.parsers.outcome import Fields, Structure
from nbtrace.parsers.reader import LogReader
from nbtrace.parsers.sides import by_prefix, columns
from nbtrace.parsers.source import Lines, read_lines
from nbtrace.records import Side, Trace

__all__ = ["parse_trace", "read_sides", "read_trace"]


def read_trace(source: str | os.PathLike[str], side: Side | None = None) -> Trace:
    """Read a trace log.

    Parameters
    ----------
    source : str or path-like
        File name, plain or gzip; `-` for standard input.
    side : Side, optional
        Of a file that holds both programs' traces, which one to take.

    Raises
    ------
    InputError
        If it is missing, unreadable or binary, or holds two traces and `side` does not say which.
    """
    traces = read_sides(os.fspath(source))
    if len(traces) == 1:
        return traces[0]
    if side is None:
        raise InputError(f"{source} holds the traces of both programs; give it as both arguments to compare them")
    return traces[0 if side is Side.C else 1]


def read_sides(source: str) -> tuple[Trace, ...]:
    """Read a file that holds one trace or, side by side, two (C first).

    Raises
    ------
    InputError
        If it is missing, unreadable or binary.
    """
    return _parsed(read_lines(source), source)


def parse_trace(text: str, source: str = "-", *, cut: bool = False) -> tuple[Trace, ...]:
    """Read the text of a log; `source` is the name that records and messages give."""
    return _parsed(Lines.of([text.encode(errors="replace")], cut_short=cut), source)


def _parsed(lines: Lines, source: str) -> tuple[Trace, ...]:
    if looks_like_json(lines):
        return (read_json(source, lines.text, cut=lines.cut_short),)
    two = columns(lines)
    if two is not None:
        return tuple(_log(column, source, cut=lines.cut) for column in two)
    trace = _log(lines, source, cut=lines.cut)
    if not any(record.family.startswith("TRACE") for record in trace.records) and looks_labelled(lines):
        return (_labelled(lines, source),)
    if {record.side for record in trace.records} >= {Side.C, Side.PY}:
        return tuple(_log(lines_of_side, source, cut=lines.cut) for lines_of_side in by_prefix(lines))
    return (trace,)


def _log(lines: Iterable[str], source: str, *, cut: bool) -> Trace:
    reader = LogReader(source)
    reader.read(lines)
    return reader.trace(cut=cut)


def _labelled(lines: Lines, source: str) -> Trace:
    reader = LogReader(source)
    labels = LabelReader()
    for line in lines:
        match labels.line(line):
            case None:
                reader.read([line])
            case str(heading):
                reader.take(Structure(heading), "labels", "labels", line)
            case fields:
                reader.take(Fields(fields), "labels", "labels", line)
    return reader.trace(cut=lines.cut)
