"""The values of one log by what they are and where they belong, with what its banner or a configuration adds."""

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from nbtrace.compare.apart_values import ApartNodes, ApartVectors
from nbtrace.compare.excerpt import whole_of
from nbtrace.compare.float32_values import mostly_single, singles_of
from nbtrace.compare.metrics import is_finite, norm
from nbtrace.compare.precision import is_single_precision, number_formats
from nbtrace.frozen import frozen
from nbtrace.records import Index, Record, Shape, Side, Trace
from nbtrace.vocabulary.quantity import Scope
from nbtrace.vocabulary.vocabulary import UNNAMED, Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.turn_columns import BlockColumns, Columns


Vector: TypeAlias = tuple[float, ...]

ALL = -1
"""In place of a sample or a φ step: the value is not of one."""

DOUBLE = 1e-13
"""Relative rounding allowed to one operation of a double-precision program: a few hundred roundings."""

_SINGLE = 16 * 2.0**-24
"""Relative rounding allowed to one operation of a single-precision program."""

_BANNER_DIGITS = 6
"""Digits of the numbers in a banner; one with fewer is exact, since trailing zeros are not printed."""


Place: TypeAlias = tuple[tuple[str, int], ...]
"""Ordinals of the loops that a value belongs to, by name, in the order of the vocabulary."""


class Node(NamedTuple):
    """A quantity at a place of the computation.

    Attributes
    ----------
    name : str
    sample : int
        Sampled point, :data:`ALL` for a value that is not of one.
    place : Place
    """

    name: str
    sample: int = ALL
    place: Place = ()

    @property
    def label(self) -> str:
        """As reports print it."""
        parts = [f"sample {self.sample}"] if self.sample > 0 else []
        parts += [f"{name} {ordinal}" for name, ordinal in self.place]
        return f"{self.name} [{', '.join(parts)}]" if parts else self.name

    def ordinal(self, index: str) -> int:
        """Return the ordinal of a loop, :data:`ALL` where the value is not of one."""
        return next((ordinal for name, ordinal in self.place if name == index), ALL)


@frozen
class Fact:
    """A configuration value: numbers, the uncertainty of each from its printed digits, and who tells it."""

    numbers: Vector
    uncertainty: float = 0.0
    origin: str = "banner"


Values: TypeAlias = dict[Node, Vector]
Facts: TypeAlias = Mapping[str, Fact]


def constants_of(vocabulary: Vocabulary) -> Facts:
    """Return the constants of a vocabulary as what formulas may take for granted."""
    return {name: Fact(item.numbers, 0.0, vocabulary.name) for name, item in vocabulary.constants.items()}


class NodeOrder:
    """Where the values of a log belong, found out once for all scenes that have them.

    Attributes
    ----------
    nodes : mapping of Node
        The values of records.
    columns : (mapping, frozenset, BlockColumns) or None
        The columns of a scene, with the digits and the float32 values that they are of.
    """

    def __init__(self, vocabulary: Vocabulary, nodes: Mapping[Node, object], apart: "Columns | None" = None) -> None:
        self.nodes = nodes
        self._apart = apart or {}
        self._read_for: dict[str, frozenset[str]] = {}
        self._vocabulary = vocabulary
        self.columns: tuple[object, object, BlockColumns] | None = None

    @cached_property
    def loops(self) -> Mapping[str, tuple[str, ...]]:
        """The loops that the values of each quantity state the ordinals of."""
        own = {node.name: tuple(name for name, _ in node.place) for node in self.nodes if node.place}
        return {**{name: (loop,) for name, _, loop in self._apart}, **own}

    @cached_property
    def samples(self) -> tuple[int, ...]:
        """The sampled points that the log has, in order."""
        every = {node.sample for node in self.nodes} | {sample for _, sample, _ in self._apart}
        return tuple(sorted(every - {ALL}))

    @cached_property
    def places(self) -> Mapping[tuple[str, int], tuple[Place, ...]]:
        """The turns of the loops at which records have each quantity for each sampled point."""
        found: dict[tuple[str, int], list[Place]] = {}
        for node in self.nodes:
            found.setdefault((node.name, node.sample), []).append(node.place)
        return {key: tuple(places) for key, places in found.items()}

    @cached_property
    def ordinals(self) -> Mapping[str, Sequence[int]]:
        """The ordinals of each loop that the log has, in order."""
        by_loop: dict[str, set[int]] = {loop: set() for _, _, loop in self._apart}
        for node in self.nodes:
            for name, ordinal in node.place:
                by_loop.setdefault(name, set()).add(ordinal)
        return {name: _in_order(found, self._apart, name) for name, found in by_loop.items()}

    @cached_property
    def positions(self) -> Mapping[Node, int]:
        """The number of each node in the order of execution."""
        return {node: number for number, node in enumerate(in_order(self._vocabulary, self.nodes))}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes of each quantity in the order of execution."""
        found: dict[str, list[Node]] = {}
        for node in self.positions:
            found.setdefault(node.name, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @cached_property
    def taking(self) -> Mapping[str, tuple[str, ...]]:
        """The quantities of the log whose formulas may read each quantity."""
        found: dict[str, list[str]] = {}
        for name, formula in self._vocabulary.formulas.items():
            for read in formula.inputs if name in self.by_name else ():
                found.setdefault(read, []).append(name)
        return {name: tuple(names) for name, names in found.items()}

    def read_for(self, name: str) -> frozenset[str]:
        """Return the quantities that the formula of one may read, and the formulas of those, and so on."""
        if name not in self._read_for:
            formulas, found, waiting = self._vocabulary.formulas, set[str](), [name]
            while waiting:
                formula = formulas.get(waiting.pop())
                further = set(formula.inputs) - found if formula is not None else set()
                found |= further
                waiting += further
            self._read_for[name] = frozenset(found)
        return self._read_for[name]

    @cached_property
    def own_turn(self) -> dict[tuple[str, frozenset[str]], tuple[Facts, bool]]:
        """What :func:`nbtrace.compare.takers.takes_from_its_turn_alone` has found of quantities."""
        return {}

    @cached_property
    def turns(self) -> dict[str, tuple[Facts, Mapping[Place, tuple[Node, ...]]]]:
        """What :func:`nbtrace.compare.takers.takers` has found of quantities that a log prints at many turns."""
        return {}


@frozen
class Scene:
    """One side of a comparison.

    Attributes
    ----------
    side : Side
    trace : Trace
    values : dict of Node to tuple of float
        As logged, in record units, one block.
    digits : mapping of Node to tuple of float
        Half a unit of the last printed digit of each component.
    facts : mapping of str to Fact
        Configuration values, by names of their own; vectors of the vocabulary where the other side logs them.
    single : bool
        The numbers are float32.
    records : mapping of Node to Record
    tables : mapping of str to object
        What the configuration names that is no number, such as a list of reflections.
    singles : frozenset of Node
        Values that are float32 in a program of mixed precision.
    apart : mapping of ColumnKey to TurnColumn
        Values of turns of a loop that stand in no record.
    block : int
        The pixel block.
    orders : dict of int to NodeOrder
        Where values belong, shared by all scenes that are made of this one.
    """

    side: Side
    trace: Trace
    values: Values
    digits: MutableMapping[Node, Vector]
    facts: Facts
    single: bool
    records: Mapping[Node, Record]
    tables: Mapping[str, Any] = field(default_factory=dict)
    singles: frozenset[Node] = frozenset()
    apart: "Columns" = field(default_factory=dict)
    block: int = 0
    orders: dict[int, NodeOrder] = field(default_factory=dict, compare=False, repr=False)

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the log."""
        return self.trace.vocabulary

    @cached_property
    def order(self) -> NodeOrder:
        """Where its values belong."""
        found = self.orders.get(id(self.values))
        if found is None or found.nodes is not self.values:
            found = self.orders[id(self.values)] = NodeOrder(self.vocabulary, self.values, self.apart)
        return found

    @cached_property
    def loops(self) -> Mapping[str, tuple[str, ...]]:
        """The loops that the values of each quantity state the ordinals of."""
        return self.order.loops

    @property
    def samples(self) -> tuple[int, ...]:
        """The sampled points that the log has, in order."""
        return self.order.samples

    @property
    def places(self) -> Mapping[tuple[str, int], tuple[Place, ...]]:
        """The turns of the loops at which records have each quantity for each sampled point."""
        return self.order.places

    def places_of(self, name: str, sample: int) -> tuple[Place, ...]:
        """Return the turns of the loops at which a quantity is logged for a sampled point."""
        columns = ((loop, column) for (own, at, loop), column in self.apart.items() if (own, at) == (name, sample))
        apart = tuple(((loop, ordinal),) for loop, column in columns for ordinal in column.ordinals.tolist())
        return self.places.get((name, sample), ()) + apart

    @property
    def ordinals(self) -> Mapping[str, Sequence[int]]:
        """The ordinals of each loop that the log has, in order."""
        return self.order.ordinals

    @cached_property
    def columns(self) -> "BlockColumns":
        """The single numbers of the turns of loops, as columns."""
        from nbtrace.compare.turn_columns import columns_of  # noqa: PLC0415 - imports numpy

        *others, digits = self.digits.maps if isinstance(self.digits, ChainMap) else [self.digits]
        known = self.order.columns
        if known is None or known[0] is not digits or known[1] is not self.singles:
            made = columns_of(self.values, digits, self.singles.__contains__, self.apart)
            known = self.order.columns = digits, self.singles, made
        columns = known[2].with_digits(ChainMap(*others)) if others else known[2]
        return columns or columns_of(self.values, self.digits, self.singles.__contains__, self.apart)

    @cached_property
    def worked_out(self) -> dict[object, Any]:
        """What formulas have worked out of all turns of a loop, to be used again while their values are the same."""
        return {}

    @property
    def num_values(self) -> int:
        """How many values there are."""
        return len(self.values) + sum(column.ordinals.size for column in self.apart.values())

    def index_of(self, node: Node) -> Index:
        """Return where the log prints a value."""
        if node in self.records:
            return self.records[node].index
        return Index(self.block, max(node.sample, 0), node.place) if node in self.values else Index()

    @property
    def roundings(self) -> tuple[float, float]:
        """The relative rounding of one operation of a program, in double and in single precision."""
        return DOUBLE, _SINGLE

    def rounding_at(self, node: Node) -> float:
        """Return the relative rounding of one operation that gives a value."""
        return _SINGLE if self.single or node in self.singles else DOUBLE

    def uncertainty(self, node: Node, component: int, size: float) -> float:
        """Return how far the program's own value may be from a known one: digits, and rounding of its norm."""
        known = self.digits.get(node, ())
        digits = known[component] if component < len(known) else 0.0
        return digits + self.rounding_at(node) / 4 * size


def overlaid(digits: MutableMapping[Node, Vector], changes: Mapping[Node, Vector]) -> MutableMapping[Node, Vector]:
    """Return digits with some changed, which themselves stay as they are."""
    *others, first = digits.maps if isinstance(digits, ChainMap) else [digits]
    return ChainMap({**ChainMap(*others), **changes}, first)


def node_of(vocabulary: Vocabulary, quantity: str, index: Index) -> Node:
    """Return where a value of a quantity belongs."""
    known = vocabulary.quantities[quantity]
    return Node(quantity, index.sample if known.scope is Scope.POINT else ALL, index.places(known.indices))


def in_order(vocabulary: Vocabulary, nodes: Iterable[Node]) -> list[Node]:
    """Return nodes in the order of execution.

    Where formulas reach back along a loop, all quantities of one turn come before those of the next; else all values of
    a quantity stand together.
    """
    rank, size, outer = vocabulary.rank, len(vocabulary.rank), vocabulary.recurrent
    if outer is None:
        return sorted(nodes, key=lambda node: (rank.get(node.name, size), node.sample, node.place))
    nodes = list(nodes)
    looped = {node.name for node in nodes if node.ordinal(outer) != ALL}
    after = {node.name for node in nodes if vocabulary.ancestors(node.name) & looped} - looped

    def turn(node: Node) -> tuple[object, ...]:
        phase = 1 if node.name in looped else 2 if node.name in after else 0
        return phase, node.ordinal(outer), rank.get(node.name, size), node.sample, node.place

    return sorted(nodes, key=turn)


def scene(trace: Trace, side: Side, facts: Facts, block: int = 0, *, tables: Mapping[str, Any] | None = None) -> Scene:
    """Return the values of one block of a log."""
    formats, whole = number_formats(trace), whole_of(trace)
    apart = whole.apart.get(block, {}) if whole is not None else {}
    chosen: dict[Node, Record] = {}
    for record in trace.seen_from(block):
        if usable(trace.vocabulary, record):
            node = node_of(trace.vocabulary, record.quantity, record.index)
            earlier = chosen.setdefault(node, record)
            if earlier is not record:
                chosen[node] = max(earlier, record, key=lambda candidate: candidate.rank)
    if apart:
        there = ApartNodes(apart)
        chosen = {node: record for node, record in chosen.items() if there.place(node) is None}
    digits = {
        node: tuple(formats[record.family].resolution(token, record.scale) / 2 for token in record.value.tokens)
        for node, record in chosen.items()
    }
    values = {node: record.numbers for node, record in chosen.items()}
    computed = _computed(trace.vocabulary, chosen)
    single = is_single_precision(trace) or mostly_single(computed, apart)
    singles = singles_of(trace.vocabulary, computed, apart)
    if apart:
        values, digits = ApartVectors(values, apart, there.numbers), ApartVectors(digits, apart, there.digits)
    return Scene(side, trace, values, digits, facts, single, chosen, tables or {}, singles, apart, block)


def _computed(vocabulary: Vocabulary, chosen: Mapping[Node, Record]) -> dict[Node, Record]:
    """Return the values that are computed for a block; all of them where a run has no blocks."""
    quantities = vocabulary.quantities
    if not vocabulary.has_blocks:
        return dict(chosen)
    return {node: record for node, record in chosen.items() if quantities[node.name].scope is not Scope.RUN}


def _in_order(ordinals: set[int], apart: "Columns", loop: str) -> Sequence[int]:
    """Return the ordinals of a loop in order: some that are known, and those of the columns."""
    columns = {id(column.ordinals): column.ordinals for (_, _, name), column in apart.items() if name == loop}
    if not columns:
        return tuple(sorted(ordinals))
    import numpy as np  # noqa: PLC0415 - columns have come in

    every = np.unique(np.concatenate([np.array(sorted(ordinals), dtype=np.int64), *columns.values()]))
    first, last = int(every[0]), int(every[-1])
    return range(first, last + 1) if last - first + 1 == every.size else tuple(every.tolist())


def usable(vocabulary: Vocabulary, record: Record) -> bool:
    """Whether a record holds finite numbers of a known quantity at a place of its own."""
    known = vocabulary.quantities.get(record.quantity)
    if known is None or record.value.shape in _NO_NUMBERS or not is_finite(record.numbers):
        return False
    own, index = known.indices, record.index
    if own and not vocabulary.judged_apart.isdisjoint(own) and known.name not in vocabulary.formulas:
        return False
    if index.grids and not own:
        return False
    return all(name in own or name not in UNNAMED for name, _ in index.loops) if index.loops else True


_NO_NUMBERS = frozenset({Shape.SENTINEL, Shape.TEXT})


def banner_fact(text: str, origin: str) -> Fact | None:
    """Return numbers as a banner prints them (%g), None if they are not numbers."""
    tokens = text.replace(",", " ").split()
    try:
        numbers = tuple(float(token) for token in tokens)
    except ValueError:
        return None
    uncertain = any(map(_digits, tokens))
    return Fact(numbers, 5e-6 * norm(numbers) if uncertain else 0.0, origin)


def _digits(token: str) -> bool:
    """Whether a number has as many digits as a banner prints at most."""
    mantissa = token.lower().partition("e")[0]
    return len(mantissa.replace(".", "").replace("-", "").lstrip("0")) >= _BANNER_DIGITS
