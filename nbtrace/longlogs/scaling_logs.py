"""The scaling chains of two traces or logs: compared by columns where the logs are long, else by records."""

from nbtrace.compare.scaling import ScalingResult, scaling_of
from nbtrace.longlogs.diff_logs import diff
from nbtrace.parsers.given_logs import Log, Words
from nbtrace.verdicts.tolerance import Policy


def scaling_chain(
    c: Log,
    py: Log,
    policy: Policy | None = None,
    *,
    cells: tuple[int, int, int] | None = None,
    vocabulary: Words | None = None,
    columns_from: int | None = None,
) -> ScalingResult:
    """Compare the scaling chains of two traces.

    Parameters
    ----------
    c, py : Trace, name of a log, or open file
    policy : Policy, optional
        Tolerances.
    cells : (int, int, int), optional
        Cells along a, b, c for the worked lattice factor, where the logs do not tell.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.
    columns_from : int, optional
        Mean bytes of the logs from which on (by default two million) columns read them: faster, and the comparison
        in the result holds the rows that stand for the rest.

    Raises
    ------
    InputError
        If neither log, or only one, holds a quantity of the chain.
    """
    result = diff(c, py, policy, vocabulary=vocabulary, columns_from=columns_from)
    if result.has_whole_blocks:
        return scaling_of(result, cells)
    from nbtrace.longlogs.swept_values import scaling_of_sweeps  # noqa: PLC0415 - imports numpy, as long logs do

    return scaling_of_sweeps(result, cells)
