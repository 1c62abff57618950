"""What a cause is looked for, and what kinds of causes there are: data, each with one small function."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from nbtrace.compare.evaluate import value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Fact, Node, Scene, Values, Vector
from nbtrace.explanation.physics import Physics, physics_of
from nbtrace.frozen import frozen
from nbtrace.vocabulary.quantity import Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.explanation.causes.many_candidates import ManyCandidates

PARTIAL = 0.1
"""Largest share of the deviation that a cause may leave."""


@frozen
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
        return value_at(self.scene, self.values | dict(changes), self.node)[0]

    def with_facts(self, changes: Mapping[str, Vector]) -> Vector:
        """Return the formula's value with other configuration values."""
        facts = {**self.scene.facts, **{name: Fact(value) for name, value in changes.items()}}
        return value_at(replace(self.scene, facts=facts), self.values, self.node)[0]


@frozen
class Candidate:
    """A value that a cause predicts, and the cause in words.

    Attributes
    ----------
    value : tuple of float
    text : str
    among : int
        Of how many possible values it is the one that comes closest: more than 1 for a value that was solved for.
    """

    value: Vector
    text: str
    among: int = 1


Candidates: TypeAlias = "Candidate | ManyCandidates"
"""One candidate, or many."""


class Trait(Enum):
    """What is known of every cause of a kind.

    A mistake on top of others makes of a single number the same multiples, whatever the number is.
    """

    JOINS = "one mistake that several quantities show"
    ONE_SIDED = "a mistake that the other way round would turn a right value into a wrong one"
    HABIT = "known of logs alone, the computation is right"
    REPEATS_A_TURN = "a turn of a loop repeats another one"
    ON_TOP = "a simple mistake that can be made on top of another one"
    NOT_LOGGED = "a side does what its log does not show: no mistake, and the other side may lack it"


@frozen
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
    candidates: Callable[[Case], Iterator[Candidates]]
    copies: bool = False
    traits: frozenset[Trait] = frozenset()

    def each(self, case: Case) -> Iterator[Candidate]:
        """Yield the candidates that are told one by one."""
        return (item for item in self.candidates(case) if isinstance(item, Candidate))


def distance(a: Vector, b: Vector) -> float:
    """Return |a − b|."""
    return norm(tuple(x - y for x, y in zip(a, b, strict=True))) if len(a) == len(b) else float("inf")


def has_formula(case: Case) -> bool:
    """Whether the value is one that a formula gives."""
    return case.name in case.vocabulary.formulas and bool(case.inputs or case.told)
