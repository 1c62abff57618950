"""Real pairs: what is known of them is found, with its residual."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nbtrace import explain, read_trace
from nbtrace.embedded.configurations import configuration_file
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.physics.nanobragg.configuration import configuration
from nbtrace.records import Side
from nbtrace.report.views.explain_view import headline
from nbtrace.verdicts.status import Verdict
from tests.places import PAIRS

CORPUS = os.environ.get("NBTRACE_CORPUS")
NAMES = sorted(path.name for path in PAIRS.iterdir() if path.is_dir())


def explained(c: Path, py: Path, config: str | None = None) -> Explanation:
    file = None if config is None else configuration_file(config)
    return explain(read_trace(str(c), Side.C), read_trace(str(py), Side.PY), configuration(file, []))


@cache
def recorded(name: str) -> Explanation:
    return explained(PAIRS / name / "c.log", PAIRS / name / "py.log")


def root(result: Explanation, quantity: str, side: Side) -> Root:
    return next(item for item in result.roots if quantity in item.quantities and item.side is side)


def cause(found: Root) -> str:
    assert found.cause is not None
    return found.cause.signature.name


@pytest.mark.parametrize("name", NAMES)
def test_the_ports_unit_under_an_angstrom_key_is_named_in_every_pair(name: str) -> None:
    found = root(recorded(name), "rot_a_angstroms", Side.PY)
    assert cause(found) == "unit"
    assert found.cause is not None
    assert "10^-10" in found.cause.text
    assert found.cause.residual_rel < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_cause_never_stands_without_its_residual_and_a_share_not_without_a_reason(name: str) -> None:
    result = recorded(name)
    for item, share in result.ranked:
        assert item.cause is None or item.cause.residual_rel >= 0
        assert share.of_log_ratio is not None or share.reason


def test_the_supervisor_pair() -> None:
    result = recorded("supervisor__685_1039")
    fluence, fluence_share = result.ranked[0]
    assert (fluence.quantity, fluence.side, cause(fluence)) == ("fluence_photons_per_m2", Side.PY, "constant")
    assert fluence_share.of_log_ratio == pytest.approx(1.0137, abs=1e-3)
    stale = root(result, "rot_b_angstroms", Side.C)
    assert (stale.phi_tic, cause(stale)) == (0, "stale_rotation")
    log = root(result, "rot_a_angstroms", Side.PY)
    assert log.status is AuditStatus.LOG_ONLY
    statuses = {item.node.name: item.status for item in result.audit.findings}
    assert statuses["hkl_frac"] is AuditStatus.INHERITED
    assert statuses["I_pixel_final"] is AuditStatus.INHERITED
    assert abs(result.attribution.left or 1.0) < 5e-3


def test_the_fresh_rotation_of_a_one_pixel_image_is_no_root() -> None:
    folder = PAIRS / "supervisor__685_1039"
    result = explained(folder / "c_roi_fresh.log", folder / "py.log")
    assert not [item for item in result.roots if item.side is Side.C]


def test_a_pivot_that_the_convention_forces() -> None:
    result = recorded("tilted_sample_pivot__42_48")
    pivot = root(result, "pix0_vector_meters", Side.PY)
    assert pivot.cause is not None
    assert "pivot about the sample instead of the beam" in pivot.cause.text
    assert pivot.cause.residual_rel < 1e-6


def test_a_crystal_whose_factors_are_not_logged_is_judged_by_its_intensity() -> None:
    result = recorded("round_xtal__45_18")
    assert root(result, "rot_a_angstroms", Side.PY).status is AuditStatus.LOG_ONLY


def test_a_log_against_itself_has_nothing_to_explain() -> None:
    path = PAIRS / "supervisor__685_1039" / "c.log"
    result = explain(read_trace(str(path)), read_trace(str(path)))
    assert not result.roots
    assert result.attribution.left == 0.0


def test_a_step_that_is_stale_on_both_sides_is_no_root(tmp_path: Path) -> None:
    path = PAIRS / "supervisor__685_1039" / "c.log"
    steps = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("TRACE_C_PHI")]
    per_phi = tmp_path / "trace_py_per_phi.log"
    per_phi.write_text("".join(f"{line.replace('TRACE_C_PHI', 'TRACE_PY_PHI')}\n" for line in steps))
    assert not explain(read_trace(str(path)), read_trace(str(per_phi), Side.PY)).roots


def test_no_side_is_blamed_for_a_default_that_may_be_meant(tmp_path: Path) -> None:
    c, py = tmp_path / "c.log", tmp_path / "py.log"
    values = "I_before_scaling 2\nsteps 1\nfluence_photons_per_m2 {}\nI_pixel_final {}\n"
    for path, tag, fluence, final in (
        (c, "TRACE_C", "1.25932015286227e+29", "2"),
        (py, "TRACE_PY", "1e+29", "1.58816"),
    ):
        lines = values.format(fluence, final).splitlines()
        path.write_text("".join(f"{tag}: {line}\n" for line in lines))
    item = root(explained(c, py), "fluence_photons_per_m2", Side.UNKNOWN)
    assert (item.status, item.supposed, cause(item)) == (AuditStatus.UNKNOWN, Side.C, "constant")


def edited(tmp_path: Path, path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    copy = tmp_path / f"edited_{path.name}"
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def test_a_lattice_factor_near_its_maximum_is_still_judged(tmp_path: Path) -> None:
    folder = PAIRS / "tilted_sample_pivot__42_48"
    result = explained(folder / "c.log", edited(tmp_path, folder / "py.log", "F_latt_a 5", "F_latt_a 10"))
    assert root(result, "F_latt_a", Side.PY).status is AuditStatus.LOG_ONLY


def test_a_formula_that_describes_neither_side_blames_none(tmp_path: Path) -> None:
    path = PAIRS / "polar_09__35_24" / "py.log"
    larger = edited(tmp_path, path, "195829680", "197787976.8")
    alone = root(explained(path, larger), "I_before_scaling", Side.PY)
    assert alone.status is AuditStatus.LOG_ONLY  # the pixel follows from the other value
    lines = path.read_text(encoding="utf-8").splitlines()
    for key in ("I_pixel_final", "floatimage_accumulated"):
        line = next(line for line in lines if line.startswith(f"TRACE_PY: {key} "))
        larger = edited(tmp_path, larger, line, f"TRACE_PY: {key} {float(line.split()[-1]) * 1.01:.15g}")
    item = root(explained(path, larger), "I_before_scaling", Side.UNKNOWN)
    assert item.status is AuditStatus.UNKNOWN


def test_a_capture_fraction_of_1_is_no_mistake_where_no_sensor_is_stated(tmp_path: Path) -> None:
    path = PAIRS / "hkl_interpolate__18_16" / "py.log"
    result = explained(path, edited(tmp_path, path, "capture_fraction 1", "capture_fraction 2"))
    assert root(result, "capture_fraction", Side.UNKNOWN).status is AuditStatus.UNKNOWN


@pytest.mark.parametrize("number", ["1e200", "-1e308", "nan", "0"])
def test_an_impossible_value_is_named(number: str, tmp_path: Path) -> None:
    path = PAIRS / "polar_09__35_24" / "c.log"
    line = next(x for x in path.read_text(encoding="utf-8").splitlines() if x.startswith("TRACE_C: R_distance_meters"))
    result = explained(edited(tmp_path, path, line, f"TRACE_C: R_distance_meters {number}"), path)
    blamed = {item.quantity for item in result.roots if item.side is Side.C}
    blamed |= {record.quantity for record in result.unusable if record.line}
    assert "R_distance_meters" in blamed


def test_a_value_of_another_arity_is_named(tmp_path: Path) -> None:
    path = PAIRS / "polar_09__35_24" / "c.log"
    result = explained(edited(tmp_path, path, "TRACE_C: R_distance_meters ", "TRACE_C: R_distance_meters 1 2 3 "), path)
    assert result.verdict is Verdict.DIFFER
    assert any("R_distance_meters needs 1 number, found 4" in notice.text for notice in result.diff.notices)


def test_explaining_needs_no_torch() -> None:
    folder = PAIRS / "supervisor__685_1039"
    code = (
        "import sys; from nbtrace import explain, read_trace; "
        "from nbtrace.records import Side; "
        f"explain(read_trace({str(folder / 'c.log')!r}), read_trace({str(folder / 'py.log')!r})); "
        "print('torch' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="set NBTRACE_CORPUS")
@pytest.mark.parametrize("config", [None, "supervisor"])
def test_the_fourteen_percent(config: str | None) -> None:
    folder = Path(CORPUS or "") / "L-spec-baseline.bundle"
    result = explained(folder / "c_trace_scaling.log", folder / "trace_py_scaling.log", config)
    (stale, share), (geometry, rest) = result.ranked[:2]
    assert (stale.side, stale.phi_tic, cause(stale)) == (Side.C, 0, "stale_rotation")
    assert share.of_log_ratio == pytest.approx(0.99, abs=0.01)
    assert (geometry.quantity, geometry.side, cause(geometry)) == ("pix0_vector_meters", Side.PY, "given_normal")
    assert rest.of_log_ratio == pytest.approx(0.0138, abs=1e-3)
    assert abs(result.attribution.left or 1.0) < 1e-8


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="set NBTRACE_CORPUS")
def test_two_roots_with_their_shares() -> None:
    folder = Path(CORPUS or "")
    result = explained(
        folder / "L-scaling-audit__c_trace_scaling.log", folder / "L-scaling-audit__trace_py_scaling_20251119.log"
    )
    shares = {(item.quantity, item.side): (cause(item), share.of_log_ratio or 0.0) for item, share in result.ranked}
    names = {place: name for place, (name, _) in shares.items()}
    assert names["rot_a_angstroms", Side.C] == "stale_rotation"
    assert names["pix0_vector_meters", Side.PY] == "corner"
    assert names["I_before_scaling", Side.PY] == "intensity_sum"
    assert shares["rot_a_angstroms", Side.C][1] == pytest.approx(0.82, abs=0.01)
    assert shares["pix0_vector_meters", Side.PY][1] == pytest.approx(0.18, abs=0.01)


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="set NBTRACE_CORPUS")
@pytest.mark.parametrize(
    ("c", "py", "quantity", "words"),
    [
        ("K-base-lattice__c_stdout.txt", "K-base-lattice__trace_py.log", "vec_a", "the cell volume taken as 1 Å³"),
        ("H6-pix0__trace_c_pix0.log", "H6-pix0__trace_py_pix0.log", "pix0_before_rotation", "pivot about the beam"),
    ],
)
def test_the_first_line_of_pairs_without_a_pixel(c: str, py: str, quantity: str, words: str) -> None:
    (first, _), *_ = explained(Path(CORPUS or "") / c, Path(CORPUS or "") / py).ranked
    assert (first.quantity, first.side) == (quantity, Side.PY)
    assert first.cause is not None
    assert words in first.cause.text


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="set NBTRACE_CORPUS")
def test_what_is_left_of_a_mended_pair_is_three_micrometres_not_a_break_of_1e_8() -> None:
    folder = Path(CORPUS or "")
    result = explained(folder / "H6-pix0__trace_c_pix0.log", folder / "H6-pix0__post_fix_trace_py.log")
    (first, _), *_ = result.ranked
    assert first.quantity == "close_distance_m"
    later = next(root for root, _ in result.ranked if root.quantity == "pix0_before_rotation")
    assert later.cause is not None
    assert "nominal distance" in later.cause.text


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="set NBTRACE_CORPUS")
def test_a_polarisation_that_the_log_does_not_show() -> None:
    folder = Path(CORPUS or "")
    result = explained(folder / "J-scaling__trace_c_scaling.log", folder / "K-flatt__trace_py_after.log")
    pixel = root(result, "I_pixel_final", Side.PY)
    assert pixel.cause is not None
    assert "polarised in the other plane" in pixel.cause.text
    assert pixel.cause.residual_rel < 1e-5


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("polar_09__35_24", "-1.85e-05 is left, which rounding allows (up to 2.1e-03)"),
        ("custom_vectors_mat_hkl_phi__24_51", "of log(Py/C) of I_pixel_final"),
        ("round_xtal__45_18", "+2.86e-05 is left without a cause"),
    ],
)
def test_the_answer_says_what_is_left_of_the_final_ratio(name: str, ending: str) -> None:
    found = explain(read_trace(PAIRS / name / "c.log"), read_trace(PAIRS / name / "py.log"))
    assert headline(found).endswith(ending)


def test_rounding_never_excuses_what_double_precision_logs_leave() -> None:
    found = explain(
        read_trace(PAIRS / "supervisor__685_1039" / "c.log"),
        read_trace(PAIRS / "supervisor__685_1039" / "c_roi_fresh.log"),
    )
    assert found.attribution.allowed == 0.0
