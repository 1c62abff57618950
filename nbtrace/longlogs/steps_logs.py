"""The comparison of two logs along a loop: by columns where they are long, else by records."""

from dataclasses import replace

from nbtrace.compare import steps as by_records
from nbtrace.compare.steps import StepsResult
from nbtrace.longlogs.long_files import long_names
from nbtrace.parsers.given_logs import Log, Words, vocabulary_of
from nbtrace.verdicts.tolerance import Policy


def compare_steps(
    first: Log,
    second: Log,
    index: str | None = None,
    policy: Policy | None = None,
    *,
    vocabulary: Words | None = None,
    columns_from: int | None = None,
) -> StepsResult:
    """Compare two traces turn by turn.

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
    columns_from : int, optional
        Mean bytes of the logs from which on (by default two million) columns read them: faster, and of each turn
        the result holds the first row that diverges, with the counts of all.

    Raises
    ------
    InputError
        If a log has no turn of that loop, or no turn is in both; if there is nothing that both have.
    UsageError
        If the vocabulary names no such loop.
    """
    names = long_names(first, second, columns_from)
    if names is not None:
        from nbtrace.longlogs.long_steps import compare_long_steps  # noqa: PLC0415 - imports numpy

        limits = policy or Policy()
        words = vocabulary_of((first, second), vocabulary, limits.vocabulary)
        found = compare_long_steps(*names, index, replace(limits, vocabulary=words))
        if found is not None:
            return found
    return by_records.compare_steps(first, second, index, policy, vocabulary=vocabulary)
