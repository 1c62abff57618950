"""The scaling chain as a waterfall: what each factor adds to the log-ratio of the sides, up to that of the product."""

import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbtrace.report.documents.filed import names_of, read_as
from nbtrace.report.documents.models.scaling import ScalingDocument
from nbtrace.report.figures.style import (
    C_COLOUR,
    CAPTION_SIZE,
    PY_COLOUR,
    QUIET_COLOUR,
    STATUS_COLOURS,
    dress,
    new_figure,
    plain,
    short_names,
)
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary import registry

_HEIGHT = 0.62
_LABEL, _CAPTION = 32, 110
_NOTHING = 1e-9
_OPEN = 1e-4
"""Share of log(Py/C) from which on what no factor explains gets a bar of its own."""


def scaling_figure(document: Mapping[str, object]) -> Figure:
    """Draw a `scaling` document.

    Parameters
    ----------
    document : mapping
        What :func:`nbtrace.report.documents.trace_documents.scaling_document` returns, or its JSON read back.

    Raises
    ------
    InputError
        If it is none.
    """
    chain = read_as(ScalingDocument, document)
    bars = _bars(chain)
    figure = new_figure(7.0, 1.0 + 0.3 * (len(bars) + 1))
    axes = figure.subplots()
    ends = _draw(axes, bars)
    labels = [name for name, _, _ in bars]
    total = chain.log_ratio_final
    if total is not None:
        axes.barh(len(bars), total, color=QUIET_COLOUR, height=_HEIGHT)
        _write(axes, len(bars), total, (0.0, total))
        labels.append(chain.final_quantity or registry.default().final or "")
        ends.append(total)
    dress(axes, x=f"ln({short_names(names_of(document)).ratio}), summed from the top{_lacking(chain)}")
    axes.set_yticks(range(len(labels)), [plain(_cut(label, _LABEL)) for label in labels])
    axes.invert_yaxis()
    axes.axvline(0, color=QUIET_COLOUR, linewidth=0.8)
    _limits(axes, ends)
    return figure


def _bars(chain: ScalingDocument) -> list[tuple[str, float, bool]]:
    """Return name, part of log(Py/C) and whether it diverges, of every factor of the product that both sides have."""
    bars = [
        (name, factor.log_ratio, factor.status != "PASS")
        for name, factor in chain.factors.items()
        if factor.log_ratio is not None and math.isfinite(factor.log_ratio)
    ]
    if chain.log_ratio_final is not None and bars:
        left = chain.log_ratio_final - math.fsum(part for _, part, _ in bars)
        if abs(left) > max(_NOTHING, _OPEN * abs(chain.log_ratio_final)):
            bars.append(("not explained", left, True))
    return bars


def _draw(axes: Axes, bars: list[tuple[str, float, bool]]) -> list[float]:
    """Draw the bars one from the end of the other; return all ends."""
    total = math.fsum(part for _, part, _ in bars)
    ends, start = [0.0], 0.0
    for place, (_, part, diverges) in enumerate(bars):
        stop = start + part
        colour = PY_COLOUR if part > 0 else C_COLOUR
        axes.barh(place, part, left=start, color=colour, height=_HEIGHT)
        if place:
            axes.plot([start, start], [place - 1, place], color=QUIET_COLOUR, linewidth=0.8, zorder=0)
        share = f"  {100 * part / total:.2f} %" if diverges and abs(total) > _NOTHING else ""
        _write(axes, place, part, (start, stop), share, fault=diverges)
        ends.append(stop)
        start = stop
    return ends


def _write(
    axes: Axes, place: int, part: float, span: tuple[float, float], share: str = "", *, fault: bool = False
) -> None:
    """Write the ratio that a bar stands for at its right end."""
    text = f"×{math.exp(part):.6g}{share}" if abs(part) < 700 else f"exp({part:.4g}){share}"
    axes.annotate(
        text,
        (max(span), place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=CAPTION_SIZE,
        color=STATUS_COLOURS[Status.CRITICAL] if fault else QUIET_COLOUR,
    )


def _limits(axes: Axes, ends: list[float]) -> None:
    """Leave room for what is written at the right of the longest bar."""
    low, high = min(ends), max(ends)
    width = (high - low) or 1e-6
    axes.set_xlim(low - 0.04 * width, high + 0.36 * width)


def _lacking(chain: ScalingDocument) -> str:
    names = [name for name, factor in chain.factors.items() if factor.status == "MISSING"]
    return _cut(f"\nnot logged by both: {', '.join(names)}", _CAPTION) if names else ""


def _cut(text: str, most: int) -> str:
    """Return text of at most so many letters; a name of a document that is no quantity's may have any length."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
