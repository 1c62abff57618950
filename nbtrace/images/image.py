"""An image in memory: its pixels, where they came from, and what is known of the geometry they were seen in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import InputError

Pixels: TypeAlias = npt.NDArray[Any]
"""Real numbers of any dtype, shape (slow, fast)."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Shape (slow, fast); True where a pixel counts."""

Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_EXACT_INTEGERS = 2**53


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
        Shape (slow, fast), in the dtype of the file and this machine's byte order; further axes may be given if they
        hold one pixel.
    source : str
        Name of the file, or what else it came from.
    format : str
        Name of the format it was read as (`raw float32`, `npy`, `SMV`, …), with what had to be assumed.
    header : mapping
        The header's keywords, where the format has one.
    geometry : Geometry or None
        Where the header, or who made the image, tells it.

    Raises
    ------
    InputError
        If the pixels are no image of real numbers that float64 can hold.
    """

    pixels: Pixels
    source: str
    format: str
    header: Mapping[str, str] = field(default_factory=dict)
    geometry: Geometry | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", _real(self.pixels, self.source))

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of pixels along slow and fast."""
        slow, fast = self.pixels.shape
        return slow, fast


def _real(pixels: Pixels, source: str) -> Pixels:
    """Return pixels as real numbers of shape (slow, fast) in this machine's byte order."""
    if pixels.dtype.kind not in "buif":
        raise InputError(f"{source} holds {pixels.dtype.name}, not real numbers")
    pixels = pixels.reshape([size for size in pixels.shape if size != 1] if pixels.ndim > 2 else pixels.shape)
    if pixels.ndim != 2 or not pixels.size:
        raise InputError(f"{source} holds an array of shape {pixels.shape}; an image has two dimensions, slow and fast")
    if pixels.dtype.itemsize == 8 and pixels.dtype.kind in "ui" and _beyond_float64(pixels):
        raise InputError(f"{source} holds integers above 2^53, which float64 cannot hold exactly")
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8)
    if pixels.dtype.itemsize > 8:
        return pixels.astype(np.float64)
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))


def _beyond_float64(pixels: Pixels) -> bool:
    return bool(pixels.max() > _EXACT_INTEGERS or pixels.min() < -_EXACT_INTEGERS)
