"""The lattice factor: how strongly the cells of the crystal scatter in phase."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from simulator.config import Shape
from simulator.constants import GAUSS_SHAPE_CONSTANT, ROUND_SHAPE_FACTOR, TOPHAT_THRESHOLD
from simulator.crystal import Basis, Crystal
from simulator.vectors import Vector, dot


def miller_indices(basis: Basis, scattering: Vector) -> Vector:
    """Return h, k, l = a·S, b·S, c·S for a, b, c in m (scalars) and S in 1/m (n,)."""
    a, b, c = basis
    return Vector(dot(a, scattering), dot(b, scattering), dot(c, scattering))


def nearest_reflection(miller: Vector) -> Vector:
    """Return the reflection next to h, k, l; halves go down."""
    return miller.map(lambda index: torch.ceil(index - 0.5))


class LatticeFactor(NamedTuple):
    """F_latt and, for a square crystal, its factors along a, b and c; 1 along an axis of one cell."""

    total: Tensor
    axes: tuple[Tensor, ...]


def lattice_factor(crystal: Crystal, miller: Vector, nearest: Vector, dtype: torch.dtype) -> LatticeFactor:
    """Return F_latt, dimensionless, shape (n,).

    Parameters
    ----------
    crystal : Crystal
    miller, nearest : Vector
        Fractional indices and the reflection next to them, float64, (n,).
    dtype : torch.dtype
        Precision of the result; in float32 the distance to the reflection is taken in float64 first.
    """
    if crystal.shape is Shape.SQUARE:
        return _square(crystal, miller, nearest, dtype)
    delta = (miller - nearest).map(lambda d: d.to(dtype))
    return LatticeFactor(_spot(crystal, delta), ())


def _square(crystal: Crystal, miller: Vector, nearest: Vector, dtype: torch.dtype) -> LatticeFactor:
    axes = tuple(
        axis_factor(index, integer, count, dtype) for index, integer, count in zip(miller, nearest, crystal.N, strict=True)
    )
    total = torch.ones_like(miller.x, dtype=dtype)
    for factor, count in zip(axes, crystal.N, strict=True):
        if count > 1:
            total = total * factor
    return LatticeFactor(total, axes)


def _spot(crystal: Crystal, delta: Vector) -> Tensor:
    if crystal.shape is Shape.ROUND:
        return _round(crystal, delta)
    q = _spot_distance_sqr(crystal, delta)
    cells = float(math.prod(crystal.N))
    if crystal.shape is Shape.GAUSS:
        return cells * torch.exp(-(q / GAUSS_SHAPE_CONSTANT) * crystal.fudge)
    return torch.where(q * crystal.fudge < TOPHAT_THRESHOLD, cells, 0.0).to(q.dtype)


def axis_factor(index: Tensor, integer: Tensor, count: int, dtype: torch.dtype) -> Tensor:
    """Return sin(πNh)/sin(πh), the sum over N cells along one axis.

    In float64 the index itself is used, as the reference does. In float32 the integer part is taken off first; what it
    leaves is the sign of cos(π h0 N)/cos(π h0).
    """
    if count == 1:
        return torch.ones((), dtype=dtype, device=index.device)
    if dtype == torch.float64:
        return _sine_ratio(math.pi * index, count)
    reduced = _sine_ratio(math.pi * (index - integer).to(dtype), count)
    if count % 2 == 1:
        return reduced
    odd = torch.remainder(integer, 2.0).to(dtype)
    return reduced * (1.0 - 2.0 * odd)


def _sine_ratio(x: Tensor, count: int) -> Tensor:
    zero = x == 0.0
    ratio = torch.sin(x * count) / torch.where(zero, 1.0, torch.sin(x))
    return torch.where(zero, float(count), ratio)


def _round(crystal: Crystal, delta: Vector) -> Tensor:
    Na, Nb, Nc = crystal.N
    rho_sqr = Na * Na * delta.x * delta.x + Nb * Nb * delta.y * delta.y + Nc * Nc * delta.z * delta.z
    squared = rho_sqr * crystal.fudge
    centre = squared == 0.0
    x = math.pi * torch.sqrt(torch.where(centre, 1.0, squared))
    form = 3.0 * (torch.sin(x) / x - torch.cos(x)) / (x * x)
    return Na * Nb * Nc * ROUND_SHAPE_FACTOR * torch.where(centre, 1.0, form)


def _spot_distance_sqr(crystal: Crystal, delta: Vector) -> Tensor:
    """Return |Δh a* + Δk b* + Δl c*|² Na² Nb² Nc² with a*, b*, c* in Å⁻¹."""
    a_star, b_star, c_star = (v.map(lambda d: d.to(delta.x.dtype)) for v in crystal.reciprocal_A)
    offset = a_star * delta.x + b_star * delta.y + c_star * delta.z
    cells = float(math.prod(crystal.N))
    return dot(offset, offset) * cells * cells
