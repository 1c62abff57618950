"""The lattice factor: how strongly the cells of the crystal scatter in phase."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from numpy.polynomial import Chebyshev, Polynomial
from torch import Tensor

from simulator.config import CrystalShape
from simulator.constants import GAUSS_SHAPE_CONSTANT, ROUND_SHAPE_FACTOR, TOPHAT_THRESHOLD
from simulator.crystal import Basis, Crystal
from simulator.observe import Observable
from simulator.vectors import Vector, dot

Floats = npt.NDArray[np.float64]


def miller_indices(basis: Basis, scattering: Vector) -> Vector:
    """Return h, k, l = a·S, b·S, c·S for a, b, c in m (scalars) and S in 1/m (n,)."""
    a, b, c = basis
    return Vector(dot(a, scattering), dot(b, scattering), dot(c, scattering))


def nearest_reflection(miller: Vector) -> Vector:
    """Return the reflection next to h, k, l; halves go down."""
    return miller.map(lambda index: torch.ceil(index - 0.5))


SHAPE_CONSTANTS = {
    CrystalShape.ROUND: ROUND_SHAPE_FACTOR,
    CrystalShape.GAUSS: GAUSS_SHAPE_CONSTANT,
    CrystalShape.TOPHAT: TOPHAT_THRESHOLD,
}
"""The number that the factor of each shape has in it; that of a square crystal has none."""


class LatticeFactor(NamedTuple):
    """F_latt and, for a square crystal, its factors along a, b and c; 1 along an axis of one cell."""

    unsigned: Tensor
    """F_latt, or its negative: an intensity needs no more."""
    total: Observable
    axes: tuple[Observable, ...]


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
    if crystal.shape is CrystalShape.SQUARE:
        return _square(crystal, miller, nearest, dtype)
    delta = (miller - nearest).map(lambda d: d.to(dtype))
    factor = _spot(crystal, delta)
    return LatticeFactor(factor, factor, ())


def _square(crystal: Crystal, miller: Vector, nearest: Vector, dtype: torch.dtype) -> LatticeFactor:
    if dtype == torch.float32 and _is_plain(miller.x):
        factors = tuple(
            partial(axis_factor, index, integer, count, dtype)
            for index, integer, count in zip(miller, nearest, crystal.N, strict=True)
        )

        def total() -> Tensor:
            return _product(crystal, [factor() for factor in factors])

        return LatticeFactor(_unsigned_product(crystal, miller, nearest, total), total, factors)
    axes = _axis_factors(crystal, miller, nearest, dtype)
    product = _product(crystal, axes)
    return LatticeFactor(product, product, axes)


def _axis_factors(crystal: Crystal, miller: Vector, nearest: Vector, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Return the three factors; the quick ones where none of them is 0/0, as at a reflection."""
    if dtype == torch.float64 and _is_plain(miller.x):
        axes = tuple(
            _sine_quotient(math.pi * index, count) if count > 1 else _one(index, dtype)
            for index, count in zip(miller, crystal.N, strict=True)
        )
        if not any(map(_has_nan, axes)):
            return axes
    return tuple(
        axis_factor(index, integer, count, dtype)
        for index, integer, count in zip(miller, nearest, crystal.N, strict=True)
    )


def _product(crystal: Crystal, axes: Sequence[Tensor]) -> Tensor:
    total = torch.ones_like(max(axes, key=Tensor.numel))
    for factor, count in zip(axes, crystal.N, strict=True):
        if count > 1:
            total = total * factor
    return total


_LEAST_PRODUCT = 1e-30
"""A product of sines below this has lost digits in single precision, or all: next to a reflection, such as 0 0 0."""


def _unsigned_product(crystal: Crystal, miller: Vector, nearest: Vector, exact: Callable[[], Tensor]) -> Tensor:
    """Return F_latt but for its sign in float32, as in :func:`axis_factor`; where that loses digits, what is exact."""
    numerator = denominator = torch.ones_like(miller.x, dtype=torch.float32)
    for index, integer, count in zip(miller, nearest, crystal.N, strict=True):
        if count > 1:
            delta = index - integer
            phase = delta * count
            numerator = numerator * torch.sin(math.pi * (phase - torch.round(phase)).to(torch.float32))
            denominator = denominator * torch.sin(math.pi * delta.to(torch.float32))
    quotient = numerator / denominator
    size = denominator.abs()
    if not size.numel() or float(size.min()) > _LEAST_PRODUCT:
        return quotient
    return torch.where(size > _LEAST_PRODUCT, quotient, exact())


def _is_plain(values: Tensor) -> bool:
    """Tell whether a look at the values costs nothing: on a CPU, without a graph."""
    return values.device.type == "cpu" and not values.requires_grad


def _has_nan(values: Tensor) -> bool:
    """Tell whether one of them may be no number: a sum is cheaper than a look at each."""
    return math.isnan(float(values.sum()))


def _one(like: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.ones((), dtype=dtype, device=like.device)


def _spot(crystal: Crystal, delta: Vector) -> Tensor:
    if crystal.shape is CrystalShape.ROUND:
        return _round(crystal, delta)
    q = _spot_distance_sqr(crystal, delta)
    cells = float(math.prod(crystal.N))
    if crystal.shape is CrystalShape.GAUSS:
        return cells * torch.exp(-(q / GAUSS_SHAPE_CONSTANT) * crystal.fudge)
    return torch.where(q * crystal.fudge < TOPHAT_THRESHOLD, cells, 0.0).to(q.dtype)


def axis_factor(index: Tensor, integer: Tensor, count: int, dtype: torch.dtype) -> Tensor:
    """Return sin(πNh)/sin(πh), the sum over N cells along one axis.

    In float64 the index itself is used, as the reference does. In float32 whole turns are taken off first, in float64;
    they leave a sign.
    """
    if count == 1:
        return _one(index, dtype)
    if dtype == torch.float64:
        return _sine_ratio(math.pi * index, count)
    delta = index - integer
    phase = delta * count
    turns = torch.round(phase)
    numerator = torch.sin(math.pi * (phase - turns).to(dtype))
    at_reflection = delta == 0.0
    ratio = numerator / torch.where(at_reflection, 1.0, torch.sin(math.pi * delta.to(dtype)))
    odd = torch.remainder(turns + integer * (count - 1.0), 2.0).to(dtype)
    return torch.where(at_reflection, count * 1.0, ratio) * (1.0 - 2.0 * odd)


def _sine_ratio(x: Tensor, count: int) -> Tensor:
    zero = x == 0.0
    ratio = torch.sin(x * count) / torch.where(zero, 1.0, torch.sin(x))
    return torch.where(zero, count * 1.0, ratio)


def _sine_quotient(x: Tensor, count: int) -> Tensor:
    """Return sin(Nx)/sin(x), which is no number at 0."""
    return torch.sin(x * count) / torch.sin(x)


def _coefficients(function: Callable[[Floats], Floats], degree: int) -> tuple[float, ...]:
    """Return a function of x² for |x| ≤ ½ in powers of x², highest first: interpolated at Chebyshev nodes."""
    fit = Chebyshev.interpolate(function, degree, domain=[0.0, 0.25])
    return tuple(float(c) for c in reversed(fit.convert(kind=Polynomial).coef))


SINE_COEFFICIENTS = _coefficients(lambda square: np.pi * np.sinc(np.sqrt(square)), 5)
"""Those of sin(πx)/x, to 2e-10."""

COSINE_COEFFICIENTS = _coefficients(lambda square: np.cos(np.pi * np.sqrt(square)), 6)
"""Those of cos(πx), to 1e-12."""

ROUND_COEFFICIENTS = tuple((-1) ** k * 6.0 * (k + 1) / math.factorial(2 * k + 3) for k in reversed(range(6)))
"""Those of the form factor of a sphere, 3 (sin x / x - cos x) / x² for x² ≤ 1, by its series: to 1e-10."""


def _sine_of_half_turns(x: Tensor) -> Tensor:
    """Return sin(πx) for |x| ≤ ½."""
    square = x * x
    value = square * SINE_COEFFICIENTS[0] + SINE_COEFFICIENTS[1]
    for coefficient in SINE_COEFFICIENTS[2:]:
        value = value * square + coefficient
    return x * value


def axis_nudge(dtype: torch.dtype) -> float:
    """Return what is far below the resolution of any index, but makes N of 0/0 at a reflection."""
    return 1e-30 if dtype == torch.float64 else 1e-12


def reduced_lattice_factor(cells: Sequence[int], miller: Vector, nearest: Vector, dtype: torch.dtype) -> Tensor:
    """Return F_latt of a square crystal but for its sign, from range-reduced indices.

    Parameters
    ----------
    cells : sequence of int
        Cells along a, b, c.
    miller, nearest : Vector
        Fractional indices and the reflection next to them, float64.
    dtype : torch.dtype
        Precision of the result.
    """
    nudge = axis_nudge(dtype)
    numerator = denominator = torch.ones((), dtype=dtype)
    for index, integer, count in zip(miller, nearest, cells, strict=True):
        if count > 1:
            delta = (index - integer) + nudge
            phase = delta * count
            numerator = numerator * _sine_of_half_turns((phase - torch.round(phase)).to(dtype))
            denominator = denominator * _sine_of_half_turns(delta.to(dtype))
    return numerator / denominator


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
    a_star, b_star, c_star = (v.map(lambda d: d.to(delta.x.dtype)) for v in crystal.reciprocal)
    offset = a_star * delta.x + b_star * delta.y + c_star * delta.z
    cells = float(math.prod(crystal.N))
    return dot(offset, offset) * cells * cells
