"""Panels and bars, placed by arithmetic, leave room for all of their labels."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from nbtrace.report.figures.panels_in_inches import figure_panels
from nbtrace.report.figures.style import caption, dress, new_figure


def drawn(shape: tuple[int, int], limit: float, groups: tuple[int, ...]) -> Figure:
    figure = new_figure(sum(groups) * 3.3 + 1.55 * len(groups), 4.8)
    panels, bars = figure_panels(figure, shape, groups, oblong=False)
    for axes in panels:
        dress(axes, title="C: image", x="fast", y="slow" if axes is panels[0] else "", framed=True)
        image = axes.imshow(np.zeros(shape), vmin=-limit, vmax=limit, aspect="auto")
    for bar in bars:
        figure.colorbar(image, cax=bar).set_label("Py − C", fontsize=8)
        bar.tick_params(labelsize=7)
    caption(figure, "first line\nsecond line\nthird line")
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize(
    ("shape", "limit", "groups"), [((2527, 2463), 7.3e-4, (2, 1)), ((40, 25), 99_000.0, (1,))], ids=["three", "one"]
)
def test_nothing_overlaps_or_leaves_the_figure(shape: tuple[int, int], limit: float, groups: tuple[int, ...]) -> None:
    figure = drawn(shape, limit, groups)
    boxes = [box for axes in figure.axes if (box := axes.get_tightbbox()) is not None]
    under = next(text for text in figure.texts if text.get_text()).get_window_extent()
    assert len(boxes) == sum(groups) + len(groups)
    for one, other in combinations([*boxes, under], 2):
        assert not one.overlaps(other)
    for box in (*boxes, under):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_pixels_are_square_and_bars_as_high_as_panels() -> None:
    figure = new_figure(13.0, 4.8)
    figure_panels(figure, (50, 100), (2, 1), oblong=False)
    figure.draw_without_rendering()
    *panels, first, _ = (axes.get_window_extent() for axes in figure.axes)
    assert all(panel.width == pytest.approx(2 * panel.height) for panel in panels)
    assert (first.y0, first.y1) == pytest.approx((panels[0].y0, panels[0].y1))
