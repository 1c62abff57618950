"""What each root does to the final intensity: they are put right in turn, and the rest of the trace computed anew."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbtrace.compare.evaluate import propagate, value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Values, in_order
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Ground
from nbtrace.explanation.audit.leftovers import NO_FORMULA
from nbtrace.explanation.audit.roots import Root
from nbtrace.records import Side
from nbtrace.vocabulary.formula import Lack, UnloggedError, why_not_computed

_ROUNDED = 1e-9
"""Relative rounding from which on its effect on the final value is followed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a root does to the final intensity.

    Attributes
    ----------
    of_log_ratio : float or None
        Share of log(Py/C) of the final quantity that goes when the root is put right; None where it cannot be computed.
    reason : str
        Why not.
    ratio : float or None
        Factor by which the side's final value changes.
    """

    of_log_ratio: float | None
    reason: str = ""
    ratio: float | None = None


@dataclass(frozen=True)
class Attribution:
    """The final ratio taken apart.

    Attributes
    ----------
    final : str or None
        The quantity.
    log_ratio : float or None
        log(Py/C) as logged.
    shares : tuple of Share
        In the order of the roots.
    left : float or None
        log(Py/C) that is left when every root is put right.
    allowed : float
        How large that may be by the rounding of what the lattice factors are computed from; 0 for two logs in double
        precision.
    """

    final: str | None
    log_ratio: float | None
    shares: tuple[Share, ...]
    left: float | None
    allowed: float = 0.0


def attribute(result: Audit, roots: Sequence[Root]) -> Attribution:
    """Put the roots right one after the other, in execution order, and follow the final ratio."""
    values = {side: dict(result.effective[side]) for side in (Side.C, Side.PY)}
    final = next((node for name in result.vocabulary.finals if (node := _final(values, name)) is not None), None)
    if final is None:
        return Attribution(
            None, None, tuple(Share(None, "the logs have no final value in common") for _ in roots), None
        )
    start = current = _log_ratio(values, final)
    if start is None:
        return Attribution(final.name, None, tuple(_of_zero(result, root, final.name) for root in roots), None)
    shares = []
    for root in roots:
        share, current = _share(result, root, values, final, start, current)
        shares.append(share)
    complete = all(share.of_log_ratio is not None or not share.reason for share in shares)
    left = current if complete else None
    allowed = sum(_carried_rounding(result, side, values, final) for side in values) if left else 0.0
    return Attribution(final.name, start, tuple(shares), left, allowed)


def _final(values: Mapping[Side, Values], name: str) -> Node | None:
    """Return the last place at which both sides have a quantity; None if there is none."""
    c, py = ({node for node in own if node.name == name} for own in values.values())
    both = c & py
    first = [node for node in both if not node.place and node.sample <= 0]
    return max(first or both, key=lambda node: (node.place, -node.sample), default=None)


def _carried_rounding(result: Audit, side: Side, values: Mapping[Side, Values], final: Node) -> float:
    """Return by how much the logarithm of a side's final value changes with the rounding of what it depends on."""
    scene, own = result.scenes[side], values[side]
    total = 0.0
    for node in own:
        rounding = scene.rounding_at(node)
        if node.name not in result.physics.steep or rounding < _ROUNDED:
            continue
        step = rounding * norm(own[node])
        for i, number in enumerate(own[node]):
            moved = (*own[node][:i], number + step, *own[node][i + 1 :])
            changed = {**values, side: propagate(scene, own, {node: moved})}
            before, after = _log_ratio(values, final), _log_ratio(changed, final)
            total += abs(after - before) if after is not None and before is not None else 0.0
    return total


def _of_zero(result: Audit, root: Root, final: str) -> Share:
    """Return the share where a final value is 0: all of it for a factor that is 0."""
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    logged = root.findings[0].held(side).logged
    if (
        logged == (0.0,)
        and root.quantity in result.vocabulary.ancestors(final)
        and root.status is not AuditStatus.LOG_ONLY
    ):
        return Share(1.0, "the factor is 0, and so is the final value")
    return Share(None, "a final value is 0 or negative")


def _share(
    result: Audit, root: Root, values: dict[Side, Values], final: Node, start: float, current: float | None
) -> tuple[Share, float | None]:
    if root.status is AuditStatus.LOG_ONLY:
        return Share(0.0, "only the log is wrong", 1.0), current
    if root.findings[0].ground is Ground.NO_FORMULA:
        return Share(None, NO_FORMULA), current
    if root.quantity in result.physics.aside and root.cause is not None:
        return Share(0.0, result.physics.aside[root.quantity], 1.0), current
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    blocked = _blocked(result, root, side, values[side], final.name)
    values[side] = repaired(result, root, side, values)
    after = _log_ratio(values, final)
    if blocked or after is None or current is None:
        return Share(None, blocked or "the final value becomes 0"), after
    ratio = math.exp(abs(after - current)) if abs(after - current) < 700 else math.inf
    return Share((current - after) / start if start else 0.0, "", ratio), after


def repaired(result: Audit, root: Root, side: Side, values: Mapping[Side, Values]) -> Values:
    """Return a side's values with a root put right and everything downstream computed anew."""
    current = values[side]
    theirs = values[Side.PY if side is Side.C else Side.C]
    mended = {finding.node: theirs.get(finding.node) for finding in root.findings}
    new = propagate(result.scenes[side], current, {}, mended)
    return result.physics.followed(new, current, theirs)


def _blocked(result: Audit, root: Root, side: Side, values: Values, final: str) -> str:
    """Return why the effect on the final value cannot be computed; empty if it can."""
    words, carriers = result.vocabulary, result.physics.carriers
    names, own = words.ancestors(final) | {final}, {finding.node for finding in root.findings}
    later = in_order(words, values)
    later = later[later.index(root.node) :] if root.node in values else later
    unmoved = {finding.node for finding in result.findings if finding.status is AuditStatus.MATCH}
    for node in later:
        if node.name not in names or not set(root.quantities) & words.ancestors(node.name):
            continue
        if node in own or (carriers is not None and node.name not in carriers):
            continue
        try:
            value_at(result.scenes[side], values, node)
        except UnloggedError as error:
            # Where a loop ends, such as at the edge of a grid, no relation is formed: what is the same there stays so.
            turned = error.kind is Lack.VALUE and error.args[0] in result.scenes[side].loops
            at_an_end = node in unmoved and (turned or error.kind is Lack.TURN)
            if not at_an_end and node.name not in result.physics.looked_up:
                return f"{node.label} cannot be recomputed: {why_not_computed(str(error), error.kind)}"
    return ""


def _log_ratio(values: Mapping[Side, Values], final: Node) -> float | None:
    numbers = [values[side].get(final, (0.0,))[0] for side in (Side.C, Side.PY)]
    if not all(numbers) or numbers[1] / numbers[0] <= 0:
        return None
    return math.log(numbers[1] / numbers[0])
