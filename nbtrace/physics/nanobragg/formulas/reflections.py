"""Structure factors looked up in the list that a configuration names: nearest reflection, and tricubic interpolation.

Plain Python like the other formulas, so that the lookup shares no code with the simulator's. Source of both: the
reference's rules as the simulator's :mod:`simulator.structure_factors` has them.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from nbtrace.compare.scene import Vector
from simulator.config import Config
from simulator.errors import SimulatorError
from simulator.hkl import ReflectionTable, read_hkl

_MARGIN = 2
"""Distance that indices keep from the edges of the list where they are interpolated."""


@dataclass(frozen=True, eq=False)
class Reflections:
    """A list of reflections, and how it is looked up.

    Attributes
    ----------
    table : ReflectionTable
    interpolated : bool
        Within the list the structure factor is interpolated.
    """

    table: ReflectionTable
    interpolated: bool

    def nearest(self, indices: Vector) -> float:
        """Return F (e⁻) of the reflection with whole indices, the default where the list has none."""
        table = self.table
        offsets = tuple(round(i) - low for i, low in zip(indices, table.limits[::2], strict=True))
        if all(0 <= offset < count for offset, count in zip(offsets, table.values.shape, strict=True)):
            return float(table.values[offsets])
        return table.default_F

    def within(self, hkl: Vector) -> bool:
        """Whether fractional indices are far enough from the edges of the list to be interpolated."""
        limits = zip(hkl, self.table.limits[::2], self.table.limits[1::2], strict=True)
        return all(low + _MARGIN <= index <= high - _MARGIN for index, low, high in limits)

    def tricubic(self, hkl: Vector) -> float:
        """Return F (e⁻) by the cubic through the four nodes around each index (Lagrange)."""
        base = tuple(math.floor(index) for index in hkl)
        weights = [_cubic_weights(index - node) for index, node in zip(hkl, base, strict=True)]
        terms = []
        for steps in product(range(4), repeat=3):
            node = tuple(float(b + step - 1) for b, step in zip(base, steps, strict=True))
            terms.append(math.prod(w[step] for w, step in zip(weights, steps, strict=True)) * self.nearest(node))
        return math.fsum(terms)

    def at(self, hkl: Vector, indices: Vector) -> float:
        """Return F (e⁻) by the configured lookup."""
        return self.tricubic(hkl) if self.interpolated and self.within(hkl) else self.nearest(indices)

    def frequency(self, value: float) -> float:
        """Return the share of the list's box that has a value to six digits, the one entry of a unique one at least."""
        return float(np.isclose(self.table.values, value, rtol=1e-6, atol=0.0).mean()) or 1 / self.table.values.size


def _cubic_weights(t: float) -> Vector:
    """Return the weights of the nodes −1, 0, 1, 2 at 0 ≤ t < 1."""
    return (
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )


@lru_cache(maxsize=4)
def reflections_of(config: Config | None) -> Reflections | None:
    """Return the list that a configuration names; None without one, or if it cannot be read."""
    if config is None or config.structure.hkl_file is None:
        return None
    try:
        table = read_hkl(config.structure.hkl_file, config.structure.default_F)
    except SimulatorError:
        return None
    return Reflections(table, config.interpolates)
