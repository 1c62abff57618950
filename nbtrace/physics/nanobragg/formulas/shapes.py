"""The lattice factor of a spot of any shape.

With Δ = (h − h₀, k − k₀, l − l₀), N = Na·Nb·Nc and the shape factor f (`-fudge`):

* parallelepiped: Π sin(πNh)/sin(πh)
* ellipsoid: 0.7236·N·g(π√(ρ²·f)), ρ² = Na²Δh² + Nb²Δk² + Nc²Δl², g(x) = 3(sin x/x − cos x)/x²
* Gaussian: N·exp(−f·q/0.63), top-hat: N where f·q < 0.63², with q = |Δh·a* + Δk·b* + Δl·c*|²·N²

Source: the reference's own formulas, whose q has the dimension Å⁻².
"""

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import added, cross, scaled
from nbtrace.physics.nanobragg.formulas.cell import OTHERS
from nbtrace.physics.nanobragg.lattice import lattice_factor
from nbtrace.physics.nanobragg.relations import nearest_indices
from nbtrace.vocabulary.formula import Lack, UnloggedError

SPHERE = 0.723601254558268
"""Factor of the ellipsoid."""

WIDTH = 0.63
"""Width of the Gaussian spot; its square is where a top-hat ends."""

_AXES = "abc"


class SpotShape(IntEnum):
    """The shape of a spot; its value is that of the fact `shape`."""

    SQUARE = 0
    ROUND = 1
    GAUSS = 2
    TOPHAT = 3


class Radius(IntEnum):
    """How the distance from a reflection is measured."""

    HKL = 0
    HKL_ALL_CELLS = 1
    HKL_PLAIN = 2
    RECIPROCAL = 3
    RECIPROCAL_PLAIN = 4


class Spot(NamedTuple):
    """How a lattice factor is computed; all are numbers, so that it can be a fact.

    Attributes
    ----------
    shape : SpotShape
    radius : Radius
    fudge : float
        Exponent of the shape factor: 1, or 0 where it is left out.
    root : float
        1 where the radius itself stands for its square.
    from_origin : float
        1 where h, k, l stand for their distances from the reflection.
    height : float
        Value in the middle; 0 for the number of cells.
    sphere : float
        Factor of the ellipsoid.
    width : float
        Divisor in the exponent of the Gaussian.
    edge : float
        Where a top-hat ends.
    turn : float
        Factor of the radius of the ellipsoid.
    """

    shape: float
    radius: float
    fudge: float = 1.0
    root: float = 0.0
    from_origin: float = 0.0
    height: float = 0.0
    sphere: float = SPHERE
    width: float = WIDTH
    edge: float = WIDTH * WIDTH
    turn: float = math.pi


REFERENCE: dict[SpotShape, Spot] = {
    SpotShape.SQUARE: Spot(SpotShape.SQUARE, Radius.HKL),
    SpotShape.ROUND: Spot(SpotShape.ROUND, Radius.HKL),
    SpotShape.GAUSS: Spot(SpotShape.GAUSS, Radius.RECIPROCAL),
    SpotShape.TOPHAT: Spot(SpotShape.TOPHAT, Radius.RECIPROCAL),
}
"""How the reference computes each."""


def spot_of(at: NodeView) -> Spot:
    """Return how the lattice factor is computed: as the reference does, unless the fact `spot` says otherwise.

    Raises
    ------
    UnloggedError
        If the log lacks the factors along the axes that a parallelepiped has, and nothing tells the shape.
    """
    if "spot" in at:
        return Spot(*at["spot"])
    if "shape" in at:
        return REFERENCE[SpotShape(int(at.number("shape")))]
    if "other_shape" in at and at.number("other_shape"):
        raise UnloggedError("shape of the crystal", Lack.FACT)
    return REFERENCE[SpotShape.SQUARE]


def is_square(at: NodeView) -> bool:
    """Whether the lattice factor is the product of factors along the axes."""
    return spot_of(at).shape == SpotShape.SQUARE


def lattice_at(at: NodeView, hkl: Vector) -> float:
    """Return the lattice factor at Miller indices, for the cells, shape and reciprocal vectors that a log tells."""
    spot = spot_of(at)
    cells = tuple(int(at.number(f"N_{axis}")) for axis in _AXES)
    if spot.shape == SpotShape.SQUARE:
        return math.prod(lattice_factor(h, n) if n > 1 else 1.0 for h, n in zip(hkl, cells, strict=True))
    stars = reciprocal(at) if spot.radius >= Radius.RECIPROCAL else ()
    return spot_factor(spot, hkl, cells, stars, at.number("shape_fudge" if at.logged("shape_fudge") else "fudge"))


def reciprocal(at: NodeView) -> tuple[Vector, ...]:
    """Return a*, b*, c* (Å⁻¹): as logged, else dual to the real ones; no rotation changes a distance in them."""
    names = [f"rot_{axis}_star_A_inv" for axis in _AXES]
    if all(map(at.logged, names)):
        return tuple(at[name] for name in names)
    real = {axis: at[f"rot_{axis}_angstroms"] for axis in _AXES}
    volume = dot(real["a"], cross(real["b"], real["c"]))
    return tuple(scaled(cross(real[OTHERS[axis][0]], real[OTHERS[axis][1]]), 1 / volume) for axis in _AXES)


def spot_factor(spot: Spot, hkl: Vector, cells: Sequence[int], stars: Sequence[Vector], fudge: float) -> float:
    """Return the lattice factor of a spot that is no parallelepiped's.

    Parameters
    ----------
    spot : Spot
    hkl : tuple of float
        Fractional Miller indices.
    cells : sequence of int
        Along a, b, c.
    stars : sequence of tuple of float
        a*, b*, c* in Å⁻¹; needed for a radius in reciprocal space.
    fudge : float
        Shape factor.
    """
    origin = (0.0, 0.0, 0.0) if spot.from_origin else nearest_indices(hkl)
    delta = tuple(h - near for h, near in zip(hkl, origin, strict=True))
    squared = _radius_squared(Radius(int(spot.radius)), delta, cells, stars)
    measure = (math.sqrt(squared) if spot.root else squared) * fudge**spot.fudge
    middle = spot.height or float(math.prod(cells))
    if spot.shape == SpotShape.GAUSS:
        return middle * math.exp(-measure / spot.width)
    if spot.shape == SpotShape.TOPHAT:
        return middle if measure < spot.edge else 0.0
    return middle * spot.sphere * _ball(spot.turn * math.sqrt(measure))


def _radius_squared(radius: Radius, delta: Vector, cells: Sequence[int], stars: Sequence[Vector]) -> float:
    every = float(math.prod(cells)) ** 2
    if radius is Radius.HKL:
        return math.fsum((n * d) ** 2 for n, d in zip(cells, delta, strict=True))
    if radius >= Radius.RECIPROCAL:
        offset = added(*(scaled(star, d) for star, d in zip(stars, delta, strict=True)))
        return dot(offset, offset) * (every if radius is Radius.RECIPROCAL else 1.0)
    return math.fsum(d * d for d in delta) * (every if radius is Radius.HKL_ALL_CELLS else 1.0)


def _ball(x: float) -> float:
    """Return 3(sin x/x − cos x)/x², the transform of a ball; its series near 0, where the difference has no digits."""
    if abs(x) < _SERIES:
        return 1.0 - x * x / 10.0 + x**4 / 280.0
    return 3.0 * (math.sin(x) / x - math.cos(x)) / (x * x)


_SERIES = 1e-2
"""Argument below which the series is exact to the last digit."""
