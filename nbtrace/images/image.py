"""An image in memory: its pixels, where they came from, and what is known of the geometry they were seen in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[Any]
"""Real numbers of any dtype, shape (slow, fast)."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Shape (slow, fast); True where a pixel counts."""

Floats: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the pixels of a detector are, seen from the sample; SI units, laboratory frame.

    Attributes
    ----------
    pix0 : ndarray
        Outer corner of pixel slow 0 fast 0, in m, shape (3,).
    fast, slow : ndarray
        Unit vectors along a row and down a column, shape (3,).
    pixel_size : float
        Edge of a pixel in m.
    beam : ndarray
        Unit vector along the incident beam, shape (3,).
    wavelength : float
        In m.
    cell : ndarray or None
        Real-space vectors a, b, c of the crystal as rows, in m, shape (3, 3): gives a pixel its Miller indices
        h = a·q with q = (d̂ − ŝ₀)/λ.
    origin : str
        What told it, and what had to be assumed.
    """

    pix0: Floats
    fast: Floats
    slow: Floats
    pixel_size: float
    beam: Floats
    wavelength: float
    cell: Floats | None = None
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Image:
    """An image.

    Attributes
    ----------
    pixels : ndarray
        Shape (slow, fast), in the dtype of the file.
    source : str
        Name of the file, or what else it came from.
    format : str
        Name of the format it was read as (`raw float32`, `npy`, `SMV`, …), with what had to be assumed.
    header : mapping
        The header's keywords, where the format has one.
    geometry : Geometry or None
        Where the header, or who made the image, tells it.
    """

    pixels: Pixels
    source: str
    format: str
    header: Mapping[str, str] = field(default_factory=dict)
    geometry: Geometry | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of pixels along slow and fast."""
        slow, fast = self.pixels.shape
        return slow, fast
