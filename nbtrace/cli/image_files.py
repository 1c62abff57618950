"""The files that `nbtrace images` writes besides its reports: the difference and the pictures."""

import gc
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nbtrace.compare.images import ImagesResult
from nbtrace.documents import uncollected
from nbtrace.report.views.images_view import PERCENTILE


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


def picture_bytes(result: ImagesResult, kinds: Sequence[str], percentile: float = PERCENTILE) -> Mapping[str, bytes]:
    """Return every figure in each of the kinds (`png`, `svg`), by file name; the percentile is drawn darkest."""
    with uncollected():
        from nbtrace.report.figures.images import image_figures  # noqa: PLC0415 - matplotlib
        from nbtrace.report.figures.style import encoded  # noqa: PLC0415

    gc.freeze()  # what was imported stays; looking through it again and again takes as long as drawing a figure
    figures = image_figures(result, percentile=percentile)
    return {f"{name}.{kind}": encoded(figure, kind) for name, figure in figures.items() for kind in kinds}
