"""Causes as data: each signature is a name, words, and one small function that says what the value would then be.

A cause is reported only with the residual that it leaves, and only if a catalogue of this size would not hit the value
by chance anyway.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from nbtrace.compare.evaluate import value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Fact, Node, NodeView, Scene, Values, Vector
from nbtrace.explanation.physics import Physics, physics_of
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

_BY_CHANCE = 0.05
"""Largest expected number of chance matches among causes as simple at which a cause is reported."""

_FLOOR = 1e-15
"""Closest relative agreement that counts."""

_PARTIAL = 0.1
"""Largest share of the deviation that a cause may leave."""

_CLOSE = 1e-3
"""Largest relative residual of a cause that leaves more than digits and precision explain."""


@dataclass(frozen=True)
class Case:
    """A value that a cause is looked for.

    Attributes
    ----------
    scene : Scene
        The side that has it.
    values : dict of Node to tuple of float
        That side's values, with what only its log has wrong put right.
    theirs : dict of Node to tuple of float
        The other side's.
    node : Node
    logged : tuple of float
    right : tuple of float
        By the formula, else the other side's value.
    allowed : tuple of float
        Difference of each component that digits and precision make.
    inputs : tuple of Node
    told : tuple of str
        What the formula took.
    """

    scene: Scene
    values: Values
    theirs: Values
    node: Node
    logged: Vector
    right: Vector
    allowed: Vector
    inputs: tuple[Node, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The quantity's name."""
        return self.node.name

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the log."""
        return self.scene.vocabulary

    @property
    def quantity(self) -> Quantity:
        """The quantity."""
        return self.vocabulary.quantities[self.name]

    @cached_property
    def physics(self) -> Physics:
        """What is known of the computation beyond its formulas."""
        return physics_of(self.vocabulary)

    @property
    def deviation(self) -> float:
        """How far the value is from the right one."""
        return distance(self.logged, self.right)

    def view(self) -> NodeView:
        """Return what a formula sees here."""
        return NodeView(self.scene, self.values, self.node)

    def with_inputs(self, changes: Mapping[Node, Vector]) -> Vector:
        """Return the formula's value with other inputs; raise UnloggedError where there is none."""
        return value_at(self.scene, {**self.values, **changes}, self.node)[0]

    def with_facts(self, changes: Mapping[str, Vector]) -> Vector:
        """Return the formula's value with other configuration values."""
        facts = {**self.scene.facts, **{name: Fact(value) for name, value in changes.items()}}
        return value_at(replace(self.scene, facts=facts), self.values, self.node)[0]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a cause predicts, and the cause in words."""

    value: Vector
    text: str


class Trait(Enum):
    """What is known of every cause of a kind."""

    JOINS = "one mistake that several quantities show"
    ONE_SIDED = "a mistake that the other way round would turn a right value into a wrong one"
    HABIT = "known of logs alone, the computation is right"
    REPEATS_A_TURN = "a turn of a loop repeats another one"
    NOT_LOGGED = "a side does what its log does not show: no mistake, and the other side may lack it"


@dataclass(frozen=True, slots=True)
class Signature:
    """One kind of cause.

    Attributes
    ----------
    name : str
    words : str
        What kind of mistake it is.
    complexity : int
        Among causes that fit alike, the one with the smallest is named first.
    candidates : callable
        The values that it predicts for a case.
    copies : bool
        The values are copies of others, which fit to the last digit or not at all: nearly the same value is another.
    traits : frozenset of Trait
    """

    name: str
    words: str
    complexity: int
    candidates: Callable[[Case], Iterator[Candidate]]
    copies: bool = False
    traits: frozenset[Trait] = frozenset()


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause that fits.

    Attributes
    ----------
    signature : Signature
    text : str
    predicted : tuple of float
    residual : float
        |logged − predicted|, in the record unit.
    residual_rel : float
        The same over |logged|.
    left : float
        Share of the deviation that it leaves.
    exact : bool
        It leaves no more than digits and precision explain.
    chance : float
        Expected number of candidates that come as close by chance.
    """

    signature: Signature
    text: str
    predicted: Vector
    residual: float
    residual_rel: float
    left: float
    exact: bool
    chance: float


@dataclass(frozen=True)
class Search:
    """What became of a search for causes.

    Attributes
    ----------
    causes : tuple of Cause
        The best first.
    tried : int
        Candidates that were tested.
    nearest : tuple of Cause
        The closest of those that do not fit.
    """

    causes: tuple[Cause, ...]
    tried: int
    nearest: tuple[Cause, ...] = field(default=())


def distance(a: Vector, b: Vector) -> float:
    """Return |a − b|."""
    return norm(tuple(x - y for x, y in zip(a, b, strict=True))) if len(a) == len(b) else float("inf")


def search(case: Case, catalogue: tuple[Signature, ...]) -> Search:
    """Return the causes that explain a value, ranked by what they leave, then by simplicity."""
    candidates = list(_candidates(case, catalogue))
    simpler = sorted(signature.complexity for signature, _ in candidates)
    judged = [
        _judged(case, signature, candidate, bisect_right(simpler, signature.complexity))
        for signature, candidate in candidates
    ]
    fitting = [cause for cause in judged if _fits(cause)]
    fitting.sort(key=lambda cause: (not cause.exact, 0.0 if cause.exact else cause.left, cause.signature.complexity))
    others = sorted((cause for cause in judged if not _fits(cause)), key=lambda cause: cause.residual)
    return Search(_distinct(fitting), len(candidates), _distinct(others)[:3])


def _candidates(case: Case, catalogue: tuple[Signature, ...]) -> Iterator[tuple[Signature, Candidate]]:
    for signature in catalogue:
        stream = signature.candidates(case)
        while True:
            try:
                candidate = next(stream)
            except StopIteration:
                break
            except (UnloggedError, ZeroDivisionError, OverflowError, ValueError):
                break
            if len(candidate.value) == len(case.logged) and _differs(case, candidate):
                yield signature, candidate


def _differs(case: Case, candidate: Candidate) -> bool:
    """Whether a candidate is anything but the right value itself."""
    return any(abs(x - y) > bound for x, y, bound in zip(candidate.value, case.right, case.allowed, strict=True))


def _judged(case: Case, signature: Signature, candidate: Candidate, tried: int) -> Cause:
    """Weigh a candidate; `tried` is the number of candidates that are as simple."""
    residual = distance(case.logged, candidate.value)
    deviation = case.deviation
    scale = norm(case.logged)
    sizes = zip(case.logged, candidate.value, case.allowed, strict=True)
    growth = norm(candidate.value) / norm(case.right) if norm(case.right) else 1.0
    exact = all(abs(x - y) <= 2 * bound * growth for x, y, bound in sizes)
    left = residual / deviation if deviation else float("inf")
    # A value much smaller than the right one is not explained by being close to 0: its own size is the measure.
    reach = residual / min(deviation, scale) if deviation and scale else 0.0 if residual == 0 else 1.0
    dimensions = sum(x != y for x, y in zip(case.logged, case.right, strict=True))
    chance = tried * min(max(reach, _FLOOR), 1.0) ** max(dimensions, 1)
    relative = residual / scale if scale else residual
    return Cause(signature, candidate.text, candidate.value, residual, relative, left, exact, chance)


def _fits(cause: Cause) -> bool:
    close = cause.left <= _PARTIAL and cause.residual_rel <= _CLOSE
    return (cause.exact or (close and not cause.signature.copies)) and cause.chance <= _BY_CHANCE


def _distinct(causes: list[Cause]) -> tuple[Cause, ...]:
    """Return one cause per signature, the first."""
    best: dict[str, Cause] = {}
    for cause in causes:
        best.setdefault(cause.signature.name, cause)
    return tuple(best.values())


def has_formula(case: Case) -> bool:
    """Whether the value is one that a formula gives."""
    return case.name in case.vocabulary.formulas and bool(case.inputs or case.told)
