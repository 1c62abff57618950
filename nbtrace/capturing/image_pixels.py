"""Pixels of the image that a program writes: one of them, and those that moved between two runs."""

import math
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nbtrace.capturing.probe import ImageCheck
from nbtrace.errors import InputError
from nbtrace.files import NPY_MAGIC
from nbtrace.numpy_headers import LONGEST_HEADER, npy_header

_CODES = {"float32": "f", "float64": "d"}
MOST_LISTED = 100


@dataclass(frozen=True)
class MovedValue:
    """A pixel of two images.

    Attributes
    ----------
    pixel : (int, int)
        Slow, fast.
    before, after : float
    """

    pixel: tuple[int, int]
    before: float
    after: float


@dataclass(frozen=True)
class ImageMoves:
    """What an injection moved in the image.

    Attributes
    ----------
    file : str
    selected : MovedValue or None
        The selected pixel, moved or not; None where no pixel is selected.
    moved : int
        Pixels whose bits differ.
    others : int
        Those of them that are not the selected one.
    listed : tuple of MovedValue
        The first :data:`MOST_LISTED` of them, in the order of the file.
    """

    file: str
    selected: MovedValue | None
    moved: int
    others: int
    listed: tuple[MovedValue, ...]

    @property
    def only_selected(self) -> bool:
        """Whether the selected pixel moved and no other."""
        return self.selected is not None and [item.pixel for item in self.listed] == [self.selected.pixel]


def image_name(check: ImageCheck, arguments: Sequence[str]) -> str:
    """Return the name of the image that a program writes with these arguments."""
    name = check.default
    for flag, value in pairwise(arguments):
        if flag in check.flags:
            name = value
    return os.path.normpath(name)


def pixel_value(path: Path, check: ImageCheck, width: int, pixel: tuple[int, int]) -> float:
    """Return the value of a pixel in a file of numbers without a header, or of numpy.

    Raises
    ------
    InputError
        If the file does not hold it.
    """
    if min(pixel) < 0 or pixel[1] >= width:
        raise InputError(f"there is no pixel {pixel[0]} {pixel[1]} in {path.name}, of {width} pixels a row")
    start = _start(path, check, width)
    code = _CODES[check.dtype]
    size = struct.calcsize(code)
    with path.open("rb") as stream:
        stream.seek(start + (pixel[0] * width + pixel[1]) * size)
        data = stream.read(size)
    if len(data) < size:
        raise InputError(f"{path.name} ends before pixel {pixel[0]} {pixel[1]}: it is no image of {width} pixels a row")
    value: float = struct.unpack(code, data)[0]
    return value


def _start(path: Path, check: ImageCheck, width: int) -> int:
    """Return where the numbers of an image begin.

    Raises
    ------
    InputError
        If it is a file of numpy that holds other numbers than the probes say.
    """
    with path.open("rb") as stream:
        head = stream.read(LONGEST_HEADER)
    if not head.startswith(NPY_MAGIC):
        return 0
    header = npy_header(head)
    if header is None or header.fortran or str(header.dtype) != check.dtype or header.shape[-1:] != (width,):
        told = "a damaged header" if header is None else f"{header.dtype} of shape {header.shape}"
        order = ", the first index the fastest" if header is not None and header.fortran else ""
        raise InputError(f"{path.name} holds {told}{order}; the probes say {check.dtype}, {width} in a row (image)")
    return header.start


def as_stored(value: float, check: ImageCheck) -> float:
    """Return a number as a pixel of the image holds it; one that is too large for it is infinite there."""
    code = _CODES[check.dtype]
    try:
        stored: float = struct.unpack(code, struct.pack(code, value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return stored


def moved_pixels(
    before: Path, after: Path, check: ImageCheck, width: int, pixel: tuple[int, int] | None, name: str
) -> ImageMoves:
    """Return which pixels of two images have other bits.

    Raises
    ------
    InputError
        If they have different sizes, or hold other numbers than the probes say.
    """
    import numpy as np  # noqa: PLC0415 - for whole images alone

    bits = np.dtype(f"u{struct.calcsize(_CODES[check.dtype])}")
    first, second = (np.fromfile(path, dtype=bits, offset=_start(path, check, width)) for path in (before, after))
    if first.size != second.size:
        raise InputError(f"{name} has {second.size} pixels with the value injected and {first.size} without")
    places = np.flatnonzero(first != second)
    values = [array.view(check.dtype) for array in (first, second)]

    def moved(at: int) -> MovedValue:
        return MovedValue((at // width, at % width), float(values[0][at]), float(values[1][at]))

    selected = None if pixel is None else pixel[0] * width + pixel[1]
    others = int(np.count_nonzero(places != (-1 if selected is None else selected)))
    chosen = None if selected is None else moved(selected)
    return ImageMoves(name, chosen, int(places.size), others, tuple(moved(int(at)) for at in places[:MOST_LISTED]))
