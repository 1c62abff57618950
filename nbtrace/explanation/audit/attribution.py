"""What each root does to the final intensity: they are put right in turn, and the rest of the trace computed anew."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.propagation import propagate
from nbtrace.compare.scene import ALL, Node, Scene, Values, in_order
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Ground
from nbtrace.explanation.audit.leftovers import NO_FORMULA
from nbtrace.explanation.audit.roots import Root
from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.formula import Lack, UnloggedError, why_not_computed
from nbtrace.vocabulary.vocabulary import REPEAT

_LARGEST_LOG = 700.0
"""Logarithm of a ratio that is still a number."""
_ROUNDED = 1e-9
"""Relative rounding from which on its effect on the final value is followed."""


@frozen
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


@frozen
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
    values = {side: result.effective[side].copy() for side in (Side.C, Side.PY)}
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
    shares, current = _with_the_rest(result, roots, shares, final, start, current)
    complete = all(share.of_log_ratio is not None or not share.reason for share in shares)
    left = current if complete else None
    allowed = sum(_carried_rounding(result, side, values, final) for side in values) if left else 0.0
    return Attribution(final.name, start, tuple(shares), left, allowed)


def _with_the_rest(
    result: Audit, roots: Sequence[Root], shares: list[Share], final: Node, start: float, current: float | None
) -> tuple[list[Share], float | None]:
    """Return the shares; the one that cannot be computed is what the others leave, where nothing else can make it."""
    unknown = [i for i, share in enumerate(shares) if share.of_log_ratio is None]
    if len(unknown) != 1 or not start or final.name not in _later(result, roots[unknown[0]]):
        return shares, current
    if roots[unknown[0]].findings[0].ground is Ground.NO_FORMULA or _unsettled(result, final):
        return shares, current
    rest = 1.0 - math.fsum(share.of_log_ratio or 0.0 for share in shares)
    ratio = math.exp(abs(rest * start)) if abs(rest * start) < _LARGEST_LOG else math.inf
    shares = [Share(rest, "what the others leave", ratio) if i in unknown else share for i, share in enumerate(shares)]
    return shares, 0.0


def _later(result: Audit, root: Root) -> frozenset[str]:
    """Return the quantities that are computed from a root."""
    words = result.vocabulary
    names = words.quantities.keys()
    return frozenset(name for name in names if set(root.quantities) & (words.ancestors(name) | {name}))


def _unsettled(result: Audit, final: Node) -> bool:
    """Whether a value from which the final one is computed differs without being known to follow from a root."""
    names = result.vocabulary.ancestors(final.name) | {final.name}
    open_ = (item for item in result.findings if item.status is AuditStatus.UNKNOWN and not item.is_root)
    return any(item.node.name in names and item.on_both for item in open_)


def _final(values: Mapping[Side, Values], name: str) -> Node | None:
    """Return the last place at which both sides have a quantity; None if there is none.

    A value of no turn is the final one, unless it is of the first turn of a loop that nobody names.
    """
    c, py = ({node for node in own if node.name == name} for own in values.values())
    both = c & py
    turns = any(node.ordinal(REPEAT) != ALL for node in both)
    first = [] if turns else [node for node in both if not node.place and node.sample <= 0]
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
    if root.status is AuditStatus.LOG_ONLY:
        return Share(0.0, "only the log is wrong", 1.0)
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    logged = root.findings[0].held(side).logged
    if logged == (0.0,) and root.quantity in result.vocabulary.ancestors(final):
        return Share(1.0, "the factor is 0, and so is the final value")
    return Share(None, "a final value is 0 or negative")


def _share(
    result: Audit, root: Root, values: dict[Side, Values], final: Node, start: float, current: float | None
) -> tuple[Share, float | None]:
    if root.status is AuditStatus.LOG_ONLY:
        return Share(0.0, "only the log is wrong", 1.0), current
    if root.findings[0].ground is Ground.NO_FORMULA:
        return Share(None, NO_FORMULA), current
    if not result.vocabulary.ancestors(final.name):
        return Share(None, f"no formula leads to {final.name}"), current
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    if root.run is not None and root.run.share is not None and current is not None:
        values[side] = repaired(result, root, side, values)
        return Share(root.run.share, "", root.run.ratio), current - root.run.share * start
    aside = result.physics.without_effect(result, root.node, named=root.cause is not None)
    if aside:
        return Share(0.0, aside, 1.0), current
    blocked = _blocked(result, root, side, values[side], final.name)
    values[side] = repaired(result, root, side, values)
    after = _log_ratio(values, final)
    if blocked or after is None or current is None:
        return Share(None, blocked or "the final value becomes 0"), after
    ratio = math.exp(abs(after - current)) if abs(after - current) < _LARGEST_LOG else math.inf
    return Share((current - after) / start if start else 0.0, "", ratio), after


def repaired(result: Audit, root: Root, side: Side, values: Mapping[Side, Values]) -> Values:
    """Return a side's values with a root put right and everything downstream computed anew."""
    current = values[side]
    theirs = values[side.other]
    mended = {finding.node: theirs.get(finding.node) for finding in root.findings}
    new = propagate(configured_alike(result, root, side), current, {}, mended)
    return result.physics.followed(new, current, theirs)


def configured_alike(result: Audit, root: Root, side: Side) -> Scene:
    """Return a side with the other's configuration values, where a root is that they have them apart."""
    scene, other = result.scenes[side], result.scenes[side.other]
    names = {name for finding in root.findings for name in finding.settings}
    return replace(scene, facts={**scene.facts, **{name: other.facts[name] for name in names}}) if names else scene


def _blocked(result: Audit, root: Root, side: Side, values: Values, final: str) -> str:
    """Return why the effect on the final value cannot be computed; empty if it can."""
    words, carriers = result.vocabulary, result.physics.carriers
    names, own = words.ancestors(final) | {final}, {finding.node for finding in root.findings}
    later = in_order(words, values)
    later = later[later.index(root.node) :] if root.node in values else later
    unmoved = {finding.node for finding in result.findings if finding.status is AuditStatus.MATCH}
    roots = frozenset(root.quantities)
    scene, turns = result.scenes[side], ComputedTurns(errors=False)
    for node in later:
        if node.name not in names or roots.isdisjoint(words.ancestors(node.name)):
            continue
        if node in own or (carriers is not None and node.name not in carriers and node in unmoved):
            continue
        try:
            if turns.at(scene, values, node) is None:
                value_at(scene, values, node)
        except UnloggedError as error:
            # Where a loop ends, such as at the edge of a grid, no relation is formed: what is the same there stays so.
            turned = error.kind is Lack.VALUE and error.args[0] in scene.loops
            at_an_end = node in unmoved and (turned or error.kind is Lack.TURN)
            if not at_an_end and node.name not in result.physics.looked_up:
                return f"{node.label} cannot be recomputed: {why_not_computed(str(error), error.kind)}"
    return ""


def _log_ratio(values: Mapping[Side, Values], final: Node) -> float | None:
    numbers = [values[side].get(final, (0.0,))[0] for side in (Side.C, Side.PY)]
    if not all(numbers) or numbers[1] / numbers[0] <= 0:
        return None
    return math.log(numbers[1] / numbers[0])
