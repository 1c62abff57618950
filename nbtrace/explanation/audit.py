"""Holding every value of both logs against its formula: which side introduces a difference, and which only inherits it.

Neither side is presumed right. A side introduces a difference where it breaks a formula that its own inputs make
checkable, and the other side's value is another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nbtrace.compare.metrics import norm
from nbtrace.explanation.evaluate import Computed, evaluate, formula_of, propagate
from nbtrace.explanation.scene import Node, Scene, UnloggedError, Values, Vector, rank
from nbtrace.quantities import QUANTITIES, ancestors, equivalents
from nbtrace.records import Side

AMPLIFIES = 1e3
"""Condition number from which on a quantity amplifies what it inherits."""

_SAME_DEVIATION = 1e-3
"""Relative agreement of two deviations from which on both sides break a formula alike."""


class Status(StrEnum):
    """What became of one value on both sides."""

    MATCH = "MATCH"
    INHERITED = "INHERITED"
    AMPLIFIED = "AMPLIFIED"
    INTRODUCED_C = "INTRODUCED_C"
    INTRODUCED_PY = "INTRODUCED_PY"
    LOG_ONLY = "LOG_ONLY"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Held:
    """A side's value against its formula.

    Attributes
    ----------
    logged : tuple of float or None
    computed : Computed or None
        None where the inputs are not logged.
    lacking : str
        What is not logged.
    """

    logged: Vector | None
    computed: Computed | None
    lacking: str = ""

    @property
    def broken(self) -> bool:
        """Whether the value is another than the formula's, by more than digits and precision allow."""
        return self.computed is not None and self.logged is not None and _outside(self.logged, self.computed)

    @property
    def holds(self) -> bool:
        """Whether the formula is known to hold."""
        return self.computed is not None and not self.broken


@dataclass(frozen=True, slots=True)
class Finding:
    """What the audit says of one value.

    Attributes
    ----------
    node : Node
    status : Status
    c, py : Held
    side : Side
        The side that introduces the difference or logs it wrongly; UNKNOWN where the logs cannot tell.
    is_root : bool
    reason : str
    """

    node: Node
    status: Status
    c: Held
    py: Held
    side: Side = Side.UNKNOWN
    is_root: bool = False
    reason: str = ""

    def held(self, side: Side) -> Held:
        """Return one side's part."""
        return self.c if side is Side.C else self.py


@dataclass
class Audit:
    """All findings in execution order, and the values that the physics downstream was seen to use.

    Attributes
    ----------
    scenes : dict of Side to Scene
    effective : dict of Side to Values
        Logged values, with those that only the log has wrong put right.
    findings : list of Finding
    """

    scenes: dict[Side, Scene]
    effective: dict[Side, Values]
    findings: list[Finding] = field(default_factory=list)

    @property
    def roots(self) -> list[Finding]:
        """The findings that introduce a difference, in execution order."""
        return [finding for finding in self.findings if finding.is_root]

    def finding(self, node: Node) -> Finding | None:
        """Return the finding of a value."""
        return next((item for item in self.findings if item.node == node), None)


def audit(c: Scene, py: Scene) -> Audit:
    """Hold both sides against the formulas, in execution order."""
    result = Audit({Side.C: c, Side.PY: py}, {Side.C: dict(c.values), Side.PY: dict(py.values)})
    differing: set[str] = set()
    for node in sorted(c.values.keys() | py.values.keys(), key=rank):
        findings = _judge(result, node, differing)
        result.findings += findings
        both = node in c.values and node in py.values
        if findings[0].is_root or (findings[0].status is not Status.MATCH and both):
            differing.add(node.name)
    return result


def _held(result: Audit, side: Side, node: Node) -> Held:
    values = result.effective[side]
    logged = values.get(node)
    if logged is None:
        return Held(None, None, "not logged")
    try:
        return Held(logged, evaluate(result.scenes[side], values, node))
    except UnloggedError as error:
        return Held(logged, None, str(error))


def _outside(logged: Vector, computed: Computed) -> bool:
    if len(logged) != len(computed.value):
        return True
    return any(abs(x - y) > bound for x, y, bound in zip(logged, computed.value, computed.allowed, strict=True)) and (
        _beyond_digits(logged, computed)
    )


def _beyond_digits(logged: Vector, computed: Computed) -> bool:
    return logged != computed.value


def noise(scenes: Mapping[Side, Scene], node: Node) -> Vector:
    """Return the difference between the sides that printed digits and precision make for a given value."""
    bounds = [0.0] * len(scenes[Side.C].values.get(node, scenes[Side.PY].values.get(node, ())))
    rounding = max(scene.rounding for scene in scenes.values())
    for scene in scenes.values():
        if node in scene.values:
            size = rounding * norm(scene.values[node])
            digits = scene.digits.get(node, ())
            bounds = [bound + digit for bound, digit in zip(bounds, digits, strict=False)] or bounds
            bounds = [bound + size for bound in bounds]
    return tuple(bounds)


def _match(result: Audit, node: Node) -> bool:
    c, py = (result.effective[side].get(node) for side in (Side.C, Side.PY))
    if c is None or py is None or len(c) != len(py):
        return False
    return all(abs(x - y) <= bound for x, y, bound in zip(c, py, noise(result.scenes, node), strict=True))


def _judge(result: Audit, node: Node, differing: set[str]) -> list[Finding]:
    both = all(node in scene.values for scene in result.scenes.values())
    if both and _match(result, node):
        values = result.effective
        held_c, held_py = (Held(values[side][node], None, "not needed") for side in (Side.C, Side.PY))
        return [Finding(node, Status.MATCH, held_c, held_py)]
    broken = [side for side in (Side.C, Side.PY) if _breaks(result, side, node)]
    finding = _finding(result, node, Status.MATCH)
    if both and _match(result, node):
        return [finding]
    if len(broken) == 2 and _alike(finding.c, finding.py):
        return [replace(finding, status=Status.INHERITED, reason="both sides differ from the formula alike")]
    if broken:
        return [_introduced(result, finding, side) for side in broken]
    if not both:
        known = finding.c.holds or finding.py.holds
        return [replace(finding, status=Status.MATCH if known else Status.UNKNOWN, reason="logged by one side only")]
    if finding.c.holds and finding.py.holds and _has_other_inputs(result, finding):
        condition = max(held.computed.condition for held in (finding.c, finding.py) if held.computed is not None)
        status = Status.AMPLIFIED if condition > AMPLIFIES else Status.INHERITED
        return [replace(finding, status=status, reason=f"condition number {condition:.1e}")]
    return [_unchecked(result, finding, differing)]


def _has_other_inputs(result: Audit, finding: Finding) -> bool:
    """Whether any value that the formulas took is another on either side, so that the difference may come from it."""
    inputs = {node for held in (finding.c, finding.py) if held.computed for node in held.computed.inputs}
    uncertain = any(
        result.scenes[side].facts[name].uncertainty
        for side, held in ((Side.C, finding.c), (Side.PY, finding.py))
        if held.computed
        for name in held.computed.facts
    )
    return any(not _match(result, node) for node in inputs) or not uncertain


def _finding(result: Audit, node: Node, status: Status) -> Finding:
    return Finding(node, status, _held(result, Side.C, node), _held(result, Side.PY, node))


def _breaks(result: Audit, side: Side, node: Node) -> bool:
    """Whether a side breaks the formula even if what only its log has wrong further up is put right."""
    held = _held(result, side, node)
    if held.holds or held.logged is None or formula_of(node) is None:
        return False
    return not _rejoins(result, side, node) and held.broken


def _rejoins(result: Audit, side: Side, node: Node) -> bool:
    """Put earlier breaks of a side right, if this value follows from what they should be: only the log has them."""
    suspects = [item for item in result.findings if item.side is side and item.status in _OPEN and _above(item, node)]
    if not suspects:
        return False
    families: dict[str, list[Finding]] = {}
    for item in suspects:
        families.setdefault(family(item.node.name), []).append(item)
    for chosen in [*reversed(families.values()), *([suspects] if len(families) > 1 else [])]:
        corrected = _corrected(result, side, chosen)
        if corrected is None:
            continue
        corrected = _upstream(result, side, node, corrected)
        held = _held(_supposing(result, side, corrected), side, node)
        if held.holds and _collects(result, side, node, chosen):
            _demote(result, side, chosen, corrected, _FOLLOWS)
            return True
        if held.computed is None and _agrees(result, node, _AGREEMENT):
            _demote(result, side, suspects, corrected, _AGREES)
            return True
    return False


def _collects(result: Audit, side: Side, node: Node, suspects: list[Finding]) -> bool:
    """Whether a value is downstream of all that follows from the suspects' logged values and reaches the pixel."""
    upstream = ancestors(node.name) | {node.name}
    for item in suspects:
        computed = item.held(side).computed
        if computed is None:
            continue
        with_logged, _ = consumers(result, side, item.node, computed.value, computed.allowed)
        if any(name in _ON_THE_WAY and name not in upstream for name in with_logged):
            return False
    return True


_ON_THE_WAY = ancestors("I_pixel_final")


def family(name: str) -> str:
    """Return the name that quantities share which one mistake makes wrong together."""
    if name.startswith("rot_"):
        return "reciprocal" if name.endswith("_star_A_inv") else "orientation"
    return name.removeprefix("phi_") if name.startswith("phi_F") else name


def _upstream(result: Audit, side: Side, node: Node, corrected: Values) -> Values:
    """Return the corrected values of what a quantity depends on, and the logged ones of everything else."""
    names = ancestors(node.name)
    before = result.effective[side]
    return {other: value if other.name in names else before[other] for other, value in corrected.items()}


_FOLLOWS = "what is computed further down follows from the formula's value, not from the logged one"
_AGREES = "the intensity, which cannot be computed anew, agrees with the other side's nevertheless"
_AGREEMENT = 1e-3
"""Relative difference of the intensities under which a gross mistake further up cannot have gone into them."""


def _agrees(result: Audit, node: Node, within: float) -> bool:
    """Whether the intensities of both sides are close; only they collect everything further up."""
    c, py = (result.effective[side].get(node) for side in (Side.C, Side.PY))
    if node.name != "I_before_scaling" or c is None or py is None or not c[0]:
        return False
    return abs(py[0] / c[0] - 1) < within


def _supposing(result: Audit, side: Side, values: Values) -> Audit:
    """Return the audit with corrected values on a side, each as uncertain as what it was computed from makes it."""
    before, scene = result.effective[side], result.scenes[side]
    digits = dict(scene.digits)
    for node in sorted(values, key=rank):
        if values[node] == before.get(node) or formula_of(node) is None:
            continue
        scene = replace(scene, digits=digits)
        try:
            digits[node] = evaluate(scene, values, node).allowed
        except UnloggedError:
            continue
    scenes = {**result.scenes, side: replace(scene, digits=digits)}
    return Audit(scenes, {**result.effective, side: values}, result.findings)


_OPEN = frozenset({Status.INTRODUCED_C, Status.INTRODUCED_PY})


def _above(finding: Finding, node: Node) -> bool:
    name = finding.node.name
    upstream = ancestors(node.name)
    return name in upstream or bool(equivalents(name) & upstream)


def _corrected(result: Audit, side: Side, suspects: Iterable[Finding]) -> Values | None:
    """Return a side's values with suspects set to what their formulas, or the other side, give."""
    changes: dict[Node, Vector] = {}
    for item in suspects:
        held = item.held(side)
        right = held.computed.value if held.computed is not None else result.effective[_other(side)].get(item.node)
        if right is None:
            return None
        changes[item.node] = right
    values = propagate(result.scenes[side], result.effective[side], changes)
    return with_structure_factor(values, result.effective[side], result.effective[_other(side)])


def with_structure_factor(values: Values, before: Values, theirs: Values) -> Values:
    """Take the other side's F_cell where changed indices have become its own; the list of reflections is not logged."""
    new = dict(values)
    for node in values:
        index = Node("hkl_rounded", node.sample)
        moved = node.name == "F_cell" and values.get(index) != before.get(index)
        if moved and values.get(index) == theirs.get(index) and node in theirs:
            new[node] = theirs[node]
    return new


def _demote(result: Audit, side: Side, suspects: list[Finding], corrected: Values, reason: str) -> None:
    supposed = _supposing(result, side, corrected)
    result.scenes[side] = supposed.scenes[side]
    result.effective[side] = corrected
    for item in suspects:
        place = result.findings.index(item)
        result.findings[place] = replace(item, status=Status.LOG_ONLY, reason=reason)


def _other(side: Side) -> Side:
    return Side.PY if side is Side.C else Side.C


def _alike(c: Held, py: Held) -> bool:
    """Whether both sides deviate from the formula in the same way, so that it is not theirs."""
    if c.computed is None or py.computed is None or c.logged is None or py.logged is None:
        return False
    if len(c.logged) != len(c.computed.value) or len(py.logged) != len(py.computed.value):
        return False
    off_c = tuple(x - y for x, y in zip(c.logged, c.computed.value, strict=True))
    off_py = tuple(x - y for x, y in zip(py.logged, py.computed.value, strict=True))
    return norm(tuple(x - y for x, y in zip(off_c, off_py, strict=True))) <= _SAME_DEVIATION * norm(off_c)


def _introduced(result: Audit, finding: Finding, side: Side) -> Finding:
    computed = finding.held(side).computed
    assert computed is not None  # noqa: S101 - a broken formula has a value
    verdict = _log_only(result, side, finding.node, computed)
    if verdict:
        if verdict != _LEAF:
            _put_right(result, side, finding.node, computed.value, computed.allowed)
        return replace(finding, status=Status.LOG_ONLY, side=side, is_root=True, reason=verdict)
    status = Status.INTRODUCED_C if side is Side.C else Status.INTRODUCED_PY
    return replace(finding, status=status, side=side, is_root=True)


def _put_right(result: Audit, side: Side, node: Node, value: Vector, uncertain: Vector) -> None:
    scene = result.scenes[side]
    result.effective[side][node] = value
    result.scenes[side] = replace(scene, digits={**scene.digits, node: uncertain})


def _inputs_agree(result: Audit, node: Node, differing: set[str]) -> bool:
    """Whether both sides log every direct input of a quantity, and the same values."""
    inputs = QUANTITIES[node.name].inputs
    logged = [{other.name for other in scene.values} for scene in result.scenes.values()]
    return bool(inputs) and all(name in names for names in logged for name in inputs) and not differing & set(inputs)


_ENDS = frozenset({"I_pixel_final", "floatimage_accumulated", "I_before_scaling_post_polar"})
_LEAF = "nothing is computed from it"


def _log_only(result: Audit, side: Side, node: Node, right: Computed) -> str:
    """Return why a wrong value is wrong in the log alone; empty if the computation goes on with it."""
    with_logged, with_right = consumers(result, side, node, right.value, right.allowed)
    if not with_logged and not with_right:
        leaf = node.name not in _ENDS and not _is_input(result, side, node)
        return _LEAF if leaf else ""
    if with_right and not with_logged:
        return f"{', '.join(with_right[:3])} follow from the formula's value"
    return ""


def consumers(
    result: Audit, side: Side, node: Node, right: Vector, uncertain: Vector = ()
) -> tuple[list[str], list[str]]:
    """Return which later quantities follow from the logged value only, and which from another value only."""
    scene, values = result.scenes[side], result.effective[side]
    fuzzy = replace(scene, digits={**scene.digits, node: uncertain or scene.digits.get(node, (0.0,) * len(right))})
    changed = {**values, node: right}
    with_logged, with_right = [], []
    for other in sorted(values, key=rank):
        if other == node or formula_of(other) is None:
            continue
        try:
            logged = evaluate(scene, values, other)
            if node not in logged.inputs:
                continue
            corrected = evaluate(fuzzy, changed, other)
        except UnloggedError:
            continue
        holds = not _outside(values[other], logged), not _outside(values[other], corrected)
        if holds == (True, False):
            with_logged.append(other.name)
        elif holds == (False, True) or (holds == (False, False) and _nearer(values[other], corrected, logged)):
            with_right.append(other.name)
    return list(dict.fromkeys(with_logged)), list(dict.fromkeys(with_right))


def _nearer(value: Vector, corrected: Computed, logged: Computed) -> bool:
    """Whether a corrected input brings a value so much nearer to its formula that only an average can be between."""
    if len(value) != len(corrected.value):
        return False
    off = [norm(tuple(x - y for x, y in zip(value, item.value, strict=True))) for item in (corrected, logged)]
    return off[0] < 0.03 * off[1] and off[0] < 0.05 * norm(value)


def _is_input(result: Audit, side: Side, node: Node) -> bool:
    """Whether any formula of that side, or any that is not checkable, takes the value."""
    takers = [name for name, quantity in QUANTITIES.items() if node.name in quantity.inputs]
    logged = {other.name for other in result.scenes[side].values}
    return any(name in logged or name in _ENDS for name in takers)


def _unchecked(result: Audit, finding: Finding, differing: set[str]) -> Finding:
    """Judge a difference that no formula decides."""
    node = finding.node
    upstream = ancestors(node.name)
    reason = f"inputs not logged: {finding.c.lacking or finding.py.lacking}"
    inherits = upstream & differing or any(equivalents(name) & differing for name in upstream)
    if inherits and not _inputs_agree(result, node, differing):
        return replace(finding, status=Status.UNKNOWN, reason=reason)
    for side in (Side.C, Side.PY):
        theirs = result.effective[_other(side)][node]
        with_logged, with_right = consumers(result, side, node, theirs)
        if with_right and not with_logged and len(theirs) == len(result.effective[side][node]):
            _put_right(result, side, node, theirs, result.scenes[_other(side)].digits.get(node, (0.0,) * len(theirs)))
            words = f"{', '.join(with_right[:3])} follow from the other side's value"
            return replace(finding, status=Status.LOG_ONLY, side=side, is_root=True, reason=words)
    return replace(finding, status=Status.UNKNOWN, is_root=True, reason=reason)
