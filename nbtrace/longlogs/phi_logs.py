"""The comparison of two logs along φ: by columns where they are long, else by records."""

from nbtrace.compare import phi as by_records
from nbtrace.compare.phi import PhiResult
from nbtrace.longlogs.long_files import long_names
from nbtrace.parsers.given_logs import Log, Words, vocabulary_of
from nbtrace.verdicts.tolerance import Policy


def compare_phi(
    first: Log,
    second: Log,
    policy: Policy | None = None,
    *,
    vocabulary: Words | None = None,
    columns_from: int | None = None,
) -> PhiResult:
    """Compare the φ steps of two traces; they may be given in either order.

    Parameters
    ----------
    first, second : Trace, name of a log or of a per-φ JSON, or open file
    policy : Policy, optional
        Tolerances; the defaults if not given.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.
    columns_from : int, optional
        Mean bytes of the logs from which on (by default two million) columns read them: faster, and the traces of
        the result hold the first of each kind of step.

    Raises
    ------
    InputError
        If one of them has no φ step, or no step is on both sides.
    """
    names = long_names(first, second, columns_from)
    if names is not None:
        from nbtrace.longlogs.long_phi import compare_long_phi  # noqa: PLC0415 - imports numpy

        words = vocabulary_of((first, second), vocabulary, None if policy is None else policy.vocabulary)
        result = compare_long_phi(*names, policy, words)
        if result is not None:
            return result
    return by_records.compare_phi(first, second, policy, vocabulary=vocabulary)
