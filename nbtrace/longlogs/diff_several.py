"""Several logs against one: each pair by columns where its logs are long, else by records of a reference read once."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs
from nbtrace.errors import InputError, UsageError
from nbtrace.longlogs.long_files import are_long
from nbtrace.parsers import read_sides
from nbtrace.parsers.given_logs import Words, vocabulary_of
from nbtrace.parsers.source import read_raw
from nbtrace.records import Side, Trace
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.vocabulary import Vocabulary

ByTraces: TypeAlias = Callable[[Trace, Trace], DiffResult]
"""Compares the reference with another trace, in this order."""

ByColumns: TypeAlias = Callable[[str, str], DiffResult | None]
"""Compares two long logs, the reference first; None where they are to be read by records."""


def diff_several(
    reference: str | os.PathLike[str],
    logs: Sequence[str | os.PathLike[str]],
    policy: Policy | None = None,
    *,
    strict: bool = False,
    vocabulary: Words | None = None,
    columns_from: int | None = None,
) -> SeveralLogs:
    """Compare several logs with one: in which quantity each leaves it, and which of them leave it together.

    Parameters
    ----------
    reference : str or path-like
        It stands for the reference whatever its prefixes say.
    logs : sequence of str or path-like
        Each given once. One that is empty, or cannot be compared, is part of the result.
    policy, strict, vocabulary, columns_from
        As for :func:`~nbtrace.longlogs.diff_logs.diff`.

    Raises
    ------
    InputError
        If a file is missing, or the reference cannot be read or holds no value.
    UsageError
        If a log is given twice, or there is none.
    """
    policy = policy or Policy()
    policy = replace(policy, vocabulary=vocabulary_of((), vocabulary, policy.vocabulary))
    by_traces = partial(diff_traces, policy=policy, strict=strict, keeps_order=True)
    names = [os.fspath(log) for log in logs]
    by_columns = partial(_by_columns, policy, strict=strict)
    return each_against(os.fspath(reference), names, policy, by_traces, by_columns, columns_from)


def _by_columns(policy: Policy, reference: str, log: str, *, strict: bool) -> DiffResult | None:
    from nbtrace.longlogs.stream import diff_long  # noqa: PLC0415 - imports numpy, which short logs do not need

    return diff_long(reference, log, policy, strict=strict, keeps_order=True)


def each_against(
    reference: str,
    logs: Sequence[str],
    policy: Policy,
    by_traces: ByTraces,
    by_columns: ByColumns | None = None,
    columns_from: int | None = None,
) -> SeveralLogs:
    """Compare logs with one by what is given; without `by_columns` long ones are read by records, too.

    Raises
    ------
    InputError, UsageError
        See :func:`diff_several`.
    """
    require_different(reference, logs)
    read = _ReferenceRead(reference, policy.vocabulary)
    found = tuple(_each(read, logs, by_traces, by_columns, columns_from))
    trace = read.trace or next((log.diff.c for log in found if log.diff is not None), None)
    return SeveralLogs(trace or read.once(), policy, found)


class _ReferenceRead:
    """The reference, read when it is first asked for."""

    def __init__(self, name: str, vocabulary: Vocabulary) -> None:
        self.name, self.vocabulary = name, vocabulary
        self.trace: Trace | None = None

    def once(self) -> Trace:
        """Return it; of a file with the traces of both programs, that of the reference."""
        if self.trace is None:
            self.trace = read_sides(self.name, self.vocabulary)[0]
        return self.trace


def require_different(reference: str, logs: Sequence[str]) -> None:
    """Refuse files that are missing, a log that is given twice, and a reference alone.

    Raises
    ------
    InputError, UsageError
    """
    if not logs:
        raise UsageError(f"{reference} stands alone; give at least one log to compare with it")
    seen: list[str] = []
    for name in (reference, *logs):
        path = Path(name)
        if name != "-" and not path.exists():
            read_raw(name)  # which says that it is missing
        other = next((other for other in seen if _is_one_file(other, name)), None)
        if other is not None:
            how = "is given twice" if other == name else f"is {other}, which is given, too"
            raise UsageError(f"{name} {how}; give each of several logs once")
        seen.append(name)


def _is_one_file(one: str, other: str) -> bool:
    if "-" in {one, other}:
        return one == other
    return one == other or Path(one).samefile(other)


def _each(
    read: _ReferenceRead,
    logs: Sequence[str],
    by_traces: ByTraces,
    by_columns: ByColumns | None,
    columns_from: int | None,
) -> Iterator[LogAgainstReference]:
    for log in logs:
        result = None
        try:
            if by_columns is not None and are_long(read.name, log, least=columns_from):
                result = by_columns(read.name, log)
        except InputError:
            result = None  # read by records, it is told which of the two is at fault
        if result is None:
            reference = _with_values(read.once())
            try:
                result = by_traces(reference, _beside(reference, log))
            except InputError as error:
                yield LogAgainstReference(log, None, str(error), error.exit_code)
                continue
        yield LogAgainstReference.of(log, result)


def _with_values(reference: Trace) -> Trace:
    """Return the reference.

    Raises
    ------
    InputError
        If nothing can be compared with it.
    """
    if not reference.records and not reference.statistics:
        lines = reference.account.total
        raise InputError(f"{reference.source} holds no trace values ({lines} lines); it is to be the reference")
    return reference


def _beside(reference: Trace, log: str) -> Trace:
    """Return another log; of one that holds the traces of both programs, that of the other program."""
    traces = read_sides(log, reference.vocabulary)
    return traces[0] if len(traces) == 1 or reference.side is Side.PY else traces[1]
