"""What is worked out of all φ steps of a long sweep at once: whether they are of one reflection, and their factors."""

import math
from collections.abc import Iterator
from typing import Any

from nbtrace.compare.column_math import PORTION, SingleValuesError
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step, tic_of
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.relations import nearest_indices
from nbtrace.vocabulary.formula import UnloggedError


def first_elsewhere(at: NodeView, first: Vector, count: int) -> int | None:
    """Return the first of so many steps that is of another reflection than the one given; what it reads does not count.

    A step whose indices the log does not tell is taken for one of the same.
    """
    own, key = at.unvaried(), ("first elsewhere", at.node.sample, count, first)
    known = at.scene.worked_out if own.has_logged_values else {}
    if key not in known:
        portions = (_elsewhere_in(own, first, tics) for tics in _portions(count))
        known[key] = next((tic for tic in portions if tic is not None), None)
    found: int | None = known[key]
    return found


def _elsewhere_in(at: NodeView, first: Vector, tics: Any) -> int | None:
    """Return the first of some steps that is of another reflection."""
    found = [_elsewhere_at(at, view, first) for view in at.groups_of_turns(PHI_TIC, tics)]
    return min((tic for tic in found if tic is not None), default=None)


def _elsewhere_at(at: NodeView, turns: NodeView, first: Vector) -> int | None:
    import numpy as np  # noqa: PLC0415 - columns have come in

    tics: Any = tic_of(turns.node)
    try:
        with np.errstate(all="ignore"):
            indices = crystal.step_indices(turns)
            near = [np.broadcast_to(index, tics.size) for index in nearest_indices(indices)]
    except UnloggedError:
        return None
    except (SingleValuesError, ArithmeticError, ValueError):
        return next((tic for tic in tics.tolist() if _is_elsewhere(at, tic, first)), None)
    told = np.logical_and.reduce([~np.isnan(index) for index in near])
    same = np.logical_and.reduce([index == own for index, own in zip(near, first, strict=False)])
    other = np.flatnonzero(told & ~(same & (len(first) == len(near))))
    return int(tics[other[0]]) if other.size else None


def _is_elsewhere(at: NodeView, tic: int, first: Vector) -> bool:
    try:
        indices = crystal.step_indices(at_step(at, max(at.node.sample, 0), tic))
    except UnloggedError:
        return False
    return nearest_indices(indices) != first


def modelled_factors(at: NodeView, count: int) -> Any:
    """Return the lattice factors of so many steps of a parallelepiped, of which the log prints the first one alone."""
    import numpy as np  # noqa: PLC0415 - columns have come in

    first = at.number("F_latt")
    key = "modelled factors", at.node.sample, count
    return np.concatenate([[first], at.worked_out(key, lambda here: _modelled_factors(here, count))])


def _modelled_factors(at: NodeView, count: int) -> Any:
    import numpy as np  # noqa: PLC0415 - columns have come in

    parts = []
    with np.errstate(all="ignore"):
        for tics in _portions(count):
            angle = crystal.nominal_deg(at, tics)
            indices = [crystal.index_at(at, axis, angle) for axis in crystal.AXES]
            cells = [crystal.cells(at, axis) for axis in crystal.AXES]
            factors = math.prod(crystal.grating(h, count) for h, count in zip(indices, cells, strict=True))
            parts.append(np.broadcast_to(factors, tics.size))
    return np.concatenate(parts)


def _portions(count: int) -> Iterator[Any]:
    """Yield the steps but the first, not too many at a time."""
    import numpy as np  # noqa: PLC0415 - columns have come in

    for first in range(1, count, PORTION):
        yield np.arange(first, min(count, first + PORTION))
