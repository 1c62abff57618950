"""An image in memory: its pixels, where they came from, and what is known of the geometry they were seen in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import InputError
from nbtrace.frozen import frozen_apart
from nbtrace.plain_text import shortened
from nbtrace.units import metres

Pixels: TypeAlias = npt.NDArray[Any]
"""Real numbers of any dtype, shape (slow, fast)."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Shape (slow, fast); True where a pixel counts."""

Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_EXACT_INTEGERS = 2**53
_SHOWN_AXES = 8


@frozen_apart
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

    def __repr__(self) -> str:
        cell = "without a cell" if self.cell is None else "with a cell"
        size, wavelength = metres(self.pixel_size), metres(self.wavelength)
        return shortened(f"<Geometry: pixels of {size}, wavelength {wavelength}, {cell}; {self.origin}>")


@dataclass(frozen=True, slots=True)
class StackFrame:
    """Which image of a file it is.

    Attributes
    ----------
    number : int
        From 1.
    count : int
        Images in the file.
    """

    number: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"frame {self.number} of {self.count}"


@frozen_apart
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
    remarks : tuple of str
        What the file holds besides, and what in it contradicts itself; reports say so.
    mask : ndarray or None
        True where a pixel counts, shape (slow, fast), where the file has a mask of its own.
    frame : StackFrame
        Which of the images of the file it is.

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
    remarks: tuple[str, ...] = ()
    mask: Mask | None = None
    frame: StackFrame = StackFrame()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", _real(self.pixels, self.source))

    def __repr__(self) -> str:
        slow, fast = self.shape
        what = f"{slow} x {fast} pixels (slow x fast) of {self.pixels.dtype.name}, {self.format}"
        return shortened(f"<Image {self.source}: {what}>")

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of pixels along slow and fast."""
        slow, fast = self.pixels.shape
        return slow, fast


def frame_of(count: int, frame: int | None) -> StackFrame:
    """Return which of the `count` images of a file is read where `frame`, from 1, was asked for, or none."""
    return StackFrame(frame or 1, count) if count > 1 else StackFrame()


def image_shape(shape: Sequence[int], source: str) -> tuple[int, int]:
    """Return (slow, fast) of an array's shape, in which further axes may hold one pixel each.

    Raises
    ------
    InputError
        If it is not the shape of an image, or of one without pixels.
    """
    match [size for size in shape if size != 1] if len(shape) > 2 else list(shape):
        case [slow, fast] if slow > 0 and fast > 0:
            return slow, fast
    shown = ", ".join(map(str, shape[:_SHOWN_AXES])) + (", …" if len(shape) > _SHOWN_AXES else "")
    raise InputError(f"{source} holds an array of shape ({shown}); an image has two dimensions, slow and fast")


def check_real(dtype: np.dtype[Any], source: str) -> None:
    """Raise :class:`InputError` if a number format is not one of real numbers."""
    if dtype.kind not in "buif":
        what = "Python objects" if dtype.hasobject else dtype.name
        raise InputError(f"{source} holds {what}, not real numbers")


def _real(pixels: Pixels, source: str) -> Pixels:
    """Return pixels as real numbers of shape (slow, fast) in this machine's byte order."""
    check_real(pixels.dtype, source)
    pixels = pixels.reshape(image_shape(pixels.shape, source))
    if pixels.dtype.itemsize == 8 and pixels.dtype.kind in "ui" and _beyond_float64(pixels):
        raise InputError(f"{source} holds integers above 2^53, which float64 cannot hold exactly")
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8)
    if pixels.dtype.itemsize > 8:
        return _as_double(pixels, source)
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))


def _as_double(pixels: Pixels, source: str) -> Pixels:
    """Return numbers of more than double precision as float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        doubles = pixels.astype(np.float64)
        if (np.isinf(doubles) & np.isfinite(pixels)).any():
            raise InputError(f"{source} holds numbers above 1.8e308, which float64 cannot hold")
    return doubles


def _beyond_float64(pixels: Pixels) -> bool:
    return bool(pixels.max() > _EXACT_INTEGERS or pixels.min() < -_EXACT_INTEGERS)
