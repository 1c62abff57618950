"""The files that `nbtrace images` writes besides its reports: the difference, pictures, what a bundle keeps."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nbtrace.compare.images import ImagesResult
from nbtrace.errors import UsageError

ARRAYS_NAME = "images.npz"
FIGURES = ("images", "scatter", "ratio")
"""Names of the pictures, without suffix."""

_DIFFERENCES = frozenset({".npy", ".bin"})


def check_outputs(difference: Path | None, pictures: Path | None, kinds: Sequence[str], *, force: bool) -> None:
    """Say before any work is done that a file cannot be written.

    Raises
    ------
    UsageError
        If one exists (and not `force`), or the difference's suffix is none that is known.
    """
    if difference is not None and difference.suffix.lower() not in _DIFFERENCES:
        raise UsageError(f"{difference}: a difference is written as .npy (float64) or .bin (bare float32)")
    names = [] if pictures is None else [pictures / f"{name}.{kind}" for name in FIGURES for kind in kinds]
    for path in [*names, *([difference] if difference is not None else [])]:
        if path.exists() and not force:
            raise UsageError(f"{path} exists; give --force to replace it, or another name")


def difference_bytes(result: ImagesResult, path: Path) -> bytes:
    """Return Py − C as a file with that suffix; nan where pixels are not compared."""
    apart = result.py.pixels.astype(np.float64) - result.c.pixels
    if result.selection.compared is not None:
        apart[~result.selection.compared] = np.nan
    if path.suffix.lower() == ".bin":
        return apart.astype(np.float32).tobytes()
    stream = io.BytesIO()
    np.save(stream, apart)
    return stream.getvalue()


def arrays_bytes(result: ImagesResult) -> bytes:
    """Return an .npz file with both images as compared, `c` and `py`, in their own number format."""
    stream = io.BytesIO()
    np.savez(stream, c=result.c.pixels, py=result.py.pixels)
    return stream.getvalue()


def picture_bytes(result: ImagesResult, kinds: Sequence[str]) -> Mapping[str, bytes]:
    """Return every figure in each of the kinds (`png`, `svg`), by file name."""
    from nbtrace.report.figures.images import image_figures  # noqa: PLC0415 - matplotlib
    from nbtrace.report.figures.style import encoded  # noqa: PLC0415

    figures = image_figures(result)
    return {f"{name}.{kind}": encoded(figure, kind) for name, figure in figures.items() for kind in kinds}
