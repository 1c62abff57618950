"""Reading an image: what it is follows from its content, then from its name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError, MismatchError
from nbtrace.images import fabio_formats, numpy_files, pgm, smv
from nbtrace.images.content import read_content
from nbtrace.images.file_names import FORMATS, suffix_of
from nbtrace.images.image import Image, Mask
from nbtrace.images.raw import read_raw
from nbtrace.records import Side

_FOREIGN = {b"\x89HDF": "HDF5", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"%PDF": "PDF"}


def read_image(path: str | Path, *, shape: tuple[int, int] | None = None, side: Side | None = None) -> Image:
    """Read an image file: raw float32 or float64, npy, npz, PGM, SMV, CBF, EDF or TIFF, also as gzip.

    Parameters
    ----------
    path : str or Path
        The file.
    shape : (int, int), optional
        Pixels along slow and fast of a file without a header; a file that has one must agree with it.
    side : Side, optional
        Whose image is wanted of an .npz file that holds both, as `c` and `py`.

    Raises
    ------
    InputError
        If it is missing, unreadable, in no known format, or no image of real numbers.
    MismatchError
        If it has another shape than given.
    """
    path = Path(path)
    content = read_content(path)
    image = _decoded(content, path, shape, side)
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


def _decoded(content: bytes, path: Path, shape: tuple[int, int] | None, side: Side | None) -> Image:
    reader = _reader_of(content, side)
    if reader is None:
        _refuse_foreign(content, path)
        return read_raw(content, path, shape)
    return reader(content, path)


def _reader_of(content: bytes, side: Side | None) -> Callable[[bytes, Path], Image] | None:
    """Return the reader of the format that a file's content has, None for one without a header."""
    if content.startswith(numpy_files.NPY_MAGIC):
        return numpy_files.read_npy
    if content.startswith(numpy_files.NPZ_MAGICS):
        return lambda data, path: numpy_files.read_npz(data, path, side)
    if content.startswith(pgm.MAGIC) and content[2:3].isspace():
        return pgm.read_pgm
    if smv.is_smv(content):
        return smv.read_smv
    kind = "EDF" if fabio_formats.is_edf(content) else None
    kind = next((name for magic, name in fabio_formats.MAGIC.items() if content.startswith(magic)), kind)
    if kind is not None:
        return lambda data, path: fabio_formats.read_with_fabio(data, path, kind)
    return None


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
