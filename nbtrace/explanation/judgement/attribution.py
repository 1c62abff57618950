"""What each root does to the final intensity: they are put right in turn, and the rest of the trace computed anew."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbtrace.compare.metrics import norm
from nbtrace.explanation.formulas.evaluate import evaluate, propagate, sharpened, value_at
from nbtrace.explanation.judgement.findings import Audit, Status
from nbtrace.explanation.judgement.leftovers import NO_FORMULA
from nbtrace.explanation.judgement.logonly import with_structure_factor
from nbtrace.explanation.judgement.roots import Root
from nbtrace.explanation.scene import Node, UnloggedError, Values, Vector
from nbtrace.quantities import ancestors
from nbtrace.records import Side

_FINALS = ("I_pixel_final", "floatimage_accumulated", "I_before_scaling", "F_latt")
_STEEP = ("scattering_vec_A_inv", "rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms", "hkl_frac")
"""Quantities on which the lattice factor depends steeply: their rounding is what a final value can show of it."""
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
    final = next(
        (name for name in _FINALS if all(Node(name) in v or Node(name, 0) in v for v in values.values())), None
    )
    if final is None:
        return Attribution(None, None, tuple(Share(None, "no final value is on both sides") for _ in roots), None)
    start = current = _log_ratio(values, final)
    if start is None:
        return Attribution(final, None, tuple(_of_zero(root, final) for root in roots), None)
    shares = []
    for root in roots:
        share, current = _share(result, root, values, final, start, current)
        shares.append(share)
    complete = all(share.of_log_ratio is not None or not share.reason for share in shares)
    left = current if complete else None
    allowed = sum(_carried_rounding(result, side, values, final) for side in values) if left else 0.0
    return Attribution(final, start, tuple(shares), left, allowed)


def _carried_rounding(result: Audit, side: Side, values: Mapping[Side, Values], final: str) -> float:
    """Return by how much the logarithm of a side's final value changes with the rounding of :data:`_STEEP`."""
    scene, own = result.scenes[side], values[side]
    total = 0.0
    for node in own:
        rounding = scene.rounding_at(node)
        if node.name not in _STEEP or rounding < _ROUNDED:
            continue
        step = rounding * norm(own[node])
        for i, number in enumerate(own[node]):
            moved = (*own[node][:i], number + step, *own[node][i + 1 :])
            changed = {**values, side: propagate(scene, own, {node: moved})}
            before, after = _log_ratio(values, final), _log_ratio(changed, final)
            total += abs(after - before) if after is not None and before is not None else 0.0
    return total


def _of_zero(root: Root, final: str) -> Share:
    """Return the share where a final value is 0: all of it for a factor that is 0."""
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    logged = root.findings[0].held(side).logged
    if logged == (0.0,) and root.quantity in ancestors(final) and root.status is not Status.LOG_ONLY:
        return Share(1.0, "the factor is 0, and so is the final value")
    return Share(None, "a final value is 0 or negative")


def _share(
    result: Audit, root: Root, values: dict[Side, Values], final: str, start: float, current: float | None
) -> tuple[Share, float | None]:
    if root.status is Status.LOG_ONLY:
        return Share(0.0, "only the log has it wrong", 1.0), current
    if root.findings[0].reason.startswith(NO_FORMULA):
        return Share(None, NO_FORMULA), current
    if root.quantity.endswith("_star_A_inv") and root.cause is not None:
        return Share(0.0, "the intensity is computed from the real vectors", 1.0), current
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    blocked = _blocked(result, root, side, values[side], final)
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
    changes: dict[Node, Vector] = {}
    for finding in root.findings:
        try:
            computed = evaluate(result.scenes[side], {**current, **changes}, finding.node)
        except UnloggedError:
            if finding.node in theirs:
                changes[finding.node] = theirs[finding.node]
            continue
        changes[finding.node] = sharpened(computed, theirs.get(finding.node))
    new = propagate(result.scenes[side], current, changes)
    return with_structure_factor(new, current, theirs)


def _blocked(result: Audit, root: Root, side: Side, values: Values, final: str) -> str:
    """Return why the effect on the final value cannot be computed; empty if it can."""
    names = ancestors(final) | {final}
    for node in values:
        if node.name not in names or not set(root.quantities) & ancestors(node.name):
            continue
        if node.name not in {"I_before_scaling", "I_pixel_final", "F_cell"} or node in {f.node for f in root.findings}:
            continue
        try:
            value_at(result.scenes[side], values, node)
        except UnloggedError as error:
            if node.name != "F_cell":
                return f"{node.label} cannot be computed anew: {error} not logged"
    return ""


def _log_ratio(values: Mapping[Side, Values], final: str) -> float | None:
    numbers = [values[side].get(Node(final), values[side].get(Node(final, 0), (0.0,)))[0] for side in (Side.C, Side.PY)]
    if not all(numbers) or numbers[1] / numbers[0] <= 0:
        return None
    return math.log(numbers[1] / numbers[0])
