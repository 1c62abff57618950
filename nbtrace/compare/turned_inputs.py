"""By how much the turns of a loop may change a sum over them: each within its own uncertainty, all at once."""

import math
from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from nbtrace.compare.column_math import PORTION
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Node, Scene, Vector
from nbtrace.compare.turn_columns import ColumnKey, Floats
from nbtrace.vocabulary.formula import UnloggedError


def changed_by_turns(
    scene: Scene, values: Mapping[Node, Vector], node: Node, at: NodeView
) -> Iterator[tuple[float, float]]:
    """Yield, for each column that a formula has read, the changes of its value, and those by the relative changes.

    Each is a sum over the turns, of the change that one of them makes alone.

    Parameters
    ----------
    scene : Scene
    values : mapping of Node to tuple of float
    node : Node
    at : NodeView
        What the formula saw.
    """
    terms = scene.vocabulary.formulas[node.name].terms
    assert terms is not None, f"the formula of {node.name} reads columns and has no terms"  # noqa: S101
    with np.errstate(all="ignore"):
        before = terms(NodeView(scene, values, node))
        for key, count in at.turned.items():
            numbers, steps = _moves(at, ColumnKey(*key), count)
            try:
                after = terms(NodeView(scene, values, node, {key: numbers + steps}))
            except UnloggedError:
                continue
            changes = np.abs(after[key] - before[key])
            changes = np.where(np.isfinite(changes), changes, 0.0)
            yield _sum(changes), _by_relative(changes, numbers, steps)


def _moves(at: NodeView, key: ColumnKey, count: int) -> tuple[Floats, Floats]:
    """Return the numbers that a formula has read of a column, and how far each may be moved."""
    scene, some = at.scene, slice(0, count)
    column, numbers = scene.columns.columns[key], at.numbers_of(scene.columns.columns[key], some)
    assert numbers is not None, f"{key.name} was read as a column"  # noqa: S101
    double, single = scene.roundings
    rounding = np.where(column.single[some] & bool(scene.singles) | scene.single, single, double)
    return numbers, column.digits(some) + rounding / 4 * np.abs(numbers)


def _by_relative(changes: Floats, numbers: Floats, steps: Floats) -> float:
    """Return the sum of the changes, each by how far its turn was moved relative to its number."""
    told = (numbers != 0) & (steps != 0)
    return _sum(changes[told] * np.abs(numbers[told]) / steps[told])


def _sum(numbers: Floats) -> float:
    """Return the exact sum of numbers, rounded once; they become Python's own not all at a time."""
    portions = (numbers[first : first + PORTION].tolist() for first in range(0, numbers.size, PORTION))
    return math.fsum(chain.from_iterable(portions))
