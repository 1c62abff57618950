"""Figures of two images: both and their difference on shared scales, intensities against each other, ratio map."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, imsave
from matplotlib.ticker import NullLocator

from nbtrace.compare.images.image_parts import in_parts
from nbtrace.compare.images.result import ImagesResult
from nbtrace.images.image import Floats, Geometry, Mask, Pixels
from nbtrace.images.resolution import inverse_d_squared
from nbtrace.records import Pixel
from nbtrace.report.figures.panels_in_inches import figure_panels
from nbtrace.report.figures.pooling import Grid
from nbtrace.report.figures.style import (
    CAPTION_SIZE,
    DIFFERENCE_MAP,
    INTENSITY_MAP,
    MARK_COLOUR,
    QUIET_COLOUR,
    TEXT_SIZE,
    caption,
    dress,
    new_figure,
    plain,
    power_of_ten,
    short_names,
)
from nbtrace.report.views.images_view import PERCENTILE
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.sides import Names

_NOT_COMPARED = "#cfe3f5"
_RINGS = (50, 30, 20, 15, 10, 8, 6, 5, 4, 3.5, 3, 2.5, 2.2, 2, 1.8, 1.6, 1.4, 1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5)
_MOST_RINGS = 4
_RING_GRID = 120
_DENSITY_BINS = 120
_CHUNK = 1 << 16
"""Pixels at a time."""
_DECADES = 12.0
"""Intensities fainter than the brightest by more are left out of the scatter."""

_DECADES_TOLD = 100.0
"""Range of a logarithmic axis from which on its powers of ten are labels enough."""

_FLAT = 1e-12
_LARGEST_DRAWN = 1e300
"""Beyond it matplotlib's own arithmetic overflows."""

_OBLONG = 6
_AROUND = 12
"""Pixels on each side of the one that a detail shows."""


@dataclass(frozen=True, eq=False)
class _ImagePart:
    """The part of both images that is drawn.

    Attributes
    ----------
    c, py : ndarray
    compared : ndarray or None
    grid : Grid
    """

    c: Pixels
    py: Pixels
    compared: Mask | None
    grid: Grid

    @classmethod
    def whole(cls, result: ImagesResult) -> "_ImagePart":
        return cls(result.c.pixels, result.py.pixels, result.selection.compared, Grid.of(result.c.shape))

    @classmethod
    def around(cls, result: ImagesResult, pixel: Pixel) -> "_ImagePart":
        starts = [max(0, at - _AROUND) for at in pixel]
        crop = tuple(slice(start, at + _AROUND + 1) for start, at in zip(starts, pixel, strict=True))
        c, py, compared = result.c.pixels[crop], result.py.pixels[crop], result.selection.compared
        return cls(c, py, None if compared is None else compared[crop], Grid.of(c.shape, (starts[0], starts[1])))

    def difference(self) -> Floats:
        """Return Py − C, in single precision where both are: it is only drawn."""
        with np.errstate(invalid="ignore", over="ignore"):
            apart: Floats = np.subtract(self.py, self.c, dtype=np.result_type(self.c, self.py, np.float32))
        return apart


def image_figures(
    result: ImagesResult, pixel: Pixel | None = None, percentile: float = PERCENTILE
) -> Mapping[str, Figure]:
    """Return all figures of a comparison by the name of their file, without suffix.

    `pixel` is the one to mark, such as the traced one, as (slow, fast); by default that with the largest difference, or
    the brightest of C where none differs. Of what is drawn the percentile is drawn darkest.
    """
    return {
        "images": image_pair_figure(result, pixel, percentile),
        "detail": detail_figure(result, pixel),
        "scatter": scatter_figure(result),
        "ratio": ratio_figure(result, pixel),
    }


def image_pair_figure(result: ImagesResult, pixel: Pixel | None = None, percentile: float = PERCENTILE) -> Figure:
    """Return C, Py and Py − C side by side, with the pixel that is marked; see :func:`image_figures`."""
    return _pair(_ImagePart.whole(result), result, _marked(result, pixel), percentile)


def bare_pictures(result: ImagesResult, percentile: float = PERCENTILE) -> Mapping[str, bytes]:
    """Return C, Py and Py − C as PNG files by their names: no frame, a point for each pixel, scaled as figures are."""
    c, py = (image.pixels.astype(np.float64) for image in (result.c, result.py))
    low, high = intensity_range((c, py), percentile)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = py - c
    limit = symmetric_limit(np.abs(apart), percentile)
    return {
        "c.png": _bare(c, INTENSITY_MAP, low, high),
        "py.png": _bare(py, INTENSITY_MAP, low, high),
        "diff.png": _bare(apart, DIFFERENCE_MAP, -limit, limit),
    }


def _bare(values: Floats, colours: str, low: float, high: float) -> bytes:
    stream = io.BytesIO()
    imsave(stream, values, vmin=low, vmax=high, cmap=colours, format="png", origin="upper")
    return stream.getvalue()


def detail_figure(result: ImagesResult, pixel: Pixel | None = None) -> Figure:
    """Return the same around the pixel that is marked, each pixel drawn, up to the brightest."""
    marked = _marked(result, pixel)
    return _pair(_ImagePart.around(result, marked[0]), result, marked, 100.0)


def _pair(part: _ImagePart, result: ImagesResult, marked: tuple[Pixel, str], percentile: float) -> Figure:
    grid, (pixel, what) = part.grid, marked
    drawn_c, drawn_py = (grid.largest(pixels, part.compared) for pixels in (part.c, part.py))
    apart = grid.most_apart(part.difference(), part.compared)
    low, high = intensity_range((drawn_c, drawn_py), percentile)
    limit = symmetric_limit(np.abs(apart), percentile)
    figure = _strip(3, grid.shape)
    (left, middle, right), (shared, own) = figure_panels(figure, grid.shape, (2, 1), oblong=_stretched(grid.shape))
    _draw(left, drawn_c, grid, INTENSITY_MAP, low, high)
    intensity = _draw(middle, drawn_py, grid, INTENSITY_MAP, low, high)
    difference = _draw(right, apart, grid, DIFFERENCE_MAP, -limit, limit)
    names = short_names(result.names)
    sides = zip((left, middle), names.pair, (result.c, result.py), strict=True)
    for axes, side, image in sides:
        title = f"{side}: {_name(image.source)}"
        dress(axes, title=title, x="fast → (pixels)", y="slow ↓ (pixels)" if axes is left else "", framed=True)
    dress(right, title=names.difference, x="fast → (pixels)", framed=True)
    for axes in (left, middle, right):
        _mark(axes, pixel, result, grid)
    _bar(figure, intensity, shared, "intensity")
    _bar(figure, difference, own, names.difference)
    caption(
        figure,
        f"Both images on one scale, {low:.3g} to {high:.3g}, {_percentile_text(percentile)} of what is drawn. "
        f"Difference ±{limit:.3g}, the same of |{names.difference}|; "
        f"the largest of all is {result.metrics.max_abs_diff:.3g}. "
        f"{_pooled(grid)}\n"
        f"{what}{_rings_text(result.geometry, grid)}{_left_out(result)}{_stretched_text(grid.shape)}",
    )
    return figure


def ratio_figure(result: ImagesResult, pixel: Pixel | None = None) -> Figure:
    """Return the map of ln(Py/C) of the sums of blocks of pixels."""
    part, names = _ImagePart.whole(result), short_names(result.names)
    grid = part.grid
    c, py = (grid.sums(pixels, part.compared) for pixels in (part.c, part.py))
    both = (c > 0) & (py > 0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # a ratio beyond float64 is none that is drawn
        logs = np.log(np.divide(py, c, out=np.full(c.shape, np.nan), where=both))
    limit = max(symmetric_limit(np.abs(logs), PERCENTILE), _FLAT)
    figure = _strip(1, result.c.shape)
    (axes,), (bar,) = figure_panels(figure, grid.shape, (1,), oblong=_stretched(grid.shape))
    image = _draw(axes, logs, grid, DIFFERENCE_MAP, -limit, limit)
    dress(axes, title=f"Ratio {names.ratio}", x="fast → (pixels)", y="slow ↓ (pixels)", framed=True)
    marked, what = _marked(result, pixel)
    _mark(axes, marked, result, grid)
    _bar(figure, image, bar, f"ln({names.ratio})")
    many = f"Ratios of the sums of {grid.block} × {grid.block} pixels. " if grid.block > 1 else ""
    without = int(np.count_nonzero(~both))
    missing = f"{without} points without a ratio: {names.either} is not above 0." if without else ""
    caption(
        figure,
        f"{many}Scale ±{limit:.3g}, {_percentile_text(PERCENTILE)}; "
        f"ln({names.ratio}) is {names.ratio} − 1 where it is small.\n"
        f"{what}{_stretched_text(grid.shape)}{missing}",
    )
    return figure


def scatter_figure(result: ImagesResult) -> Figure:
    """Return the density of pixels over the intensities of C and Py, both logarithmic."""
    figure = new_figure(4.9, 4.4)
    (axes,), (bar,) = figure_panels(figure, (1, 1), (1,), oblong=False)
    names = short_names(result.names)
    dress(axes, title="Intensities of each pixel", x=names.reference, y=names.candidate)
    c, py = result.selection.c, result.selection.py
    top = max(float(c.max()), float(py.max()))
    if top <= 1 / _LARGEST_DRAWN:
        bar.set_visible(False)
        caption(figure, f"No pixel is above {0 if top <= 0 else 1 / _LARGEST_DRAWN:g} in both images.")
        return figure
    exponent = np.log10(min(top, _LARGEST_DRAWN))
    edges, counts, left_out = _density(c, py, exponent)
    image = axes.pcolormesh(
        edges,
        edges,
        np.ma.masked_equal(counts.T, 0),
        norm=LogNorm(1, max(counts.max(), 2)),
        cmap="viridis_r",
        rasterized=True,
    )
    axes.set(xscale="log", yscale="log")
    axes.plot(edges[[0, -1]], edges[[0, -1]], color=QUIET_COLOUR, linewidth=0.6, label=_fit(names))
    scale = result.metrics.scale
    if scale is not None and scale > 0 and abs(scale - 1) > 0.01:
        fitted = _fit(names, f"{scale:.4g} ")
        axes.plot(edges[[0, -1]], scale * edges[[0, -1]], color=MARK_COLOUR, linewidth=0.8, label=fitted)
    axes.set(xlim=edges[[0, -1]], ylim=edges[[0, -1]])
    axes.legend(fontsize=CAPTION_SIZE, loc="upper left", frameon=False)
    for axis, decades in (
        (axes.xaxis, edges[-1] / edges[0]),
        (axes.yaxis, edges[-1] / edges[0]),
        (_bar(figure, image, bar, "pixels").yaxis, counts.max()),
    ):
        if decades >= _DECADES_TOLD:
            axis.set_major_formatter(power_of_ten)
            axis.set_minor_locator(NullLocator())
    caption(
        figure, f"{result.metrics.pixels - left_out} pixels; {left_out} are not above {edges[0]:.1e} in both images."
    )
    return figure


def _fit(names: Names, scale: str = "") -> str:
    """Return that the candidate is the reference, or so many times it, as a legend tells it."""
    return plain(f"{names.candidate} = {scale}{names.reference}")


def _density(c: Pixels, py: Pixels, exponent: float) -> tuple[Floats, Pixels, int]:
    """Return edges of bins, counts of shape (C, Py), and how many pixels fall outside."""
    smallest = min(_least_above_zero(values) for values in (c, py))
    high = np.ceil(exponent + 1e-9)
    low = min(max(np.floor(np.log10(smallest)), np.floor(exponent - _DECADES)), high - 1)
    width = (high - low) / _DENSITY_BINS

    def counted(first: int, end: int) -> Pixels:
        counts = np.zeros(_DENSITY_BINS * _DENSITY_BINS, np.int64)
        for start in range(first, end, _CHUNK):
            numbers = []
            with np.errstate(divide="ignore", invalid="ignore"):
                for values in (c, py):
                    chunk = values[start : min(start + _CHUNK, end)]
                    logs = np.log10(chunk, dtype=np.result_type(chunk.dtype, np.float32)).astype(np.float32)
                    numbers.append(np.floor((logs - np.float32(low)) / np.float32(width)))
            inside = (numbers[0] >= 0) & (numbers[1] >= 0)
            bins = [np.minimum(number[inside], _DENSITY_BINS - 1).astype(np.intp) for number in numbers]
            counts += np.bincount(bins[0] * _DENSITY_BINS + bins[1], minlength=counts.size)
        return counts

    counts = np.sum(in_parts(c.size, _CHUNK, counted), axis=0)
    edges = 10.0 ** (low + width * np.arange(_DENSITY_BINS + 1))
    return edges, counts.reshape(_DENSITY_BINS, _DENSITY_BINS), int(c.size - counts.sum())


def _least_above_zero(values: Pixels) -> float:
    """Return the smallest number above 0, inf if there is none."""
    least = values.min()
    if not least > 0:
        above = values[values > 0]
        least = above.min() if above.size else np.inf
    return float(least)


def _strip(panels: int, shape: tuple[int, int]) -> Figure:
    """Return a figure whose panels have room for an image of that shape each."""
    slow, fast = shape
    height = min(max(3.3 * slow / fast, 1.6), 6.0)
    width = min(max(height * fast / slow, 1.6), 3.6)
    return new_figure(panels * width + 1.55 * (1 + (panels > 1)), height + 1.5)


def _draw(axes: Axes, values: Floats, grid: Grid, colours: str, low: float, high: float) -> AxesImage:
    palette = mpl.colormaps[colours].with_extremes(bad=_NOT_COMPARED)
    image = axes.imshow(
        np.clip(values, -_LARGEST_DRAWN, _LARGEST_DRAWN),
        cmap=palette,
        vmin=max(low, -_LARGEST_DRAWN),
        vmax=min(high, _LARGEST_DRAWN),
        extent=grid.extent,
        origin="upper",
        interpolation="nearest",
        aspect="auto" if _stretched(grid.shape) else "equal",
    )
    left, right, bottom, top = grid.edges
    axes.set(xlim=(left, right), ylim=(bottom, top))
    return image


def _bar(figure: Figure, image: ScalarMappable, place: Axes, label: str) -> Axes:
    bar = figure.colorbar(image, cax=place)
    bar.set_label(plain(label), fontsize=TEXT_SIZE)
    bar.ax.tick_params(labelsize=CAPTION_SIZE)
    bar.ax.yaxis.get_offset_text().set_fontsize(CAPTION_SIZE)
    return bar.ax


def _mark(axes: Axes, pixel: Pixel, result: ImagesResult, grid: Grid) -> None:
    if result.geometry is not None:
        _rings(axes, result.geometry, grid)
    axes.plot(pixel[1], pixel[0], marker="x", markersize=7, markeredgewidth=1.1, color=MARK_COLOUR, linestyle="none")


def _marked(result: ImagesResult, pixel: Pixel | None) -> tuple[Pixel, str]:
    """Return the pixel to mark, and what it is."""
    if pixel is not None:
        what, at = "pixel", pixel
    elif result.worst_pixels:
        what, at = f"largest |{short_names(result.names).difference}|:", result.worst_pixels[0].pixel
    else:
        what, at = f"brightest pixel of {short_names(result.names).reference}:", result.brightest
    return at, f"× {what} slow {at[0]} fast {at[1]}. "


def _rings(axes: Axes, geometry: Geometry, grid: Grid) -> None:
    slow, fast, squared = ring_field(geometry, grid)
    levels = {1 / (d * ANGSTROM) ** 2: f"{d:g} Å" for d in chosen_rings(squared)}
    if levels:
        lines = axes.contour(
            fast, slow, squared, levels=sorted(levels), colors=MARK_COLOUR, linewidths=0.5, linestyles="dashed"
        )
        axes.clabel(lines, fmt=levels, fontsize=CAPTION_SIZE - 1, inline=True)


def ring_field(geometry: Geometry, grid: Grid) -> tuple[Floats, Floats, Floats]:
    """Return positions along slow and fast, and 1/d² there, for contours: coarse is enough for conics."""
    slow, fast = (
        np.linspace(first - 0.5, first + size - 0.5, min(size + 1, _RING_GRID))
        for first, size in zip(grid.origin, grid.shape, strict=True)
    )
    return slow, fast, np.asarray(inverse_d_squared(geometry, slow[:, None] + 0.5, fast[None, :] + 0.5))


def chosen_rings(squared: Floats) -> list[float]:
    """Return a few round resolutions in Å within a field of 1/d² in m⁻², about evenly spaced on the detector."""
    least, most = float(squared.min()), float(squared.max())
    inside = [d for d in _RINGS if least < 1 / (d * ANGSTROM) ** 2 < most]
    wanted = np.linspace(np.sqrt(least), np.sqrt(most), _MOST_RINGS + 2)[1:-1] * ANGSTROM
    return sorted({min(inside, key=lambda d: abs(1 / d - target)) for target in wanted}) if inside else []


def _rings_text(geometry: Geometry | None, grid: Grid) -> str:
    return "Dashed: resolution. " if geometry is not None and chosen_rings(ring_field(geometry, grid)[2]) else ""


def _left_out(result: ImagesResult) -> str:
    return "Light blue: not compared. " if result.selection.compared is not None else ""


def _pooled(grid: Grid) -> str:
    if grid.block == 1:
        return ""
    blocks = f"{grid.block} × {grid.block}"
    return f"Each point is the brightest of {blocks} pixels, of the difference the one farthest from 0."


def _stretched(shape: tuple[int, int]) -> bool:
    """Whether an image is so oblong that square pixels would leave nothing to see."""
    return max(shape) > _OBLONG * min(shape)


def _stretched_text(shape: tuple[int, int]) -> str:
    return "Pixels are not drawn square. " if _stretched(shape) else ""


def _percentile_text(percentile: float) -> str:
    return "the largest" if percentile >= 100 else f"the {percentile:g}th percentile"


def intensity_range(images: Sequence[Floats], percentile: float) -> tuple[float, float]:
    """Return the scale of both images: from 0, or from the darkest values where these are below it."""
    values = np.concatenate([image[np.isfinite(image)] for image in images])
    high = float(np.percentile(values, percentile))
    low = min(0.0, float(np.percentile(values, 100 - percentile)))
    return low, high if high > low else max(float(values.max()), low + 1.0)


def symmetric_limit(sizes: Floats, percentile: float) -> float:
    """Return the limit of a symmetric scale: the percentile of what is not 0, 1 where nothing is."""
    values = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.percentile(values, percentile)) if values.size else 1.0


def _name(source: str) -> str:
    """Return a name short enough for a title: its end."""
    return source if len(source) <= 36 else f"…{source[-35:]}"
