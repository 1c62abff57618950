"""Panels of images side by side, with the bars of their colours: placed by arithmetic, as all their parts are known.

Matplotlib's constrained layout, which other figures have, measures every label several times, which takes longer than
drawing them.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

_LEFT = 0.68
"""Inches for the labels of rows; the others are those between the parts."""
_RIGHT = 0.82
"""For the labels of a bar."""
_TOP = 0.36
_BOTTOM = 0.5
"""For the labels of columns."""
_BETWEEN = 0.16
_BEFORE_BAR, _BAR = 0.09, 0.14
_BELOW_AXIS = 0.23
"""From an axis to its label below: a place of its own spares the label a look at all numbers of the axis."""
_CAPTION_LINE = 0.122
_CAPTION_MARGIN = 0.12


def figure_panels(
    figure: Figure, shape: tuple[int, int], groups: Sequence[int], *, oblong: bool
) -> tuple[tuple[Axes, ...], tuple[Axes, ...]]:
    """Return panels for images, in a row, that share their axes, and a bar behind each group of so many of them.

    Parameters
    ----------
    shape : (int, int)
        Of what each panel shows (slow, fast).
    groups : sequence of int
    oblong : bool
        Whether a panel takes all the room there is; else its sides are as those of the shape.
    """
    panels: list[Axes] = []
    for _ in range(sum(groups)):
        first = panels[0] if panels else None
        panels.append(figure.add_axes((0, 0, 1, 1), sharex=first, sharey=first, label=f"panel {len(panels)}"))
    for axes in panels[1:]:
        axes.tick_params(labelleft=False)
    bars = [figure.add_axes((0, 0, 1, 1), label=f"bar {number}") for number in range(len(groups))]
    figure.set_layout_engine(_InInches(panels, bars, groups, None if oblong else shape))
    return tuple(panels), tuple(bars)


class _InInches(LayoutEngine):
    """Places panels and bars in the room that labels and the lines of the caption leave."""

    _adjust_compatible = False
    _colorbar_gridspec = False

    def __init__(
        self, panels: Sequence[Axes], bars: Sequence[Axes], groups: Sequence[int], shape: tuple[int, int] | None
    ) -> None:
        super().__init__()
        self._panels, self._bars, self._groups, self._shape = panels, bars, groups, shape

    def execute(self, fig: Figure) -> None:
        """Place them."""
        width, height = fig.get_size_inches()
        below = _BOTTOM + _CAPTION_MARGIN + _CAPTION_LINE * (fig.get_supxlabel().count("\n") + 1)
        beside = _BEFORE_BAR + _BAR + _RIGHT
        gaps = len(self._groups) * beside + (len(self._panels) - len(self._groups)) * _BETWEEN
        across = (width - _LEFT - gaps) / len(self._panels)
        down = height - _TOP - below
        if self._shape is not None:
            pixel = min(across / self._shape[1], down / self._shape[0])
            across, down = pixel * self._shape[1], pixel * self._shape[0]
        bottom = height - _TOP - down
        panels, at = iter(self._panels), _LEFT
        for bar, group in zip(self._bars, self._groups, strict=True):
            for _ in range(group):
                axes = next(panels)
                axes.set_position((at / width, bottom / height, across / width, down / height))
                axes.xaxis.set_label_coords(0.5, -_BELOW_AXIS / down)
                at += across + _BETWEEN
            at += _BEFORE_BAR - _BETWEEN
            bar.set_position((at / width, bottom / height, _BAR / width, down / height))
            bar.xaxis.set_label_coords(0.5, 0)
            at += _BAR + _RIGHT
