"""Values of the turns of a loop that stand in columns, each of which another value may be a copy of."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from nbtrace.compare.apart_values import ApartVectors
from nbtrace.compare.scene import Node, Scene, Values
from nbtrace.compare.turn_columns import ColumnKey, TurnColumn
from nbtrace.explanation.causes.many_candidates import ManyCandidates


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
) -> ManyCandidates:
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
    places = CopiedPlaces(own, columns)
    return ManyCandidates(np.concatenate(numbers)[order], order, lambda number: words(places.node(number)))
