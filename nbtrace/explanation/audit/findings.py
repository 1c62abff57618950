"""What an audit holds: values against formulas, findings, and the values that the physics was seen to use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import Computed, evaluate, measured
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Fact, Node, Place, Scene, Values, Vector, overlaid
from nbtrace.explanation.audit.suspects import Suspects
from nbtrace.explanation.physics import Physics, physics_of
from nbtrace.records import Side
from nbtrace.vocabulary.formula import Lack, UnloggedError
from nbtrace.vocabulary.vocabulary import Vocabulary


class AuditStatus(StrEnum):
    """What became of one value on both sides."""

    MATCH = "MATCH"
    INHERITED = "INHERITED"
    AMPLIFIED = "AMPLIFIED"
    INTRODUCED_C = "INTRODUCED_C"
    INTRODUCED_PY = "INTRODUCED_PY"
    LOG_ONLY = "LOG_ONLY"
    CONFIGURED = "CONFIGURED"
    UNKNOWN = "UNKNOWN"


class Ground(StrEnum):
    """Why a finding is what it is, where something is decided by it."""

    OTHER = "other"
    SINGLE = "one side computes the value in single precision, the other in double"
    NO_FORMULA = "no formula covers the value"


INTRODUCED = {Side.C: AuditStatus.INTRODUCED_C, Side.PY: AuditStatus.INTRODUCED_PY}
"""What a value is that a side makes wrong."""


@dataclass(frozen=True, slots=True)
class Held:
    """A side's value against its formula.

    Attributes
    ----------
    logged : tuple of float or None
    computed : Computed or None
        None where the inputs are not logged.
    lacking : str
        What is not logged, in words.
    lack : Lack or None
        What the formula lacks.
    """

    logged: Vector | None
    computed: Computed | None
    lacking: str = ""
    lack: Lack | None = None

    @property
    def broken(self) -> bool:
        """Whether the value is another than the formula's, by more than digits and precision allow."""
        return self.computed is not None and self.logged is not None and not self.computed.allows(self.logged)

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
    status : AuditStatus
    c, py : Held
    side : Side
        The side that introduces the difference or logs it wrongly; UNKNOWN where the logs cannot tell.
    is_root : bool
    reason : str
        In words.
    ground : Ground
    settings : tuple of str
        Configuration values that the sides follow the formula with, each its own.
    """

    node: Node
    status: AuditStatus
    c: Held
    py: Held
    side: Side = Side.UNKNOWN
    is_root: bool = False
    reason: str = ""
    ground: Ground = Ground.OTHER
    settings: tuple[str, ...] = ()

    @property
    def on_both(self) -> bool:
        """Whether both logs have the value."""
        return self.c.logged is not None and self.py.logged is not None

    def held(self, side: Side) -> Held:
        """Return one side's part."""
        return self.c if side is Side.C else self.py


@dataclass(frozen=True)
class RightTurns:
    """What a quantity should be at all turns of a loop.

    Attributes
    ----------
    values, digits : dict of Node to tuple of float
    scene : Scene
        Of the side, with those digits.
    turns : ComputedTurns
        What formulas give of those values.
    """

    values: Values
    digits: Values
    scene: Scene
    turns: ComputedTurns


@dataclass
class Audit:
    """All findings in execution order, and the values that the physics downstream was seen to use.

    Attributes
    ----------
    scenes : dict of Side to Scene
    effective : dict of Side to Values
        Logged values, with those that only the log has wrong put right.
    findings : list of Finding
    at_once : frozenset of Place
        The turns for which formulas are computed at once, where they are many.
    num_agreeing : int
        How many values stand in columns, because both sides agree on them, or one alone has them as its formulas give
        them; there is no finding of them.
    all_right : dict
        The audit with what a side breaks above a quantity put right, by side, quantity and what is broken, each with
        how often that was broken then.
    """

    scenes: dict[Side, Scene]
    effective: dict[Side, Values]
    findings: list[Finding] = field(default_factory=list)
    at_once: frozenset[Place] = frozenset()
    num_agreeing: int = 0
    all_right: "dict[tuple[Side, str, tuple[str, ...]], tuple[int, Audit | None]]" = field(
        default_factory=dict, repr=False, compare=False
    )
    _measured: dict[tuple[Side, Node], Computed] = field(default_factory=dict, repr=False, compare=False)
    _right: dict[tuple[Side, str, int], RightTurns] = field(default_factory=dict, repr=False, compare=False)
    _turns: dict[tuple[Side, tuple[str, ...]], ComputedTurns] = field(default_factory=dict, repr=False, compare=False)
    _suspects: Suspects = field(default_factory=Suspects, repr=False, compare=False)
    _looked: int = field(default=0, repr=False, compare=False)
    _exchanged: tuple[Scene, tuple[str, ...], Scene] | None = field(default=None, repr=False, compare=False)
    _root_names: tuple[tuple[int, int], dict[Side, frozenset[str]]] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def suspects(self) -> Suspects:
        """The findings so far that a side introduces, but for those that are taken back."""
        for number in range(self._looked, len(self.findings)):
            finding = self.findings[number]
            if finding.status is INTRODUCED.get(finding.side):
                self._suspects.add(number, finding)
        self._looked = len(self.findings)
        return self._suspects

    def put_right(self, side: Side, node: Node, value: Vector, uncertain: Vector) -> None:
        """Take another value for the effective one of a side, as uncertain as given."""
        scene = self.scenes[side]
        self.effective[side][node] = value
        self.scenes[side] = replace(scene, digits=overlaid(scene.digits, {node: uncertain}))
        self._move(side, [node])

    def put_all_right(self, side: Side, values: Values, scene: Scene) -> None:
        """Take other values for the effective ones of a side, with the digits of a scene."""
        before = self.effective[side]
        self._move(side, [node for node, value in values.items() if value != before.get(node)])
        self.scenes[side], self.effective[side] = scene, values

    def _move(self, side: Side, nodes: Sequence[Node]) -> None:
        self.all_right.clear()
        self._measured.clear()
        if not all(node.place for node in nodes):
            self._right.clear()
        right = [known.turns for known in self._right.values()]
        for turns in (*(own for (of, _), own in self._turns.items() if of is side), *right):
            turns.move(nodes)

    def measured_once(self, side: Side, node: Node) -> Computed:
        """Return what the formula of a value gives of the effective values, found out once while those stay.

        Raises
        ------
        UnloggedError
            As :func:`nbtrace.compare.evaluate.measured`.
        """
        if (side, node) not in self._measured:
            self._measured[side, node] = measured(self.scenes[side], self.effective[side], node)
        return self._measured[side, node]

    def right_turns(self, side: Side, node: Node, find: "Callable[[], RightTurns]") -> RightTurns:
        """Return what the quantity of a node should be at all turns, which is found out once."""
        asked = side, node.name, node.sample
        if asked not in self._right:
            self._right[asked] = find()
        return self._right[asked]

    def at_once_with(self, scene: Scene, node: Node, facts: tuple[str, ...] = ()) -> Computed | None:
        """Return what a formula gives of the effective values, as found out for many turns; None of a value alone.

        Parameters
        ----------
        scene : Scene
            Of either side.
        node : Node
        facts : tuple of str
            The configuration values that are not the side's own in that scene.
        """
        if node.place not in self.at_once:
            return None
        turns = self._turns.setdefault((scene.side, facts), ComputedTurns(self.at_once))
        return turns.at(scene, self.effective[scene.side], node)

    def take_back(self, suspect: Finding, instead: Finding) -> None:
        """Put another finding in the place of one that a side introduced."""
        self.findings[self.suspects.drop(suspect)] = instead
        self._root_names = None
        self.all_right.clear()

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the logs."""
        return self.scenes[Side.C].vocabulary

    @cached_property
    def physics(self) -> Physics:
        """What is known of the computation beyond its formulas."""
        return physics_of(self.vocabulary)

    @cached_property
    def facts_apart(self) -> frozenset[str]:
        """The configuration values that the sides have apart, by more than their printed digits leave open."""
        c, py = (self.scenes[side].facts for side in (Side.C, Side.PY))
        return frozenset(name for name in c.keys() & py.keys() if _are_apart(c[name], py[name]))

    def with_facts_of_c(self, names: tuple[str, ...]) -> Scene:
        """Return Py's side with some configuration values of C's; the same one while nothing of it is put right."""
        scene = self.scenes[Side.PY]
        if self._exchanged is None or self._exchanged[0] is not scene or self._exchanged[1] != names:
            theirs = {name: self.scenes[Side.C].facts[name] for name in names}
            self._exchanged = scene, names, replace(scene, facts={**scene.facts, **theirs})
        return self._exchanged[2]

    @property
    def roots(self) -> list[Finding]:
        """The findings that introduce a difference, in execution order."""
        return [finding for finding in self.findings if finding.is_root]

    def root_names(self, side: Side) -> frozenset[str]:
        """Return the quantities of the roots of a side, which are found out once for as many findings as there are."""
        counted = id(self.findings), len(self.findings)
        if self._root_names is None or self._root_names[0] != counted:
            found: dict[Side, set[str]] = {}
            for item in self.roots:
                found.setdefault(item.side, set()).add(item.node.name)
            self._root_names = counted, {own: frozenset(names) for own, names in found.items()}
        return self._root_names[1].get(side, frozenset())

    def finding(self, node: Node) -> Finding | None:
        """Return the finding of a value."""
        return next((item for item in self.findings if item.node == node), None)


def _are_apart(c: Fact, py: Fact) -> bool:
    if len(c.numbers) != len(py.numbers):
        return False
    return any(abs(x - y) > c.uncertainty + py.uncertainty for x, y in zip(c.numbers, py.numbers, strict=True))


def held_of(result: Audit, side: Side, node: Node) -> Held:
    """Return a side's value held against its formula."""
    scene, values = result.scenes[side], result.effective[side]
    logged = values.get(node)
    if logged is None:
        return Held(None, None, "not logged")
    try:
        return Held(logged, result.at_once_with(scene, node) or evaluate(scene, values, node))
    except UnloggedError as error:
        return Held(logged, None, str(error), error.kind)


def noise(scenes: Mapping[Side, Scene], node: Node) -> Vector:
    """Return the difference between the sides that printed digits and precision make for a given value."""
    bounds = [0.0] * len(scenes[Side.C].values.get(node, scenes[Side.PY].values.get(node, ())))
    rounding = max(scene.rounding_at(node) for scene in scenes.values())
    for scene in scenes.values():
        if node in scene.values:
            size = rounding * norm(scene.values[node])
            digits = scene.digits.get(node, ())
            bounds = [bound + digit for bound, digit in zip(bounds, digits, strict=False)] or bounds
            bounds = [bound + size for bound in bounds]
    return tuple(bounds)


def matches(result: Audit, node: Node) -> bool:
    """Whether both sides have the same value, but for digits and precision."""
    c, py = (result.effective[side].get(node) for side in (Side.C, Side.PY))
    if c is None or py is None or len(c) != len(py):
        return False
    if c == py:
        return True
    return all(abs(x - y) <= bound for x, y, bound in zip(c, py, noise(result.scenes, node), strict=True))
