"""Images without a header: bare float32 or float64 in this machine's byte order, row after row."""

import math
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError, MismatchError
from nbtrace.images.image import Image
from nbtrace.images.neighbours import Told, shapes_beside

_DTYPES: tuple[np.dtype[np.floating], ...] = (np.dtype(np.float32), np.dtype(np.float64))
_TEXT_SAMPLE = 512
_PRINTABLE = frozenset(range(32, 127)) | frozenset(b"\t\r\n\f")


def read_raw(content: bytes, path: Path, shape: tuple[int, int] | None) -> Image:
    """Return a bare float image.

    Its shape is the one given, else what a file beside it states of an image of that many pixels, else a square.
    The format's text says which, and what else the size could mean.

    Parameters
    ----------
    content : bytes
        The whole file.
    path : Path
        Its name; files beside it may tell the shape.
    shape : (int, int), optional
        Pixels along slow and fast.

    Raises
    ------
    MismatchError
        If the size does not fit the shape that was given.
    InputError
        If the shape cannot be told, or the file is text.
    """
    if all(byte in _PRINTABLE for byte in content[:_TEXT_SAMPLE]):
        raise InputError(f"{path} is text, not an image in a format that nbtrace reads")
    if shape is not None:
        return _image(content, path, Told(shape, "as given"), _dtype_of(content, path, shape))
    given, dtype = _beside(content, path) or _square(content, path)
    return _image(content, path, given, dtype)


def _image(content: bytes, path: Path, given: Told, dtype: np.dtype[np.floating]) -> Image:
    pixels = np.frombuffer(content, dtype).reshape(given.shape)
    return Image(pixels, str(path), f"raw {dtype.name}, {given.origin}", geometry=given.geometry)


def _dtype_of(content: bytes, path: Path, shape: tuple[int, int]) -> np.dtype[np.floating]:
    count = shape[0] * shape[1]
    for dtype in _DTYPES:
        if len(content) == count * dtype.itemsize:
            return dtype
    sizes = " or ".join(f"{count * dtype.itemsize} bytes of {dtype.name}" for dtype in _DTYPES)
    raise MismatchError(f"{path} has {len(content)} bytes; {shape[0]} x {shape[1]} pixels (slow x fast) are {sizes}")


def _beside(content: bytes, path: Path) -> tuple[Told, np.dtype[np.floating]] | None:
    """Return the shape that files in the same folder tell of an image of this size; they must tell one."""
    fitting = {
        (given.shape, dtype): given
        for given in shapes_beside(path)
        for dtype in _DTYPES
        if math.prod(given.shape) * dtype.itemsize == len(content)
    }
    if len(fitting) > 1:
        texts = ", ".join(f"{given.origin}: {given.shape[0]} x {given.shape[1]}" for given in fitting.values())
        raise InputError(f"{path} may have more than one shape ({texts}); give --shape SLOW FAST")
    for (_, dtype), given in fitting.items():
        return given, dtype
    return None


def _square(content: bytes, path: Path) -> tuple[Told, np.dtype[np.floating]]:
    for dtype, other in zip(_DTYPES, reversed(_DTYPES), strict=True):
        count, rest = divmod(len(content), dtype.itemsize)
        side = math.isqrt(count)
        if not rest and side * side == count:
            # As n² = 2m² has no solution, only one of the two types makes a square.
            doubt = "" if len(content) % other.itemsize else f"; as {other.name} it would be no square"
            return Told((side, side), f"assumed to be square, {side} x {side}{doubt}"), dtype
    raise InputError(
        f"{path} has {len(content)} bytes, which make no square image of float32 or float64, and no file beside it "
        "tells its shape; give --shape SLOW FAST"
    )
