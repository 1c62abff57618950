"""A log against a run of the simulator, value by value, at the digits and the precision of the log."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from functools import cached_property

from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Node, Scene, Values, Vector, in_order
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.explanation.physics import Physics, physics_of
from nbtrace.frozen import frozen
from nbtrace.records import Pixel
from nbtrace.vocabulary.formula import UnloggedError

_SINGLE_RESULT = 2.0**-23


@frozen
class Logged:
    """A side's log as runs are held against it.

    Attributes
    ----------
    scene : Scene
    factors : mapping of Node to float
        Values that are in another unit, and by which factor.
    excused : frozenset of str
        Quantities that are wrong in the log alone, and what the log computes from them.
    """

    scene: Scene
    factors: Mapping[Node, float] = field(default_factory=dict)
    excused: frozenset[str] = frozenset()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The logged values in execution order."""
        return tuple(in_order(self.scene.vocabulary, self.scene.values))

    @cached_property
    def physics(self) -> Physics:
        """What is known of the computation beyond its formulas."""
        return physics_of(self.scene.vocabulary)

    def excuses(self, node: Node) -> bool:
        """Whether a value is wrong in the log alone, and not merely in another unit."""
        return node.name in self.excused and node not in self.factors

    @property
    def pixels(self) -> tuple[Pixel, ...]:
        """The pixels that the log may be of: as stated, and by its own geometry."""
        at = whereabouts(self.scene.trace)
        return tuple(pixel for pixel in (at.stated, at.derived) if pixel is not None)


@frozen
class ValueMatch:
    """A logged value against the simulated one.

    Attributes
    ----------
    node : Node
    logged, simulated : tuple of float
    allowed : tuple of float
        Difference of each component that digits and precision make, here and in all that goes before.
    """

    node: Node
    logged: Vector
    simulated: Vector
    allowed: Vector

    @property
    def holds(self) -> bool:
        """Whether the run reproduces the logged value."""
        if len(self.logged) != len(self.simulated):
            return False
        return all(abs(x - y) <= z for x, y, z in zip(self.logged, self.simulated, self.allowed, strict=True))

    @property
    def residual_rel(self) -> float:
        """|logged − simulated| over |logged|; infinite if one of them has another number of components."""
        if len(self.logged) != len(self.simulated):
            return float("inf")
        residual = norm(tuple(x - y for x, y in zip(self.logged, self.simulated, strict=True)))
        return residual / (norm(self.logged) or norm(self.simulated) or 1.0)


def matched(log: Logged, values: Values, condition: Mapping[Node, Vector]) -> Iterator[ValueMatch]:
    """Yield every logged value that a run has, with the difference that digits and precision allow."""
    for node in log.nodes:
        if node in values:
            yield _match(log, node, values[node], condition.get(node, ()))


def _match(log: Logged, node: Node, simulated: Vector, condition: Vector) -> ValueMatch:
    scene = log.scene
    factor = log.factors.get(node, 1.0)
    size = scene.rounding_at(node) * norm(simulated)
    size += _roughness(scene, node, simulated)
    digits = scene.digits.get(node, ())
    allowed = tuple(
        size
        + (digits[i] / abs(factor) if i < len(digits) else 0.0)
        + (scene.rounding_at(node) * condition[i] if i < len(condition) else 0.0)
        for i in range(len(simulated))
    )
    return ValueMatch(node, tuple(x / factor for x in scene.values[node]), simulated, allowed)


def _roughness(scene: Scene, node: Node, simulated: Vector) -> float:
    """Return by how much a value may differ for the way in which it is computed: in single precision, near a zero."""
    formula = scene.vocabulary.formulas.get(node.name)
    if formula is None:
        return 0.0
    rough = _SINGLE_RESULT * norm(simulated) if formula.single else 0.0
    if formula.rough is not None:
        with suppress(UnloggedError):
            rough += scene.rounding_at(node) * formula.rough(NodeView(scene, scene.values, node))
    return rough
