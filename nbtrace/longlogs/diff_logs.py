"""The comparison of two traces or logs: by columns where the logs are long, else by records."""

from dataclasses import replace

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.longlogs.long_files import long_names
from nbtrace.parsers.given_logs import Log, Words, trace_pair, vocabulary_of
from nbtrace.records import Trace
from nbtrace.verdicts.tolerance import Policy


def diff(
    c: Log,
    py: Log,
    policy: Policy | None = None,
    *,
    strict: bool = False,
    vocabulary: Words | None = None,
    columns_from: int | None = None,
) -> DiffResult:
    """Compare two traces, or two logs.

    Parameters
    ----------
    c, py : Trace, name of a log, or open file
        The reference's and the port's, in record units; exchanged if the prefixes of their lines say so. One file,
        given twice, may hold the traces of both.
    policy : Policy, optional
        Tolerances; by default those of the vocabulary.
    strict : bool
        A quantity on one side only, or an unreadable line, is a difference.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean; by default the vocabulary of a trace given beside the log, else of the policy.
    columns_from : int, optional
        Mean bytes of the logs from which on (by default two million) columns read them: faster, and the result holds
        the rows that stand for the rest, with the counts of all.

    Raises
    ------
    InputError
        If a log cannot be read, one of them holds no value, or there is nothing that both have.
    UsageError
        If an argument is no log, or the two traces were read with different vocabularies.
    """
    if isinstance(c, Trace) and isinstance(py, Trace) and vocabulary is None:
        return diff_traces(c, py, policy, strict=strict)
    policy = policy or Policy()
    words = vocabulary_of((c, py), vocabulary, policy.vocabulary)
    policy = replace(policy, vocabulary=words)
    names = long_names(c, py, columns_from)
    if names is not None:
        from nbtrace.longlogs.stream import diff_long  # noqa: PLC0415 - imports numpy, which short logs do not need

        result = diff_long(*names, policy, strict=strict)
        if result is not None:
            return result
    return diff_traces(*trace_pair(c, py, words), policy, strict=strict)


def in_blocks(result: DiffResult) -> DiffResult:
    """Return a comparison whose traces hold whole blocks, for what takes every turn of a loop.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    if result.has_whole_blocks:
        return result
    from nbtrace.longlogs.every_step import with_every_step  # noqa: PLC0415 - imports numpy, as long logs do
    from nbtrace.longlogs.long_result import LongDiffResult  # noqa: PLC0415

    return with_every_step(result) if isinstance(result, LongDiffResult) else result


def with_differing_steps(result: DiffResult) -> DiffResult | None:
    """Return a comparison whose traces hold the steps that differ as records, and those that agree as columns.

    None where they are to be records, too.

    Raises
    ------
    InputError
        If a log cannot be read any more.
    """
    if result.has_whole_blocks:
        return None
    from nbtrace.longlogs import agreeing_steps  # noqa: PLC0415 - imports numpy, as long logs do
    from nbtrace.longlogs.long_result import LongDiffResult  # noqa: PLC0415

    return agreeing_steps.with_differing_steps(result) if isinstance(result, LongDiffResult) else None
