"""A history as a page: what the report says, and a small plot of the digits of each quantity over its runs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata

from markupsafe import Markup

from nbtrace.documents import utc_text
from nbtrace.history.history_line import MOST_DIGITS
from nbtrace.history.trend import QuantitySeries, TrendResult
from nbtrace.report.documents.trend_document import trend_document
from nbtrace.report.page.page import SCRIPTS, content_policy, environment, page_style, static
from nbtrace.report.page.result_page import page_notices, view_section
from nbtrace.report.page.tables import Tone
from nbtrace.report.views.trend_view import case_text, commit_text, trend_view
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary.quantity import Basis

WIDTH, HEIGHT = 200.0, 60.0
"""Size of a plot in its own units, in which the style scales it."""

_MARGIN = 4.0
_MOST_PLOTS = 600
"""Plots of a page; of more quantities those that changed come first."""


@dataclass(frozen=True)
class PlotPoint:
    """A run in a plot: where it is, what it says when it is pointed at, and whether it diverges."""

    x: float
    y: float
    text: str
    diverges: bool


@dataclass(frozen=True)
class SmallPlot:
    """A quantity over its runs.

    Attributes
    ----------
    quantity, case : str
    now : str
        Digits of the newest run.
    word : str
        What is to be said of it: a loss, a wide tolerance; empty where nothing is.
    tone : Tone or None
    points : tuple of PlotPoint
    line : str
        The same points for a polyline.
    limit : float or None
        Where the tolerance is.
    loss : float or None
        Where digits were lost.
    alt : str
        The plot in words.
    """

    quantity: str
    case: str
    now: str
    word: str
    tone: Tone | None
    points: tuple[PlotPoint, ...]
    line: str
    limit: float | None
    loss: float | None
    alt: str


def trend_page(result: TrendResult) -> str:
    """Return the page of a history, which loads nothing."""
    view, scripts = trend_view(result), [static(script) for script in SCRIPTS]
    style = page_style() + static("trend.css")
    plots = list(_plots(result))
    return (
        environment()
        .get_template("trend_page.html.j2")
        .render(
            section=view_section("trend", view, trend_document(result)),
            notices=page_notices(view),
            folded=False,
            plots=plots[:_MOST_PLOTS],
            left_out=max(len(plots) - _MOST_PLOTS, 0),
            width=WIDTH,
            height=HEIGHT,
            most=MOST_DIGITS,
            version=metadata.version("nbtrace"),
            made=utc_text(datetime.now(UTC)),
            style=Markup(style),  # noqa: S704 - files of this package
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of this package
            policy=content_policy(style, scripts),
        )
    )


def _plots(result: TrendResult) -> Iterator[SmallPlot]:
    """Yield the plots: first what lost digits, then what flickers, then what moved, then the rest."""
    losses = {(item.case, item.quantity): item for item in result.losses}
    flickers = {(item.case, item.quantity) for item in result.flickers}
    wide = {(item.case, item.quantity) for item in result.wide}
    shown = [item for item in result.series if item.measured]

    def rank(item: QuantitySeries) -> tuple[int, float]:
        key, digits = (item.case, item.quantity), item.digits
        return 0 if key in losses else 1 if key in flickers else 2, min(digits) - max(digits)

    for item in sorted(shown, key=rank):
        key = (item.case, item.quantity)
        loss = losses.get(key)
        if loss is not None:
            yield _plot(item, f"lost {loss.size:.1f} digits", Tone.BAD, loss.line.time)
        elif key in flickers:
            yield _plot(item, "flickers", Tone.WARN)
        else:
            yield _plot(item, "tolerance is wide" if key in wide else "", Tone.NONE if key in wide else None)


def _plot(item: QuantitySeries, word: str, tone: Tone | None, lost_at: str = "") -> SmallPlot:
    lines, digits = item.measured, item.digits
    step = (WIDTH - 2 * _MARGIN) / max(len(lines) - 1, 1)
    start = _MARGIN if len(lines) > 1 else WIDTH / 2
    points = tuple(
        PlotPoint(
            round(start + place * step, 1),
            _height(value),
            f"{value:.1f} digits, {line.status}, {commit_text(line)}, {line.time}",
            line.diverges is True,
        )
        for place, (line, value) in enumerate(zip(lines, digits, strict=True))
    )
    place = next((number for number, line in enumerate(lines) if line.time == lost_at), None)
    newest = item.newest
    relative = newest.tolerance if newest.basis == Basis.RELATIVE.value else None
    return SmallPlot(
        item.quantity,
        case_text(item.case),
        f"{digits[-1]:.1f}",
        word,
        tone,
        points,
        " ".join(f"{point.x},{point.y}" for point in points),
        None if not relative else _height(_digits_of(relative)),
        None if not place else round((points[place - 1].x + points[place].x) / 2, 1),
        f"Digits of agreement of {item.quantity} in {len(lines)} runs: {digits[0]:.1f} first, "
        f"{min(digits):.1f} at least, {digits[-1]:.1f} now, {newest.status or Status.MISSING.value}",
    )


def _digits_of(tolerance: float) -> float:
    return -math.log10(tolerance)


def _height(digits: float) -> float:
    """Return where so many digits are: 0 at the bottom, all at the top."""
    share = min(max(digits / MOST_DIGITS, 0.0), 1.0)
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)
