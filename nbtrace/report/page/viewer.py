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

from nbtrace.images.image import Floats, Geometry, Mask, Pixels
from nbtrace.report.figures.images import chosen_rings, intensity_range, ring_field, symmetric_limit
from nbtrace.report.figures.pooling import Grid
from nbtrace.report.figures.style import DIFFERENCE_MAP, INTENSITY_MAP
from nbtrace.report.view import clean
from nbtrace.report.views.images_view import PERCENTILE
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

WHOLE_PIXELS = 1 << 20
"""Images of at most so many pixels are embedded whole."""

_OVERVIEW_PIXELS = 400_000
_CROP = 64
"""Pixels kept on either side of a pixel that matters."""

_MOST_CROPS = 8
_PERCENTILES = (50.0, 75.0, 90.0, 98.0, PERCENTILE, 99.95, 100.0)
_DECADES = 1e6
"""A logarithmic scale reaches no further below its upper limit."""

_FARTHEST = 1000.0
"""More than the logarithm of any ratio of two numbers; stands for that of a number over 0."""

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
    """Limits that both images share, those of the difference about zero, and those of the ratio about one.

    Attributes
    ----------
    name : str
    low, high : float
    positive : float
        The lower limit of a logarithmic scale.
    diff : float
        On either side of zero.
    ratio : float
        Of ln(Py/C), on either side of zero.
    chosen : bool
    """

    name: str
    low: float
    high: float
    positive: float
    diff: float
    ratio: float
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
    caption : tuple of str
        Sentences.
    rings : bool
        Whether there are rings of resolution to show.
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
    caption: tuple[str, ...]
    rings: bool
    head: dict[str, Any] = field(repr=False)
    arrays: tuple[tuple[str, str], ...] = field(repr=False)


def make_viewer(
    name: str,
    c: Pixels,
    py: Pixels,
    marks: Sequence[Mark],
    *,
    whole: bool = False,
    names: Names | None = None,
    geometry: Geometry | None = None,
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
    geometry : Geometry, optional
        Gives resolution, Miller indices and the distance from the direct beam.
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
    rings = () if geometry is None else _rings(geometry, (slow, fast))
    start = (marks[0].slow, marks[0].fast) if marks else (slow // 2, fast // 2)
    head = {
        "names": {"c": clean(names.reference), "py": clean(names.candidate)},
        "slow": slow,
        "fast": fast,
        "start": list(start),
        "regions": [region.head(number) for number, region in enumerate(regions)],
        "scales": [
            {key: getattr(scale, key) for key in ("low", "high", "positive", "diff", "ratio")} for scale in scales
        ],
        "colours": {"image": _colours(INTENSITY_MAP), "diff": _colours(DIFFERENCE_MAP)},
        "marks": [{"slow": mark.slow, "fast": mark.fast, "cross": mark.cross} for mark in marks],
        "geometry": None if geometry is None else _geometry_head(geometry, rings),
    }
    return Viewer(
        id=name,
        slow=slow,
        fast=fast,
        scales=scales,
        marks=tuple(marks),
        start=start,
        names=names,
        caption=(*_caption(c, py, names), *_ring_words(geometry, rings), *_reduced_words(block, len(regions) - 1)),
        rings=bool(rings),
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
    grid = Grid(_shape(c), block)
    ratio = np.clip(_log_ratio(c, py), -_FARTHEST, _FARTHEST).astype(np.float32)
    arrays = {"c": c, "py": py, "diff": _difference(c, py), "ratio": ratio}
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


def _log_ratio(c: Pixels, py: Pixels) -> Floats:
    """Return ln(Py/C) in float64; NaN where the two have no ratio above 0, infinite where one of them is 0."""
    with np.errstate(all="ignore"):
        ratio: Floats = np.log(py.astype(np.float64) / c)
    return ratio


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
    logs = _log_ratio(c, py)
    ratios = np.abs(grid.most_apart(logs, np.isfinite(logs)))
    known = any(np.isfinite(image).any() for image in drawn)
    for rank in _PERCENTILES:
        name = f"to {rank:g} % of what is drawn" if rank < 100 else "to the largest"
        low, high = intensity_range(drawn, rank) if known else (0.0, 1.0)
        yield Scale(
            name,
            low,
            high,
            positive=_positive(drawn, high),
            diff=symmetric_limit(apart, rank),
            ratio=symmetric_limit(ratios, rank),
            chosen=rank == PERCENTILE,
        )


def _positive(drawn: Sequence[Floats], high: float) -> float:
    """Return where a logarithmic scale up to `high` begins: at the faintest pixels, as far as that is of use."""
    least = min((float(image[image > 0].min()) for image in drawn if (image > 0).any()), default=0.0)
    return min(max(least, high / _DECADES), high / 10) if high > 0 else 0.0


def _rings(geometry: Geometry, shape: tuple[int, int]) -> tuple[float, ...]:
    """Return the resolutions in Å that rings are drawn at."""
    return tuple(chosen_rings(ring_field(geometry, Grid.of(shape))[2]))


def _geometry_head(geometry: Geometry, rings: Sequence[float]) -> dict[str, Any]:
    """Return a geometry as the script reads it: lengths in pixels and Å."""
    return {
        "corner": [float(part) for part in geometry.pix0 / geometry.pixel_size],
        "slow": [float(part) for part in geometry.slow],
        "fast": [float(part) for part in geometry.fast],
        "beam": [float(part) for part in geometry.beam],
        "pixel": geometry.pixel_size * 1e3,
        "wavelength": geometry.wavelength / ANGSTROM,
        "cell": None if geometry.cell is None else (geometry.cell / ANGSTROM).tolist(),
        "rings": list(rings),
    }


def _colours(name: str) -> list[int]:
    """Return the 256 colours of a colour map, red, green and blue in turn."""
    from matplotlib import colormaps  # noqa: PLC0415 - the figures' colours, with no second table of them

    table = colormaps[name](np.arange(256), bytes=True)
    return [int(part) for part in table[:, :3].ravel()]


def _packed(array: Pixels) -> str:
    """Return the bytes of an array, those of one significance together, deflated, in base64."""
    raw = np.ascontiguousarray(array).view(np.uint8).reshape(array.size, array.dtype.itemsize)
    return base64.b64encode(zlib.compress(raw.T.tobytes(), 6)).decode("ascii")


def _caption(c: Pixels, py: Pixels, names: Names) -> Iterator[str]:
    slow, fast = c.shape
    yield f"The images have {slow} × {fast} pixels (slow × fast); slow runs down, fast to the right."
    yield f"{names.both} share one scale."
    yield f"The difference is symmetric about 0 and the ratio about 1, red where {names.candidate} is larger."
    yield "Violet marks NaN, grey a pixel whose ratio is not defined or below 0."
    yield f"Where only one of {names.both} is 0, the ratio has the colour at an end of its scale."
    for side, image in zip(names.pair, (c, py), strict=True):
        missing = int(np.isnan(image).sum())
        if missing:
            yield f"{missing} pixel{'s' * (missing != 1)} of {side} {'is' if missing == 1 else 'are'} NaN."


def _ring_words(geometry: Geometry | None, rings: Sequence[float]) -> Iterator[str]:
    if geometry is None:
        yield "Nothing tells where the pixels are, so there is no resolution and no h k l."
        return
    if rings:
        yield "Along a green ring the resolution is the same, in Å."
    told = f", as told by {geometry.origin}" if geometry.origin else ""
    yield f"Resolution{' and h k l' if geometry.cell is not None else ''} are those of a pixel's centre{told}."


def _reduced_words(block: int, crops: int) -> Iterator[str]:
    if block > 1:
        yield (
            f"The page does not hold every pixel: a cell of the overview stands for {block} × {block} of them and "
            "shows the value furthest from 0, of the ratio the one furthest from 1."
        )
        yield (
            f"Around {crops} pixels that matter (see Pixel) every one is kept; nbtrace report --all-pixels keeps all."
        )
