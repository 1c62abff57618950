"""The first line on small logs: what matters most leads, and no more is said than the values tell."""

import math

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import scene
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.explanation.physics import physics_of
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.physics.nanobragg.selftest.inject import KnownMistake, injected, py_text
from nbtrace.records import Side
from nbtrace.report.views.diff_view import headline as first_line
from nbtrace.report.views.explain_view import explain_view, headline
from tests.places import PAIRS


def logs(c: str, py: str) -> Explanation:
    return explain(parse_trace(c, "c.log")[0], parse_trace(py, "py.log")[0])


def lattice(cells: int, *, banner: int | None = None, tag: str = "TRACE_C") -> str:
    """Return the lattice factors of a pixel."""
    hkl = (0.4174114, -0.4220917, 0.4030563)
    factors = [math.sin(math.pi * cells * x) / math.sin(math.pi * x) for x in hkl]
    lines = [f"  parallelpiped xtal: {banner}x{banner}x{banner} cells"] if banner else []
    lines.append(f"{tag}: hkl_frac {hkl[0]} {hkl[1]} {hkl[2]}")
    lines += [f"{tag}: F_latt_{axis} {factor!r}" for axis, factor in zip("abc", factors, strict=True)]
    return "\n".join([*lines, f"{tag}: F_latt {math.prod(factors)!r}"])


@pytest.mark.parametrize(("theirs", "mine"), [(1, 5), (12, 5), (12, 1)])
def test_other_numbers_of_cells_are_one_setting(theirs: int, mine: int) -> None:
    result = logs(lattice(theirs, banner=theirs), lattice(mine, tag="TRACE_PY"))
    (root,) = result.roots
    assert root.status is AuditStatus.CONFIGURED
    assert root.quantities == ("F_latt_a", "F_latt_b", "F_latt_c")
    wanted = f"C {theirs} x {theirs} x {theirs} (its banner), Py {mine} x {mine} x {mine} (its lattice factors)"
    assert f"the number of cells: {wanted}" in headline(result)
    assert result.attribution.shares[0].of_log_ratio == pytest.approx(1.0)


def test_one_factor_that_fits_another_number_by_chance_is_no_setting() -> None:
    theirs, other = (lattice(cells, tag="TRACE_PY").splitlines() for cells in (4, 5))
    py = [*theirs[:1], *other[1:2], *theirs[2:]]
    result = logs(lattice(4, banner=4), "\n".join(py))
    assert all(root.status is not AuditStatus.CONFIGURED for root in result.roots)


TINY_C = """\
  parallelpiped xtal: 36x47x29 cells
TRACE_C: pix0_vector_meters -0.2164758 0.216343 -0.2301924
TRACE_C: hkl_frac 2.00120332 1.99279794 -12.99076688
TRACE_C: F_latt_a 35.8890616841659
TRACE_C: F_latt_b 38.632495204656834
TRACE_C: F_latt_c 25.702484992884127
TRACE_C: F_latt 35636.08429060097
TRACE_C: steps 10
TRACE_C: I_pixel_final 1269930.5035668174
"""
TINY_PY = """\
TRACE_PY: pix0_vector_meters -0.2163363 0.2152055 -0.2302009
TRACE_PY: hkl_frac 2.09798051 2.0171122 -12.87061053
TRACE_PY: F_latt_a -3.2884513493691307
TRACE_PY: F_latt_b 10.735751587302248
TRACE_PY: F_latt_c -1.7754536426890282
TRACE_PY: F_latt 62.68060970895562
TRACE_PY: steps 10
TRACE_PY: I_pixel_final 3.9288588334864216
"""


def test_a_break_of_rounding_size_never_leads_over_a_millimetre() -> None:
    result = logs(TINY_C, TINY_PY)
    assert headline(result).startswith("C or Py: pix0_vector_meters: ")
    assert {root.quantity for root in result.rounded} == {"F_latt_a", "F_latt_b"}
    roots = next(section for section in explain_view(result).sections if section.title == "Roots")
    assert roots.items == ("Py: 2 quantities are off by rounding, at most 2e-08 (F_latt_a, F_latt_b)",)


ARTEFACT_C = """\
TRACE_C:beam_center_m=X:5e-05 Y:5e-05 pixel_mm:0.1
TRACE_C:Fbeam_m=0.05005
TRACE_C:Sbeam_m=0.05005
TRACE_C: F_cell 0
TRACE_C: I_pixel_final 0
"""
ARTEFACT_PY = """\
TRACE_PY:beam_center_m=X:0.05 Y:0.05 pixel_mm:0.1
TRACE_PY:Fbeam_m=0.05
TRACE_PY:Sbeam_m=0.05
TRACE_PY: F_cell 100
TRACE_PY: I_pixel_final 3.5
"""


def test_nothing_follows_from_a_habit_of_logging() -> None:
    c, py = parse_trace(ARTEFACT_C, "c.log")[0], parse_trace(ARTEFACT_PY, "py.log")[0]
    line = first_line(diff_traces(c, py))
    assert line.startswith("first divergence Fbeam_m: ")
    assert "beam_center_m differs before it, by a habit of logging; 2 further roots: Sbeam_m, F_cell" in line
    result = explain(c, py)
    assert [root.quantities for root, _ in result.ranked] == [("F_cell",), ("Fbeam_m", "Sbeam_m"), ("beam_center_m",)]
    assert headline(result).startswith("C: F_cell: 0 in place of a value, ")
    assert result.ranked[-1][0].quantity == "beam_center_m"


def test_of_an_artefact_alone_nothing_else_diverges() -> None:
    c, py = ARTEFACT_C.splitlines()[0], ARTEFACT_PY.splitlines()[0]
    line = first_line(diff_traces(parse_trace(c, "c.log")[0], parse_trace(py, "py.log")[0]))
    assert line.startswith("first divergence beam_center_m X")
    assert line.endswith("(by a habit of logging); nothing else diverges")


@pytest.mark.parametrize("quantities", [("hkl_frac",), ("scattering_vec_A_inv", "hkl_frac")])
def test_values_in_single_precision_are_a_root(quantities: tuple[str, ...]) -> None:
    """Every subpixel's indices are those of a float32, and all the rest of the log is double."""
    c = read_trace(str(PAIRS / "oversample_2_omega__22_14" / "c.log"), Side.C)
    mine = scene(c, Side.C, physics_of(c.vocabulary).facts(c, c, None))
    mistake = KnownMistake("single", quantities, lambda _, right: tuple(map(as_single, right)), frozenset({"float32"}))
    py = parse_trace(py_text(mine, injected(mine, mistake), (22, 14)), "py.log")[0]
    result = explain(c, py)
    (root,) = result.roots
    assert (root.side, root.quantities) == (Side.PY, quantities)
    assert root.cause is not None
    assert root.cause.signature.name == "float32"
    assert root.cause.text == "computed in single precision, while the rest of the log is double"
    assert result.attribution.shares[0].of_log_ratio == pytest.approx(1.0, abs=1e-4)


def single(number: str) -> str:
    return f"{as_single(float(number)):.15g}"


def test_a_log_in_single_precision_throughout_is_blamed_for_nothing_else() -> None:
    lines = []
    for line in lattice(7, banner=7, tag="TRACE_PY").splitlines():
        head, colon, rest = line.partition(": ")
        words = rest.split()
        lines.append(f"{head}{colon}{words[0]} {' '.join(map(single, words[1:]))}" if "TRACE" in head else line)
    result = logs(lattice(7, banner=7), "\n".join(lines))
    assert not [root for root in result.roots if root.side is Side.C]


def test_all_axes_are_named_where_two_differ() -> None:
    def log(tag: str, cells: tuple[int, int, int]) -> str:
        hkl = (0.3174114, -0.2220917, 0.4030563)
        factors = [math.sin(math.pi * n * x) / math.sin(math.pi * x) for n, x in zip(cells, hkl, strict=True)]
        lines = [
            f"  parallelpiped xtal: {'x'.join(map(str, cells))} cells",
            f"{tag}: hkl_frac {' '.join(map(str, hkl))}",
        ]
        return "\n".join([*lines, *(f"{tag}: F_latt_{a} {f!r}" for a, f in zip("abc", factors, strict=True))])

    result = logs(log("TRACE_C", (7, 9, 4)), log("TRACE_PY", (4, 9, 7)))
    assert "the number of cells: C 7 x 9 x 4 (its banner), Py 4 x 9 x 7 (its banner)" in headline(result)


def test_an_exchange_needs_both() -> None:
    """Where the slow coordinate agrees, nothing was exchanged: the fast one is a copy of it."""
    c = "TRACE_C:Fbeam_m=0.0513\nTRACE_C:Sbeam_m=0.0413\n"
    py = "TRACE_PY:Fbeam_m=0.0413\nTRACE_PY:Sbeam_m=0.0413\n"
    line = headline(logs(c, py))
    assert "exchanged" not in line
    assert "holds Sbeam_m" in line


def test_a_key_right_before_its_sign_of_equality_is_read_behind_a_blank() -> None:
    c, py = "TRACE_C: twotheta_axis=0 0 -1\nTRACE_C: steps 1\n", "TRACE_PY: twotheta_axis=0 1 0\nTRACE_PY: steps 1\n"
    assert headline(logs(c, py)).startswith("C or Py: twotheta_axis: ")


def test_of_quantities_that_nobody_knows_the_first_leads() -> None:
    """The second differs more, and nothing tells that it does not follow from the first."""
    result = logs(
        "TRACE_C: period 1.2566370614359172\nTRACE_C: x 0.0877582561890373\n",
        "TRACE_PY: period 1.2572652228713871\nTRACE_PY: x 0.0908377314159265\n",
    )
    assert [root.quantity for root in result.roots] == ["period", "x"]
    assert headline(result).startswith("C or Py: period: ")
    assert "final intensity" not in headline(result)
