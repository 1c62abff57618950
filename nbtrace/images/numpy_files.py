"""Images in numpy's own files: .npy, and .npz with one array or with arrays of known names."""

import io
import lzma
import math
import re
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images.content import behind, check_expansion, check_size
from nbtrace.images.image import Image, Pixels, check_real, image_shape
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

_FIELD = (
    r"""\s*(?P<quote>['"])(?P<name>\w+)(?P=quote)\s*:\s*(?P<value>'[^']*'|"[^"]*"|\([^()]*\)|\[[^\[\]]*\]|\w+)\s*"""
)
_FIELDS = re.compile(rf"{_FIELD}(?:,|(?=\}}))")
_SHAPE = re.compile(r"[(\[]\s*(?:\d{1,19}L?\s*,\s*)*(?:\d{1,19}L?\s*)?[)\]]", re.ASCII)
_NUMBER_FORMAT = re.compile(r"[<>|=]?(?:[?biufcSUVOmM]\d{0,9}(?:\[\w+\])?|bool)", re.ASCII)
"""The formats of numbers, texts, times and objects that numpy writes; anything else might be a record."""

_TRUTH = {"True": True, "False": False}
_SHOWN = 8
_PIECE = 2**20

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What zipfile and its decompressors raise on damaged, encrypted and unknown members."""


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
    pixels, end = _array(content, path, str(path))
    return Image(pixels, str(path), "npy", remarks=behind(content, end))


def read_npz(content: bytes, path: Path, side: Side | None) -> Image:
    """Return the image of an .npz file: its only array, else the one called `image`, else that of the side.

    Raises
    ------
    InputError
        If no array or none in particular is meant, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = Counter(name for name in archive.namelist() if name.endswith(".npy"))
            key = _chosen(tuple(name.removesuffix(".npy") for name in names), path, side)
            if names[f"{key}.npy"] > 1:
                raise InputError(f"{path} holds more than one array called {key!r}; give each a name of its own")
            array = _member(archive, archive.getinfo(f"{key}.npy"), path)
    except _DAMAGED as error:
        raise InputError(f"{path} is no npz file that can be read: {_reason(error)}") from None
    pixels, end = _array(array, path, f"{path}: array {key!r}")
    return Image(pixels, str(path), f"npz, array {key!r}", remarks=behind(array, end))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    """Return what a member of an archive holds; it is unpacked in pieces, since its size is only claimed."""
    check_expansion(path, member.file_size, member.compress_size)
    unpacked = io.BytesIO()
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            check_size(path, unpacked.tell() + len(piece))
            unpacked.write(piece)
    return unpacked.getvalue()


def _reason(error: BaseException) -> str:
    return "its member takes more memory than there is" if isinstance(error, MemoryError) else str(error) or "damaged"


def _chosen(keys: tuple[str, ...], path: Path, side: Side | None) -> str:
    if len(keys) == 1:
        return keys[0]
    wanted = [ONLY] + ([OF_SIDE[side]] if side in OF_SIDE else [])
    for key in wanted:
        if key in keys:
            return key
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    held = f"the arrays {', '.join(keys[:_SHOWN])}{more}" if keys else "no array"
    names = " or ".join((ONLY, *OF_SIDE.values()))
    raise InputError(f"{path} holds {held}; give a file with one array, or call it {names}")


def _array(content: bytes, path: Path, name: str) -> tuple[Pixels, int]:
    """Return the array of .npy bytes without trusting what the header declares, and where its numbers end."""
    declared, fortran, dtype, start = _header(content, name)
    check_real(dtype, name)
    shape = image_shape(declared, name)
    size = math.prod(shape) * dtype.itemsize
    check_size(path, size)
    if len(content) < start + size:
        raise InputError(f"{name} is cut off: it declares {size} bytes, {max(len(content) - start, 0)} are there")
    flat = np.frombuffer(content, dtype, count=math.prod(shape), offset=start)
    return flat.reshape(shape, order="F" if fortran else "C"), start + size


def _header(content: bytes, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, number format and where the numbers begin.

    numpy's own reader evaluates the header as Python and tries to mend what it cannot read, with warnings, and errors
    of many kinds.
    """
    long = content[len(NPY_MAGIC) : len(NPY_MAGIC) + 1] > b"\1"
    begin = len(NPY_MAGIC) + (6 if long else 4)
    end = begin + int.from_bytes(content[len(NPY_MAGIC) + 2 : begin], "little")
    fields = _fields(content[begin : min(end, begin + _LONGEST_HEADER)].decode("latin-1"))
    shape, fortran = fields.get("shape", ""), _TRUTH.get(fields.get("fortran_order", ""))
    dtype = _dtype(fields.get("descr", ""))
    if dtype is None or fortran is None or _SHAPE.fullmatch(shape) is None:
        raise InputError(f"{name} is damaged: its header describes no array of numbers")
    sizes = tuple(int(size) for size in re.findall(r"\d+", shape))
    return sizes, fortran, dtype, end


def _fields(header: str) -> dict[str, str]:
    """Return the fields of an .npy header as texts; none where it is no dictionary of plain values."""
    header = header.strip(" \n\0")
    fields, at = {}, 1
    while header.startswith("{") and (field := _FIELDS.match(header, at)) is not None:
        fields[field["name"]] = field["value"]
        at = field.end()
    return fields if header[at:].strip() == "}" else {}


def _dtype(descr: str) -> np.dtype[Any] | None:
    """Return the number format of a quoted text, None where it is none."""
    if not descr.startswith(("'", '"')) or _NUMBER_FORMAT.fullmatch(descr[1:-1]) is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.dtype(descr[1:-1])
    except (TypeError, ValueError):
        return None
