"""Holding every value of both logs against its formula: which side introduces a difference, and which only inherits it.

Neither side is presumed right. A side introduces a difference where it breaks a formula that its own inputs make
checkable, and the other side's value is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nbtrace.compare.evaluate import evaluate, formula_of, obeys, sharpened
from nbtrace.compare.float32_values import is_long
from nbtrace.compare.logs import logs_of
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Place, Scene, Vector, in_order
from nbtrace.explanation.audit.agreeing_turns import num_apart
from nbtrace.explanation.audit.findings import (
    INTRODUCED,
    Audit,
    AuditStatus,
    Finding,
    Ground,
    Held,
    held_of,
    matches,
)
from nbtrace.explanation.audit.logonly import Use, consumers, follow_words, rejoin, use_of
from nbtrace.records import Side
from nbtrace.vocabulary.formula import Lack, UnloggedError, why_not_computed

AMPLIFIES = 1e3
"""Condition number from which on a quantity amplifies what it inherits."""
_SAME_DEVIATION = 1e-3
"""Relative agreement of two deviations from which on both sides break a formula alike."""
_NEARER = 0.1
"""Distance between the sides, over that from the formula, up to which the formula describes neither."""
FOREIGN = "the formula describes neither side"


def audit(c: Scene, py: Scene) -> Audit:
    """Hold both sides against the formulas, in execution order."""
    result = Audit({Side.C: c, Side.PY: py}, {Side.C: c.values.copy(), Side.PY: py.values.copy()})
    result.num_agreeing = num_apart(c, py)
    _undo_habits(result)
    result.at_once = _turns_apart(result)
    differing: set[str] = set()
    for node in in_order(result.vocabulary, c.values.keys() | py.values.keys()):
        findings = _judge(result, node, differing)
        result.findings += findings
        both = node in c.values and node in py.values
        apart = findings[0].is_root or (findings[0].status is not AuditStatus.MATCH and both)
        # From what only a log has wrong nothing follows.
        if apart and findings[0].status is not AuditStatus.LOG_ONLY:
            differing.add(node.name)
    on_both: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.on_both:
            on_both.setdefault(finding.node.name, []).append(finding)
    result.findings = [_by_takers(result, finding, on_both) for finding in result.findings]
    return result


def _turns_apart(result: Audit) -> frozenset[Place]:
    """Return the turns of loops at which the sides have other values, or one has none: formulas matter at these."""
    c, py = (result.effective[side] for side in (Side.C, Side.PY))
    nodes = c.keys() | py.keys()
    return frozenset(node.place for node in nodes if node.place and c.get(node) != py.get(node))


def _undo_habits(result: Audit) -> None:
    """Take what both programs compute with, where a habit of logging hides that the values differ besides."""
    c, py = (result.effective[side] for side in (Side.C, Side.PY))
    logs = logs_of(result.vocabulary)
    for node in c.keys() & py.keys():
        values = logs.undone(node.name, c[node], py[node])
        if values is not None and not _close(*values):
            c[node], py[node] = values


def _close(c: Vector, py: Vector) -> bool:
    return norm(tuple(x - y for x, y in zip(c, py, strict=True))) <= _AS_PRINTED * norm(c)


_AS_PRINTED = 1e-6
"""Relative difference up to which a habit of logging is all that two values differ by."""


def _by_takers(result: Audit, finding: Finding, on_both: Mapping[str, Sequence[Finding]]) -> Finding:
    """Return a finding that no formula decides as one of the log alone, if all that is computed from it agrees."""
    if finding.status is not AuditStatus.UNKNOWN or not finding.is_root:
        return finding
    name, quantities = finding.node.name, result.vocabulary.quantities
    takers = [item for taker, found in on_both.items() if name in quantities[taker].causes for item in found]
    # A product that is 0 on both sides agrees whatever its other factors are.
    if not takers or any(item.status is not AuditStatus.MATCH or not norm(item.c.logged or ()) for item in takers):
        return finding
    names = list(dict.fromkeys(item.node.name for item in takers))
    reason = f"{', '.join(names[:4])}, computed from it, agree on both sides"
    return replace(finding, status=AuditStatus.LOG_ONLY, reason=reason)


def _judge(result: Audit, node: Node, differing: set[str]) -> list[Finding]:
    both = all(node in scene.values for scene in result.scenes.values())
    if both and not any(scene.singles for scene in result.scenes.values()):
        c, py = result.effective[Side.C][node], result.effective[Side.PY][node]
        if c == py:
            held = Held(c, None, "not needed")
            return [Finding(node, AuditStatus.MATCH, held, held)]
    single = _single_alone(result, node) if both else None
    if single is not None:
        return [single]
    if both and matches(result, node):
        values = result.effective
        c, py = values[Side.C][node], values[Side.PY][node]
        held = Held(c, None, "not needed")
        return [Finding(node, AuditStatus.MATCH, held, held if c == py else Held(py, None, "not needed"))]
    broken = [side for side in (Side.C, Side.PY) if _breaks(result, side, node)]
    finding = _finding(result, node, AuditStatus.MATCH)
    if both and matches(result, node):
        return [finding]
    if broken:
        not_theirs = _not_theirs(result, finding) if len(broken) == 2 else None
        return [not_theirs] if not_theirs is not None else [_introduced(result, finding, side) for side in broken]
    if not both:
        known = finding.c.holds or finding.py.holds
        return [
            replace(
                finding, status=AuditStatus.MATCH if known else AuditStatus.UNKNOWN, reason="logged by one side only"
            )
        ]
    obeyed = _obeyed(result, finding) if finding.c.holds and finding.py.holds else None
    return [obeyed or _unchecked(result, finding, differing)]


def _single_alone(result: Audit, node: Node) -> Finding | None:
    """Judge a value that one side alone computes in single precision, and that is another for it; None if it is none.

    Its log is of double precision otherwise. What the value is computed from counts as printed: a float32 that is
    logged with its digits is the very number that the program went on with.
    """
    if not any(scene.singles for scene in result.scenes.values()):
        return None
    alone = [side for side, scene in result.scenes.items() if node in scene.singles and not scene.single]
    if len(alone) != 1 or result.scenes[alone[0].other].single:
        return None
    side = alone[0]
    if not _is_an_exception(result.scenes[side], node):
        return None
    exact = replace(result.scenes[side], singles=frozenset())
    logged = result.effective[side][node]
    try:
        computed = evaluate(exact, result.effective[side], node)
    except UnloggedError:
        return None
    rounded = held_of(result, side, node)
    if computed.allows(logged) or not rounded.holds or formula_of(exact, node) is None:
        return None
    held = replace(rounded, computed=computed)
    other = held_of(result, side.other, node)
    c, py = (held, other) if side is Side.C else (other, held)
    reason = "its digits are those of a float32, while what it is computed from has more"
    return Finding(node, INTRODUCED[side], c, py, side, is_root=True, reason=reason, ground=Ground.SINGLE)


def _is_an_exception(scene: Scene, node: Node) -> bool:
    """Whether single precision is a slip here: it comes from double precision and goes back to it, for few quantities.

    A program of mixed precision computes all of a stage so, on purpose.
    """
    quantities = scene.vocabulary.quantities
    long = {other for other, record in scene.records.items() if any(map(is_long, record.value.tokens))}
    double = {other.name for other in long - scene.singles}
    takers = {name for name, quantity in quantities.items() if node.name in quantity.inputs}
    few = len({other.name for other in long & scene.singles}) <= _FEW
    return few and bool(double & set(quantities[node.name].inputs)) and bool(double & takers)


_FEW = 3
"""Quantities in single precision up to which they are no plan."""


def _obeyed(result: Audit, finding: Finding) -> Finding | None:
    """Judge a value whose formula holds on both sides; None where that decides nothing."""
    apart = _configured_apart(result, finding)
    if apart:
        reason = f"both follow the formula, with different values of {result.physics.setting_words(apart)}"
        return replace(finding, status=AuditStatus.CONFIGURED, is_root=True, reason=reason, settings=apart)
    if _has_other_inputs(result, finding):
        condition = max(held.computed.condition for held in (finding.c, finding.py) if held.computed is not None)
        status = AuditStatus.AMPLIFIED if condition > AMPLIFIES else AuditStatus.INHERITED
        return replace(finding, status=status, reason=f"condition number {condition:.1e}")
    if not _uncertain_facts(result, finding) and _computed_alike(finding):
        return replace(finding, reason="as far apart as digits and precision of equal inputs allow")
    return None


def _not_theirs(result: Audit, finding: Finding) -> Finding | None:
    """Judge a value that breaks its formula on both sides; None where each side breaks it in a way of its own."""
    alike = _alike(finding.c, finding.py)
    if alike and _has_other_inputs(result, finding):
        return replace(finding, status=AuditStatus.INHERITED, reason="both sides differ from the formula alike")
    logged_alone = _log_only_beside(result, finding)
    if logged_alone is not None:
        return logged_alone
    if alike or _is_foreign(finding.c, finding.py):
        return replace(finding, status=AuditStatus.UNKNOWN, is_root=True, reason=FOREIGN)
    return None


def _has_other_inputs(result: Audit, finding: Finding) -> bool:
    """Whether any value that the formulas took is another on either side, so that the difference may come from it."""
    inputs = {node for held in (finding.c, finding.py) if held.computed for node in held.computed.inputs}
    return any(not matches(result, node) for node in inputs)


def _configured_apart(result: Audit, finding: Finding) -> tuple[str, ...]:
    """Return the configuration values, others on either side, without which the difference would be another."""
    told = dict.fromkeys((*_facts(finding.c), *_facts(finding.py)))
    names = tuple(name for name in told if name in result.facts_apart)
    if not names:
        return ()
    exchanged, values = result.with_facts_of_c(names), result.effective[Side.PY]
    known = result.at_once_with(exchanged, finding.node, names)
    try:
        holds = known.allows(values[finding.node]) if known else obeys(exchanged, values, finding.node)
    except UnloggedError:
        return names
    return names if not holds else ()


def _computed_alike(finding: Finding) -> bool:
    """Whether both formulas give the same: one that checks a length alone leaves the direction open."""
    c, py = finding.c.computed, finding.py.computed
    if c is None or py is None or len(c.value) != len(py.value):
        return False
    bounds = (x + y for x, y in zip(c.allowed, py.allowed, strict=True))
    return all(abs(x - y) <= 2 * bound for x, y, bound in zip(c.value, py.value, bounds, strict=True))


def _uncertain_facts(result: Audit, finding: Finding) -> bool:
    """Whether a configuration value is known from rounded digits only."""
    sides = ((Side.C, finding.c), (Side.PY, finding.py))
    return any(result.scenes[side].facts[name].uncertainty for side, held in sides for name in _facts(held))


def _facts(held: Held) -> tuple[str, ...]:
    return held.computed.facts if held.computed is not None else ()


def _log_only_beside(result: Audit, finding: Finding) -> Finding | None:
    """Judge a value that breaks its formula on both sides, where a side goes on with the value that the other logs."""
    for side in (Side.C, Side.PY):
        theirs = result.effective[side.other].get(finding.node)
        if theirs is None or len(theirs) != len(result.effective[side][finding.node]):
            continue
        uncertain = result.scenes[side.other].digits.get(finding.node, ())
        taken = consumers(result, side, finding.node, theirs, uncertain)
        if taken.with_right and not taken.with_logged:
            result.put_right(side, finding.node, theirs, uncertain)
            words = follow_words(taken.with_right, "the other side's value")
            return replace(finding, status=AuditStatus.LOG_ONLY, side=side, is_root=True, reason=words)
    return None


def _finding(result: Audit, node: Node, status: AuditStatus) -> Finding:
    return Finding(node, status, held_of(result, Side.C, node), held_of(result, Side.PY, node))


def _breaks(result: Audit, side: Side, node: Node) -> bool:
    """Whether a side breaks the formula even if what only its log has wrong further up is put right."""
    held = held_of(result, side, node)
    if held.holds or held.logged is None or formula_of(result.scenes[side], node) is None:
        return False
    return not rejoin(result, side, node) and held.broken


def _alike(c: Held, py: Held) -> bool:
    """Whether both sides deviate from the formula in the same way, so that it is not theirs."""
    if c.computed is None or py.computed is None or c.logged is None or py.logged is None:
        return False
    if len(c.logged) != len(c.computed.value) or len(py.logged) != len(py.computed.value):
        return False
    off_c = tuple(x - y for x, y in zip(c.logged, c.computed.value, strict=True))
    off_py = tuple(x - y for x, y in zip(py.logged, py.computed.value, strict=True))
    apart = norm(tuple(x - y for x, y in zip(off_c, off_py, strict=True)))
    return apart <= _SAME_DEVIATION * min(norm(off_c), norm(off_py), norm(c.logged), norm(py.logged))


def _is_foreign(c: Held, py: Held) -> bool:
    """Whether both sides are much nearer to each other than to the formula, so that it describes neither."""
    if c.computed is None or py.computed is None or c.logged is None or py.logged is None:
        return False
    if len({len(c.logged), len(py.logged), len(c.computed.value), len(py.computed.value)}) > 1:
        return False
    between = norm(tuple(x - y for x, y in zip(c.logged, py.logged, strict=True)))
    off = [
        norm(tuple(x - y for x, y in zip(held.logged or (), held.computed.value, strict=True)))
        for held in (c, py)
        if held.computed is not None
    ]
    return between <= _NEARER * min(off)


def _introduced(result: Audit, finding: Finding, side: Side) -> Finding:
    computed = finding.held(side).computed
    assert computed is not None  # noqa: S101 - a broken formula has a value
    theirs = result.effective[side.other].get(finding.node)
    right = sharpened(computed, theirs)
    uncertain = computed.allowed if right != theirs else result.scenes[side.other].digits.get(finding.node, ())
    use, reason = use_of(result, side, finding.node, right, uncertain)
    if use is not Use.LOGGED:
        if use is Use.RIGHT:
            result.put_right(side, finding.node, right, uncertain)
        return replace(finding, status=AuditStatus.LOG_ONLY, side=side, is_root=True, reason=reason)
    return replace(finding, status=INTRODUCED[side], side=side, is_root=True)


def _inputs_agree(result: Audit, finding: Finding, differing: set[str]) -> bool:
    """Whether both sides log the inputs of a value, and the same values.

    A formula takes some inputs only where others are not logged: where it lacks none but something else, those that
    neither side logs do not matter.
    """
    inputs = set(result.vocabulary.quantities[finding.node.name].causes)
    logged = [scene.order.by_name.keys() & inputs for scene in result.scenes.values()]
    wanted = inputs
    if all(held.lack not in {Lack.FORMULA, Lack.VALUE, None} for held in (finding.c, finding.py)):
        wanted = set.union(*logged)
    return bool(wanted) and all(names >= wanted for names in logged) and not differing & wanted


def _unchecked(result: Audit, finding: Finding, differing: set[str]) -> Finding:
    """Judge a difference that no formula decides."""
    node, words = finding.node, result.vocabulary
    upstream = words.ancestors(node.name)
    if node.name in result.physics.looked_up and not differing & set(words.quantities[node.name].causes):
        upstream = frozenset()  # what is looked up stays the same unless the index is another
    unheld = finding.c if finding.c.lacking else finding.py
    reason = why_not_computed(unheld.lacking, unheld.lack)
    inherits = upstream & differing or any(words.equivalent_names(name) & differing for name in upstream)
    if inherits and not _inputs_agree(result, finding, differing):
        return replace(finding, status=AuditStatus.UNKNOWN, reason=reason)
    for side in (Side.PY, Side.C):
        theirs = result.effective[side.other][node]
        habit = result.physics.habit(result, side, node, theirs)
        if habit:
            result.put_right(side, node, theirs, result.scenes[side.other].digits.get(node, ()))
            return replace(finding, status=AuditStatus.LOG_ONLY, side=side, is_root=True, reason=habit)
        taken = consumers(result, side, node, theirs)
        only_right = taken.with_right and not taken.with_logged and not taken.with_neither
        if only_right and len(theirs) == len(result.effective[side][node]):
            result.put_right(side, node, theirs, result.scenes[side.other].digits.get(node, (0.0,) * len(theirs)))
            follows = follow_words(taken.with_right, "the other side's value")
            return replace(finding, status=AuditStatus.LOG_ONLY, side=side, is_root=True, reason=follows)
    return replace(finding, status=AuditStatus.UNKNOWN, is_root=True, reason=reason)
