"""What a formula sees at many turns of a loop at once, and which turns find the same of theirs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbtrace.compare.column_math import PORTION, SingleValuesError
from nbtrace.compare.evaluate import with_fact_moved
from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import ALL, Node, Place, Scene, Vector
from nbtrace.compare.turn_columns import ColumnKey, Flags, Floats, Ints, TurnColumn
from nbtrace.vocabulary.formula import Lack, UnloggedError


class Turns(NamedTuple):
    """A quantity at some turns of a loop, for a sampled point.

    Attributes
    ----------
    name : str
    sample : int
    loop : str
    ordinals : array of int
        In ascending order.
    """

    name: str
    sample: int
    loop: str
    ordinals: Ints

    @property
    def key(self) -> ColumnKey:
        """The column that holds its values."""
        return ColumnKey(self.name, self.sample, self.loop)

    def node(self, at: int) -> Node:
        """Return one of its nodes."""
        return Node(self.name, self.sample, ((self.loop, int(self.ordinals[at])),))

    def portions(self) -> "Iterator[Turns]":
        """Yield the turns, not too many at a time."""
        for first in range(0, self.ordinals.size, PORTION):
            yield self._replace(ordinals=self.ordinals[first : first + PORTION])


class Source(NamedTuple):
    """Where a view finds a quantity: at one node, or at each of the turns."""

    name: str
    sample: int
    at_turns: bool


class TurnsView(NodeView):
    """What a formula sees at many turns of a loop: a quantity of a turn is a column, all else is as at one of them."""

    def __init__(
        self,
        scene: Scene,
        turns: Turns,
        values: Mapping[Node, Vector] | None = None,
        changed: Mapping[Source, tuple[Any, ...]] | None = None,
    ) -> None:
        ordinals: Any = turns.ordinals
        super().__init__(
            scene,
            scene.values if values is None else values,
            Node(turns.name, turns.sample, ((turns.loop, ordinals),)),
        )
        self.turns = turns
        self.sources: dict[Source, tuple[Any, ...]] = {}
        self._loop = turns.loop
        self._changed = changed or {}
        self._found: dict[str, Source | None] = {}
        self._at: dict[Source, Ints] = {}
        self._own: dict[Source, tuple[Any, ...]] = {}

    def computed(self) -> Floats:
        """Return the values of the formula; what has none is not finite."""
        (value,) = self.scene.vocabulary.formulas[self.node.name].compute(self)
        return np.array(np.broadcast_to(value, self.turns.ordinals.size), dtype=np.float64)

    def perturbed(self) -> "Iterator[tuple[TurnsView, Any]]":
        """Yield this view with one component after the other of what was read moved by its uncertainty.

        With each comes how far it was moved relative to its size, 0 where that does not matter.
        """
        scene = self.scene
        for source, original in list(self.sources.items()):
            if source.at_turns:
                (column,), size = original, np.abs(original[0])
                step = self.digits(source) + self.rounding(source) / 4 * size
                yield self._with({source: (column + step,)}), np.where(size > 0, step / size, 0.0)
                continue
            scale = norm(original)
            for i, number in enumerate(original):
                step = scene.uncertainty(Node(source.name, source.sample), i, scale)
                if step != 0.0:
                    changed = (*original[:i], number + step, *original[i + 1 :])
                    yield self._with({source: changed}), step / scale if scale else 0.0
        for name in list(self.told):
            if scene.facts[name].uncertainty:
                yield self._sharing(TurnsView(with_fact_moved(scene, name), self.turns, self._values)), 0.0

    def _with(self, changed: Mapping[Source, tuple[Any, ...]]) -> "TurnsView":
        return self._sharing(TurnsView(self.scene, self.turns, self._values, changed))

    def _sharing(self, other: "TurnsView") -> "TurnsView":
        """Return another view of the same values, which need not look for what this one has found."""
        other._found, other._at, other._own = self._found, self._at, self._own
        return other

    def digits(self, source: Source) -> Floats:
        """Return half a unit of the last printed digit at each turn."""
        return self._column(source).digits(self._rows(source))

    def rounding(self, source: Source) -> Any:
        """Return the relative rounding of one operation that gives a value, at each turn where they have their own."""
        double, single = self.scene.roundings
        if self.scene.single or not self.scene.singles:
            return single if self.scene.single else double
        return np.where(self._column(source).single[self._rows(source)], single, double)

    def _column(self, source: Source) -> TurnColumn:
        key = ColumnKey(source.name, source.sample, self._loop)
        columns = self.scene.columns
        if key not in columns.columns or key in columns.others:
            raise SingleValuesError
        return columns.columns[key]

    def _rows(self, source: Source) -> Ints:
        if source not in self._at:
            self._at[source] = found_at(self._column(source), self.turns)
        return self._at[source]

    def _source(self, name: str) -> Source | None:
        if name not in self._found:
            self._found[name] = next(self._sources(name), None)
        return self._found[name]

    def _sources(self, name: str) -> Iterator[Source]:
        """Yield where a quantity is logged, what belongs here first."""
        sample = self.node.sample
        loops = self.scene.loops.get(name, ())
        if loops not in {(), (self._loop,)}:
            raise SingleValuesError
        for other in (sample, ALL, *((0,) if sample == ALL else ())):
            source = Source(name, other, bool(loops))
            if not loops:
                if Node(name, other) in self._values:
                    yield source
            elif self._is_there(ColumnKey(name, other, self._loop)):
                yield source

    def _is_there(self, key: ColumnKey) -> bool:
        """Whether a quantity is logged at all of the turns, and not at none."""
        if key in self.scene.columns.others:
            raise SingleValuesError
        column = self.scene.columns.columns.get(key)
        there = 0 if column is None else column.find(self.turns.ordinals)[1]
        if 0 < there < self.turns.ordinals.size:
            raise SingleValuesError
        return there > 0

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        """Return a value, or the column of the turns' own; raise :class:`UnloggedError` if nothing holds it."""
        source = self._source(name)
        if source is None:
            if name in self.scene.facts:
                self.told[name] = None
                return self.scene.facts[name].numbers
            raise UnloggedError(name, Lack.VALUE if name in self.scene.vocabulary.quantities else Lack.FACT)
        if source not in self.sources:
            self.sources[source] = self._own_of(source)
            if not source.at_turns:
                self.read[Node(source.name, source.sample)] = None
        return self._changed.get(source, self.sources[source])

    def _own_of(self, source: Source) -> tuple[Any, ...]:
        """Return the value that is found somewhere, or the column of the turns' own."""
        if source not in self._own:
            if source.at_turns:
                numbers = self.numbers_of(self._column(source), self._rows(source))
                if numbers is None:
                    raise SingleValuesError
                self._own[source] = (numbers,)
            else:
                self._own[source] = self._values[Node(source.name, source.sample)]
        return self._own[source]

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

    def column(self, name: str, loop: str, count: int) -> Any | None:
        """Raise an error: all turns of a loop are for one value alone."""
        del name, loop, count
        raise SingleValuesError


def alike(scene: Scene, takes: Callable[[str], bool]) -> Iterator[Turns]:
    """Yield values of one quantity and sample that differ in the turn of a loop, and find the same of their turn.

    Turn 0 is left out.

    Parameters
    ----------
    scene : Scene
    takes : callable
        Whether a quantity is wanted.
    """
    columns, others = scene.columns.columns, scene.columns.others
    of_sample: dict[tuple[int, str], list[ColumnKey]] = {}
    for key in columns:
        of_sample.setdefault((key.sample, key.loop), []).append(key)
    blind = {(key.sample, key.loop) for key in others}
    for (sample, loop), keys in of_sample.items():
        beside = [*keys, *(of_sample.get((ALL, loop), []) if sample != ALL else [])]
        if {(sample, loop), (ALL, loop)} & blind:
            continue
        for key in filter(lambda key: takes(key.name), keys):
            ordinals = columns[key].ordinals
            own = ordinals[int(ordinals.searchsorted(0, side="right")) :]
            every = _finding_the_same(own, [columns[other] for other in beside])
            yield from (Turns(*key, own if same.all() else own[same]) for same in every)


def _finding_the_same(ordinals: Ints, columns: list[TurnColumn]) -> Iterator[Flags]:
    """Yield which turns have a value in the same columns."""
    kinds: Ints = np.zeros(ordinals.size, dtype=np.int64)
    for column in columns:
        if np.array_equal(column.ordinals[-ordinals.size or column.ordinals.size :], ordinals):
            continue  # which takes no memory, where all columns have the same turns
        at, there = column.find(ordinals)
        if there < ordinals.size:
            has = column.ordinals[at] == ordinals if column.ordinals.size else np.zeros(ordinals.size, dtype=np.bool_)
            inverse: Ints = np.unique(kinds * 2 + has, return_inverse=True)[1]
            kinds = inverse.reshape(ordinals.shape)
    for kind in range(int(kinds.max(initial=-1)) + 1):
        yield kinds == kind


def in_groups(scene: Scene, turns: Turns) -> Iterator[Turns]:
    """Yield turns, those together that find the same of their turn."""
    keys = scene.columns.columns.items()
    beside = [column for key, column in keys if key.loop == turns.loop and key.sample in {turns.sample, ALL}]
    groups = (turns.ordinals[same] for same in _finding_the_same(turns.ordinals, beside))
    return (turns._replace(ordinals=ordinals) for ordinals in groups if ordinals.size)


def turns_besides(scene: Scene, key: ColumnKey, held: Sequence[Ints]) -> Iterator[Node]:
    """Yield the nodes of a column that are none of some turns."""
    column = scene.columns.columns[key]
    left = column.ordinals[~np.isin(column.ordinals, np.concatenate(held))] if held else column.ordinals
    return (Node(key.name, key.sample, ((key.loop, ordinal),)) for ordinal in left.tolist())


def found_at(column: TurnColumn, turns: Turns) -> Ints:
    """Return where turns are in a column, all of which it has."""
    at, there = column.find(turns.ordinals)
    if there < turns.ordinals.size:
        raise SingleValuesError
    return at
