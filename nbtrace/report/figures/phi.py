"""The φ sweep of both sides: k_frac and F_latt per step, with the steps that diverge."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbtrace.report.documents.filed import names_of, read_as
from nbtrace.report.documents.models.phi import PhiDocument, PhiEntry
from nbtrace.report.figures.style import (
    C_COLOUR,
    CAPTION_SIZE,
    PY_COLOUR,
    STATUS_COLOURS,
    dress,
    new_figure,
    plain,
    short_names,
)
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary.sides import Names

_FAULT = STATUS_COLOURS[Status.CRITICAL]
_WORD = 12
_SAME_LABEL = 1e-9
_WIDE = 1e3
"""Ratio of the two sides' sizes from which on an axis is logarithmic on both sides of zero."""

_SEEN = 0.004
"""Least share of the axis that a shade takes."""

_NAMED = 6
_ROOM = 0.12
"""Share of the axis that the name of a step takes."""

_DRAWN_WHOLE = 8000
"""Points of a line up to which all are drawn."""

_RUNS = 1500
"""Runs of neighbours of which a longer line shows its bounds."""

_MARKED = 60
"""Number of steps up to which each has a marker."""


def phi_figure(document: Mapping[str, object]) -> Figure:
    """Draw a `phi` document.

    Parameters
    ----------
    document : mapping
        What :func:`nbtrace.report.documents.trace_documents.phi_document` returns, or its JSON read back.

    Raises
    ------
    InputError
        If it is none.
    """
    steps, names = read_as(PhiDocument, document).steps, short_names(names_of(document))
    figure = new_figure(7.0, 4.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    places, label = _places(steps)
    _panel(upper, steps, places, ("k_frac_c", "k_frac_py"), names)
    _panel(lower, steps, places, ("F_latt_c", "F_latt_py"), names)
    dress(upper, y="k_frac")
    dress(lower, x=label, y="F_latt")
    _mark(upper, lower, steps, places)
    if upper.get_legend_handles_labels()[0]:
        upper.legend(ncols=3, fontsize=CAPTION_SIZE, frameon=False)
    return figure


def _places(steps: Sequence[PhiEntry]) -> tuple[list[float], str]:
    """Return where each step stands and what the axis is: φ where both sides label it alike, else its number."""
    pairs = [(step.phi_deg_c, step.phi_deg_py) for step in steps]
    angles = [c if c is not None else py for c, py in pairs]
    known = [angle for angle in angles if angle is not None and math.isfinite(angle)]
    alike = all(c is None or py is None or math.isclose(c, py, rel_tol=1e-6, abs_tol=_SAME_LABEL) for c, py in pairs)
    if alike and len(known) == len(steps) and len(set(known)) > 1:
        return known, "φ (degrees)"
    return [float(step.phi_tic) for step in steps], "φ step (phi_tic)"


def _panel(axes: Axes, steps: Sequence[PhiEntry], places: Sequence[float], keys: tuple[str, str], names: Names) -> None:
    sides = [
        (names.reference, keys[0], C_COLOUR, "o", 2.2, 7.0),
        (names.candidate, keys[1], PY_COLOUR, "x", 1.1, 4.5),
    ]
    sizes = []
    for side, key, colour, marker, width, size in sides:
        first = True
        for _, drawn in sorted(_lines(steps, places, key).items()):
            sizes.append(max(abs(y) for _, y in drawn))
            shown = thinned(drawn)
            axes.plot(
                [x for x, _ in shown],
                [y for _, y in shown],
                color=colour,
                linewidth=width,
                marker=marker if len(steps) <= _MARKED else None,
                markersize=size,
                fillstyle="none",
                label=plain(side) if first else None,
            )
            first = False
    if not sizes:
        axes.text(0.5, 0.5, "the document does not have it", transform=axes.transAxes, ha="center", va="center")
    elif min(sizes) > 0 and max(sizes) / min(sizes) > _WIDE:
        axes.set_yscale("symlog", linthresh=min(sizes))


def _lines(steps: Sequence[PhiEntry], places: Sequence[float], key: str) -> dict[int, list[tuple[float, float]]]:
    """Return the points of a line for each sample, without the steps that lack the value."""
    lines: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for place, step in zip(places, steps, strict=True):
        value = getattr(step, key)
        if value is not None and math.isfinite(value):
            lines[step.sample].append((place, value))
    return lines


def _mark(upper: Axes, lower: Axes, steps: Sequence[PhiEntry], places: Sequence[float]) -> None:
    """Shade the steps that diverge, and name the first few."""
    bad = [(place, step) for place, step in zip(places, steps, strict=True) if step.status != Status.PASS.value]
    if not bad:
        return
    spans = list(_shades(sorted({place for place, _ in bad}), _width(sorted(set(places)))))
    for axes in (upper, lower):
        axes.broken_barh(
            spans,
            (0, 1),
            transform=axes.get_xaxis_transform(),
            color=_FAULT,
            alpha=0.16,
            linewidth=0,
            label="diverges" if axes is upper else None,
        )
    for place, step in _apart(bad, places):
        upper.annotate(
            plain(f"tic {step.phi_tic}\n{step.status[:_WORD]}"),
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=CAPTION_SIZE,
            color=_FAULT,
        )


def _apart(bad: Sequence[tuple[float, PhiEntry]], places: Sequence[float]) -> list[tuple[float, PhiEntry]]:
    """Return the first of the steps to name, of those so close that their names would overlap the first."""
    named: list[tuple[float, PhiEntry]] = []
    room = _ROOM * (max(places) - min(places))
    for place, step in bad:
        if len(named) < _NAMED and (not named or place - named[-1][0] >= room):
            named.append((place, step))
    return named


def _shades(places: Sequence[float], width: float) -> Iterator[tuple[float, float]]:
    """Yield the shades of steps, in order, as (start, length); those that would overlap are one."""
    start: float | None = None
    stop: float | None = None
    for place in places:
        if start is None or stop is None or place - width / 2 > stop:
            if start is not None and stop is not None:
                yield start, stop - start
            start = place - width / 2
        stop = place + width / 2
    if start is not None and stop is not None:
        yield start, stop - start


def thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Return the points that a line shows: of many, the first, last, lowest and highest of each run of neighbours.

    A picture is some hundreds of dots wide, so that nothing that can be seen is left out.
    """
    if len(points) <= _DRAWN_WHOLE:
        return points
    length = -(-len(points) // _RUNS)
    kept: list[tuple[float, float]] = []
    for first in range(0, len(points), length):
        run = range(first, min(first + length, len(points)))
        ordered = sorted(run, key=lambda at: points[at][1])
        kept += [points[at] for at in sorted({run[0], ordered[0], ordered[-1], run[-1]})]
    return kept


def _width(places: Sequence[float]) -> float:
    """Return the width of the shade of one step: less than a step, but never too little to be seen."""
    least = min((after - before for before, after in pairwise(places)), default=1.0)
    return max(0.8 * least, _SEEN * (places[-1] - places[0]))
