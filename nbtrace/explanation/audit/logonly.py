"""Telling a mistake in the computation from one in the log alone: what is computed further down decides."""

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import Computed, evaluate, formula_of, measured, sharpened
from nbtrace.compare.metrics import norm
from nbtrace.compare.propagation import changed_by, propagate
from nbtrace.compare.scene import Node, Scene, Values, Vector, in_order, overlaid
from nbtrace.compare.takers import order_of, takers
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding, RightTurns, held_of
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError


class Use(Enum):
    """What a side goes on with, where its log prints a wrong value."""

    LOGGED = "the logged value"
    RIGHT = "the right value"
    NOTHING = "nothing is computed from it"


_FOLLOWS = "what is computed further down follows from the formula's value, not from the logged one"
_AGREES = "the {} agrees with the other side's nevertheless"
_NAMED = 3
"""Quantities that are named for what follows from a value."""
_MANY = 8
"""Breaks further up from which on it is found out which of them lead to a value."""
_GROSS = 0.01
"""Relative deviation of an intensity from its formula from which on it was not computed from what the log prints."""
_AGREEMENT = 1e-3
"""Relative difference of the intensities under which a gross mistake further up cannot have gone into them."""


def rejoin(result: Audit, side: Side, node: Node) -> bool:
    """Put earlier breaks of a side right, if this value follows from what they should be: only the log has them.

    Returns whether any were.
    """
    suspects = result.suspects
    above = [name for name in suspects.names(side) if _above(result, name, node)]
    if not above:
        return False
    families: dict[str, list[str]] = {}
    for name in above:
        families.setdefault(result.physics.family(name), []).append(name)
    for names in [*reversed(families.values()), *([above] if len(families) > 1 else [])]:
        if suspects.count(side, names) >= _MANY and not _may_follow(result, side, node, names):
            continue
        chosen = suspects.of(side, names)
        supposed = _all_right(result, side, node.name, names)
        if supposed is None:
            continue
        corrected, held = supposed.effective[side], held_of(supposed, side, node)
        if held.holds and _collects(result, side, node, chosen):
            _demote(result, side, chosen, corrected, _FOLLOWS)
            return True
        if _agrees(result, node, _AGREEMENT) and (held.computed is None or _grossly_off(result, side, node)):
            _demote(result, side, suspects.of(side, above), corrected, _AGREES.format(result.vocabulary.outcome))
            return True
    return False


def _all_right(result: Audit, side: Side, name: str, names: list[str]) -> Audit | None:
    """Return the audit with the values right that a quantity depends on and a side breaks; None if nothing tells them.

    It is the same for all turns at which the quantity is held, while nothing else is taken to be right or broken.
    """
    asked, count = (side, name, tuple(names)), result.suspects.count(side, names)
    known = result.all_right.get(asked)
    if known is None or known[0] != count:
        chosen = result.suspects.of(side, names)
        corrected = _corrected(result, side, chosen)
        supposed = None
        if corrected is not None:
            supposed = _supposing(result, side, _upstream(result, side, name, corrected), chosen)
        known = result.all_right[asked] = count, supposed
    return known[1]


def _may_follow(result: Audit, side: Side, node: Node, names: list[str]) -> bool:
    """Whether a value may follow from what suspects should be: it does from those alone that lead to it.

    The suspects of a sweep are of all of its steps, nearly all of which have nothing to do with a value of one step.
    """
    if not node.place or _agrees(result, node, _AGREEMENT):
        return True
    scene, values = result.scenes[side], result.effective[side]
    order = order_of(scene, values)
    leading = result.suspects.leading_to(scene, order, side, names, node)
    if len(leading) == result.suspects.count(side, names):
        return True
    right = _right(result, side, leading)
    if not right:
        return right is None
    above = result.vocabulary.ancestors(node.name)
    changed = changed_by(scene, values, right, among=order.read_for(node.name))
    if not all(other.place for other in changed):
        return True  # What is of no turn may be followed by what no formula computes.
    changed = {other: value for other, value in changed.items() if other.name in above}
    digits = _digits(result, side, overlaid(scene.digits, {}), changed, {item.node for item in leading})
    new = ChainMap(changed, values)
    try:
        return measured(replace(scene, digits=digits), new, node).allows(new[node])
    except UnloggedError:
        return False


def _grossly_off(result: Audit, side: Side, node: Node) -> bool:
    """Whether a value cannot have been computed from what its log prints further up."""
    held = held_of(result, side, node)
    if held.computed is None or held.logged is None or len(held.logged) != len(held.computed.value):
        return False
    off = norm(tuple(x - y for x, y in zip(held.logged, held.computed.value, strict=True)))
    return off > _GROSS * norm(held.logged)


def _collects(result: Audit, side: Side, node: Node, suspects: list[Finding]) -> bool:
    """Whether a value is downstream of all that follows from the suspects' logged values and reaches the pixel."""
    words = result.vocabulary
    upstream = words.ancestors(node.name) | {node.name}
    on_the_way = words.ancestors(words.final) if words.final else words.quantities.keys()
    for item in suspects:
        computed = item.held(side).computed
        if computed is None:
            continue
        taken = consumers(result, side, item.node, computed.value, computed.allowed)
        if any(name in on_the_way and name not in upstream for name in taken.with_logged):
            return False
    return True


def _upstream(result: Audit, side: Side, name: str, corrected: Values) -> Values:
    """Return the corrected values of what a quantity depends on, and the logged ones of everything else."""
    names = result.vocabulary.ancestors(name)
    before = result.effective[side]
    return corrected | {other: before[other] for other in corrected if other.name not in names}


def _agrees(result: Audit, node: Node, within: float) -> bool:
    """Whether the values of both sides are close where they collect everything further up."""
    c, py = (result.effective[side].get(node) for side in (Side.C, Side.PY))
    if node.name not in result.physics.collectors or c is None or py is None or not c[0]:
        return False
    return abs(py[0] / c[0] - 1) < within


def _supposing(result: Audit, side: Side, values: Values, suspects: Iterable[Finding]) -> Audit:
    """Return the audit with corrected values on a side, each as uncertain as what it was computed from makes it.

    The suspects themselves are taken as exact: an uncertain formula must not excuse what follows from it. Their
    printed digits belong to the logged value; of a much smaller corrected one they would be the whole.
    """
    before, scene = result.effective[side], result.scenes[side]
    changed = {node: value for node, value in values.items() if value != before.get(node)}
    digits = _digits(result, side, overlaid(scene.digits, {}), changed, {item.node for item in suspects})
    scenes = {**result.scenes, side: replace(scene, digits=digits)}
    return Audit(scenes, {**result.effective, side: values}, result.findings, at_once=result.at_once)


def _digits(
    result: Audit, side: Side, digits: MutableMapping[Node, Vector], changed: Values, exact: AbstractSet[Node]
) -> MutableMapping[Node, Vector]:
    """Put into the digits of a side's values those of the changed ones, but of exact ones."""
    before, scene = result.effective[side], result.scenes[side]
    for node in exact:
        if node in digits and node in changed:
            old, new = norm(before[node]), norm(changed[node])
            if new < old:
                digits[node] = tuple(digit * new / old for digit in digits[node])
    values = ChainMap(changed, before)
    for node in in_order(result.vocabulary, changed):
        if formula_of(scene, node) is None or node in exact:
            continue
        digits[node] = ()
        try:
            digits[node] = evaluate(replace(scene, digits=digits), values, node).allowed
        except UnloggedError:
            continue
    return digits


def _above(result: Audit, name: str, node: Node) -> bool:
    words = result.vocabulary
    upstream = words.ancestors(node.name)
    return name in upstream or bool(words.equivalent_names(name) & upstream)


def _corrected(result: Audit, side: Side, suspects: Iterable[Finding]) -> Values | None:
    """Return a side's values with suspects set to what their formulas, or the other side, give."""
    changes = _right(result, side, suspects)
    if changes is None:
        return None
    values = propagate(result.scenes[side], result.effective[side], changes)
    return result.physics.followed(values, result.effective[side], result.effective[side.other])


def _right(result: Audit, side: Side, suspects: Iterable[Finding]) -> Values | None:
    """Return what the formulas of suspects, or the other side, give; None if one has neither."""
    changes: Values = {}
    for item in suspects:
        held = item.held(side)
        theirs = result.effective[side.other].get(item.node)
        right = sharpened(held.computed, theirs) if held.computed is not None else theirs
        if right is None:
            return None
        changes[item.node] = right
    return changes


def _demote(result: Audit, side: Side, suspects: list[Finding], corrected: Values, reason: str) -> None:
    supposed = _supposing(result, side, corrected, suspects)
    result.put_all_right(side, corrected, supposed.scenes[side])
    for item in suspects:
        result.take_back(item, replace(item, status=AuditStatus.LOG_ONLY, reason=reason))


def follow_words(quantities: Sequence[str], value: str) -> str:
    """Return that some quantities follow from a value, in words; `value` says whose."""
    return f"{', '.join(quantities[:_NAMED])} follow{'s' if len(quantities) == 1 else ''} from {value}"


def use_of(result: Audit, side: Side, node: Node, right: Vector, uncertain: Vector) -> tuple[Use, str]:
    """Return what a side goes on with in place of a wrong value, and how that is known."""
    taken = consumers(result, side, node, right, uncertain)
    if not taken.with_logged and not taken.with_right:
        physics = result.physics
        leaf = node.name not in physics.ends | physics.never_leaves and not _is_input(result, side, node)
        return (Use.NOTHING, "nothing is computed from it") if leaf else (Use.LOGGED, "")
    if taken.with_right and not taken.with_logged:
        return Use.RIGHT, follow_words(taken.with_right, "the formula's value")
    return Use.LOGGED, ""


class Consumers(NamedTuple):
    """Quantities that take a value: which follow from the logged one only, from another only, and from neither."""

    with_logged: tuple[str, ...]
    with_right: tuple[str, ...]
    with_neither: tuple[str, ...]


def consumers(result: Audit, side: Side, node: Node, right: Vector, uncertain: Vector = ()) -> Consumers:
    """Return which later quantities follow from the logged value and which from another."""
    scene, values = result.scenes[side], result.effective[side]
    own = uncertain or scene.digits.get(node, (0.0,) * len(right))
    fuzzy = replace(scene, digits=overlaid(scene.digits, {node: own}))
    changed = ChainMap({node: right}, values)
    with_logged, with_right, with_neither = [], [], []
    order = order_of(scene, values)
    for other in sorted(set(takers(scene, order, (node,))), key=order.positions.__getitem__):
        if other == node:
            continue
        try:
            before = result.at_once_with(scene, other) or result.measured_once(side, other)
            if node not in before.inputs:
                continue
            after = _at_once_right(result, scene, node, right, own, other) or measured(fuzzy, changed, other)
        except UnloggedError:
            continue
        holds = before.allows(values[other]), after.allows(values[other])
        closer = holds == (False, False) and _nearer(values[other], after.value, before.value)
        if holds == (True, False):
            with_logged.append(other.name)
        elif holds == (False, True) or closer:
            with_right.append(other.name)
        elif holds == (False, False):
            with_neither.append(other.name)
    return Consumers(*(tuple(dict.fromkeys(names)) for names in (with_logged, with_right, with_neither)))


def _at_once_right(
    result: Audit, scene: Scene, node: Node, right: Vector, uncertain: Vector, other: Node
) -> Computed | None:
    """Return what a formula gives with a value of its turn right, as found out for all turns whose values are right.

    None where that is not what is right here, or it is for one value alone.
    """
    if not node.place:
        return None
    known = result.right_turns(scene.side, node, lambda: _right_turns(result, scene, node))
    if known.values.get(node) != right or known.digits.get(node) != uncertain:
        return None
    return known.turns.at(known.scene, ChainMap(known.values, result.effective[scene.side]), other)


def _right_turns(result: Audit, scene: Scene, node: Node) -> RightTurns:
    """Return what a quantity should be at all turns: the other side's value, or the formula's (see `sharpened`)."""
    values, digits, other = Values(), Values(), scene.side.other
    for own in scene.order.by_name[node.name]:
        computed = result.at_once_with(scene, own) if own.sample == node.sample else None
        if computed is not None:
            theirs = result.effective[other].get(own)
            values[own] = sharpened(computed, theirs)
            taken = values[own] is theirs
            digits[own] = result.scenes[other].digits.get(own, ()) if taken else computed.allowed
    there = replace(scene, digits=overlaid(scene.digits, digits))
    return RightTurns(values, digits, there, ComputedTurns(result.at_once))


def _nearer(value: Vector, corrected: Vector, logged: Vector) -> bool:
    """Whether a corrected input brings a value so much nearer to its formula that only an average can be between."""
    if not len(value) == len(corrected) == len(logged):
        return False
    off = [norm(tuple(x - y for x, y in zip(value, item, strict=True))) for item in (corrected, logged)]
    return off[0] < 0.03 * off[1] and off[0] < 0.05 * norm(value)


def _is_input(result: Audit, side: Side, node: Node) -> bool:
    """Whether any formula of that side, or any that is not checkable, takes the value."""
    takers = [name for name, quantity in result.vocabulary.quantities.items() if node.name in quantity.causes]
    logged = result.scenes[side].order.by_name
    return any(name in logged or name in result.physics.ends for name in takers)
