"""Images in numpy's own files: .npy, and .npz with one array or with arrays of known names."""

import io
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from nbtrace.errors import InputError
from nbtrace.images.content import check_size
from nbtrace.images.image import Image, Pixels
from nbtrace.records import Side

NPY_MAGIC = b"\x93NUMPY"
NPZ_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip archive begins, and an empty one."""

ONLY = "image"
OF_SIDE = {Side.C: "c", Side.PY: "py"}
"""Name of the array that holds each side's image where a file holds both, as in a bundle's `images.npz`."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


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
    stream = io.BytesIO(content)
    try:
        version = npy_format.read_magic(stream)
        read_header = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except (ValueError, SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is damaged: {error}") from None
    if dtype.hasobject:
        raise InputError(f"{name} holds Python objects, not numbers")
    if any(size < 0 for size in shape):
        raise InputError(f"{name} is damaged: it declares the shape {shape}")
    count = math.prod(shape)
    check_size(path, count * dtype.itemsize)
    start = stream.tell()
    if len(content) < start + count * dtype.itemsize:
        raise InputError(
            f"{name} is cut off: it declares {count * dtype.itemsize} bytes, {len(content) - start} are there"
        )
    flat = np.frombuffer(content, dtype, count=count, offset=start)
    return flat.reshape(shape, order="F" if fortran else "C")
