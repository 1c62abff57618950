"""Which root comes first: what it does to the final value, then its size, then how certain its side and cause are."""

import math
from collections.abc import Sequence

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Vector
from nbtrace.explanation.audit.attribution import Attribution, Share
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding
from nbtrace.explanation.audit.reach import reach
from nbtrace.explanation.audit.roots import Root
from nbtrace.records import Side

UNDONE = 2.0
"""Share of the final log-ratio from which on other roots must undo most of what a root does."""

_ROUNDING = 1e-6
"""Relative size up to which a deviation is that of printed digits, or of numbers in single precision."""
_SLIGHT = 0.01
"""Share of the final log-ratio up to which such a deviation is without weight."""


def ranked(audit: Audit, roots: Sequence[Root], attribution: Attribution) -> tuple[tuple[Root, Share], ...]:
    """Return the roots with their shares, the one that matters most first.

    A root whose share cannot be computed may be all that the others leave; several such come in the order of what they
    move, or as they are logged where no formula leads to the final value or the vocabulary knows none of them. What the
    reference itself contradicts comes after what it does not, deviations of the size of rounding after everything else,
    and what only a log has wrong comes last.
    """
    pairs = list(zip(roots, attribution.shares, strict=True))
    known = [share.of_log_ratio for share in attribution.shares if share.of_log_ratio is not None]
    rest = abs(1.0 - math.fsum(share for share in known if abs(share) <= UNDONE))
    unknown = [root for root, share in pairs if share.of_log_ratio is None]
    moves = {id(root): reach(audit, root) for root in unknown} if len(unknown) > 1 else {}
    final = attribution.final
    nothing_known = final is None and not any(audit.vocabulary.knows(root.quantity) for root in roots)
    if nothing_known or (final is not None and not audit.vocabulary.ancestors(final)):
        return tuple(sorted(pairs, key=lambda pair: _place(pair[0], pair[1], rest, 0.0)[:3]))
    return tuple(sorted(pairs, key=lambda pair: _place(pair[0], pair[1], rest, moves.get(id(pair[0]), 0.0))))


def is_rounding(root: Root, share: Share) -> bool:
    """Whether a root is of the size of rounding and does nothing to speak of."""
    if root.status is AuditStatus.LOG_ONLY or size(root) > _ROUNDING:
        return False
    return share.of_log_ratio is None or abs(share.of_log_ratio) < _SLIGHT


def size(root: Root) -> float:
    """Return the largest deviation of a root from its formula, or between the sides, over the larger value."""
    return max((_deviation(finding, root.side) for finding in root.findings), default=math.inf)


def _deviation(finding: Finding, side: Side) -> float:
    held = finding.held(side) if side is not Side.UNKNOWN else None
    if held is not None and held.computed is not None and held.broken:
        return _relative(held.logged, held.computed.value)
    return _relative(finding.py.logged, finding.c.logged)


def _relative(value: Vector | None, right: Vector | None) -> float:
    if value is None or right is None or len(value) != len(right):
        return math.inf
    apart, scale = norm(tuple(x - y for x, y in zip(value, right, strict=True))), max(norm(value), norm(right))
    return apart / scale if scale else 0.0


def _place(root: Root, share: Share, rest: float, moves: float) -> tuple[bool | float, ...]:
    return (
        root.status is AuditStatus.LOG_ONLY,
        is_rounding(root, share),
        root.is_refuted,
        -_effect(root, share, rest),
        -_decade(min(moves, 1.0)),
        -_decade(size(root)),
        root.side is Side.UNKNOWN,
        root.cause is None,
    )


def _decade(number: float) -> float:
    """Return the power of ten that a number is nearest to; of two that are comparable the more certain root leads."""
    return float(round(math.log10(number))) if 0 < number < math.inf else math.copysign(math.inf, number - 1)


def _effect(root: Root, share: Share, rest: float) -> float:
    """Return the part of the final log-ratio that a root makes; what runs tell is exact, however large."""
    if share.of_log_ratio is None:
        return min(rest, 1.0)
    if abs(share.of_log_ratio) > UNDONE and root.run is None:
        return 0.5
    return round(abs(share.of_log_ratio), 6)
