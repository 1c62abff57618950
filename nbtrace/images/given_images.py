"""Images as a library user gives them: an Image, the name of a file, or an array."""

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import UsageError
from nbtrace.images.image import Image
from nbtrace.images.read import read_image
from nbtrace.records import Side
from nbtrace.vocabulary.sides import Names

Picture: TypeAlias = Image | npt.ArrayLike | str | os.PathLike[str]
"""An image, numbers of shape (slow, fast), or the name of a file."""


def given_image(picture: Picture, side: Side, names: Names, shape: tuple[int, int] | None = None) -> Image:
    """Return an image.

    Parameters
    ----------
    picture : Image, array of shape (slow, fast), str or path-like
    side : Side
        Whose it is; of a file that holds those of both sides, which is taken.
    names : Names
        What messages call the sides.
    shape : (int, int), optional
        Pixels along slow and fast of a file without a header.

    Raises
    ------
    InputError
        If a file cannot be read, or holds no image.
    MismatchError
        If it has another shape than given.
    UsageError
        If an array is no image.
    """
    if isinstance(picture, Image):
        return picture
    if isinstance(picture, str | os.PathLike):
        return read_image(Path(picture), shape=shape, side=side)
    pixels = in_memory(picture)
    if pixels is None or pixels.ndim != 2 or pixels.dtype.kind not in "uif":
        kind = "" if pixels is None else f" of shape {pixels.shape} and type {pixels.dtype.name}"
        raise UsageError(
            f"{names.of(side)}: an image is a two-dimensional array of real numbers, not {type(picture).__name__}{kind}"
        )
    return Image(pixels, f"{names.of(side)} array", "in memory")


def in_memory(value: Any) -> npt.NDArray[Any] | None:
    """Return anything like an array as one, a tensor that is on a device or has derivatives, too; None if it is none.

    torch is not imported: a tensor is known by what it can do.
    """
    if callable(getattr(value, "detach", None)) and callable(getattr(value, "cpu", None)):
        value = value.detach().cpu()
        if callable(getattr(value, "resolve_conj", None)):
            value = value.resolve_conj().resolve_neg()
        if str(value.dtype) == "torch.bfloat16":  # numpy has no such numbers; all of them are float32
            value = value.float()
        value = value.numpy()
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError):
        return None
