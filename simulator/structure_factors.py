"""Looking up structure factors on tensors: the nearest reflection, or tricubic interpolation."""

from dataclasses import dataclass, field
from itertools import product
from typing import Protocol

import torch
from torch import Tensor

from simulator.hkl import ReflectionTable
from simulator.parameters import Parameter, Parameters
from simulator.vectors import Vector

INTERPOLATION_MARGIN = 2.0
"""Indices must keep this distance from the table's edges for the tricubic lookup."""


@dataclass(frozen=True)
class StructureFactors:
    """Amplitudes on a box of reflections, with a border that holds the default."""

    bordered: Tensor | None
    """Flat table of (n_h + 2)(n_k + 2)(n_l + 2) values, or None without a list."""
    low: tuple[int, int, int]
    counts: tuple[int, int, int]
    default_F: Tensor


def build_structure_factors(
    parameters: Parameters, table: ReflectionTable | None, dtype: torch.dtype
) -> StructureFactors:
    """Put a table on the device; a tensor given as structure factors takes the place of its values."""
    default = parameters.scalar(Parameter.DEFAULT_F).to(dtype)
    if table is None:
        return StructureFactors(None, (0, 0, 0), (0, 0, 0), default)
    given = parameters.given(Parameter.STRUCTURE_FACTORS)
    values = (torch.from_numpy(table.values).to(parameters.device) if given is None else given).to(dtype)
    counts = table.values.shape
    bordered = default.expand([n + 2 for n in counts]).clone()
    bordered[1:-1, 1:-1, 1:-1] = values
    low = table.h_min, table.k_min, table.l_min
    return StructureFactors(bordered.reshape(-1), low, (counts[0], counts[1], counts[2]), default)


class Lookup(Protocol):
    """How F_cell is found for a batch of samples."""

    def __call__(self, miller: Vector, nearest: Vector, counted: Tensor) -> Tensor:
        """Return F (n,) in electrons; `counted` marks the samples that the reference does not skip."""


def _flat_index(factors: StructureFactors, reflection: Vector) -> Tensor:
    """Return where a reflection stands in the bordered table; beyond its edges that is on the border."""
    from_h, from_k, from_l = (
        torch.clamp(index - (low - 1.0), 0.0, count + 1.0)
        for index, low, count in zip(reflection, factors.low, factors.counts, strict=True)
    )
    n_k, n_l = factors.counts[1] + 2.0, factors.counts[2] + 2.0
    # An index that is not a number is no reflection: as an integer it is far below 0.
    return ((from_h * n_k + from_k) * n_l + from_l).to(torch.int64).clamp(min=0)


def nearest_F(factors: StructureFactors, nearest: Vector) -> Tensor:
    """Return F of a reflection (n,); outside the table, or without one, the default."""
    if factors.bordered is None:
        return factors.default_F.expand(nearest.x.shape)
    return factors.bordered[_flat_index(factors, nearest)]


def in_interpolation_range(factors: StructureFactors, miller: Vector) -> Tensor:
    """Tell which samples (n,) have all indices at least two inside the table's edges."""
    in_h, in_k, in_l = (
        (index >= low + INTERPOLATION_MARGIN) & (index <= low + count - 1 - INTERPOLATION_MARGIN)
        for index, low, count in zip(miller, factors.low, factors.counts, strict=True)
    )
    return in_h & in_k & in_l


def tricubic_F(factors: StructureFactors, miller: Vector) -> Tensor:
    """Return F (n,) interpolated with the four nodes around each index (Lagrange); indices must be in range."""
    if factors.bordered is None:
        return factors.default_F.expand(miller.x.shape)
    table = factors.bordered
    base = miller.map(torch.floor)
    weights = [
        [w.to(table.dtype) for w in _cubic_weights(index - node)] for index, node in zip(miller, base, strict=True)
    ]
    total = torch.zeros_like(weights[0][0])
    for i, j, k in product(range(4), repeat=3):
        node = Vector(base.x + (i - 1.0), base.y + (j - 1.0), base.z + (k - 1.0))
        weight = weights[0][i] * weights[1][j] * weights[2][k]
        total = total + weight * table[_flat_index(factors, node)]
    return total


def _cubic_weights(t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the weights of the nodes -1, 0, 1, 2 at 0 ≤ t < 1."""
    return (
        -t * (t - 1.0) * (t - 2.0) / 6.0,
        (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
        -(t + 1.0) * t * (t - 2.0) / 2.0,
        (t + 1.0) * t * (t - 1.0) / 6.0,
    )


@dataclass(frozen=True)
class NearestLookup:
    """F of the nearest reflection."""

    factors: StructureFactors

    def __call__(self, miller: Vector, nearest: Vector, counted: Tensor) -> Tensor:  # noqa: ARG002 - a Lookup
        """Return F of `nearest`."""
        return nearest_F(self.factors, nearest)


@dataclass(frozen=True)
class TricubicLookup:
    """Interpolated F; a sample out of range takes the nearest reflection."""

    factors: StructureFactors

    def __call__(self, miller: Vector, nearest: Vector, counted: Tensor) -> Tensor:  # noqa: ARG002 - a Lookup
        """Return F at `miller` where it is in range."""
        inside = in_interpolation_range(self.factors, miller)
        safe = Vector(*(torch.where(inside, m, low + 2.0) for m, low in zip(miller, self.factors.low, strict=True)))
        return torch.where(inside, tricubic_F(self.factors, safe), nearest_F(self.factors, nearest))


@dataclass
class RangeScan:
    """Finds the pixels at which interpolation would be left; the amplitudes that it returns mean nothing."""

    factors: StructureFactors
    left_range: Tensor | None = field(default=None)
    """Which pixels of the batch had a counted sample out of range, bool (n,)."""

    def __call__(self, miller: Vector, nearest: Vector, counted: Tensor) -> Tensor:
        """Note the samples out of range."""
        outside = ~in_interpolation_range(self.factors, miller) & counted
        self.left_range = outside if self.left_range is None else self.left_range | outside
        return self.factors.default_F.expand(nearest.x.shape)


@dataclass
class SwitchingLookup:
    """The reference's lookup for one pixel: the first counted sample out of range ends interpolation."""

    factors: StructureFactors
    interpolating: bool = True

    def __call__(self, miller: Vector, nearest: Vector, counted: Tensor) -> Tensor:
        """Return F of a batch of a single pixel."""
        if self.interpolating and bool((~in_interpolation_range(self.factors, miller) & counted).any()):
            self.interpolating = False
        if self.interpolating and bool(counted.any()):
            return tricubic_F(self.factors, miller)
        return nearest_F(self.factors, nearest)
