"""A final value that is far from the other side's, and what of the two logs can make it so."""

import math
from collections.abc import Sequence

from nbtrace.compare.configured import ConfiguredApart, configured_apart
from nbtrace.compare.judge import Row
from nbtrace.frozen import frozen
from nbtrace.records import Trace
from nbtrace.vocabulary.quantity import Scope

FAR = 1e-4
"""|log(Py/C)| from which on a final value is far from the other side's."""


@frozen
class FinalRatio:
    """A final value far from the other side's.

    Attributes
    ----------
    row : Row
        The final value.
    configured : tuple of ConfiguredApart
        The configuration values of its pixel block that differ, the one that is furthest apart first.
    divergence : Row or None
        The first divergence above 1e-4 that is no artefact of the logs.
    """

    row: Row
    configured: tuple[ConfiguredApart, ...]
    divergence: Row | None


def final_row(rows: Sequence[Row], final: str | None) -> Row | None:
    """Return the final value of the first block; of a quantity that each turn of a loop has, that of the last."""
    finals = [row for row in rows if row.quantity == final]
    return [row for row in finals if row.index.block == finals[0].index.block][-1] if finals else None


def final_ratio(rows: Sequence[Row], material: Row | None, c: Trace, py: Trace) -> FinalRatio | None:
    """Return what a final value far from the other side's may come from; None where it is near, or there is none.

    Parameters
    ----------
    rows : sequence of Row
    material : Row or None
        The first divergence above 1e-4 apart from artefacts of the logs.
    c, py : Trace
    """
    row = final_row(rows, c.vocabulary.final)
    if row is None or not row.status.diverges or not _is_far(row):
        return None
    of_block = [own for own in rows if own.c.scope is Scope.RUN or own.index.block == row.index.block]
    apart = sorted(configured_apart(of_block, c, py), key=lambda item: -abs(item.log_ratio or 0.0))
    return FinalRatio(row, tuple(apart), material)


def _is_far(row: Row) -> bool:
    ratio = row.difference.ratio if row.difference is not None else None
    return ratio is None or ratio <= 0 or not math.isfinite(ratio) or abs(math.log(ratio)) > FAR
