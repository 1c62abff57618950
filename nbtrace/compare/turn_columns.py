"""Single numbers that the turns of a loop have in one block of a log, as columns.

Of a log that is read line by line they are made of its values; of a long one they are what was read, and no value of
those turns stands in a record.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from nbtrace.compare.apart_values import ApartVectors
from nbtrace.compare.scene import Node

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

_T = TypeVar("_T")


class ColumnKey(NamedTuple):
    """What a column is of: a quantity, a sampled point, and the loop whose turns it has."""

    name: str
    sample: int
    loop: str


@dataclass(frozen=True, eq=False)
class TurnNodes(Sequence[Any]):
    """The nodes of a column that stands in no record, made when they are asked for.

    Attributes
    ----------
    key : ColumnKey
    ordinals : array of int
    """

    key: ColumnKey
    ordinals: Ints

    @cached_property
    def _every(self) -> tuple[Any, ...]:
        (name, sample, loop), turns = self.key, self.ordinals.tolist()
        return tuple(Node(name, sample, ((loop, ordinal),)) for ordinal in turns)

    def __len__(self) -> int:
        return int(self.ordinals.size)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return self._every[at]
        name, sample, loop = self.key
        return Node(name, sample, ((loop, int(self.ordinals[at])),))


@dataclass(frozen=True, slots=True, eq=False)
class TurnColumn:
    """The numbers of one quantity and sampled point, turn by turn.

    Attributes
    ----------
    ordinals : array of int
        The turns, in ascending order.
    numbers : array of float64
    single : array of bool
        Whether each is a float32 value.
    halves : array of float64
        The different halves of a last printed digit.
    half : array of int
        Which of them is that of each number.
    long, long_single : int
        How many numbers have enough digits to tell single from double precision, and how many of those are single.
    nodes : sequence
        Their nodes, where values that take their place are looked for.
    lines : array of int, optional
        The line of the log that each stands in.
    """

    ordinals: Ints
    numbers: Floats
    single: Flags
    halves: Floats
    half: "npt.NDArray[np.integer[Any]]"
    long: int = 0
    long_single: int = 0
    nodes: Sequence[Any] = ()
    lines: Ints | None = None

    def digits(self, at: Ints | slice) -> Floats:
        """Return half a unit of the last printed digit of some numbers."""
        result: Floats = self.halves[self.half[at]]
        return result

    def numbers_in(self, values: Mapping[Any, tuple[float, ...]], at: Ints | slice) -> Floats | None:
        """Return what other values than the log's have at some turns; None where that is no single number of each."""
        if len(self.nodes) != self.ordinals.size:
            return None
        maps = values.maps if isinstance(values, ChainMap) else [values]
        if isinstance(maps[-1], ApartVectors):
            return self._with_own(maps, at)
        nodes = self.nodes[at] if isinstance(at, slice) else [self.nodes[row] for row in at.tolist()]
        found: list[tuple[float, ...]] = [maps[-1].get(node, ()) for node in nodes]
        for some in reversed(maps[:-1]):
            for row, value in self._rows_of(some, at, len(nodes)):
                found[row] = value
        if any(len(value) != 1 for value in found):
            return None
        return np.fromiter((number for (number,) in found), dtype=np.float64, count=len(found))

    def _with_own(self, maps: Sequence[Mapping[Any, tuple[float, ...]]], at: Ints | slice) -> Floats | None:
        """Return the numbers at some turns, with those that values have of their own in their places."""
        found = self.numbers[at].copy()
        for some in reversed(maps):
            for row, value in self._rows_of(some, at, found.size):
                if len(value) != 1:
                    return None
                (found[row],) = value
        return found

    def _rows_of(self, values: Mapping[Any, _T], at: Ints | slice, count: int) -> Iterator[tuple[int, _T]]:
        """Yield those of some values that are of the column, each with its row among so many."""
        name, sample, ((loop, _),) = self.nodes[0]
        rows: Ints = np.arange(self.ordinals.size)[at] if isinstance(at, slice) else at
        for node, value in values.items():
            if node.name == name and node.sample == sample and len(node.place) == 1 and node.place[0][0] == loop:
                place = self.place(node.place[0][1])
                row = count if place is None else int(rows.searchsorted(place))
                if row < count and rows[row] == place:
                    yield row, value

    def with_digits(self, digits: Mapping[Any, tuple[float, ...]]) -> "TurnColumn":
        """Return this column with the half of a last printed digit that some nodes have, one number each."""
        found = list(self._rows_of(digits, slice(None), self.ordinals.size)) if self.nodes else []
        if not found:
            return self
        half = self.half.astype(np.int64)
        half[[row for row, _ in found]] = np.arange(len(found)) + self.halves.size
        return replace(self, half=half, halves=np.concatenate([self.halves, [own for _, (own,) in found]]))

    def find(self, ordinals: Ints) -> tuple[Ints, int]:
        """Return where some turns are, and how many of them there are at all."""
        at = np.minimum(np.searchsorted(self.ordinals, ordinals), max(self.ordinals.size - 1, 0))
        return at, int(np.count_nonzero(self.ordinals[at] == ordinals)) if self.ordinals.size else 0

    def place(self, ordinal: int) -> int | None:
        """Return where a turn is."""
        at = int(self.ordinals.searchsorted(ordinal))
        return at if at < self.ordinals.size and self.ordinals[at] == ordinal else None

    def starts_with(self, count: int) -> bool:
        """Whether the first turns are those from 0 on, so many of them."""
        first = self.ordinals[:count]
        return bool(count <= self.ordinals.size and first[0] == 0 and first[-1] == count - 1) if count else True

    def with_others(self, other: "TurnColumn") -> "TurnColumn":
        """Return this column with the numbers of other turns in their places."""
        ordinals = np.concatenate([self.ordinals, other.ordinals])
        order = np.argsort(ordinals, kind="stable")
        half = np.concatenate([self.half, other.half.astype(np.int64) + self.halves.size])
        nodes = self.nodes
        return replace(
            self,
            ordinals=ordinals[order],
            nodes=replace(nodes, ordinals=ordinals[order]) if isinstance(nodes, TurnNodes) else nodes,
            lines=None,
            numbers=np.concatenate([self.numbers, other.numbers])[order],
            single=np.concatenate([self.single, other.single])[order],
            halves=np.concatenate([self.halves, other.halves]),
            half=half[order],
        )


Columns: TypeAlias = Mapping[ColumnKey, TurnColumn]


@dataclass(frozen=True, slots=True, eq=False)
class BlockColumns:
    """The columns of a block, and what values of turns are no single numbers of one loop.

    Attributes
    ----------
    columns : mapping of ColumnKey to TurnColumn
    others : frozenset of ColumnKey
        Of what a turn has another value than one number.
    """

    columns: Columns
    others: frozenset[ColumnKey] = frozenset()

    def with_digits(self, digits: Mapping[Any, tuple[float, ...]]) -> "BlockColumns | None":
        """Return the columns where some nodes have other digits; None where that is no single number of each."""
        of_turns = {node: own for node, own in digits.items() if len(node.place) == 1}
        if any(len(own) != 1 for own in of_turns.values()):
            return None
        return replace(self, columns={key: column.with_digits(of_turns) for key, column in self.columns.items()})


def columns_of(
    values: Mapping[Any, tuple[float, ...]],
    digits: Mapping[Any, tuple[float, ...]],
    is_single: Callable[[Any], bool],
    apart: Columns,
) -> BlockColumns:
    """Return the columns of a block.

    Parameters
    ----------
    values, digits : mapping of Node to tuple of float
        The values of its records.
    is_single : callable
        Whether the value of a node is a float32 one.
    apart : mapping of ColumnKey to TurnColumn
        The numbers that stand in no record.
    """
    by_key: dict[ColumnKey, list[tuple[int, Any]]] = {}
    others: set[ColumnKey] = set()
    for node, value in values.items():
        if len(node.place) == 1:
            loop, ordinal = node.place[0]
            key = ColumnKey(node.name, node.sample, loop)
            if len(value) == 1 and len(digits[node]) == 1:
                by_key.setdefault(key, []).append((ordinal, node))
            else:
                others.add(key)
    made = {key: _column(sorted(turns), values, digits, is_single) for key, turns in by_key.items()}
    merged = {key: column.with_others(made[key]) if key in made else column for key, column in apart.items()}
    return BlockColumns({**made, **merged}, frozenset(others))


def _column(
    turns: Iterable[tuple[int, Any]],
    values: Mapping[Any, tuple[float, ...]],
    digits: Mapping[Any, tuple[float, ...]],
    is_single: Callable[[Any], bool],
) -> TurnColumn:
    ordinals, nodes = zip(*turns, strict=True)
    return TurnColumn(
        ordinals=np.array(ordinals, dtype=np.int64),
        numbers=np.array([values[node][0] for node in nodes], dtype=np.float64),
        single=np.fromiter(map(is_single, nodes), dtype=np.bool_, count=len(nodes)),
        halves=np.array([digits[node][0] for node in nodes], dtype=np.float64),
        half=np.arange(len(nodes)),
        nodes=nodes,
    )
