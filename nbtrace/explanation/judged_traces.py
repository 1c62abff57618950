"""Two compared traces for waivers and histories: each quantity with its largest difference, its side, its cause."""

from collections.abc import Iterator

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.divergence import Group
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.explain import Explanation
from nbtrace.records import Side
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.waivers import JudgedCase, JudgedQuantity

_SIDES = {Side.C: "c", Side.PY: "py", Side.UNKNOWN: "unknown"}
_FOLLOWS = frozenset({AuditStatus.INHERITED, AuditStatus.AMPLIFIED, AuditStatus.MATCH})


def judged_traces(
    name: str, result: DiffResult, explanation: Explanation | None = None, *, strict: bool = False
) -> JudgedCase:
    """Return what a comparison of two traces found, as a case of this name.

    Parameters
    ----------
    name : str
    result : DiffResult
        Of whole traces: one that keeps but a part of the rows of long logs does not tell the largest difference.
    explanation : Explanation, optional
        Of the same traces; it tells sides and causes, and what differs only because of its inputs.
    strict : bool
        Whether what one side alone has was counted as a difference.
    """
    told = {} if explanation is None else _told(explanation)
    follows = frozenset[str]() if explanation is None else _inherited(result, explanation)
    quantities = tuple(judged_group(group, *told.get(group.quantity, ("", "")), follows) for group in result.groups)
    return JudgedCase(name, quantities, tuple(_others(result, strict=strict)))


def judged_group(
    group: Group, side: str = "", cause: str = "", follows: frozenset[str] = frozenset()
) -> JudgedQuantity:
    """Return all rows of a quantity as one: the status that is shown, and the largest difference."""
    found = [row.difference for row in group.rows if row.difference is not None]
    blind = any(row.difference is None and row.status.diverges for row in group.rows)
    tolerance = group.shown.tolerance
    if blind or not found:
        return JudgedQuantity(
            group.quantity, group.status, tolerance=tolerance.value, basis=tolerance.basis, side=side, cause=cause
        )
    digits = [item.digits for item in found if item.digits is not None]
    return JudgedQuantity(
        group.quantity,
        group.status,
        max(abs(item.relative) for item in found),
        max(abs(item.delta[item.worst]) for item in found),
        min(digits, default=None),
        tolerance.value,
        tolerance.basis,
        side,
        cause,
        group.quantity in follows,
    )


def _told(explanation: Explanation) -> dict[str, tuple[str, str]]:
    """Return side and cause of each quantity that shows a root; a root that counts more goes before."""
    told: dict[str, tuple[str, str]] = {}
    for root, _ in explanation.ranked:
        cause = "" if root.cause is None or root.is_refuted else root.cause.signature.name
        for quantity in root.quantities:
            told.setdefault(quantity, (_SIDES[root.side], cause))
    return told


def _inherited(result: DiffResult, explanation: Explanation) -> frozenset[str]:
    """Return the quantities that follow from others that diverge, and whose formula holds on both sides everywhere.

    An explanation is of one pixel; of logs of several it tells nothing of the others.
    """
    if len(result.c.blocks) != 1 or len(result.py.blocks) != 1:
        return frozenset()
    found: dict[str, set[AuditStatus]] = {}
    for item in explanation.findings:
        found.setdefault(item.node.name, set()).add(item.status)
    depending = (item.group.quantity for item in result.divergences if not item.is_root)
    return frozenset(
        name for name in depending if found.get(name, set()) - {AuditStatus.MATCH} and found[name] <= _FOLLOWS
    )


def _others(result: DiffResult, *, strict: bool) -> Iterator[str]:
    """Yield what keeps the traces from agreement besides quantities that diverge."""
    covered, many = result.coverage, 0
    if result.verdict is Verdict.NOT_COMPARABLE:
        yield "the logs are not comparable"
    for side, trace, gaps in zip(result.names.pair, (result.c, result.py), result.gaps, strict=True):
        if gaps.are_differences:
            many += 1
            yield f"{side} lacks values, steps or pixels that the other has"
        if trace.account.torn:
            many += 1
            yield f"{side} ends in the middle of a line"
        if strict and trace.account.unreadable:
            many += 1
            yield f"{side} has {len(trace.account.unreadable)} unreadable lines"
    for quantity in sorted(result.conflicts):
        many += 1
        yield f"{quantity} stands twice and differently at one place"
    if strict and (covered.missing_on_c or covered.missing_on_py):
        many += 1
        yield "quantities that one side alone has (--strict)"
    if result.verdict is Verdict.DIFFER and not many and not result.divergences:
        yield "not everything could be compared"
