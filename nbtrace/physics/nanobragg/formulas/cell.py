"""The unit cell's formulas, on logged values: the real vectors from the reciprocal ones."""

import math
from collections.abc import Callable

from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import cross, scaled

OTHERS = {"a": ("b", "c"), "b": ("c", "a"), "c": ("a", "b")}
"""The two axes whose product gives the third."""

ANOTHER_SCALE = 2e-5
"""Relative difference from which on a stated cell length is not the dual one printed with fewer digits."""

_PLAUSIBLE = 0.5
"""Largest relative difference of the two that the reference's cell can have."""

TEXTS = ("V·b*×c*", "V·c*×a*", "V·a*×b*")


def as_stated(at: NodeView, axis: str, vector: Vector) -> Vector:
    """Return a cell vector with the length that is stated, where that differs by more than its digits.

    The reference's triclinic cell without a matrix has reciprocal vectors that are dual but for a common factor.
    """
    if "cell_lengths" not in at or not norm(vector):
        return vector
    stated = at["cell_lengths"]["abc".index(axis)] / norm(vector)
    return scaled(vector, stated) if ANOTHER_SCALE < abs(stated - 1) < _PLAUSIBLE else vector


def volume(at: NodeView) -> Vector:
    """Return V = 1/V*, Å³."""
    return (1 / at.number("V_star"),)


def real_vector(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a cell vector, Å: V·(the product of the two other reciprocal ones).

    Where the three reciprocal vectors span another volume than 1/V, as the reference's do of a triclinic cell without
    a matrix, they are the products of the real ones over V; the factor is √(V/(a*·b*×c*)) then.
    """
    first, second = OTHERS[axis]

    def formula(at: NodeView) -> Vector:
        product, volume = cross(at[f"vec_{first}_star"], at[f"vec_{second}_star"]), at.number("V_cell")
        spanned = volume * dot(at[f"vec_{axis}_star"], product) if f"vec_{axis}_star" in at else 1.0
        close = abs(spanned - 1) < _PLAUSIBLE
        return as_stated(at, axis, scaled(product, volume / math.sqrt(spanned) if close else volume))

    return formula


def turned_component(vector: Callable[[NodeView, str], Vector], axis: str, place: int) -> Callable[[NodeView], Vector]:
    """Return the formula of one component of a vector at a φ step."""
    return lambda at: (vector(at, axis)[place],)
