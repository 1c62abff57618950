"""Images in numpy's own files: .npy, and .npz with one array or with arrays of known names."""

import io
import math
import zipfile
import zlib
from ast import literal_eval
from pathlib import Path
from typing import Any

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images.content import check_size
from nbtrace.images.image import Image, Pixels
from nbtrace.records import Side

NPY_MAGIC = b"\x93NUMPY"
NPZ_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip archive begins, and an empty one."""

ONLY = "image"
OF_SIDE = {Side.C: "c", Side.PY: "py"}
"""Name of the array that holds each side's image where a file holds both, as in :data:`ARRAYS_NAME`."""

ARRAYS_NAME = "images.npz"
"""Name of the file in which a bundle or a folder of results keeps both images."""

_LONGEST_HEADER = 2**16

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def arrays_bytes(c: Pixels, py: Pixels) -> bytes:
    """Return an .npz file with the pixels of both sides, in their own number formats, which reads as either side."""
    stream = io.BytesIO()
    np.savez(stream, c=c, py=py)
    return stream.getvalue()


def read_npy(content: bytes, path: Path) -> Image:
    """Return the array of an .npy file.

    Raises
    ------
    InputError
        If it holds objects, is damaged, or shorter than it declares.
    """
    return Image(_array(content, path, str(path)), str(path), "npy")


def read_npz(content: bytes, path: Path, side: Side | None) -> Image:
    """Return the image of an .npz file: its only array, else the one called `image`, else that of the side.

    Raises
    ------
    InputError
        If no array or none in particular is meant, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
            key = _chosen(tuple(members), path, side)
            check_size(path, archive.getinfo(members[key]).file_size)
            array = archive.read(members[key])
    except _DAMAGED as error:
        raise InputError(f"{path} is no npz file that can be read: {error}") from None
    return Image(_array(array, path, f"{path}: array {key!r}"), str(path), f"npz, array {key!r}")


def _chosen(keys: tuple[str, ...], path: Path, side: Side | None) -> str:
    if len(keys) == 1:
        return keys[0]
    wanted = [ONLY] + ([OF_SIDE[side]] if side in OF_SIDE else [])
    for key in wanted:
        if key in keys:
            return key
    held = f"the arrays {', '.join(keys)}" if keys else "no array"
    names = " or ".join((ONLY, *OF_SIDE.values()))
    raise InputError(f"{path} holds {held}; give a file with one array, or call it {names}")


def _array(content: bytes, path: Path, name: str) -> Pixels:
    """Return the array of .npy bytes without trusting what the header declares."""
    shape, fortran, dtype, start = _header(content, name)
    if dtype.hasobject:
        raise InputError(f"{name} holds Python objects, not numbers")
    size = math.prod(shape) * dtype.itemsize
    check_size(path, size)
    if len(content) < start + size:
        raise InputError(f"{name} is cut off: it declares {size} bytes, {len(content) - start} are there")
    flat = np.frombuffer(content, dtype, count=math.prod(shape), offset=start)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(content: bytes, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, number format and where the numbers begin.

    numpy's own reader of headers tries to mend what it cannot read, with errors of many kinds.
    """
    try:
        long = content[len(NPY_MAGIC)] > 1
        begin = len(NPY_MAGIC) + (6 if long else 4)
        end = begin + int.from_bytes(content[len(NPY_MAGIC) + 2 : begin], "little")
        match literal_eval(content[begin : min(end, begin + _LONGEST_HEADER)].decode("latin-1").strip()):
            case {"descr": str(descr), "fortran_order": bool(fortran), "shape": [*sizes]}:
                if all(isinstance(size, int) and size >= 0 for size in sizes):
                    return tuple(sizes), fortran, np.dtype(descr), end
    except (ValueError, SyntaxError, TypeError, IndexError, RecursionError, MemoryError):
        pass
    raise InputError(f"{name} is damaged: its header is none of an array of numbers")
