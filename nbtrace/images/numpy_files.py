"""Images in numpy's own files: .npy, and .npz with one array or with arrays of known names."""

import io
import math
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError
from nbtrace.files import ZIP_MAGIC
from nbtrace.images.content import behind, check_expansion, check_size
from nbtrace.images.image import Image, Pixels, StackFrame, check_real, image_shape
from nbtrace.numpy_headers import DAMAGED_ARCHIVE, npy_header
from nbtrace.records import Side

NPZ_MAGICS = (ZIP_MAGIC, b"PK\x05\x06")
"""How a zip archive begins, and an empty one."""

ONLY = "image"
OF_SIDE = {Side.C: "c", Side.PY: "py"}
"""Name of the array that holds each side's image where a file holds both, as in :data:`ARRAYS_NAME`."""

ARRAYS_NAME = "images.npz"
"""Name of the file in which a bundle or a folder of results keeps both images."""

_SHOWN = 8
_DIMENSIONS = 2
_PIECE = 2**20


def arrays_bytes(c: Pixels, py: Pixels) -> bytes:
    """Return an .npz file with the pixels of both sides, in their own number formats, which reads as either side."""
    stream = io.BytesIO()
    np.savez(stream, c=c, py=py)
    return stream.getvalue()


def read_npy(content: bytes, path: Path, frame: int | None = None) -> Image:
    """Return the array of an .npy file, or the image `frame`, from 1, of a stack of them.

    Raises
    ------
    InputError
        If it holds objects, is damaged, or shorter than it declares.
    """
    found = _array(content, path, str(path), frame)
    return Image(found.pixels, str(path), "npy", remarks=behind(content, found.end), frame=found.frame)


def read_npz(content: bytes, path: Path, side: Side | None, frame: int | None = None) -> Image:
    """Return the image of an .npz file: its only array, else the one called `image`, else that of the side.

    Of an array that is a stack of images, `frame`, from 1, says which.

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
    except DAMAGED_ARCHIVE as error:
        raise InputError(f"{path} is no npz file that can be read: {_reason(error)}") from None
    found = _array(array, path, f"{path}: array {key!r}", frame)
    remarks = behind(array, found.end)
    return Image(found.pixels, str(path), f"npz, array {key!r}", remarks=remarks, frame=found.frame)


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


@dataclass(frozen=True, slots=True)
class _Declared:
    """The shape of an image, and which of an array's it is."""

    shape: tuple[int, ...]
    frame: StackFrame


@dataclass(frozen=True, slots=True)
class _Array:
    """An image of an array, which of it, and where the array's numbers end in the file."""

    pixels: Pixels
    frame: StackFrame
    end: int


def _one_of_stack(shape: tuple[int, ...], frame: int | None, name: str) -> _Declared:
    """Return the image of an array that is meant; of several it has to be said which, since any axis may count them.

    Raises
    ------
    InputError
        If the array is a stack and no image was asked for, or none that it has.
    """
    axes = [size for size in shape if size != 1] if len(shape) > _DIMENSIONS else list(shape)
    if len(axes) != _DIMENSIONS + 1:
        return _Declared(shape, StackFrame())
    count, slow, fast = axes
    if frame is None:
        shown = ", ".join(map(str, shape))
        raise InputError(
            f"{name} holds an array of shape ({shown}); an image has two dimensions, slow and fast: "
            f"--frame N takes one of {count} images of {slow} x {fast}"
        )
    if frame > count:
        raise InputError(f"{name} has {count} images, no image {frame}")
    return _Declared((slow, fast), StackFrame(frame, count))


def _array(content: bytes, path: Path, name: str, frame: int | None) -> _Array:
    """Return the image of .npy bytes without trusting what the header declares."""
    header = npy_header(content)
    dtype = None if header is None else header.dtype
    if header is None or dtype is None:
        raise InputError(f"{name} is damaged: its header describes no array of numbers")
    check_real(dtype, name)
    start, declared = header.start, _one_of_stack(header.shape, frame, name)
    shape = image_shape(declared.shape, name)
    size = math.prod(header.shape) * dtype.itemsize
    check_size(path, size)
    if len(content) < start + size:
        raise InputError(f"{name} is cut off: it declares {size} bytes, {max(len(content) - start, 0)} are there")
    flat = np.frombuffer(content, dtype, count=math.prod(header.shape), offset=start)
    whole = flat.reshape(header.shape, order="F" if header.fortran else "C")
    images = whole.reshape((declared.frame.count, *shape))
    return _Array(images[declared.frame.number - 1], declared.frame, start + size)
