"""Reading trace logs of every dialect.

:func:`read_trace` reads one log, :func:`read_sides` one that may hold the traces of both programs.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import IO, TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.parsers.binary_traces import binary_content
from nbtrace.parsers.both_sides import by_prefix, columns
from nbtrace.parsers.dialect import Dialect, dialect_of
from nbtrace.parsers.log_prefixes import ranks_among
from nbtrace.parsers.logged_documents import HOW_READ, json_lines_in, looks_like_json, rows_in
from nbtrace.parsers.processes import of_processes, of_rank
from nbtrace.parsers.reader import LogReader
from nbtrace.parsers.source import LogLines, lines_of, read_raw, read_stream, stream_name
from nbtrace.parsers.unfolded import unfolded
from nbtrace.parsers.unpack import beginning
from nbtrace.progress import stage
from nbtrace.records import Side, Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.parsers.untagged import UntaggedReader

__all__ = ["pair_of", "parse_trace", "read_pair", "read_sides", "read_trace"]


def read_trace(
    source: str | os.PathLike[str] | IO[str] | IO[bytes],
    side: Side | None = None,
    *,
    vocabulary: Vocabulary | None = None,
) -> Trace:
    """Read a trace log.

    Parameters
    ----------
    source : str, path-like or stream
        File name, plain or gzip, `-` for standard input; or an open file.
    side : Side, optional
        Of a file that holds both programs' traces, which one to take.
    vocabulary : Vocabulary, optional
        What its keys mean; by default nanoBragg's.

    Raises
    ------
    InputError
        If it is missing, unreadable or binary, or holds two traces and `side` does not say which.
    """
    traces = read_sides(source, vocabulary)
    if len(traces) == 1:
        return traces[0]
    if side is None:
        raise InputError(
            f"{traces[0].source} holds the traces of both programs; give it as both arguments to compare them"
        )
    return traces[0 if side is Side.C else 1]


def read_sides(
    source: str | os.PathLike[str] | IO[str] | IO[bytes], vocabulary: Vocabulary | None = None
) -> tuple[Trace, ...]:
    """Read a file, or an open one, that holds one trace or, side by side, two (the reference's first).

    Raises
    ------
    InputError
        If it is missing, unreadable or binary.
    """
    dialect = dialect_of(vocabulary or registry.default())
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else stream_name(source)
    with stage(f"reading {name}"):
        data = read_raw(name) if isinstance(source, str | os.PathLike) else read_stream(source, name)
        other = dialect.no_trace(beginning(data))
        if other is not None:
            raise InputError(f"{name} is {other}")
        content = binary_content(data, name)
        if content is not None:
            from nbtrace.parsers.binary_tables import read_binary  # noqa: PLC0415 - tables, which few logs are

            return read_binary(content, name, dialect)
        return _parsed(lines_of(data, name), name, dialect)


def read_pair(
    c: str | os.PathLike[str], py: str | os.PathLike[str], vocabulary: Vocabulary | None = None
) -> tuple[Trace, Trace]:
    """Read two logs to be compared; one file, given twice, may hold both traces.

    Of a file that holds both programs' traces beside a log of one, the trace of the other program is taken, whatever
    the order of the two.

    Raises
    ------
    InputError
        If one of them is missing, unreadable or binary.
    """
    return pair_of(read_sides(c, vocabulary), read_sides(py, vocabulary))


def pair_of(first: tuple[Trace, ...], second: tuple[Trace, ...]) -> tuple[Trace, Trace]:
    """Return which traces of two files are compared, as :func:`read_pair` says."""
    traces = first, second
    of_c, of_py = ((of[0] if len(of) == 1 else of[number]) for number, of in enumerate(traces))
    if len(traces[0]) == 2 and len(traces[1]) == 1 and of_py.side is Side.C:
        of_c = traces[0][1]
    if len(traces[1]) == 2 and len(traces[0]) == 1 and of_c.side is Side.PY:
        of_py = traces[1][0]
    return of_c, of_py


def parse_trace(
    text: str, source: str = "-", *, cut: bool = False, vocabulary: Vocabulary | None = None
) -> tuple[Trace, ...]:
    """Read the text of a log; `source` is the name that records and messages give."""
    lines = LogLines.of([text.encode(errors="replace")], cut_short=cut)
    return _parsed(lines, source, dialect_of(vocabulary or registry.default()))


def _parsed(lines: LogLines, source: str, dialect: Dialect) -> tuple[Trace, ...]:
    traces = _read_in_any_form(lines, source, dialect)
    if not lines.open_line:
        return traces
    return tuple(replace(trace, account=replace(trace.account, open_line=lines.open_line)) for trace in traces)


def _read_in_any_form(lines: LogLines, source: str, dialect: Dialect) -> tuple[Trace, ...]:
    logged = json_lines_in(lines)
    if logged is not None and looks_like_json(logged, dialect):
        return _behind_prefixes(_json(logged, source, dialect, cut=lines.cut_short))
    if looks_like_json(lines, dialect):
        return _json(lines, source, dialect, cut=lines.cut_short)
    two = columns(lines)
    if two is not None:
        return tuple(_log(column, source, dialect, cut=lines.cut) for column in two)
    reader = _read(unfolded(lines), source, dialect, None)
    if not any(dialect.is_prefixed(record.family) for record in reader.records):
        table = _of_table(lines, source, reader.trace(cut=lines.cut).account.total, dialect)
        if table is not None:
            return table
    trace = _processes(reader, lines, source, dialect)
    if {record.side for record in trace.records} >= {Side.C, Side.PY}:
        return tuple(_log(own, source, dialect, cut=lines.cut) for own in by_prefix(lines, dialect))
    return (trace,)


def _json(lines: LogLines, source: str, dialect: Dialect, *, cut: bool) -> tuple[Trace, ...]:
    from nbtrace.parsers.json_traces import read_json  # noqa: PLC0415 - forms that few logs have

    return read_json(source, lines.text, dialect, cut=cut)


def _of_table(lines: LogLines, source: str, total: int, dialect: Dialect) -> tuple[Trace, ...] | None:
    """Return the traces of a table, behind a logger's prefix or not; None if the lines are none."""
    # What few logs are.
    from nbtrace.parsers.delimited import read_delimited  # noqa: PLC0415
    from nbtrace.parsers.markdown_tables import read_markdown  # noqa: PLC0415
    from nbtrace.parsers.trace_builder import traces_of  # noqa: PLC0415

    rows = rows_in(lines)
    table = None if rows is None else read_markdown(rows, dialect) or read_delimited(rows, dialect)
    if table is not None:
        return _behind_prefixes(traces_of(table, source, total, dialect, cut=lines.cut))
    table = read_markdown(lines, dialect) or read_delimited(lines, dialect)
    return None if table is None else traces_of(table, source, total, dialect, cut=lines.cut)


def _behind_prefixes(traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    return tuple(replace(trace, readings=(HOW_READ, *trace.readings)) for trace in traces)


def _processes(reader: LogReader, lines: LogLines, source: str, dialect: Dialect) -> Trace:
    """Return what was read of a log; what further processes of a run print has their numbers."""
    read = partial(_read, source=source, dialect=dialect, untagged=None)
    untagged = None
    if not (reader.unreadable or reader.structure or any(dialect.is_prefixed(item.family) for item in reader.records)):
        untagged = dialect.unprefixed(lines)
        reader = reader if untagged is None else read(unfolded(lines), untagged=untagged)
    ranks = ranks_among(reader.ranks, named=reader.ranks_are_named)
    if not ranks:
        return reader.trace(cut=lines.cut)
    readers = [
        read(of_rank(unfolded(lines), ranks, place), untagged=None if untagged is None else dialect.unprefixed(lines))
        for place in range(len(ranks))
    ]
    return of_processes([own.trace(cut=lines.cut) for own in readers], ranks, reader.trace(cut=lines.cut))


def _log(lines: Iterable[str], source: str, dialect: Dialect, *, cut: bool) -> Trace:
    return _read(lines, source, dialect, None).trace(cut=cut)


def _read(lines: Iterable[str], source: str, dialect: Dialect, untagged: "UntaggedReader | None") -> LogReader:
    reader = LogReader(source, dialect)
    if untagged is None:
        reader.read(lines)
    else:
        reader.read_untagged(lines, untagged)
    return reader
