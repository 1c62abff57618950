"""Reading an image: what it is follows from its content, then from its name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError, MismatchError
from nbtrace.files import NPY_MAGIC
from nbtrace.frozen import frozen
from nbtrace.images import fabio_formats, hdf5_images, numpy_files, pgm, smv
from nbtrace.images.content import read_content
from nbtrace.images.file_names import FORMATS, suffix_of
from nbtrace.images.image import Image, Mask
from nbtrace.images.raw import read_raw
from nbtrace.records import Side

_FOREIGN = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"%PDF": "PDF"}


def read_image(
    path: str | Path, *, shape: tuple[int, int] | None = None, side: Side | None = None, frame: int | None = None
) -> Image:
    """Read an image file: raw float32 or float64, npy, npz, PGM, SMV, CBF, EDF, TIFF, HDF5 or NeXus, also as gzip.

    Parameters
    ----------
    path : str or Path
        The file; of HDF5 also `FILE::/PATH`, with the path of an array in it.
    shape : (int, int), optional
        Pixels along slow and fast of a file without a header; a file that has one must agree with it.
    side : Side, optional
        Whose image is wanted of a file that holds both, as `c` and `py`.
    frame : int, optional
        Which image of a file of several, from 1; the first where none is asked for. Of no meaning for a file of one.

    Raises
    ------
    InputError
        If it is missing, unreadable, in no known format, has no such image, or none of real numbers.
    MismatchError
        If it has another shape than given.
    """
    path, array = hdf5_images.split_name(path)
    if hdf5_images.is_hdf5(path):
        image = hdf5_images.read_hdf5(path, array, frame, side)
    else:
        image = _decoded(read_content(path), path, shape, _Wanted(side, frame, array))
    if shape is not None and image.shape != shape:
        raise _other_shape(image, shape)
    return image


def read_mask(path: str | Path, *, shape: tuple[int, int] | None = None) -> Mask:
    """Read an image that is 0 where a pixel does not count.

    Raises
    ------
    InputError
        If it cannot be read, or holds nan, which is neither.
    MismatchError
        If it has another shape than given.
    """
    pixels = read_image(path, shape=shape).pixels
    if np.isnan(pixels).any():
        raise InputError(f"{path} holds nan, which says of no pixel whether it counts; give 0 and 1")
    mask: Mask = pixels != 0
    return mask


@frozen
class _Wanted:
    """Which image of a file is wanted: that of a side, the one of a number from 1, the array of a path."""

    side: Side | None
    frame: int | None
    array: str


def _decoded(content: bytes, path: Path, shape: tuple[int, int] | None, wanted: _Wanted) -> Image:
    if content.startswith(hdf5_images.MAGIC):
        return hdf5_images.read_packed_hdf5(content, path, wanted.array, wanted.frame, wanted.side)
    if wanted.array:
        raise InputError(f"{path} is no HDF5 file: it has no array {wanted.array}")
    kind = _kind_of_fabio(content)
    if kind is not None:
        return fabio_formats.read_with_fabio(content, path, kind, wanted.frame)
    reader = _reader_of(content, wanted)
    if reader is None:
        _refuse_foreign(content, path)
        return read_raw(content, path, shape)
    return reader(content, path)


def _reader_of(content: bytes, wanted: "_Wanted") -> Callable[[bytes, Path], Image] | None:
    """Return the reader of the format that a file's content has, None for one without a header."""
    if content.startswith(NPY_MAGIC):
        return lambda data, path: numpy_files.read_npy(data, path, wanted.frame)
    if content.startswith(numpy_files.NPZ_MAGICS):
        return lambda data, path: numpy_files.read_npz(data, path, wanted.side, wanted.frame)
    if content.startswith(pgm.MAGIC) and content[2:3].isspace():
        return pgm.read_pgm
    return smv.read_smv if smv.is_smv(content) else None


def _kind_of_fabio(content: bytes) -> str | None:
    """Return the name of the format if fabio reads it."""
    if fabio_formats.is_edf(content) and not smv.is_smv(content):
        return "EDF"
    return next((name for magic, name in fabio_formats.MAGIC.items() if content.startswith(magic)), None)


def _refuse_foreign(content: bytes, path: Path) -> None:
    """Raise an error for a known format that nbtrace does not read, and for a name that promises another content."""
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            raise InputError(f"{path} is {kind}, which nbtrace does not read; give the image as npy")
    promised = FORMATS.get(suffix_of(path))
    if promised is not None:
        raise InputError(f"{path} is named like {promised} but its content is not; is it damaged?")


def _other_shape(image: Image, shape: tuple[int, int]) -> MismatchError:
    exchanged = "; slow and fast seem exchanged" if image.shape == shape[::-1] else ""
    return MismatchError(
        f"{image.source} ({image.format}) has {image.shape[0]} x {image.shape[1]} pixels (slow x fast), "
        f"not {shape[0]} x {shape[1]}{exchanged}"
    )
