"""Where on the detector which quantity diverges first, and by how much: a map of categories and one of sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from nbtrace.detector.detector_result import (
    AGREEING,
    LACKING,
    ONLY_C,
    ONLY_PY,
    UNCOMPARED,
    UNTRACED,
    DetectorResult,
    DivergenceMap,
)
from nbtrace.report.figures.pooling import Grid
from nbtrace.report.figures.style import (
    CAPTION_SIZE,
    CATEGORY_COLOURS,
    SIZE_MAP,
    caption,
    dress,
    new_figure,
    plain,
    power_of_ten,
    short_names,
)

_AGREES, _NOWHERE, _UNMEASURED = "#E9E9E9", "#FFFFFF", "#000000"
_REST = "#444444"
_APART = {ONLY_C: "#7F7F7F", ONLY_PY: "#A9A9A9", LACKING: "#000000", UNCOMPARED: "#C8B89A"}
_RINGED = 12
"""Pixels of a category up to which each has a ring around it, so that it is seen."""

_DECADES = 12
"""Powers of ten below the largest difference that have colours of their own."""

_LEGEND_LINE = 0.17
_NAME = 34


@dataclass(frozen=True)
class _Category:
    """What some pixels have in common: their codes in the map, a colour, words, how many they are."""

    codes: tuple[int, ...]
    colour: str
    words: str
    pixels: int


def detector_figure(result: DetectorResult) -> Figure:
    """Draw the comparison of two whole-detector traces."""
    drawn = result.map
    categories = _categories(result)
    grid = Grid.of((drawn.codes.shape[0], drawn.codes.shape[1]))
    lines = -(-len(categories) // 2)
    figure = new_figure(8.0, 4.4 + _LEGEND_LINE * lines)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    _draw_categories(left, drawn, categories, grid)
    told = _draw_sizes(right, drawn, grid, figure)
    dress(left, title="first quantity that diverges", x="fast → (pixels)", y="slow ↓ (pixels)", framed=True)
    dress(right, title="its relative difference", x="fast → (pixels)", framed=True)
    handles = [
        Patch(facecolor=item.colour, edgecolor="#888888", linewidth=0.4, label=f"{plain(item.words)}: {item.pixels}")
        for item in categories
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=CAPTION_SIZE, frameon=False)
    names = short_names(result.policy.vocabulary.names)
    caption(figure, f"{names.against}, {result.coverage.pixels} pixels of both. {_pooled(grid)}{told}")
    return figure


def _categories(result: DetectorResult) -> list[_Category]:
    """Return the categories that the map has, quantities in the order of execution."""
    names = short_names(result.policy.vocabulary.names)
    numbers = {name: number for number, name in enumerate(result.map.quantities, start=1)}
    firsts = [item for item in result.firsts if item.pixels]
    own = firsts
    if len(firsts) > len(CATEGORY_COLOURS):
        most = sorted(firsts, key=lambda item: -item.pixels)[: len(CATEGORY_COLOURS)]
        own = [item for item in firsts if item in most]
    categories = [
        _Category((numbers[item.quantity],), colour, _shortened(item.quantity), item.pixels)
        for item, colour in zip(own, CATEGORY_COLOURS, strict=False)
    ]
    rest = [item for item in firsts if item not in own]
    if rest:
        codes = tuple(numbers[item.quantity] for item in rest)
        categories.append(_Category(codes, _REST, f"{len(rest)} more quantities", sum(item.pixels for item in rest)))
    covered = result.coverage
    apart = (
        (ONLY_C, f"only in {names.reference}", covered.only_c.pixels),
        (ONLY_PY, f"only in {names.candidate}", covered.only_py.pixels),
        (LACKING, "a side lacks rows", covered.lacking.pixels),
        (UNCOMPARED, "nothing to compare", covered.uncompared.pixels),
    )
    categories += [_Category((code,), _APART[code], words, pixels) for code, words, pixels in apart if pixels]
    categories += [_Category((AGREEING,), _AGREES, "agree", covered.agreeing)] if covered.agreeing else []
    untraced = int((result.map.codes == UNTRACED).sum())
    categories += [_Category((UNTRACED,), _NOWHERE, "in neither trace", untraced)] if untraced else []
    return categories


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 12]}…{name[-11:]}"


def _draw_categories(axes: Axes, drawn: DivergenceMap, categories: Sequence[_Category], grid: Grid) -> None:
    """Draw the map of categories; a block of pixels has the colour of its rarest one."""
    # What agrees, or is in neither trace, gives way to everything else; of the others the rarest comes first.
    quiet = (UNTRACED, AGREEING)
    loud = sorted((item for item in categories if item.codes[0] not in quiet), key=lambda item: -item.pixels)
    order = [item for code in quiet for item in categories if item.codes[0] == code] + loud
    lowest = int(drawn.codes.min())
    place = np.zeros(int(drawn.codes.max()) - lowest + 1, dtype=np.int16)
    for number, item in enumerate(order):
        place[[code - lowest for code in item.codes]] = number
    placed = place[drawn.codes.astype(np.int64) - lowest]
    pooled = grid.largest(placed)
    colours = ListedColormap([item.colour for item in order])
    axes.imshow(
        pooled,
        cmap=colours,
        vmin=-0.5,
        vmax=len(order) - 0.5,
        extent=grid.extent,
        interpolation="nearest",
        aspect="equal",
    )
    for item in order:
        if item.codes[0] not in quiet and item.pixels <= _RINGED:
            slow, fast = np.nonzero(np.isin(drawn.codes, item.codes))
            axes.scatter(fast, slow, s=30, facecolors="none", edgecolors="#000000", linewidths=0.6)
    left, right, bottom, top = grid.edges
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _draw_sizes(axes: Axes, drawn: DivergenceMap, grid: Grid, figure: Figure) -> str:
    """Draw the map of sizes; return what is to be said of it."""
    first = drawn.codes > 0
    finite = first & np.isfinite(drawn.sizes) & (drawn.sizes > 0)
    unmeasured = int((first & ~np.isfinite(drawn.sizes)).sum())
    axes.set_facecolor(_AGREES)
    axes.set_aspect("equal")
    told = ""
    if finite.any():
        sizes: npt.NDArray[np.float32] = drawn.sizes
        top = float(sizes[finite].max())
        low = max(float(sizes[finite].min()), top * 10.0**-_DECADES)
        colours = mpl.colormaps[SIZE_MAP].with_extremes(bad=(0, 0, 0, 0), over=_UNMEASURED)
        pooled = grid.largest(sizes, finite)
        if unmeasured:
            lost = grid.largest((first & ~np.isfinite(sizes)).astype(np.int16)) > 0
            pooled[lost] = 10 * top  # beyond the scale; what is not finite would not be drawn
        norm = LogNorm(min(low, top / 10), top)
        image = axes.imshow(
            pooled, cmap=colours, norm=norm, extent=grid.extent, interpolation="nearest", aspect="equal"
        )
        bar = figure.colorbar(image, ax=axes, shrink=0.8, format=power_of_ten)
        bar.ax.tick_params(labelsize=CAPTION_SIZE)
        bar.ax.minorticks_off()
        told = f" Sizes {float(sizes[finite].min()):.3g} to {top:.3g}."
    if unmeasured:
        have = "1 first divergence has" if unmeasured == 1 else f"{unmeasured} first divergences have"
        told += f" {have} no size (a value is missing, not finite, or 0 in the reference)"
        told += ": black." if finite.any() else "."
    return told


def _pooled(grid: Grid) -> str:
    if grid.block == 1:
        return ""
    return (
        f"A dot stands for {grid.block} x {grid.block} pixels: it has the colour of its rarest category, and its "
        "largest difference."
    )
