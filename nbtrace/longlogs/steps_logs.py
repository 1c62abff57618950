"""The comparison of two logs along a loop: by columns where they are long, else by records."""

import os
from dataclasses import replace

from nbtrace.compare import steps as by_records
from nbtrace.compare.steps import StepsResult
from nbtrace.longlogs.long_files import are_long
from nbtrace.parsers.given_logs import Log, Words, vocabulary_of
from nbtrace.verdicts.tolerance import Policy


def compare_steps(
    first: Log,
    second: Log,
    index: str | None = None,
    policy: Policy | None = None,
    *,
    vocabulary: Words | None = None,
) -> StepsResult:
    """Compare two traces turn by turn.

    Of long logs a turn has its first row that diverges alone, and the counts of all.

    Parameters
    ----------
    first, second : Trace, name of a log, or open file
        The reference's and the candidate's; exchanged if their prefixes say so.
    index : str, optional
        Name of the loop; by default the outermost one that the vocabulary names.
    policy : Policy, optional
        Tolerances; the defaults if not given.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.

    Raises
    ------
    InputError
        If a log has no turn of that loop, or no turn is in both; if there is nothing that both have.
    UsageError
        If the vocabulary names no such loop.
    """
    if isinstance(first, str | os.PathLike) and isinstance(second, str | os.PathLike) and are_long(first, second):
        from nbtrace.longlogs.long_steps import compare_long_steps  # noqa: PLC0415 - imports numpy

        limits = policy or Policy()
        words = vocabulary_of((first, second), vocabulary, limits.vocabulary)
        found = compare_long_steps(os.fspath(first), os.fspath(second), index, replace(limits, vocabulary=words))
        if found is not None:
            return found
    return by_records.compare_steps(first, second, index, policy, vocabulary=vocabulary)
