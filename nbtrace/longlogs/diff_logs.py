"""The comparison of two traces or logs: by columns where the logs are long, else by records."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.parsers import read_pair, read_trace
from nbtrace.parsers.binary_traces import begins_binary
from nbtrace.records import Side, Trace
from nbtrace.verdicts.tolerance import Policy

Log: TypeAlias = Trace | str | os.PathLike[str]

_LONG = 4_000_000
"""Bytes of both logs from which on columns pay."""


def diff(c: Log, py: Log, policy: Policy | None = None, *, strict: bool = False) -> DiffResult:
    """Compare two traces, or two logs.

    Parameters
    ----------
    c, py : Trace, or name of a log
        The reference's and the port's, in record units; exchanged if the prefixes of their lines say so. Logs are read
        with the vocabulary of the policy, or with that of the other trace.
    policy : Policy, optional
        Tolerances; by default those of the vocabulary.
    strict : bool
        A quantity on one side only, or an unreadable line, is a difference.

    Raises
    ------
    InputError
        If a log cannot be read, one of them holds no value, or there is nothing that both have.
    UsageError
        If the two traces were read with different vocabularies.
    """
    if isinstance(c, Trace) and isinstance(py, Trace):
        return diff_traces(c, py, policy, strict=strict)
    read = next((log.vocabulary for log in (c, py) if isinstance(log, Trace)), None)
    policy = policy or Policy()
    policy = policy if read is None else replace(policy, vocabulary=read)
    if not isinstance(c, Trace) and not isinstance(py, Trace) and _are_long(c, py):
        from nbtrace.longlogs.stream import diff_long  # noqa: PLC0415 - imports numpy, which short logs do not need

        result = diff_long(os.fspath(c), os.fspath(py), policy, strict=strict)
        if result is not None:
            return result
    if not isinstance(c, Trace) and not isinstance(py, Trace):
        return diff_traces(*read_pair(c, py, policy.vocabulary), policy, strict=strict)
    first, second = (
        log if isinstance(log, Trace) else read_trace(log, side, vocabulary=policy.vocabulary)
        for log, side in ((c, Side.C), (py, Side.PY))
    )
    return diff_traces(first, second, policy, strict=strict)


def _are_long(*logs: str | os.PathLike[str]) -> bool:
    """Return whether logs are together long enough for columns; what is no file is read once, in order."""
    paths = [Path(log) for log in logs]
    if not all(path.is_file() for path in paths) or any(map(begins_binary, paths)):
        return False
    return sum(path.stat().st_size for path in paths) > _LONG
