"""Images made small enough to draw without losing a spot."""

from dataclasses import dataclass

import numpy as np

from nbtrace.images.image import Floats, Mask, Pixels

MOST = 440
"""Blocks along the longer edge of a drawn image: not more than the dots of its panel, or the drawing drops some."""


@dataclass(frozen=True)
class Grid:
    """Square blocks of `block` pixels that cover an image of `shape` (slow, fast); those at the end may be cut."""

    shape: tuple[int, int]
    block: int

    @classmethod
    def of(cls, shape: tuple[int, int]) -> "Grid":
        """Return the finest grid of at most :data:`MOST` blocks along the longer edge."""
        return cls(shape, max(1, -(-max(shape) // MOST)))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of all blocks in pixel indices, row 0 on top; a pixel is centred on its index."""
        rows, columns = (-(-size // self.block) * self.block for size in self.shape)
        return -0.5, columns - 0.5, rows - 0.5, -0.5

    def largest(self, pixels: Pixels, compared: Mask | None = None) -> Floats:
        """Return the largest compared pixel of each block, nan where a block has none."""
        values = pixels if compared is None else np.where(compared, pixels, -np.inf)
        largest = self._reduced(np.maximum, values).astype(np.float64)
        largest[np.isneginf(largest)] = np.nan
        return largest

    def most_apart(self, difference: Floats, compared: Mask | None = None) -> Floats:
        """Return the compared pixel of each block that is farthest from 0, signed; nan where a block has none."""
        top, bottom = self.largest(difference, compared), -self.largest(-difference, compared)
        return np.where(top >= -bottom, top, bottom)

    def sums(self, pixels: Pixels, compared: Mask | None = None) -> Floats:
        """Return the sum of the compared pixels of each block in float64."""
        values = pixels.astype(np.float64) if compared is None else np.where(compared, pixels, 0.0)
        return self._reduced(np.add, values)

    def _reduced(self, operation: np.ufunc, values: Pixels) -> Floats:
        """Return each block reduced by an operation: along slow first, where numpy works on whole rows."""
        rows, columns = (np.arange(0, size, self.block) for size in self.shape)
        reduced: Floats = operation.reduceat(operation.reduceat(values, rows, axis=0), columns, axis=1)
        return reduced
