"""Values of many turns of a loop, each of which another value may be a copy of, weighed at once.

What is found of them is what is found of one after the other: how many there are, which of them fit or come closest,
and which come close with another mistake on top.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbtrace.compare.apart_values import ApartVectors
from nbtrace.compare.scene import Node, Scene, Values, Vector
from nbtrace.compare.turn_columns import ColumnKey, TurnColumn
from nbtrace.explanation.causes.kinds_of_cause import Candidate

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_SLACK = 1.01
"""Times as far as a value may be from a copy within which it is looked at by itself."""


@dataclass(frozen=True, eq=False)
class CopiedTurns:
    """Values that a single number may be a copy of, in the order of the log.

    Attributes
    ----------
    values : array of float
    nodes : CopiedPlaces
        Where all of those stand from which these were chosen.
    at : array of int
        Which of those they are.
    words : callable
        What is said of one, by its node.
    """

    values: _Floats
    nodes: "CopiedPlaces"
    at: _Ints
    words: Callable[[Node], str]

    def __len__(self) -> int:
        return int(self.values.size)

    def other_than(self, right: Vector, allowed: Vector) -> "CopiedTurns":
        """Return those that are anything but the right value itself."""
        (value,), (bound,) = right, allowed
        return self._some(np.flatnonzero(np.abs(self.values - value) > bound))

    def telling(self, logged: Vector, right: Vector, allowed: Vector) -> Iterator[Candidate]:
        """Yield those that may be exact, and of all others the one that comes closest; the first of several."""
        (own,), (value,), (bound,) = logged, right, allowed
        residual = np.abs(own - self.values)
        growth = np.abs(self.values) / abs(value) if value else np.ones(self.values.size)
        may_fit = ~(residual > _SLACK * (2 * bound * growth))
        others = np.flatnonzero(~may_fit)
        may_fit[others[residual[others].argmin()] if others.size else others] = True
        yield from map(self._candidate, np.flatnonzero(may_fit).tolist())

    def near_multiples(self, logged: Vector, multiples: Sequence[float], reach: float) -> tuple[int, list[Candidate]]:
        """Return how many have no multiple within so much of a value, relatively, and all others but 0."""
        (own,) = logged
        rows = np.flatnonzero(self.values)
        with np.errstate(all="ignore"):
            wanted = own / self.values[rows]
        within = reach * np.abs(wanted)
        known = np.array(multiples)
        first, behind = known.searchsorted(wanted - within, "left"), known.searchsorted(wanted + within, "right")
        far = (wanted != 0) & np.isfinite(wanted) & (first == behind) & bool(known.size)
        return int(np.count_nonzero(far)), [self._candidate(at) for at in rows[~far].tolist()]

    def _some(self, which: _Ints) -> "CopiedTurns":
        return CopiedTurns(self.values[which], self.nodes, self.at[which], self.words)

    def _candidate(self, at: int) -> Candidate:
        return Candidate((float(self.values[at]),), self.words(self.nodes.node(int(self.at[at]))))


class CopiedPlaces:
    """Where values stand: nodes of records, and the turns of columns behind them."""

    def __init__(self, nodes: Sequence[Node], columns: Sequence[tuple[ColumnKey, TurnColumn]]) -> None:
        self._nodes, self._columns = nodes, columns

    def node(self, at: int) -> Node:
        """Return the node of one."""
        if at < len(self._nodes):
            return self._nodes[at]
        at -= len(self._nodes)
        for (name, sample, loop), column in self._columns:
            if at < column.ordinals.size:
                return Node(name, sample, ((loop, int(column.ordinals[at])),))
            at -= column.ordinals.size
        raise IndexError(at)


def is_another(values: Values, name: str, right: float, logged: float, within: float) -> bool:
    """Whether a quantity has a value in columns that is neither the right one nor so close to the logged one."""
    columns = values.columns if isinstance(values, ApartVectors) else {}
    numbers = (column.numbers for key, column in columns.items() if key.name == name)
    return any(bool(((own != right) & (np.abs(own - logged) > within)).any()) for own in numbers)


def copied_turns(
    scene: Scene, values: Values, nodes: Iterable[Node], names: Iterable[str], words: Callable[[Node], str]
) -> CopiedTurns:
    """Return values of some nodes, and those of some quantities that stand in columns, in the order of the log.

    Parameters
    ----------
    scene : Scene
    values : dict of Node to tuple of float
        Those of its side.
    nodes : iterable of Node
        In the order of the log, of one number each.
    names : iterable of str
        The quantities, in the order in which a line prints them.
    words : callable
    """
    own = list(nodes)
    by_name = {key.name: (key, column) for key, column in scene.apart.items()}
    columns = [by_name[name] for name in names if name in by_name]
    numbers = [np.array([values[node][0] for node in own], dtype=np.float64)]
    # Where a value is printed twice, a later line may count: its place is that of the first.
    lines = np.array([scene.records[node].line for node in own], dtype=np.int64)
    at = [np.minimum.accumulate(lines[::-1])[::-1]]
    for _, column in columns:
        assert column.lines is not None  # noqa: S101 - columns of steps that agree tell them
        numbers.append(column.numbers)
        at.append(column.lines)
    order = np.argsort(np.concatenate(at), kind="stable")
    return CopiedTurns(np.concatenate(numbers)[order], CopiedPlaces(own, columns), order, words)
