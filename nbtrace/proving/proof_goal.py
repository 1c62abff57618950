"""The number that a proof is about: the final quantity of a program, and the other program's number to be met."""

from collections.abc import Callable
from dataclasses import dataclass

from nbtrace.capturing.image_pixels import as_stored
from nbtrace.capturing.probe import ImageCheck
from nbtrace.compare.scene import Node
from nbtrace.explanation.audit.findings import noise
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import ImageNumbers, NotTried, NumberMatch
from nbtrace.proving.injected_values import OTHERWISE, UntriedError, log_of
from nbtrace.records import Side

_SAME_NUMBER = 1e-9
"""Relative difference up to which the program's final number is that of its log."""

_NEAR = 0.01
"""Share of the difference of the two logs by which it may be another."""

_LEFT = 0.5
"""Share of the difference that may be left of it where rounding could make all that is left."""


@dataclass(frozen=True)
class ProofGoal:
    """The final quantity, as the program gives it, and the other program's number.

    Attributes
    ----------
    final : Node
    before, target : float
    rounding : float
        Relative rounding of what is read of the program: of single precision where only an image tells it.
    """

    final: Node
    before: float
    target: float
    rounding: float = 0.0

    def match(self, result: Explanation, after: float, image: ImageNumbers | None) -> NumberMatch:
        """Return how a number of the program meets the target."""
        if after == self.target or (image is not None and image.same):
            return NumberMatch.BITS
        near = min(self.allowed(result), _LEFT * abs(self.before - self.target))
        return NumberMatch.ROUNDING if abs(after - self.target) <= near else NumberMatch.APART

    def allowed(self, result: Explanation) -> float:
        """Return the distance from the target that digits and precision of the logs make."""
        relative = result.attribution.allowed + self.rounding
        return noise(result.audit.scenes, self.final)[0] + relative * abs(self.target)


def proof_goal(
    result: Explanation,
    host: Side,
    number: Callable[[str], float | None],
    check: ImageCheck | None,
    rounding: float = 0.0,
) -> ProofGoal:
    """Return the final quantity that the other log and the program have, with its numbers.

    Parameters
    ----------
    result : Explanation
    host : Side
        The program that is run.
    number : callable
        Gives the program's number of a quantity; None where it has none.
    check : ImageCheck or None
        Where its image is.
    rounding : float
        Relative rounding of these numbers.

    Raises
    ------
    UntriedError
        If there is none, the program gives another one than its log has, or the target's as it is.
    """
    theirs = result.audit.effective[host.other]
    for name in result.audit.vocabulary.finals:
        nodes = [node for node, value in theirs.items() if node.name == name and not node.place and len(value) == 1]
        before = number(name)
        if nodes and before is not None:
            goal = ProofGoal(nodes[-1], before, theirs[nodes[-1]][0], rounding)
            _require_same(result, host, goal, check)
            return goal
    raise UntriedError(NotTried.NO_NUMBER, "the program and the other log have no final quantity in common")


def _require_same(result: Explanation, host: Side, goal: ProofGoal, check: ImageCheck | None) -> None:
    """Refuse a program that gives another final number than its log, and one that needs no change."""
    audit = result.audit
    final, before, target = goal.final, goal.before, goal.target
    logged = audit.effective[host].get(final)
    if logged is None and goal.rounding:
        raise UntriedError(
            NotTried.NO_NUMBER, f"{log_of(host)} has no {final.label}, so that the image cannot be held against it"
        )
    if logged is not None:
        allowed = noise(audit.scenes, final)[0] + (_SAME_NUMBER + goal.rounding) * abs(logged[0])
        if not abs(before - logged[0]) <= max(allowed, _NEAR * abs(target - logged[0])):  # a NaN is no number of a log
            raise UntriedError(
                NotTried.OTHER_RUN,
                f"the program gives {final.label} {before:.9g}, {log_of(host)} has {logged[0]:.9g}: {OTHERWISE}",
            )
    stored = check is not None and as_stored(before, check) == as_stored(target, check)
    if stored or abs(before - target) <= goal.allowed(result):
        # What no change is needed for, no change confirms.
        text = f"the program gives {final.label} {before:.9g} as it is, and the other log has {target:.9g}"
        raise UntriedError(NotTried.SAME_NUMBER, text)
