"""What the image viewer of a page needs: pixels as text that a browser unpacks, scales, colours, pixels to look at.

A number is shown with the digits of its own type, so the pixels keep it. Where an image is too large to be embedded
whole, an overview stands for it: per block of pixels the value furthest from zero, so that no peak vanishes; and around
the pixels that matter every pixel is kept.
"""

import base64
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbtrace.images.image import Mask, Pixels
from nbtrace.report.figures.images import intensity_range, symmetric_limit
from nbtrace.report.figures.pooling import Grid
from nbtrace.report.figures.style import DIFFERENCE_MAP, INTENSITY_MAP
from nbtrace.report.view import clean
from nbtrace.report.views.images_view import PERCENTILE
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

WHOLE_PIXELS = 1 << 20
"""Images of at most so many pixels are embedded whole."""

_OVERVIEW_PIXELS = 400_000
_CROP = 64
"""Pixels kept on either side of a pixel that matters."""

_MOST_CROPS = 8
_PERCENTILES = (50.0, 75.0, 90.0, 98.0, PERCENTILE, 99.95, 100.0)
_EXACT = {"f4", "f8", "i1", "i2", "i4", "u1", "u2", "u4"}
"""Types that a browser has, too; any other becomes float64."""


@dataclass(frozen=True)
class Mark:
    """A pixel to look at; the traced one carries a cross."""

    name: str
    slow: int
    fast: int
    cross: bool = False


@dataclass(frozen=True)
class Scale:
    """Limits that both images share, and the limit of the difference on either side of zero."""

    name: str
    low: float
    high: float
    diff: float
    chosen: bool


@dataclass(frozen=True)
class Viewer:
    """A viewer as the template prints it.

    Attributes
    ----------
    id : str
    slow, fast : int
        Numbers of pixels.
    scales : tuple of Scale
    marks : tuple of Mark
    start : (int, int)
        The pixel that is chosen first.
    names : Names
    caption : str
    head : dict
        What the script reads first: regions, scales, colours, marks.
    arrays : tuple of (str, str)
        Names and packed bytes.
    """

    id: str
    slow: int
    fast: int
    scales: tuple[Scale, ...]
    marks: tuple[Mark, ...]
    start: tuple[int, int]
    names: Names
    caption: str
    head: dict[str, Any] = field(repr=False)
    arrays: tuple[tuple[str, str], ...] = field(repr=False)


def make_viewer(
    name: str, c: Pixels, py: Pixels, marks: Sequence[Mark], *, whole: bool = False, names: Names | None = None
) -> Viewer:
    """Return the viewer of two images of one shape.

    Parameters
    ----------
    name : str
        Identifies it on the page: letters, digits, `-`.
    c, py : ndarray
        Real numbers, shape (slow, fast).
    marks : sequence of Mark
        Pixels to look at, the most telling first.
    whole : bool
        Embed every pixel, however many there are.
    names : Names, optional
        What reports call the two sides.
    """
    names = names or registry.default().names
    c, py = _embeddable(c), _embeddable(py)
    slow, fast = _shape(c)
    block = 1 if whole or c.size <= WHOLE_PIXELS else math.ceil(math.sqrt(c.size / _OVERVIEW_PIXELS))
    regions = [*(_crops(c, py, marks) if block > 1 else []), _overview(c, py, block)]
    packed = [
        (f"{number}-{side}", array) for number, region in enumerate(regions) for side, array in region.arrays.items()
    ]
    scales = tuple(_scales(c, py))
    start = (marks[0].slow, marks[0].fast) if marks else (slow // 2, fast // 2)
    head = {
        "names": {"c": clean(names.reference), "py": clean(names.candidate)},
        "slow": slow,
        "fast": fast,
        "start": list(start),
        "regions": [region.head(number) for number, region in enumerate(regions)],
        "scales": [{"low": scale.low, "high": scale.high, "diff": scale.diff} for scale in scales],
        "colours": {"image": _colours(INTENSITY_MAP), "diff": _colours(DIFFERENCE_MAP)},
        "marks": [{"slow": mark.slow, "fast": mark.fast, "cross": mark.cross} for mark in marks],
    }
    return Viewer(
        id=name,
        slow=slow,
        fast=fast,
        scales=scales,
        marks=tuple(marks),
        start=start,
        names=names,
        caption=_caption(c, py, block, len(regions) - 1, names),
        head=head,
        arrays=tuple((title, _packed(array)) for title, array in packed),
    )


@dataclass(frozen=True)
class _Region:
    """A rectangle of both images: where it begins, how many pixels a cell of it stands for along each side."""

    slow: int
    fast: int
    block: int
    arrays: dict[str, Pixels]

    def head(self, number: int) -> dict[str, Any]:
        rows, columns = self.arrays["c"].shape
        return {
            "slow": self.slow,
            "fast": self.fast,
            "block": self.block,
            "rows": rows,
            "columns": columns,
            "arrays": {
                side: {"name": f"{number}-{side}", "dtype": array.dtype.str[1:]} for side, array in self.arrays.items()
            },
        }


def _embeddable(pixels: Pixels) -> Pixels:
    """Return pixels as little-endian numbers of a type that a browser has."""
    kind = pixels.dtype
    wanted = kind.newbyteorder("<") if kind.str[1:] in _EXACT else np.dtype("<f8")
    return np.ascontiguousarray(pixels, dtype=wanted)


def _overview(c: Pixels, py: Pixels, block: int) -> _Region:
    if block == 1:
        return _Region(0, 0, 1, {"c": c, "py": py})
    # The largest difference of a block is not the difference of its largest values.
    difference = _difference(c, py)
    grid = Grid(_shape(c), block)
    arrays = {"c": c, "py": py, "diff": difference}
    return _Region(0, 0, block, {side: _furthest(grid, item) for side, item in arrays.items()})


def _furthest(grid: Grid, pixels: Pixels) -> Pixels:
    """Return the value of each block that is furthest from zero, NaN only where all are, in the type of the pixels."""
    kind = pixels.dtype if pixels.dtype.kind == "f" else np.dtype("<f8")
    floats = pixels.astype(kind, copy=False)
    return grid.most_apart(floats, _numbers(pixels)).astype(kind)


def _numbers(pixels: Pixels) -> Mask | None:
    """Return where pixels are numbers; None where all are."""
    if pixels.dtype.kind != "f":
        return None
    missing = np.isnan(pixels)
    return ~missing if missing.any() else None


def _difference(c: Pixels, py: Pixels) -> Pixels:
    """Return Py − C in float64; inf − inf is NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        difference: Pixels = py.astype(np.float64) - c
    return difference


def _shape(pixels: Pixels) -> tuple[int, int]:
    slow, fast = pixels.shape
    return slow, fast


def _crops(c: Pixels, py: Pixels, marks: Sequence[Mark]) -> Iterator[_Region]:
    """Yield the surroundings of the marks; a mark well inside of an earlier crop needs none of its own."""
    centres: list[tuple[int, int]] = []
    for mark in marks:
        near = any(max(abs(mark.slow - slow), abs(mark.fast - fast)) < _CROP // 2 for slow, fast in centres)
        if near or len(centres) == _MOST_CROPS:
            continue
        centres.append((mark.slow, mark.fast))
        slow, fast = max(mark.slow - _CROP, 0), max(mark.fast - _CROP, 0)
        window = np.s_[slow : mark.slow + _CROP + 1, fast : mark.fast + _CROP + 1]
        yield _Region(slow, fast, 1, {"c": c[window], "py": py[window]})


def _scales(c: Pixels, py: Pixels) -> Iterator[Scale]:
    """Yield the limits at several percentiles of what the figures draw, not of all pixels."""
    grid = Grid.of(_shape(c))
    drawn = [grid.largest(image, _numbers(image)) for image in (c, py)]
    apart = np.abs(_furthest(grid, _difference(c, py)))
    known = any(np.isfinite(image).any() for image in drawn)
    for rank in _PERCENTILES:
        name = f"to {rank:g} % of what is drawn" if rank < 100 else "to the largest"
        low, high = intensity_range(drawn, rank) if known else (0.0, 1.0)
        yield Scale(name, low, high, symmetric_limit(apart, rank), chosen=rank == PERCENTILE)


def _colours(name: str) -> list[int]:
    """Return the 256 colours of a colour map, red, green and blue in turn."""
    from matplotlib import colormaps  # noqa: PLC0415 - the figures' colours, with no second table of them

    table = colormaps[name](np.arange(256), bytes=True)
    return [int(part) for part in table[:, :3].ravel()]


def _packed(array: Pixels) -> str:
    """Return the bytes of an array, those of one significance together, deflated, in base64."""
    raw = np.ascontiguousarray(array).view(np.uint8).reshape(array.size, array.dtype.itemsize)
    return base64.b64encode(zlib.compress(raw.T.tobytes(), 6)).decode("ascii")


def _caption(c: Pixels, py: Pixels, block: int, crops: int, names: Names) -> str:
    slow, fast = c.shape
    text = f"{slow} × {fast} pixels (slow × fast); slow runs down, fast to the right. {names.both} share one scale"
    text += f"; the difference is symmetric about zero, red where {names.candidate} is larger. Violet marks NaN."
    missing = zip(names.pair, (int(np.isnan(image).sum()) for image in (c, py)), strict=True)
    counts = [f"{side} {number}" for side, number in missing if number]
    text += f" NaN pixels: {', '.join(counts)}." if counts else ""
    if block > 1:
        text += (
            f" The page does not hold every pixel: a cell of the overview stands for {block} × {block} of them and "
            f"shows the value furthest from zero; around {crops} pixels that matter (see Pixel) every one is kept. "
            "nbtrace report --all-pixels keeps all."
        )
    return text
