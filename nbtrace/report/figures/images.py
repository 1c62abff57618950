"""Figures of two images: both and their difference on shared scales, intensities against each other, ratio map."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from nbtrace.compare.images.result import ImagesResult
from nbtrace.images.geometry import inverse_d_squared
from nbtrace.images.image import Floats, Geometry, Pixels
from nbtrace.records import Pixel
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
)
from nbtrace.units import ANGSTROM

PERCENTILE = 99.5
"""Of the drawn values; brighter ones are drawn as dark as this."""

_NOT_COMPARED = "#cfe3f5"
_RINGS = (50, 30, 20, 15, 10, 8, 6, 5, 4, 3.5, 3, 2.5, 2.2, 2, 1.8, 1.6, 1.4, 1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5)
_MOST_RINGS = 4
_RING_GRID = 120
_DENSITY_BINS = 120
_DECADES = 12.0
"""Intensities fainter than the brightest by more are left out of the scatter."""

_FLAT = 1e-12


def image_figures(result: ImagesResult, pixel: Pixel | None = None) -> Mapping[str, Figure]:
    """Return all figures of a comparison by the name of their file, without suffix."""
    return {
        "images": image_pair_figure(result, pixel),
        "scatter": scatter_figure(result),
        "ratio": ratio_figure(result, pixel),
    }


def image_pair_figure(result: ImagesResult, pixel: Pixel | None = None) -> Figure:
    """Return C, Py and Py − C side by side.

    Parameters
    ----------
    result : ImagesResult
    pixel : (int, int), optional
        (slow, fast) of the pixel to mark, such as the traced one; by default that with the largest difference.
    """
    grid, compared = Grid.of(result.c.shape), result.selection.compared
    drawn_c, drawn_py = (grid.largest(image.pixels, compared) for image in (result.c, result.py))
    apart = grid.most_apart(_difference(result), compared)
    low, high = _intensity_range((drawn_c, drawn_py))
    limit = _percentile(np.abs(apart))
    figure = _strip(3, result.c.shape)
    left, middle, right = figure.subplots(1, 3, sharex=True, sharey=True)
    _draw(left, drawn_c, grid, INTENSITY_MAP, low, high)
    intensity = _draw(middle, drawn_py, grid, INTENSITY_MAP, low, high)
    difference = _draw(right, apart, grid, DIFFERENCE_MAP, -limit, limit)
    for axes, title in ((left, f"C: {_name(result.c.source)}"), (middle, f"Py: {_name(result.py.source)}")):
        dress(axes, title=title, x="fast → (pixels)", y="slow ↓ (pixels)" if axes is left else "", framed=True)
    dress(right, title="Py − C", x="fast → (pixels)", framed=True)
    marked, what = _marked(result, pixel)
    for axes in (left, middle, right):
        _mark(axes, marked, result)
    _bar(figure, intensity, [left, middle], "intensity")
    _bar(figure, difference, [right], "Py − C")
    caption(
        figure,
        f"Both images on one scale, {low:.3g} to {high:.3g}, the {PERCENTILE:g}th percentile of what is drawn. "
        f"Difference ±{limit:.3g}, the same percentile; largest |Py − C| {result.metrics.max_abs_diff:.3g}. "
        f"{_pooled(grid, 'the brightest pixel, of the difference the one farthest from 0')}\n"
        f"{what}{_rings_text(result.geometry)}{_left_out(result)}",
    )
    return figure


def ratio_figure(result: ImagesResult, pixel: Pixel | None = None) -> Figure:
    """Return the map of ln(Py/C) of the sums of blocks of pixels."""
    grid, compared = Grid.of(result.c.shape), result.selection.compared
    c, py = (grid.sums(image.pixels, compared) for image in (result.c, result.py))
    both = (c > 0) & (py > 0)
    logs = np.log(np.divide(py, c, out=np.full(c.shape, np.nan), where=both))
    limit = max(_percentile(np.abs(logs)), _FLAT)
    figure = _strip(1, result.c.shape)
    axes = figure.subplots()
    image = _draw(axes, logs, grid, DIFFERENCE_MAP, -limit, limit)
    dress(axes, title="Ratio Py/C", x="fast → (pixels)", y="slow ↓ (pixels)", framed=True)
    marked, what = _marked(result, pixel)
    _mark(axes, marked, result)
    _bar(figure, image, [axes], "ln(Py/C)")
    many = f"Ratios of the sums of {grid.block} × {grid.block} pixels. " if grid.block > 1 else ""
    without = int(np.count_nonzero(~both))
    caption(
        figure,
        f"{many}Scale ±{limit:.3g}, the {PERCENTILE:g}th percentile; ln(Py/C) is Py/C − 1 where it is small.\n"
        f"{what}{f'{without} points without a ratio: C or Py is not above 0.' if without else ''}",
    )
    return figure


def scatter_figure(result: ImagesResult) -> Figure:
    """Return the density of pixels over the intensities of C and Py, both logarithmic."""
    figure = new_figure(4.6, 4.4)
    axes = figure.subplots()
    dress(axes, title="Intensities of each pixel", x="C", y="Py")
    c, py = result.selection.c, result.selection.py
    top = max(float(c.max()), float(py.max()))
    if top <= 0:
        caption(figure, "No pixel is above 0 in both images.")
        return figure
    exponent = np.log10(top)
    edges, counts, left_out = _density(c, py, exponent)
    image = axes.pcolormesh(
        edges,
        edges,
        np.ma.masked_equal(counts.T, 0),
        norm=LogNorm(1, max(counts.max(), 2)),
        cmap="viridis_r",
        rasterized=True,
    )
    axes.set(xscale="log", yscale="log", aspect="equal")
    axes.plot(edges[[0, -1]], edges[[0, -1]], color=QUIET_COLOUR, linewidth=0.6, label="Py = C")
    scale = result.metrics.scale
    if scale is not None and scale > 0 and abs(scale - 1) > 0.01:
        axes.plot(edges[[0, -1]], scale * edges[[0, -1]], color=MARK_COLOUR, linewidth=0.8, label=f"Py = {scale:.4g} C")
    axes.set(xlim=edges[[0, -1]], ylim=edges[[0, -1]])
    axes.legend(fontsize=CAPTION_SIZE, loc="upper left", frameon=False)
    _bar(figure, image, [axes], "pixels")
    caption(
        figure, f"{result.metrics.pixels - left_out} pixels; {left_out} are not above {edges[0]:.1e} in both images."
    )
    return figure


def _difference(result: ImagesResult) -> Floats:
    """Return Py − C, in single precision where both are: it is only drawn."""
    c, py = result.c.pixels, result.py.pixels
    with np.errstate(invalid="ignore", over="ignore"):
        difference: Floats = np.subtract(py, c, dtype=np.result_type(c, py, np.float32))
    return difference


def _density(c: Pixels, py: Pixels, exponent: float) -> tuple[Floats, Pixels, int]:
    """Return edges of bins, counts of shape (C, Py), and how many pixels fall outside."""
    smallest = min(float(values[values > 0].min()) for values in (c, py) if (values > 0).any())
    low = max(np.floor(np.log10(smallest)), np.floor(exponent - _DECADES))
    high = np.ceil(exponent + 1e-9)
    width = (high - low) / _DENSITY_BINS
    counts = np.zeros(_DENSITY_BINS * _DENSITY_BINS, np.int64)
    for start in range(0, c.size, 1 << 16):
        numbers = []
        with np.errstate(divide="ignore", invalid="ignore"):
            for values in (c, py):
                logs = np.log10(values[start : start + (1 << 16)].astype(np.float32))
                numbers.append(np.floor((logs - np.float32(low)) / np.float32(width)))
        inside = (numbers[0] >= 0) & (numbers[1] >= 0)
        first, second = (np.minimum(number[inside], _DENSITY_BINS - 1).astype(np.intp) for number in numbers)
        counts += np.bincount(first * _DENSITY_BINS + second, minlength=counts.size)
    edges = 10.0 ** (low + width * np.arange(_DENSITY_BINS + 1))
    return edges, counts.reshape(_DENSITY_BINS, _DENSITY_BINS), int(c.size - counts.sum())


def _strip(panels: int, shape: tuple[int, int]) -> Figure:
    """Return a figure whose panels have room for an image of that shape each."""
    slow, fast = shape
    height = min(max(3.3 * slow / fast, 1.6), 6.0)
    width = min(max(height * fast / slow, 1.6), 3.6)
    return new_figure(panels * width + 1.3 * (1 + (panels > 1)), height + 1.3)


def _draw(axes: Axes, values: Floats, grid: Grid, colours: str, low: float, high: float) -> AxesImage:
    palette = mpl.colormaps[colours].with_extremes(bad=_NOT_COMPARED)
    image = axes.imshow(
        values, cmap=palette, vmin=low, vmax=high, extent=grid.extent, origin="upper", interpolation="nearest"
    )
    slow, fast = grid.shape
    axes.set(xlim=(-0.5, fast - 0.5), ylim=(slow - 0.5, -0.5))
    return image


def _bar(figure: Figure, image: ScalarMappable, axes: Sequence[Axes], label: str) -> None:
    bar = figure.colorbar(image, ax=list(axes), shrink=0.85, pad=0.015)
    bar.ax.set_title(label, fontsize=TEXT_SIZE, loc="left")
    bar.ax.tick_params(labelsize=CAPTION_SIZE)


def _mark(axes: Axes, pixel: Pixel | None, result: ImagesResult) -> None:
    if result.geometry is not None:
        _rings(axes, result.geometry, result.c.shape)
    if pixel is not None:
        axes.plot(
            pixel[1], pixel[0], marker="x", markersize=7, markeredgewidth=1.1, color=MARK_COLOUR, linestyle="none"
        )


def _marked(result: ImagesResult, pixel: Pixel | None) -> tuple[Pixel | None, str]:
    """Return the pixel to mark, and what it is."""
    if pixel is not None:
        return pixel, f"× pixel slow {pixel[0]} fast {pixel[1]}. "
    if not result.worst_pixels:
        return None, ""
    worst = result.worst_pixels[0].pixel
    return worst, f"× largest |Py − C|: slow {worst[0]} fast {worst[1]}. "


def _rings(axes: Axes, geometry: Geometry, shape: tuple[int, int]) -> None:
    slow, fast = (np.linspace(-0.5, size - 0.5, min(size + 1, _RING_GRID)) for size in shape)
    squared = np.asarray(inverse_d_squared(geometry, slow[:, None] + 0.5, fast[None, :] + 0.5))
    radii = _chosen_rings(float(squared.min()), float(squared.max()))
    if not radii:
        return
    levels = {1 / (radius * ANGSTROM) ** 2: f"{radius:g} Å" for radius in radii}
    lines = axes.contour(
        fast, slow, squared, levels=sorted(levels), colors=MARK_COLOUR, linewidths=0.5, linestyles="dashed"
    )
    axes.clabel(lines, fmt=levels, fontsize=CAPTION_SIZE - 1, inline=True)


def _chosen_rings(least: float, most: float) -> list[float]:
    """Return a few resolutions in Å between two 1/d² in m⁻², about evenly spaced on the detector."""
    inside = [d for d in _RINGS if least < 1 / (d * ANGSTROM) ** 2 < most]
    wanted = np.linspace(np.sqrt(least), np.sqrt(most), _MOST_RINGS + 2)[1:-1] * ANGSTROM
    return sorted({min(inside, key=lambda d: abs(1 / d - target)) for target in wanted}) if inside else []


def _rings_text(geometry: Geometry | None) -> str:
    return "Dashed: resolution. " if geometry is not None else ""


def _left_out(result: ImagesResult) -> str:
    return "Light blue: not compared. " if result.selection.compared is not None else ""


def _pooled(grid: Grid, what: str) -> str:
    return f"Each point is {what}, of {grid.block} × {grid.block}." if grid.block > 1 else ""


def _intensity_range(images: Sequence[Floats]) -> tuple[float, float]:
    """Return the scale of both images: from 0, or from the darkest values where these are below it."""
    values = np.concatenate([image[np.isfinite(image)] for image in images])
    high = float(np.percentile(values, PERCENTILE))
    low = min(0.0, float(np.percentile(values, 100 - PERCENTILE)))
    return low, high if high > low else max(float(values.max()), low + 1.0)


def _percentile(sizes: Floats) -> float:
    """Return the limit of a symmetric scale: the percentile of what is not 0, 1 where nothing is."""
    values = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.percentile(values, PERCENTILE)) if values.size else 1.0


def _name(source: str) -> str:
    """Return a name short enough for a title: its end."""
    return source if len(source) <= 36 else f"…{source[-35:]}"
