"""Images made small enough to draw without losing a spot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbtrace.images.image import Floats, Mask, Pixels

MOST = 440
"""Blocks along the longer edge of a drawn image: not more than the dots of its panel, or the drawing drops some."""


@dataclass(frozen=True)
class Grid:
    """Square blocks of `block` pixels that cover a part of an image; those at the end may be cut.

    Attributes
    ----------
    shape : (int, int)
        Of the part (slow, fast).
    block : int
    origin : (int, int)
        First pixel of the part (slow, fast).
    """

    shape: tuple[int, int]
    block: int
    origin: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, shape: tuple[int, int], origin: tuple[int, int] = (0, 0)) -> "Grid":
        """Return the finest grid of at most :data:`MOST` blocks along the longer edge."""
        return cls(shape, max(1, -(-max(shape) // MOST)), origin)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of all blocks in pixel indices, row 0 on top; a pixel is centred on its index."""
        rows, columns = (-(-size // self.block) * self.block for size in self.shape)
        slow, fast = (first - 0.5 for first in self.origin)
        return fast, fast + columns, slow + rows, slow

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of the part itself."""
        slow, fast = (first - 0.5 for first in self.origin)
        return fast, fast + self.shape[1], slow + self.shape[0], slow

    def largest(self, pixels: Pixels, compared: Mask | None = None) -> Floats:
        """Return the largest compared pixel of each block, nan where a block has none."""
        return self._extreme(np.maximum, pixels, compared, -np.inf)

    def most_apart(self, difference: Floats, compared: Mask | None = None) -> Floats:
        """Return the compared pixel of each block that is farthest from 0, signed; nan where a block has none."""
        top = self._extreme(np.maximum, difference, compared, -np.inf)
        bottom = self._extreme(np.minimum, difference, compared, np.inf)
        return np.where(top >= -bottom, top, bottom)

    def sums(self, pixels: Pixels, compared: Mask | None = None) -> Floats:
        """Return the sum of the compared pixels of each block in float64, inf beyond its largest number."""
        values = pixels if compared is None else np.where(compared, pixels, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._reduced(np.add, values, np.dtype(np.float64))

    def _extreme(self, operation: np.ufunc, pixels: Pixels, compared: Mask | None, none: float) -> Floats:
        """Return the largest or the smallest pixel of each block, nan where that is `none`."""
        values = pixels if compared is None else np.where(compared, pixels, none)
        found = self._reduced(operation, values, values.dtype).astype(np.float64)
        found[found == none] = np.nan
        return found

    def _reduced(self, operation: np.ufunc, values: Pixels, dtype: np.dtype[Any]) -> Floats:
        """Return each block reduced by an operation: along slow first, whole rows at a time."""
        rows = values[:: self.block].astype(dtype)
        for first in range(1, min(self.block, len(values))):
            part = values[first :: self.block]
            operation(rows[: len(part)], part, out=rows[: len(part)])
        reduced: Floats = operation.reduceat(rows, np.arange(0, self.shape[1], self.block), axis=1)
        return reduced
