"""The two runs that have a root's values, and both logs as runs are held against them."""

from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node
from nbtrace.explanation.audit.findings import Audit, AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.causes.search import Signature
from nbtrace.explanation.simulations.counterfactual import RunDifference, Simulated
from nbtrace.explanation.simulations.match import Logged, ValueMatch
from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.sides import Names

_SCALES = frozenset({"unit", "power_of_ten"})
"""Causes that a factor undoes."""

SIMULATOR = Signature("simulator", "a run of the simulator", 2, lambda _: iter(()))
"""A cause that only the runs tell."""


@frozen
class Evidence:
    """What the runs say of a root.

    Attributes
    ----------
    difference : RunDifference
        What one side's run has and the other's has not, and what makes the root's values.
    c, py : ValueMatch
        The root's first value in the two runs.
    chance : float
        Expected number of changes that reproduce as much by chance.
    """

    difference: RunDifference
    c: ValueMatch
    py: ValueMatch
    chance: float

    def of(self, side: Side) -> ValueMatch:
        """Return one side's part."""
        return self.c if side is Side.C else self.py


def logged_sides(audit: Audit, roots: Iterable[Root]) -> Mapping[Side, Logged]:
    """Return both logs as the runs are held against them, with what they have in another unit put right."""
    by_side = {}
    vocabulary = audit.vocabulary
    for side, scene in audit.scenes.items():
        own = [root for root in roots if root.side is side]
        wrong = {name for root in own if root.status is AuditStatus.LOG_ONLY for name in root.quantities}
        later = {name for name in vocabulary.quantities if vocabulary.ancestors(name) & wrong}
        factors = dict(pair for root in own for pair in _factors(root))
        by_side[side] = Logged(scene, factors, frozenset(wrong | later))
    return by_side


def _factors(root: Root) -> Iterator[tuple[Node, float]]:
    """Yield by which factor each value of a root is too large, where its cause is a unit."""
    cause, computed = root.cause, root.findings[0].held(root.side).computed
    if cause is None or cause.signature.name not in _SCALES or computed is None or not norm(computed.value):
        return
    factor = norm(cause.predicted) / norm(computed.value)
    if factor:
        for finding in root.findings:
            yield finding.node, factor


def evidence(root: Root, simulated: Simulated | None) -> Evidence | None:
    """Return the difference of the two runs that makes a root's first value on both sides; None if there is none."""
    if simulated is None or root.status is AuditStatus.LOG_ONLY:
        return None
    # The one that made the root comes before others that move its value, too.
    for difference in sorted(simulated.differences, key=lambda item: item is not root.run):
        if root.node not in difference.moved:
            continue
        matches = {side: item.at(root.node) for side, item in simulated.reproductions.items()}
        c, py = matches[Side.C], matches[Side.PY]
        if c is not None and py is not None and c.holds and py.holds:
            return Evidence(difference, c, py, difference.chance)
    return None


def words(difference: RunDifference, names: Names) -> str:
    """Return what the runs say of the two sides."""
    mine, other = names.of(difference.side), names.of(difference.side.other)
    return f"{mine} is the simulator with {difference.change.text}, {other} without"
