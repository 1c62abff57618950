"""Artefacts of the logs: told by the values, and swallowing nothing."""

import pytest

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.parsers import parse_trace
from nbtrace.report.views.diff_view import diff_view, headline


def diff(c: str, py: str) -> DiffResult:
    return diff_traces(parse_trace(c, "c.log")[0], parse_trace(py, "py.log")[0])


CENTRE = "TRACE_C: beam_center_m=X:5e-05 Y:6e-05 pixel_mm:0.1\nTRACE_C: F_cell 50\n"


def test_a_beam_centre_divided_by_1000_hides_no_millimetre() -> None:
    result = diff(CENTRE, "TRACE_PY: beam_center_m=X:0.05 Y:0.061 pixel_mm:0.1\nTRACE_PY: F_cell 50\n")
    line = headline(result)
    assert line.startswith("first divergence beam_center_m Y: Py − C = +0.001 m (1000 µm), ")
    assert line.endswith("(with a habit of logging undone)")


def test_a_beam_centre_that_was_only_divided_is_an_artefact() -> None:
    result = diff(CENTRE, "TRACE_PY: beam_center_m=X:0.05 Y:0.06 pixel_mm:0.1\nTRACE_PY: F_cell 50\n")
    assert result.physical.first is None
    assert headline(result).endswith("(by a habit of logging); nothing else diverges")


@pytest.mark.parametrize(
    ("y", "more", "answer"),
    [
        (0.06, "F_cell 60", "first that is not of the logs alone: F_cell: Py − C = +10 e⁻, "),
        (0.061, "F_cell 50", "with that undone: beam_center_m Y: Py − C = +0.001 m (1000 µm), "),
    ],
)
def test_the_section_of_the_first_divergence_names_what_the_first_line_names(y: float, more: str, answer: str) -> None:
    result = diff(CENTRE, f"TRACE_PY: beam_center_m=X:0.05 Y:{y} pixel_mm:0.1\nTRACE_PY: {more}\n")
    (section,) = (part for part in diff_view(result).sections if part.title == "First divergence")
    assert any("beam_center_m Y: " in item and item.endswith("(by a habit of logging)") for item in section.items)
    assert [item for item in section.items if item.startswith(answer)] == [section.items[-1]]
    assert section.items[-1].split(": ")[1][:8] in headline(result)


STARS = {
    "a": (0.0172716169217299, 0.0, 0.001),
    "b": (-0.00629956586471261, 0.0126080588465627, 0.002),
}


def stars(tag: str, factor: float, *, turned: bool = False) -> str:
    """Return reciprocal vectors times a factor, or with y and z turned by 90°."""
    lines = []
    for axis, (x, y, z) in STARS.items():
        vector = (x, -z, y) if turned else (factor * x, factor * y, factor * z)
        lines.append(f"{tag}: rot_{axis}_star_A_inv {' '.join(map(repr, vector))}")
    return "\n".join(lines)


def test_a_turned_vector_is_a_habit_and_a_longer_one_is_not() -> None:
    turned = diff(stars("TRACE_C", 1.0), stars("TRACE_PY", 1.0, turned=True))
    assert turned.physical.first is None
    longer = diff(stars("TRACE_C", 1.0), stars("TRACE_PY", 0.997))
    assert longer.physical.first is longer.first_divergence
    assert "habit" not in headline(longer)
    assert "1 further root: rot_b_star_A_inv" in headline(longer)


@pytest.mark.parametrize(("h", "first"), [(2.1, "hkl_frac"), (2e10, None)])
def test_a_unit_that_agrees_after_rescaling_swallows_nothing(h: float, first: str | None) -> None:
    c = "TRACE_C: scattering_vec_A_inv 1e9 2e9 3e9\nTRACE_C: hkl_frac 2 4 6\n"
    py = f"TRACE_PY: scattering_vec_A_inv 0.1 0.2 0.3\nTRACE_PY: hkl_frac {h} {2 * h} {3 * h}\n"
    result = diff(c, py)
    assert result.physical.artefacts[0] == "scattering_vec_A_inv"
    assert (result.physical.first.quantity if result.physical.first else None) == first
