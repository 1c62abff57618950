"""A log of nanoBragg alone against the formulas that it tells enough for: the reference's hold, an edited one not."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace import Trace, check, read_trace
from nbtrace.compare.self_check import Check, RelationState, SelfCheck
from tests.places import EXAMPLES

Read = Callable[..., Trace]

SUITE = EXAMPLES / "golden_suite"
CASES = (
    "curved_detector",
    "dispersion",
    "divergence_round",
    "mosaic_50",
    "noise_image",
    "nopolar_point_pixel",
    "oversample_2_omega",
    "phi_through_zero",
    "sourcefile",
    "thick_sensor_oversample_thick",
    "tophat_xtal",
    "water_background",
)
"""What a lone log does not say of itself: water, a curved detector, several sources, domains, points, layers."""


def text_of(case: str) -> str:
    first = min((SUITE / case).glob("trace_c_*.log.gz"))
    return gzip.decompress(first.read_bytes()).decode()


def edited(text: str, key: str, value: str) -> str:
    lines = text.splitlines()
    (at,) = (i for i, line in enumerate(lines) if line.startswith(f"TRACE_C: {key} "))
    lines[at] = f"TRACE_C: {key} {value}"
    return "\n".join(lines) + "\n"


@pytest.fixture
def c_text(pairs: Path) -> str:
    return (pairs / "supervisor__685_1039" / "c.log").read_text()


def found(result: SelfCheck, quantity: str) -> Check:
    (item,) = (item for item in result.checks if item.quantity == quantity)
    return item


@pytest.mark.parametrize("case", CASES)
def test_a_log_of_the_reference_is_consistent(read: Read, case: str) -> None:
    result = check(read(text_of(case)))
    assert result.remarks == ()
    assert result.broken == ()
    assert all(item.reason for item in result.unchecked)
    assert len(result.checked) > 15


def test_the_sum_over_samples_is_held(read: Read, c_text: str) -> None:
    assert found(check(read(c_text)), "I_before_scaling").finding is RelationState.HOLDS
    # F_cell enters nothing else that the log prints.
    changed = check(read(edited(c_text, "F_cell", "190.28")))
    assert [item.quantity for item in changed.broken] == ["I_before_scaling"]
    factor = found(changed, "I_before_scaling").reason
    assert factor == f"{(190.27 / 190.28) ** 2:.6g} of what the formula gives"


def test_a_step_of_the_sweep_is_held(read: Read, c_text: str) -> None:
    line = next(line for line in c_text.splitlines() if line.startswith("TRACE_C_PHI phi_tic=4 "))
    head, _, value = line.rpartition("F_latt=")
    changed = check(read(c_text.replace(line, f"{head}F_latt={float(value) * 1.001:.15g}")))
    assert "I_before_scaling" in {item.quantity for item in changed.broken}


def test_an_intensity_after_polarisation_is_named(read: Read) -> None:
    text = text_of("polar_09")
    trace = read(text)
    before, polar = (trace.number(name) for name in ("I_before_scaling", "polar"))
    assert before is not None
    assert polar is not None
    changed = check(read(edited(text, "I_before_scaling", f"{before * polar:.15g}")))
    assert found(changed, "I_before_scaling").reason == "logged after polarisation"


def test_water_is_said_and_no_excuse(read: Read) -> None:
    text = text_of("water_background")
    item = found(check(read(text)), "I_before_scaling")
    assert item.finding is RelationState.HOLDS
    assert item.reason.endswith("of water, which no log states")
    value = read(text).number("I_before_scaling")
    assert value is not None
    changed = check(read(edited(text, "I_before_scaling", f"{value * 1.0001:.15g}")))
    assert found(changed, "I_before_scaling").finding is RelationState.BROKEN


def test_a_sum_of_which_samples_are_missing_is_not_checked(read: Read) -> None:
    item = found(check(read(text_of("mosaic_50"))), "I_before_scaling")
    assert item.finding is RelationState.NOT_CHECKED
    assert item.reason == "F_cell and F_latt of 1 of the 50 samples are logged"


def test_a_number_of_cells_that_is_worked_out_proves_no_factor(read: Read) -> None:
    item = found(check(read(text_of("cubic_seed_512"))), "F_latt_a")
    assert item.finding is RelationState.NOT_CHECKED
    assert item.reason == "not logged: number of cells along a"


def test_a_port_whose_trace_computes_something_else_is_found(pairs: Path) -> None:
    result = check(read_trace(str(pairs / "polar_09__35_24" / "py.log")))
    assert [item.quantity for item in result.broken] == ["I_before_scaling"]
