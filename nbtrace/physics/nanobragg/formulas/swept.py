"""What is worked out of all φ steps of a long sweep at once: whether they are of one reflection, and their factors."""

import math
from collections.abc import Iterator
from typing import Any

from nbtrace.compare.column_math import SingleValuesError
from nbtrace.compare.scene import NodeView, Vector
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.relations import nearest_indices
from nbtrace.vocabulary.formula import UnloggedError

_PORTION = 20_000
"""Steps that are computed at a time."""


def first_elsewhere(at: NodeView, first: Vector, count: int) -> int | None:
    """Return the first of so many steps that is of another reflection than the one given; what it reads does not count.

    A step whose indices the log does not tell is taken for one of the same.
    """
    key = "first elsewhere", at.node.sample, count, first
    found: int | None = at.aside().worked_out(key, lambda here: _first_elsewhere(here, first, count))
    return found


def _first_elsewhere(at: NodeView, first: Vector, count: int) -> int | None:
    import numpy as np  # noqa: PLC0415 - columns have come in

    for tics in _portions(count):
        try:
            with np.errstate(all="ignore"):
                indices = crystal.step_indices(at.at_turns(PHI_TIC, tics))
                near = [np.broadcast_to(index, tics.size) for index in nearest_indices(indices)]
        except UnloggedError:
            continue
        except (SingleValuesError, ArithmeticError, ValueError):
            other = next((tic for tic in tics.tolist() if _is_elsewhere(at, tic, first)), None)
        else:
            told = np.logical_and.reduce([~np.isnan(index) for index in near])
            same = np.logical_and.reduce([index == own for index, own in zip(near, first, strict=False)])
            at_once = np.flatnonzero(told & ~(same & (len(first) == len(near))))
            other = int(tics[at_once[0]]) if at_once.size else None
        if other is not None:
            return other
    return None


def _is_elsewhere(at: NodeView, tic: int, first: Vector) -> bool:
    try:
        indices = crystal.step_indices(at_step(at, max(at.node.sample, 0), tic))
    except UnloggedError:
        return False
    return nearest_indices(indices) != first


def modelled_factors(at: NodeView, count: int) -> Any:
    """Return the lattice factors of so many steps of a parallelepiped, of which the log prints the first one alone."""
    key = "modelled factors", at.node.sample, count
    factors = at.worked_out(key, lambda here: _modelled_factors(here, count))
    factors[0] = at.number("F_latt")
    return factors


def _modelled_factors(at: NodeView, count: int) -> Any:
    import numpy as np  # noqa: PLC0415 - columns have come in

    parts = [np.zeros(1)]
    with np.errstate(all="ignore"):
        for tics in _portions(count):
            angle = crystal.nominal_deg(at, tics)
            factors = [
                crystal.grating(crystal.index_at(at, axis, angle), crystal.cells(at, axis)) for axis in crystal.AXES
            ]
            parts.append(np.broadcast_to(math.prod(factors), tics.size))
    return np.concatenate(parts)


def _portions(count: int) -> Iterator[Any]:
    """Yield the steps but the first, not too many at a time."""
    import numpy as np  # noqa: PLC0415 - columns have come in

    for first in range(1, count, _PORTION):
        yield np.arange(first, min(count, first + _PORTION))
