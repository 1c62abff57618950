"""Holding the values of many turns of a loop against a formula at once, as columns.

A formula that takes columns does the operations of single values in the same order, so that what comes of each value is
what :mod:`nbtrace.compare.evaluate` finds of it alone.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.column_math import SingleValuesError
from nbtrace.compare.evaluate import SINGLE_RESULT
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import ALL, Node, NodeView, Place, Scene, Vector
from nbtrace.vocabulary.formula import Lack, UnloggedError

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


class _Source(NamedTuple):
    """Where a view finds a quantity: at one node, or at each of the turns."""

    name: str
    sample: int
    at_turns: bool


@dataclass(frozen=True)
class HeldColumn:
    """What became of a formula at many turns.

    Attributes
    ----------
    formed, broken : array of bool
        Where it has a value, and where the logged one is another.
    excess : array of float
        How far the logged value is off, as a multiple of what is allowed.
    """

    formed: Flags
    broken: Flags
    excess: Floats


def held(scene: Scene, nodes: Sequence[Node]) -> HeldColumn | None:
    """Hold values of one quantity and sample against its formula; None where it takes them one by one alone.

    Parameters
    ----------
    scene : Scene
    nodes : sequence of Node
        They differ in the turn of one loop, and none of them is of turn 0.
    """
    if scene.singles and not scene.single:
        return None  # Each value has a precision of its own.
    try:
        with np.errstate(all="ignore"):
            return _held(scene, nodes)
    except (SingleValuesError, ArithmeticError, ValueError, UnloggedError):
        return None


def reads_its_turn_alone(scene: Scene, node: Node) -> bool:
    """Whether a formula that takes columns is known to read, at every turn but 0, only what is of that turn or of none.

    Parameters
    ----------
    scene : Scene
    node : Node
        Of a turn of one loop, and not of turn 0.
    """
    try:
        with np.errstate(all="ignore"):
            _TurnsView(scene, [node]).computed()
    except (SingleValuesError, ArithmeticError, ValueError, UnloggedError):
        return False
    return True


def _held(scene: Scene, nodes: Sequence[Node]) -> HeldColumn:
    logged = _column(scene.values, nodes)
    value, allowed, _ = _own(_TurnsView(scene, nodes))
    formed = np.isfinite(value) & np.isfinite(allowed)
    beyond = np.flatnonzero(formed & (np.abs(logged - value) > allowed))
    if beyond.size:
        allowed[beyond] = _allowed(scene, [nodes[at] for at in beyond.tolist()])
    apart = np.abs(logged - value)
    excess = np.where(allowed > 0, apart / allowed, apart)
    return HeldColumn(formed, formed & (apart > allowed), excess)


def _own(view: "_TurnsView") -> tuple[Floats, Floats, "_TurnsView"]:
    """Return the values of a formula, and the errors that their own digits and precision allow."""
    scene, node = view.scene, view.node
    formula = scene.vocabulary.formulas[node.name]
    value = view.computed()
    size, rounding = np.abs(value), scene.rounding_at(view.nodes[0])
    allowed = rounding * size + _column(scene.digits, view.nodes)
    if formula.single:
        allowed = SINGLE_RESULT * size + allowed
    if formula.rough is not None:
        allowed = allowed + rounding * np.asarray(formula.rough(view))
    return value, np.array(allowed), view


def _allowed(scene: Scene, nodes: Sequence[Node]) -> Floats:
    """Return the error that the log allows each value, with that of its inputs."""
    value, allowed, view = _own(_TurnsView(scene, nodes))
    for source in view.sources:
        for changed in view.perturbed(source):
            try:
                other = _TurnsView(scene, nodes, {source: changed}).computed()
            except UnloggedError:
                continue
            allowed = allowed + np.where(np.isfinite(other), np.abs(other - value), 0.0)
    return allowed


def _column(values: Mapping[Node, Vector], nodes: Sequence[Node]) -> Floats:
    """Return numbers of several nodes.

    Raises
    ------
    SingleValuesError
        If one of them is no single number.
    """
    try:
        found = [number for (number,) in map(values.__getitem__, nodes)]
    except (KeyError, ValueError):
        raise SingleValuesError from None
    return np.array(found, dtype=np.float64)


class _TurnsView(NodeView):
    """What a formula sees at many turns of a loop: a quantity of a turn is a column, all else is as at one of them."""

    def __init__(self, scene: Scene, nodes: Sequence[Node], changed: Mapping[_Source, tuple[Any, ...]] | None = None):
        name, sample, ((loop, _),) = nodes[0]
        turns: Any = np.array([place[0][1] for _, _, place in nodes], dtype=np.int64)
        super().__init__(scene, scene.values, Node(name, sample, ((loop, turns),)))
        self.nodes = nodes
        self.sources: dict[_Source, tuple[Any, ...]] = {}
        self._loop = loop
        self._changed = changed or {}
        self._found: dict[str, _Source | None] = {}

    def computed(self) -> Floats:
        """Return the values of the formula; what has none is not finite."""
        (value,) = self.scene.vocabulary.formulas[self.node.name].compute(self)
        return np.array(np.broadcast_to(value, len(self.nodes)), dtype=np.float64)

    def perturbed(self, source: _Source) -> Iterator[tuple[Any, ...]]:
        """Yield what was read there, one component after the other moved by its uncertainty."""
        original, scene = self.sources[source], self.scene
        if source.at_turns:
            nodes = self._nodes_of(source)
            (column,) = original
            rounding = scene.rounding_at(nodes[0])
            yield (column + (_column(scene.digits, nodes) + rounding / 4 * np.abs(column)),)
            return
        scale = norm(original)
        for i, number in enumerate(original):
            step = scene.uncertainty(Node(source.name, source.sample), i, scale)
            if step != 0.0:
                yield (*original[:i], number + step, *original[i + 1 :])

    def _nodes_of(self, source: _Source) -> list[Node]:
        return [Node(source.name, source.sample, place) for _, _, place in self.nodes]

    def _source(self, name: str) -> _Source | None:
        if name not in self._found:
            self._found[name] = next(self._sources(name), None)
        return self._found[name]

    def _sources(self, name: str) -> Iterator[_Source]:
        """Yield where a quantity is logged, what belongs here first."""
        sample = self.node.sample
        loops = self.scene.loops.get(name, ())
        if loops not in {(), (self._loop,)}:
            raise SingleValuesError
        for other in (sample, ALL, *((0,) if sample == ALL else ())):
            source = _Source(name, other, bool(loops))
            nodes = self._nodes_of(source) if loops else [Node(name, other)]
            there = sum(node in self.scene.values for node in nodes)
            if there == len(nodes):
                yield source
            elif there:
                raise SingleValuesError

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        """Return a value, or the column of the turns' own; raise :class:`UnloggedError` if nothing holds it."""
        source = self._source(name)
        if source is None:
            if name in self.scene.facts:
                return self.scene.facts[name].numbers
            raise UnloggedError(name, Lack.VALUE if name in self.scene.vocabulary.quantities else Lack.FACT)
        if source not in self.sources:
            values = self.scene.values
            own = (_column(values, self._nodes_of(source)),) if source.at_turns else values[Node(name, source.sample)]
            self.sources[source] = own
        return self._changed.get(source, self.sources[source])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self._source(name) is not None or name in self.scene.facts)

    def logged(self, name: str) -> bool:
        """Whether the log itself holds a value, at these turns or above."""
        return self._source(name) is not None

    def of(self, sample: int, place: Place = ()) -> "NodeView":
        """Return this view where it is of that sample and these turns.

        Raises
        ------
        SingleValuesError
            If it is another place.
        """
        own = self.node
        same = len(place) == 1 and place[0][0] == self._loop and place[0][1] is own.place[0][1]
        if not same or sample != max(own.sample, 0) or own.sample == ALL:
            raise SingleValuesError
        return self

    def at(self, **index: int) -> "NodeView":
        """Raise an error: other turns are for one value alone."""
        del index
        raise SingleValuesError

    def aside(self) -> "NodeView":
        """Raise an error: a check of other values is for one value alone."""
        raise SingleValuesError


def alike(scene: Scene, takes: Callable[[str], bool]) -> Iterator[list[Node]]:
    """Yield values of one quantity and sample that differ in the turn of a loop, and find the same of their turn.

    Parameters
    ----------
    scene : Scene
    takes : callable
        Whether a quantity is wanted.
    """
    at_turn: dict[tuple[Place, int], list[str]] = {}
    wanted: dict[tuple[str, int, str], list[Node]] = {}
    for node in scene.values:
        name, sample, place = node
        if len(place) == 1:
            at_turn.setdefault((place, sample), []).append(name)
            if place[0][1] > 0 and takes(name):
                wanted.setdefault((name, sample, place[0][0]), []).append(node)
    for (_, sample, _), nodes in wanted.items():
        by_names: dict[tuple[frozenset[str], ...], list[Node]] = {}
        for node in nodes:
            found = tuple(frozenset(at_turn.get((node.place, other), ())) for other in dict.fromkeys((sample, ALL)))
            by_names.setdefault(found, []).append(node)
        yield from by_names.values()


def worst_of(column: HeldColumn) -> int:
    """Return which value is furthest off: of those that are broken, else of all; the first of equals."""
    among = column.broken if column.broken.any() else column.formed
    return int(np.argmax(np.where(among, np.nan_to_num(column.excess, nan=math.inf), -math.inf)))
