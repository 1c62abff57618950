"""The look that all figures share: colours, sizes, and how a figure becomes a file."""

import io
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from nbtrace.errors import UsageError
from nbtrace.files import write_new
from nbtrace.report.view import clean
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary.sides import Names

INTENSITY_MAP = "gray_r"
"""Dark spots on white, as on film."""

DIFFERENCE_MAP = "RdBu_r"
"""Red where Py is larger, blue where C is."""

C_COLOUR = "#0072B2"
PY_COLOUR = "#D55E00"
MARK_COLOUR = "#009E73"
"""Of the traced pixel and the resolution rings. The three colours keep apart for colour-blind readers."""

CATEGORY_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#882255", "#B8A900",
)  # fmt: skip
"""Of things that have no order; they keep apart for colour-blind readers."""

SIZE_MAP = "cividis"
"""From small to large, for colour-blind readers, too."""

QUIET_COLOUR = "#666666"
"""Of captions, guide lines and what agrees."""

STATUS_COLOURS: Mapping[Status, str] = {
    Status.PASS: "#009E73",
    Status.MINOR: "#E69F00",
    Status.DIVERGENT: "#D55E00",
    Status.CRITICAL: "#B2182B",
    Status.MISSING: "#CC79A7",
    Status.SHAPE: "#CC79A7",
    Status.NOT_FINITE: "#882255",
}

TEXT_SIZE = 8.0
TITLE_SIZE = 9.0
CAPTION_SIZE = 7.0
DPI = 150
_LINE = 0.6
_GAP = 0.08
"""Inches around each part of a figure."""

_LETTER_WIDTH = 0.58
"""Of the font's letters on average, in units of its size."""

_POINTS_PER_INCH = 72.0

_NAME, _END = 24, 11
"""Letters of a name that fit on an axis, and of each end of a longer one."""

_FORMATS = {".png": "png", ".svg": "svg"}
_PACKED = 3
"""How hard PNG is packed: in half the time of the usual 6, for a few per cent of size."""
_METADATA: Mapping[str, Mapping[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None}}


def new_figure(width: float = 7.0, height: float = 4.0) -> Figure:
    """Return an empty figure of this size in inches; its parts are laid out so that nothing overlaps."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout=ConstrainedLayoutEngine(w_pad=_GAP))
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Axes, *, title: str = "", x: str = "", y: str = "", framed: bool = False) -> None:
    """Give axes the shared text sizes, a title and labels; only an image is `framed` on all four sides."""
    # Nothing stands above axes: a place of its own spares the title a look at all labels.
    axes.set_title(plain(title), fontsize=TITLE_SIZE, loc="left", y=1.0)
    axes.set_xlabel(plain(x), fontsize=TEXT_SIZE)
    axes.set_ylabel(plain(y), fontsize=TEXT_SIZE)
    axes.tick_params(labelsize=CAPTION_SIZE)
    axes.spines[["top", "right"]].set_visible(framed)
    axes.spines[:].set_linewidth(_LINE)


def caption(figure: Figure, text: str) -> None:
    """Write a caption under a figure, broken into lines of the figure's width; lines of the text stay lines."""
    letters = int(figure.get_figwidth() / (_LETTER_WIDTH * CAPTION_SIZE / _POINTS_PER_INCH))
    lines = [line for part in text.split("\n") for line in wrap(part, letters)]
    figure.supxlabel(plain("\n".join(lines)), fontsize=CAPTION_SIZE, color=QUIET_COLOUR, x=0.01, ha="left")


def plain(text: str) -> str:
    r"""Return text that matplotlib shows as it is: a log's or a file's `$` starts no formula, control characters go.

    Lines stay lines.
    """
    return "\n".join(clean(line) for line in text.split("\n")).replace("$", r"\$")


def power_of_ten(value: float, _position: object = None) -> str:
    """Return a power of ten as a label, not as the formula that matplotlib takes long to typeset."""
    return f"10{str(round(math.log10(value))).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short_names(names: Names) -> Names:
    """Return names of two sides as they fit on an axis or in a legend: of a long one both ends."""
    return Names(*(name if len(name) <= _NAME else f"{name[:_END]}…{name[-_END:]}" for name in names.pair))


def encoded(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file of that kind, `png` or `svg`; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "nbtrace"}), warnings.catch_warnings():
        # A letter of a file's name that the font lacks is shown as a box; that is no news for the user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        if kind == "png":
            _draw_once(figure, stream)
        else:
            figure.savefig(stream, format=kind, metadata=dict(_METADATA[kind]))
    return stream.getvalue()


def _draw_once(figure: Figure, stream: io.BytesIO) -> None:
    """Write a figure as PNG as `savefig` does, which would draw all of it a first time only to lay it out."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(stream, metadata=dict(_METADATA["png"]), pil_kwargs={"compress_level": _PACKED})


def save(figure: Figure, path: Path, *, force: bool = False) -> Path:
    """Write a figure as PNG or SVG, as the name's suffix says.

    Raises
    ------
    UsageError
        If the suffix is another one, or the file exists (and not `force`) or cannot be written.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{path}: figures are written as {' or '.join(_FORMATS)}")
    return write_new(path, encoded(figure, kind), force=force)
