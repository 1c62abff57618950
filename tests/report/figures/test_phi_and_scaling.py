import copy
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import nbtrace
from nbtrace.documents import plain
from nbtrace.errors import InputError
from nbtrace.report.documents.trace_documents import phi_document, scaling_document
from nbtrace.report.figures.phi import phi_figure, thinned
from nbtrace.report.figures.scaling import scaling_figure
from nbtrace.report.figures.style import C_COLOUR, PY_COLOUR, encoded

Json = dict[str, Any]


@pytest.fixture
def traces(pairs: Path) -> tuple[nbtrace.Trace, nbtrace.Trace]:
    folder = pairs / "supervisor__685_1039"
    return nbtrace.read_trace(folder / "c.log"), nbtrace.read_trace(folder / "c_roi_fresh.log")


@pytest.fixture
def phi(traces: tuple[nbtrace.Trace, nbtrace.Trace]) -> Json:
    document: Json = plain(phi_document(nbtrace.compare_phi(*traces)))
    return document


@pytest.fixture
def scaling(traces: tuple[nbtrace.Trace, nbtrace.Trace]) -> Json:
    return dict(scaling_document(nbtrace.scaling_chain(*traces)))


def lines(figure: Figure, panel: int) -> dict[str, tuple[list[float], list[float]]]:
    return {
        to_hex(str(line.get_color())).lower(): (
            np.asarray(line.get_xdata()).tolist(),
            np.asarray(line.get_ydata()).tolist(),
        )
        for line in figure.axes[panel].get_lines()
    }


def test_both_sides_are_drawn_against_phi_as_they_were_logged(
    phi: Json, traces: tuple[nbtrace.Trace, nbtrace.Trace]
) -> None:
    figure = phi_figure(phi)
    for panel, quantity in enumerate(("phi_k_frac", "phi_F_latt")):
        drawn = lines(figure, panel)
        for trace, colour in zip(traces, (C_COLOUR, PY_COLOUR), strict=True):
            logged = [record.numbers[0] for record in trace.by_quantity[quantity]]
            places, values = drawn[colour.lower()]
            assert places == pytest.approx([0.01 * tic for tic in range(10)])
            assert values == logged
    assert figure.axes[1].get_xlabel() == "φ (degrees)"


def test_the_steps_that_diverge_are_shaded_and_named(phi: Json) -> None:
    figure = phi_figure(phi)
    for axes in figure.axes:
        (shades,) = axes.collections
        ((left, _), (right, _)) = shades.get_paths()[0].get_extents().get_points()
        assert left < 0 < right < 0.01
        assert len(shades.get_paths()) == 1
    assert [text.get_text() for text in figure.axes[0].texts] == ["tic 0\nMINOR"]
    for step in phi["steps"]:
        step["status"] = "PASS"
    assert not phi_figure(phi).axes[0].collections


def test_a_long_sweep_is_drawn_with_every_peak_of_it(phi: Json) -> None:
    points = [(float(at), math.sin(at) + (9.0 if at in {4321, 17_777} else 0.0)) for at in range(20_000)]
    drawn = thinned(points)
    assert len(drawn) < len(points) / 2
    assert set(drawn) <= set(points)
    assert list(drawn) == sorted(drawn)
    assert {points[0], points[4321], points[17_777], points[-1], min(points, key=lambda point: point[1])} <= set(drawn)
    assert thinned(points[:50]) == points[:50]


def test_shades_that_would_overlap_are_one(phi: Json) -> None:
    steps = [phi["steps"][0] | {"phi_tic": tic, "phi_deg_c": tic / 1e3, "phi_deg_py": tic / 1e3} for tic in range(5000)]
    for tic, step in enumerate(steps):
        step["status"] = "MINOR" if tic < 2000 or tic == 4000 else "PASS"
    (shades, *_) = phi_figure(phi | {"steps": steps}).axes[1].collections
    bounds = [path.get_extents().get_points()[:, 0].tolist() for path in shades.get_paths()]
    (first, second) = bounds
    assert first == pytest.approx([0.0, 1.999], abs=0.02)
    assert second == pytest.approx([4.0, 4.0], abs=0.02)


def test_steps_whose_labels_differ_stand_at_their_number(phi: Json) -> None:
    phi["steps"][3]["phi_deg_py"] = 0.5
    figure = phi_figure(phi)
    assert figure.axes[1].get_xlabel() == "φ step (phi_tic)"
    assert lines(figure, 0)[C_COLOUR.lower()][0] == list(range(10))


def test_a_side_without_values_is_told_and_an_axis_of_many_decades_is_logarithmic(phi: Json) -> None:
    for step in phi["steps"]:
        step["F_latt_c"] = step["F_latt_py"] = None
    figure = phi_figure(phi)
    assert [text.get_text() for text in figure.axes[1].texts] == ["the document does not have it"]
    for step in phi["steps"]:
        step["F_latt_c"], step["F_latt_py"] = 2.0, 49068.0
    assert phi_figure(phi).axes[1].get_yscale() == "symlog"


def bars(figure: Figure) -> dict[str, tuple[float, float]]:
    """Return where the bar of each label begins and ends."""
    (axes,) = figure.axes
    labels = {
        round(float(tick)): label.get_text()
        for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return {
        labels[round(bar.get_y() + bar.get_height() / 2)]: (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in rectangles
    }


def test_the_bars_follow_each_other_from_zero_to_the_final_ratio(
    scaling: Json, traces: tuple[nbtrace.Trace, nbtrace.Trace]
) -> None:
    found = bars(scaling_figure(scaling))
    names = list(found)
    assert (names[0], names[-1]) == ("I_before_scaling", "I_pixel_final")
    *chain, total = found.values()
    assert chain[0][0] == 0
    for before, after in pairwise(chain):
        assert after[0] == pytest.approx(before[1], abs=1e-12)
    finals = [trace.number("I_pixel_final") or math.nan for trace in traces]
    assert total[0] == 0
    assert total[1] == pytest.approx(math.log(finals[1] / finals[0]))
    assert chain[-1][1] == pytest.approx(total[1], abs=1e-7)
    assert "cos_2theta" not in found


def test_what_no_factor_explains_has_a_bar_of_its_own(scaling: Json) -> None:
    assert "not explained" not in bars(scaling_figure(scaling))
    changed = copy.deepcopy(scaling)
    changed["factors"]["I_before_scaling"]["log_ratio"] += 0.05
    start, stop = bars(scaling_figure(changed))["not explained"]
    assert stop - start == pytest.approx(-0.05, abs=1e-6)


def test_a_divisor_counts_with_a_minus(pairs: Path) -> None:
    text = (pairs / "supervisor__685_1039" / "c.log").read_text()
    twice = text.replace("TRACE_C: steps 10", "TRACE_C: steps 20")
    assert twice != text
    result = nbtrace.scaling_chain(nbtrace.parse_trace(text)[0], nbtrace.parse_trace(twice)[0])
    parts = {factor.name: factor.log_ratio for factor in result.factors}
    assert parts["steps"] == pytest.approx(-math.log(2))
    assert parts["cos_2theta"] is None


def test_equal_chains_and_missing_factors_can_be_drawn(scaling: Json) -> None:
    for factor in scaling["factors"].values():
        factor["log_ratio"] = 0.0 if factor["log_ratio"] is not None else None
    scaling["log_ratio_final"] = 0.0
    scaling["factors"]["polar"] |= {"log_ratio": None, "status": "MISSING"}
    figure = scaling_figure(scaling)
    assert "not logged by both: polar" in figure.axes[0].get_xlabel()
    assert encoded(figure, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("draw", [phi_figure, scaling_figure])
def test_another_document_is_refused_in_one_line(draw: Any) -> None:
    with pytest.raises(InputError, match=r"^format: Input should be 'nbtrace (phi|scaling)'$"):
        draw({"format": "other"})
