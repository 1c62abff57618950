"""A vocabulary: an immutable value that holds everything the engine asks about a computation."""

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property

from nbtrace import units
from nbtrace.frozen import frozen
from nbtrace.plain_text import shortened
from nbtrace.vocabulary.formula import Formula
from nbtrace.vocabulary.quantity import Basis, Meaning, Quantity, Scope
from nbtrace.vocabulary.sides import Names

REPEAT = "repeat"
"""Index of the turns of a loop that lines do not name: how often a key came before at the same place."""

RANK = "rank"
"""Index of the process of a run that a launcher or a logger names in front of a line."""

UNNAMED = (RANK, REPEAT)
"""Loops that any log may have, whatever its vocabulary names; what is of the first turn of one has no ordinal of it."""


@frozen
class SideName:
    """One of the two programs.

    Attributes
    ----------
    label : str
        Its name in reports.
    prefixes : tuple of str
        What its trace lines begin with.
    heading : str
        Its column in a table of hypotheses; empty for the label.
    """

    label: str
    prefixes: tuple[str, ...] = ()
    heading: str = ""


@frozen
class Constant:
    """A value that formulas take and logs need not print."""

    name: str
    numbers: tuple[float, ...]
    unit: str
    aliases: tuple[str, ...] = ()


@frozen
class ChainFactor:
    """A quantity in a product; a divisor has power −1."""

    quantity: str
    power: int = 1


@frozen
class Chain:
    """A product: `result` is the product of the factors."""

    result: str
    factors: tuple[ChainFactor, ...]


@frozen
class Vocabulary:
    """The words of a computation.

    Attributes
    ----------
    name : str
    description : str
    sides : (SideName, SideName)
        The reference and the candidate.
    quantities : mapping of str to Quantity
        In execution order.
    indices : tuple of str
        Names of the loops whose ordinals lines state, from the outermost to the innermost.
    final : str or None
        The quantity that everything else is computed for.
    stand_ins : tuple of str
        Quantities that take its place where a log lacks it, the nearest first.
    constants : mapping of str to Constant
    formulas : mapping of str to Formula
        By the quantity that they give.
    chain : Chain or None
        The product whose factors `nbtrace scaling` weighs.
    equivalents : tuple of frozenset of str
        Groups of quantities that are one value under several names.
    origin : str
        How a user names it to a command: its name, or the file that it was read from.
    recurrent : str or None
        The loop along which formulas reach back to earlier turns.
    sweep : str or None
        The loop of a sweep that programs print step by step on lines of their own.
    turn, turns : str
        What one turn of its loops is called, and several.
    block : str
        What one of the blocks is called in which a run computes its quantities anew.
    outcome : str
        What kind of thing the final quantity is: a value, an intensity.
    judged_absolutely : str
        What the quantities are called whose default tolerance is an absolute one; empty for their names.
    judged_apart : frozenset of str
        Loops whose values formulas leave out: each of their turns has inputs of its own that no log prints, and a
        program may well trace a single one of them.
    knowledge : mapping of str to str
        What is known beyond that, by what asks for it: `package.module:name` of a value that
        :func:`nbtrace.vocabulary.registry.knowledge` loads when it is first wanted.
    """

    name: str
    description: str
    sides: tuple[SideName, SideName]
    quantities: Mapping[str, Quantity]
    indices: tuple[str, ...] = ()
    final: str | None = None
    stand_ins: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    chain: Chain | None = None
    equivalents: tuple[frozenset[str], ...] = ()
    origin: str = ""
    recurrent: str | None = None
    sweep: str | None = None
    turn: str = "turn of the loops"
    turns: str = "turns of the loops"
    block: str = "block"
    outcome: str = "value"
    judged_absolutely: str = ""
    judged_apart: frozenset[str] = frozenset()
    knowledge: Mapping[str, str] = field(default_factory=dict)

    # A vocabulary is equal to itself alone: what it holds takes long to compare, and is looked up by it.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        held = f"{len(self.quantities)} quantities, {len(self.formulas)} formulas"
        return shortened(f"<Vocabulary {self.name}: {held}; sides {self.names.both}>")

    @property
    def finals(self) -> tuple[str, ...]:
        """The final quantity and its stand-ins, the nearest first."""
        return (self.final, *self.stand_ins) if self.final else self.stand_ins

    @cached_property
    def names(self) -> Names:
        """What reports call the two programs."""
        reference, candidate = self.sides
        return Names(reference.label, candidate.label)

    @cached_property
    def rank(self) -> Mapping[str, int]:
        """Place of each quantity in execution order."""
        return {name: place for place, name in enumerate(self.quantities)}

    @cached_property
    def has_blocks(self) -> bool:
        """Whether a run computes some of its quantities anew in each of several blocks."""
        return any(quantity.scope is not Scope.RUN for quantity in self.quantities.values())

    @cached_property
    def absolutes(self) -> str:
        """What the quantities are called to which the default of an absolute tolerance applies; empty where none is."""
        names = [q.name for q in self.quantities.values() if q.basis is Basis.ABSOLUTE and q.tolerance is None]
        return (self.judged_absolutely or ", ".join(names)) if names else ""

    @cached_property
    def _meanings(self) -> Mapping[str, Meaning]:
        return {
            key: Meaning(quantity.name, unit, 1.0 if unit == quantity.unit else units.factor(unit, quantity.unit))
            for quantity in self.quantities.values()
            for key, unit in ((quantity.name, quantity.unit), *quantity.aliases)
        }

    @cached_property
    def _ancestors(self) -> Mapping[str, frozenset[str]]:
        graph = {name: quantity.causes for name, quantity in self.quantities.items()}
        return {name: _upstream(graph, name) for name in graph}

    @cached_property
    def _ancestors_here(self) -> Mapping[str, frozenset[str]]:
        graph = {name: q.causes if q.here is None else q.here for name, q in self.quantities.items()}
        return {name: _upstream(graph, name) for name in graph}

    def meaning(self, key: str, printed: str | None = None) -> Meaning:
        """Return what `key` stands for; an unknown key is a quantity of its own.

        Parameters
        ----------
        key : str
            As a log prints it.
        printed : str, optional
            The unit printed beside the value, which then counts instead of the one that the key implies.

        Raises
        ------
        UsageError
            If the printed unit measures something else than the quantity.
        """
        known = self._meanings.get(key) or Meaning(key, printed)
        if printed is None or printed == known.unit:
            return known
        return Meaning(known.quantity, printed, units.factor(printed, self.quantities[known.quantity].unit))

    def known(self, key: str) -> Quantity | None:
        """Return the quantity that `key` stands for, None for an unknown key."""
        return self.quantities.get(self.meaning(key).quantity)

    def knows(self, key: str) -> bool:
        """Whether `key` stands for a quantity of the vocabulary."""
        return self.known(key) is not None

    def beginning_with(self, text: str) -> tuple[str, ...]:
        """Return the quantities that a key may stand for of which no more than its beginning is left."""
        return tuple(dict.fromkeys(known.quantity for key, known in self._meanings.items() if key.startswith(text)))

    def ancestors(self, name: str) -> frozenset[str]:
        """Return every quantity that `name` depends on, directly or not; none for an unknown name."""
        return self._ancestors.get(name, frozenset())

    def ancestors_here(self, name: str) -> frozenset[str]:
        """Return what `name` depends on within the same turn of all loops."""
        return self._ancestors_here.get(name, frozenset())

    def equivalent_names(self, name: str) -> frozenset[str]:
        """Return the other names under which the value of `name` is printed."""
        return next((group - {name} for group in self.equivalents if name in group), frozenset())


def _upstream(graph: Mapping[str, tuple[str, ...]], name: str) -> frozenset[str]:
    """Return everything that is reached from a name in the graph of inputs."""
    ancestors: dict[str, None] = {}
    pending = list(graph[name])
    while pending:
        other = pending.pop()
        if other not in ancestors and other in graph:
            ancestors[other] = None
            pending += graph[other]
    return frozenset(ancestors) - {name}
