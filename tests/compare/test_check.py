"""A log held against itself: each relation broken by one edit of a recorded log."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace import Trace, check, read_trace
from nbtrace.compare.self_check import RelationState
from nbtrace.physics.nanobragg.relations import RELATIONS
from tests.places import PAIR_FOLDERS

held = partial(check, formulas=False)
"""The relations alone: what an edit does to formulas is of `tests/physics/nanobragg/test_lone_log.py`."""

Read = Callable[..., Trace]
Edit = Callable[[str, str, str], str]

ONLY_LEFT_SIDES = (
    "obliquity_factor",
    "omega_pixel_sr",
    "lambda_angstroms",
    "hkl_rounded",
    "F_latt",
    "cos_2theta",
    "floatimage_accumulated",
)
"""Quantities that no other relation takes, so that an edit breaks one relation alone."""

BREAKS = {
    "r_e_meters": {"r_e_sqr"},
    "rot_b_angstroms": {"hkl_frac"},
    "F_latt_a": {"F_latt"},
    "fluence_photons_per_m2": {"I_pixel_final"},
    "polar": {"I_pixel_final"},
    "capture_fraction": {"I_pixel_final"},
    "steps": {"I_pixel_final"},
    "omega_pixel": {"I_pixel_final"},
    "scattering_vec_A_inv": {"scattering_vec_A_inv", "hkl_frac"},
    "incident_vec": {"scattering_vec_A_inv", "cos_2theta"},
    "r_e_sqr": {"r_e_sqr", "I_pixel_final"},
    "pixel_pos_meters": {"R_distance_meters", "diffracted_vec"},
}


def scaled(text: str, edit: Edit, printed: Callable[[str, str], str], key: str, factor: float) -> str:
    numbers = [float(token) * factor for token in printed(text, key).split()]
    return edit(text, key, " ".join(f"{number:.15g}" for number in numbers))


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
def test_recorded_logs_of_the_reference_obey_every_relation(folder: Path) -> None:
    result = held(read_trace(str(folder / "c.log")))
    assert result.remarks == ()
    assert result.broken == ()
    unchecked = {item.quantity for item in result.checks if item.finding is RelationState.NOT_CHECKED}
    # Several sources leave the cosine of the last one; a crystal that is no brick has no product of three factors.
    assert unchecked <= ({"cos_2theta"} if "sourcefile" in folder.name else {"F_latt"})
    assert len(result.checks) == len(RELATIONS)
    assert not result.single_precision
    doubles = [item for item in result.checks if item.quantity != "floatimage_accumulated"]
    assert max(item.residual or 0 for item in doubles) < 4e-14


@settings(max_examples=40)
@given(key=st.sampled_from([*ONLY_LEFT_SIDES, *BREAKS]), size=st.floats(-8, -1).map(lambda p: 10**p), up=st.booleans())
def test_an_edit_breaks_the_relations_it_is_part_of_and_no_other(
    read: Read, c_text: str, edit: Edit, printed: Callable[[str, str], str], key: str, size: float, up: bool
) -> None:
    if key == "floatimage_accumulated":
        size = max(size, 1e-4)
    factor = 1 + size if up else 1 - size
    result = held(read(scaled(c_text, edit, printed, key, factor)))
    assert {item.quantity for item in result.broken} == BREAKS.get(key, {key})
    assert len(result.remarks) >= len(result.broken)
    for item in result.broken:
        assert item.residual is not None
        assert item.residual > item.allowed


@pytest.mark.parametrize(
    ("key", "factor", "meaning"),
    [
        ("I_before_scaling", 0.91463969894451, "I_before_scaling was logged after polarisation (ratio 1/polar)"),
        ("I_pixel_final", 10, "the sum was not divided by steps"),
        ("scattering_vec_A_inv", 1e-10, "logged in another unit: 10^-10 of what the formula gives"),
        ("lambda_angstroms", 1e-10, "logged in another unit: 10^-10 of what the formula gives"),
        (
            "I_before_scaling",
            1.7,
            "the pixel is 0.588235 of the product of its own chain: foreign, stale or edited values",
        ),
        ("I_before_scaling", 0, "one of the factors was logged as 0"),
        ("steps", 0, "the formula has no finite value with the logged ones"),
        ("I_pixel_final", 0, "the pixel value was logged as 0"),
    ],
)
def test_what_a_broken_relation_means(
    read: Read, c_text: str, edit: Edit, printed: Callable[[str, str], str], key: str, factor: float, meaning: str
) -> None:
    result = held(read(scaled(c_text, edit, printed, key, factor)))
    assert any(remark.endswith(meaning) for remark in result.remarks), result.remarks


def test_the_intensity_of_one_step_is_named(read: Read, c_text: str, edit: Edit) -> None:
    one_step = (190.27 * -2.38319665299058) ** 2
    result = held(read(edit(c_text, "I_before_scaling", f"{one_step:.15g}")))
    assert [item.reason for item in result.broken] == [
        "I_before_scaling is (F_cell·F_latt)² of one step, the pixel is the sum over 10"
    ]


def test_a_polarised_pixel_without_its_factor_is_named(read: Read, c_text: str, edit: Edit) -> None:
    unpolarised = 0.5 * (1 + 0.910647790250995**2)
    final = f"{2.88139542684698e-07 / 0.91463969894451 * unpolarised:.15g}"
    text = edit(c_text, "I_pixel_final", final)
    one = held(read(edit(text, "polar", "1")))
    assert [item.reason for item in one.broken if item.quantity == "I_pixel_final"] == [
        "the pixel was polarised, the logged polarisation factor is 1"
    ]
    without = "\n".join(line for line in text.splitlines() if not line.startswith("TRACE_C: polar ")) + "\n"
    assert any(
        "the polarisation factor was applied but is not in the log" in remark for remark in held(read(without)).remarks
    )


def test_placeholders_are_named(read: Read, c_text: str, edit: Edit) -> None:
    remarks = held(read(edit(edit(c_text, "I_before_scaling", "NOT_EXTRACTED"), "polar", "0"))).remarks
    assert "hand-made or unfinished: no value for I_before_scaling" in remarks
    assert "polar is 0: no computation gives that; a placeholder" in remarks


def test_what_is_not_finite_is_named(read: Read, c_text: str, edit: Edit) -> None:
    result = held(read(edit(c_text, "hkl_frac", "nan inf nan")))
    assert "not finite: hkl_frac" in result.remarks
    unchecked = {item.quantity for item in result.checks if item.finding is RelationState.NOT_CHECKED}
    assert unchecked == {"hkl_frac", "hkl_rounded"}


def test_what_cannot_be_checked_says_what_it_lacks(read: Read) -> None:
    result = held(read("TRACE_C: F_latt 1\nTRACE_C: F_latt_a 1\nTRACE_C: F_latt_b 1\n"))
    reasons = {item.quantity: item.reason for item in result.checks}
    assert reasons["F_latt"] == "not logged: F_latt_c"
    assert reasons["omega_pixel_sr"].endswith("pixel size")
    assert result.checked == ()


@pytest.mark.parametrize("key", ["R_distance_meters", "lambda_meters"])
def test_a_division_by_zero_breaks_the_relation(read: Read, c_text: str, edit: Edit, key: str) -> None:
    result = held(read(edit(c_text, key, "0")))
    reasons = [item.reason for item in result.broken]
    assert "the formula has no finite value with the logged ones" in reasons
    assert all(item.residual is not None and not math.isnan(item.residual) for item in result.broken)


def test_overflow_is_not_agreement(read: Read) -> None:
    text = "TRACE_C: r_e_meters 1e200\nTRACE_C: r_e_sqr 1e300\n"
    assert [item.quantity for item in held(read(text)).broken] == ["r_e_sqr"]


def test_an_intensity_too_small_for_a_product_is_no_explanation(read: Read) -> None:
    chain = "I_before_scaling 1;r_e_sqr 1e-30;fluence_photons_per_m2 1;steps 1;polar 0.5;I_pixel_final 5"
    lines = (*chain.split(";"), "I_before_scaling_post_polar 1e-300")
    result = held(read("".join(f"TRACE_PY: {line}\n" for line in lines)))
    assert [item.quantity for item in result.broken] == ["I_pixel_final"]


def test_single_precision_logs_get_their_own_allowance(pairs: Path) -> None:
    result = held(read_trace(str(pairs / "polar_09__35_24" / "py.log")))
    assert result.single_precision
    assert result.broken == ()
    omega = next(item for item in result.checks if item.quantity == "obliquity_factor")
    assert 1e-12 < (omega.residual or 0) <= omega.allowed < 1e-5


def test_flags_take_a_factor_out_of_the_chain(read: Read, c_text: str, edit: Edit) -> None:
    per_sample = 943654.80923755 * 4.20412684465831e-07
    text = edit(edit(c_text, "I_before_scaling", f"{per_sample:.15g}"), "oversample_omega", "1")
    assert held(read(text)).broken == ()
    assert [item.quantity for item in held(read(edit(text, "oversample_omega", "0"))).broken] == ["I_pixel_final"]


def test_a_log_without_a_prefix_is_said_and_is_no_fault(read: Read) -> None:
    result = held(read("TRACE: r_e^2 = 7.940792e-30\nTRACE: Fluence = 1.0e+24\n"))
    assert "no prefix tells which program printed it" in result.observations
    assert result.remarks == ()


def test_a_log_without_any_prefix_is_no_fault_of_its_own(read: Read) -> None:
    """That it is read at all is said; a log that follows its formulas stays consistent."""
    trace = read("r_e_meters = 2.8179403227e-15\nr_e_sqr = 7.94078766e-30\npolar = 1\n")
    assert trace.how_read == ("no line has a trace prefix; read 3 lines `key = value`",)
    assert held(trace).remarks == ()
