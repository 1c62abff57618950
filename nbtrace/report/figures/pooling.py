"""Images made small enough to draw without losing a spot."""

from dataclasses import dataclass

import numpy as np

from nbtrace.images.image import Floats, Mask, Pixels

MOST = 640
"""Blocks along the longer edge of a drawn image."""


@dataclass(frozen=True)
class Grid:
    """Square blocks of `block` pixels that cover an image of `shape` (slow, fast); those at the end may stand over."""

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

    def blocks(self, pixels: Pixels, fill: float) -> Floats:
        """Return pixels as blocks, shape (rows, block, columns, block); what stands over is `fill`."""
        pad = [(0, -size % self.block) for size in self.shape]
        padded = np.pad(pixels, pad, constant_values=fill) if any(after for _, after in pad) else pixels
        rows, columns = (size // self.block for size in padded.shape)
        return padded.reshape(rows, self.block, columns, self.block)

    def largest(self, pixels: Pixels) -> Floats:
        """Return the largest pixel of each block, nan where a block has none; nan pixels do not count."""
        values = np.where(np.isnan(pixels), -np.inf, pixels) if pixels.dtype.kind == "f" else pixels.astype(np.float64)
        largest = self.blocks(values, -np.inf).max(axis=(1, 3))
        return np.where(np.isneginf(largest), np.nan, largest)

    def most_apart(self, pixels: Pixels) -> Floats:
        """Return the pixel of each block that is farthest from 0, with its sign; nan where a block has none."""
        top, bottom = self.largest(pixels), -self.largest(-pixels)
        return np.where(top >= -bottom, top, bottom)

    def sums(self, pixels: Pixels) -> Floats:
        """Return the sum of each block in float64; nan pixels count as 0."""
        values = np.nan_to_num(pixels, nan=0.0) if pixels.dtype.kind == "f" else pixels
        sums: Floats = self.blocks(values, 0.0).sum(axis=(1, 3), dtype=np.float64)
        return sums


def shown(pixels: Pixels, compared: Mask | None) -> Floats:
    """Return pixels as floats, nan where they are not compared."""
    values = pixels if pixels.dtype.kind == "f" else pixels.astype(np.float64)
    return values if compared is None else np.where(compared, values, np.nan)
