"""What a report says of a root: side, quantity, cause, share, residual, and the names of components."""

from pathlib import Path

import pytest

from nbtrace import explain, read_trace
from nbtrace.explanation.explain import Explanation
from nbtrace.records import Side
from nbtrace.report.views.explain_view import explain_view, headline
from nbtrace.vocabulary.formula import Lack, why_not_computed


def explained(folder: Path, c: str, py: str) -> Explanation:
    files = folder / "c.log", folder / "py.log"
    for path, text in zip(files, (c, py), strict=True):
        path.write_text(text)
    return explain(read_trace(str(files[0]), Side.C), read_trace(str(files[1]), Side.PY))


def test_components_of_a_named_value_keep_their_names(tmp_path: Path) -> None:
    line = "TRACE_{}:beam_center_m=X:{} Y:{} pixel_mm:0.1\n"
    result = explained(tmp_path, line.format("C", 5.12e-05, 5.12e-05), line.format("PY", 0.0612, 0.0512))
    (section,) = (section for section in explain_view(result).sections if "beam_center_m" in section.title)
    assert section.table is not None
    names = [row.cells[0] for row in section.table.lines]
    assert names == ["beam_center_m X", "beam_center_m Y", "beam_center_m pixel_mm"]


def test_the_first_line_says_what_each_side_would_have_wrong(tmp_path: Path) -> None:
    c = "TRACE_C: fdet_vec 0.6 0.8 0\nTRACE_C: sdet_vec 0.8 -0.6 0\n"
    py = "TRACE_PY: fdet_vec 0 0 1\nTRACE_PY: sdet_vec 0 -1 0\n"
    text = headline(explained(tmp_path, c, py))
    assert text.startswith("C or Py: fdet_vec, sdet_vec: the logs do not tell whose value is right; if C's is, Py has")
    assert "the fast axis of the MOSFLM, DENZO and CUSTOM conventions (0 0 1), residual 0.0e+00" in text


def test_a_multiple_is_said_where_no_cause_fits(tmp_path: Path) -> None:
    c, py = (f"TRACE_{tag}: vec_a_star {x} {2 * x} {-x}\n" for tag, x in (("C", 0.01), ("PY", 0.0137)))
    text = headline(explained(tmp_path, c, py))
    assert "Py's value is 1.37 times C's in every component; the logs do not tell whose is right" in text
    assert "not logged" not in text  # no formula gives it, so that no input is wanted


def test_components_that_differ_are_not_lost_in_a_large_one(tmp_path: Path) -> None:
    c, py = (f"TRACE_{tag}:beam_center_m=X:{x} Y:{x} pixel_mm:0.8\n" for tag, x in (("C", 3.24e-5), ("PY", 3.3e-5)))
    text = headline(explained(tmp_path, c, py))
    assert "beam_center_m: components of Py's value differ by up to 0.019 of C's" in text


def test_rounding_of_a_small_component_does_not_hide_a_multiple(tmp_path: Path) -> None:
    c, py = (f"TRACE_{tag}: vec_a_star {x} {2 * x} {y}\n" for tag, x, y in (("C", 0.01, 1e-19), ("PY", 0.0137, 3e-18)))
    assert "Py's value is 1.37 times C's in every component" in headline(explained(tmp_path, c, py))


def test_a_value_that_no_formula_takes_is_not_called_without_effect(tmp_path: Path) -> None:
    c, py = (f"TRACE_{tag}: I_pixel_final 3\nTRACE_{tag}: home_made {x}\n" for tag, x in (("C", 1.5), ("PY", 2.5)))
    text = headline(explained(tmp_path, c, py))
    assert text.startswith("C or Py: home_made: Py's value is 1.666667 times C's; the logs do not tell whose is right")
    assert text.endswith("its share of I_pixel_final cannot be computed (no formula covers this value)")


def test_a_factor_that_a_log_does_not_print_blames_nobody(tmp_path: Path) -> None:
    # cos 2θ = 0.6, so an unpolarised beam keeps ½(1 + 0.36) = 0.68 of the intensity.
    lines = "incident_vec 0 0 1\ndiffracted_vec 0 0.8 0.6\nI_before_scaling 10\nr_e_sqr 1\nfluence 1\nsteps 1\n"
    values = {"C": 6.8, "PY": 10.0}
    c, py = ("".join(f"TRACE_{tag}: {line}\n" for line in lines.split("\n") if line) for tag in values)
    c, py = (f"{text}TRACE_{tag}: I_pixel_final {values[tag]}\n" for tag, text in (("C", c), ("PY", py)))
    result = explained(tmp_path, c, py)
    (root,) = result.roots
    assert (root.quantity, root.side, root.supposed) == ("I_pixel_final", Side.UNKNOWN, Side.C)
    assert "polarised (0.68), a factor that this log lacks" in headline(result)


def test_the_next_probe_of_what_no_formula_covers_asks_for_its_inputs(tmp_path: Path) -> None:
    c, py = (f"TRACE_{tag}: I_pixel_final 3\nTRACE_{tag}: home_made {x}\n" for tag, x in (("C", 1.5), ("PY", 2.5)))
    items = [item for section in explain_view(explained(tmp_path, c, py)).sections for item in section.items]
    assert "this would settle it: the values that home_made is computed from" in items


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (Lack.FORMULA, "no formula gives this quantity"),
        (Lack.NUMBER, "the formula needs finite inputs"),
        (Lack.VALUE, "inputs not logged: finite inputs"),
    ],
)
def test_why_a_formula_has_no_value_is_said_by_what_it_lacks(lack: Lack, words: str) -> None:
    assert why_not_computed("finite inputs", lack) == words


def test_why_two_traces_cannot_be_compared_is_said_once(tmp_path: Path) -> None:
    c, py = (
        f"TRACE_CONFIG: tracing pixel (spixel=3, fpixel={fast})\nTRACE_{tag}: F_cell {fast}.5\n"
        f"TRACE_{tag}: rot_a_angstroms 1 2 3\n"
        for tag, fast in (("C", 4), ("PY", 5))
    )
    result = explained(tmp_path, c, py)
    view = explain_view(result)
    assert not result.comparable
    assert view.headline.startswith("the two traces are of different pixels: ")
    assert [notice.text for notice in view.notices] == [
        notice.text for notice in result.diff.notices if notice.text != view.headline
    ]
    assert len(view.notices) == len(result.diff.notices) - 1
