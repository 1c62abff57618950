"""Sweeps over precisions; numpy's float32 is the oracle of what rounding is."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbtrace import Policy, Trace, Verdict, read_trace
from nbtrace.compare.sweep import sweep
from nbtrace.compare.sweep_result import Absent, Precision, PrecisionRun, SweepOutcome, SweepResult, Trend
from nbtrace.errors import InputError, UsageError
from nbtrace.verdicts.tolerance import parse_option
from tests.one_trace import one
from tests.places import PAIRS

SINGLE, DOUBLE = Precision.FLOAT32, Precision.FLOAT64
FACTORS = {"polar": 0.91463969894451, "omega_pixel": 4.20412684465831e-07, "F_cell": 190.27}


def log(values: Mapping[str, float | str], tag: str = "TRACE_PY") -> Trace:
    lines = [f"{tag}: {key} {value if isinstance(value, str) else f'{value:.15g}'}" for key, value in values.items()]
    return one("\n".join(lines) + "\n", f"{tag}.log")


def single(values: Mapping[str, float]) -> dict[str, float]:
    return {key: float(np.float32(value)) for key, value in values.items()}


def swept(
    double: Mapping[str, float | str],
    coarse: Mapping[str, float | str],
    reference: Mapping[str, float | str] | None = None,
    policy: Policy | None = None,
) -> SweepResult:
    runs = [PrecisionRun(SINGLE, "cpu", log(coarse)), PrecisionRun(DOUBLE, "cpu", log(double))]
    return sweep(runs, None if reference is None else log(reference, "TRACE_C"), policy)


def only(result: SweepResult, name: str = "polar") -> tuple[SweepOutcome, Trend, str]:
    place = next(item for item in result.quantities if item.quantity == name).shown
    return place.outcome, place.trend, place.reason


def test_what_float32_rounds_moves_and_what_it_holds_does_not() -> None:
    values = {**FACTORS, "steps": 10.0}
    result = swept(values, single(values))
    assert [run.precision for run in result.runs] == [DOUBLE, SINGLE]
    assert {item.quantity: item.outcome for item in result.quantities} == {
        **dict.fromkeys(FACTORS, SweepOutcome.ROUNDING),
        "steps": SweepOutcome.STABLE,
    }
    assert [item.quantity for item in result.moving] == [
        item.quantity for item in result.of_outcome(SweepOutcome.ROUNDING)
    ]
    for item in result.moving:
        value = values[item.quantity]
        digits = -np.log10(abs(float(np.float32(value)) / value - 1.0))
        assert item.shown.digits == pytest.approx(digits, abs=1e-6)
        assert item.shown.trend is Trend.NO_REFERENCE
    assert result.verdict is Verdict.AGREE
    assert result.compared == 4


def test_a_divergence_that_vanishes_in_double_precision_shrinks() -> None:
    """1 − cos x near 0 loses all digits of a single-precision cosine."""
    x = 1e-3
    exact = 2.0 * np.sin(x / 2.0) ** 2
    coarse = float(np.float32(1.0) - np.cos(np.float32(x)))
    assert abs(coarse / exact - 1.0) > 1e-3
    result = swept({"polar": exact}, {"polar": coarse}, {"polar": exact})
    outcome, trend, reason = only(result)
    assert (outcome, trend, result.verdict) == (SweepOutcome.PRECISION_LIMITED, Trend.SHRINKS, Verdict.AGREE)
    assert "in float32 cpu, within the tolerance in float64 cpu" in reason


def test_a_divergence_that_stays_is_a_defect() -> None:
    wrong = {**FACTORS, "polar": FACTORS["polar"] * (1.0 + 1e-5)}
    result = swept(wrong, single(wrong), FACTORS)
    assert only(result)[:2] == (SweepOutcome.DEFECT, Trend.STAYS)
    assert only(result, "F_cell")[:2] == (SweepOutcome.ROUNDING, Trend.AGREES)
    assert result.verdict is Verdict.DIFFER
    assert result.first_defect is not None
    assert result.first_defect.quantity == "polar"


def test_a_defect_under_larger_rounding_is_still_one() -> None:
    """Single precision is off by 1e-2; but 1e-5 in double precision are no rounding of 1e-2 in single."""
    result = swept({"polar": 1.00001}, {"polar": 1.01}, {"polar": 1.0})
    assert only(result)[:2] == (SweepOutcome.DEFECT, Trend.STAYS)


def test_a_value_that_even_double_precision_cannot_give_is_limited() -> None:
    tight = Policy().updated(parse_option("1e-12"), "test")
    result = swept({"polar": 1.0 + 1e-11}, {"polar": 1.0 + 5e-3}, {"polar": 1.0}, tight)
    assert only(result)[:2] == (SweepOutcome.PRECISION_LIMITED, Trend.SHRINKS)
    assert result.verdict is Verdict.AGREE


def test_a_reference_of_single_precision_is_no_closer_to_itself() -> None:
    rng = np.random.default_rng(5)
    values = {f"q{i}": value for i, value in enumerate(rng.uniform(0.1, 1.0, 20))}
    tight = Policy().updated(parse_option("1e-9"), "test")
    off = swept(values, single(values), single(values), tight)
    assert {item.outcome for item in off.quantities} == {SweepOutcome.ROUNDING}
    assert off.verdict is Verdict.AGREE
    wrong = {**values, "q3": values["q3"] * (1 + 1e-4)}
    found = swept(wrong, single(wrong), single(values), tight)
    assert [item.quantity for item in found.of_outcome(SweepOutcome.DEFECT)] == ["q3"]


def test_what_is_no_more_than_rounding_is_none_however_small_the_tolerance() -> None:
    tight = Policy().updated(parse_option("1e-16"), "test")
    near = {"polar": 0.9, "steps": 0.3 * (1 + 1e-14)}
    result = swept(near, near, {"polar": 0.9, "steps": 0.3}, tight)
    assert only(result, "steps")[0] is SweepOutcome.ROUNDING
    assert result.verdict is Verdict.AGREE
    far = near | {"steps": 0.3 * (1 + 1e-12)}
    assert only(swept(far, far, {"polar": 0.9, "steps": 0.3}, tight), "steps")[0] is SweepOutcome.DEFECT


@pytest.mark.parametrize(("coarse", "exceeds"), [(0.25 + 1e-7, False), (0.26, True), ("nan", True)])
def test_a_movement_that_no_rounding_makes_is_told(coarse: float | str, exceeds: bool) -> None:
    """r_e² of single precision off by 4 %, although r_e is the same: no rounding, whatever double precision says."""
    runs = [
        PrecisionRun(DOUBLE, "cpu", log({"r_e_meters": 0.5, "r_e_sqr": 0.25})),
        PrecisionRun(SINGLE, "cpu", log({"r_e_meters": 0.5, "r_e_sqr": coarse})),
    ]
    for conditions, expected in (({"r_e_sqr": 2.0}, exceeds), ({}, False), ({"r_e_sqr": 1e9}, coarse == "nan")):
        result = sweep(runs, conditions=conditions)
        squared = next(item for item in result.quantities if item.quantity == "r_e_sqr")
        assert result.exceeds_rounding(squared) is expected


def test_inputs_that_a_formula_takes_in_other_logs_do_not_hide_a_movement() -> None:
    """The solid angle that is applied is that of the pixel; a flag says of which point, and most logs have none."""
    runs = [PrecisionRun(DOUBLE, "cpu", log({"omega_pixel_sr": 0.5, "omega_pixel": 0.5}))]
    runs += [PrecisionRun(SINGLE, "cpu", log({"omega_pixel_sr": 0.5, "omega_pixel": 0.52}))]
    result = sweep(runs, conditions={"omega_pixel": 1.0})
    applied = next(item for item in result.quantities if item.quantity == "omega_pixel")
    assert result.exceeds_rounding(applied)
    runs[1] = PrecisionRun(SINGLE, "cpu", log({"omega_pixel": 0.52}))
    assert not sweep(runs, conditions={"omega_pixel": 1.0}).exceeds_rounding(applied)


@pytest.mark.parametrize("precision", Precision)
def test_runs_of_one_precision_tell_no_rounding_from_a_defect(precision: Precision) -> None:
    runs = [PrecisionRun(precision, device, log({"polar": 1.001})) for device in ("cpu", "cuda")]
    result = sweep(runs, log({"polar": 1.0}, "TRACE_C"))
    assert only(result)[:2] == (SweepOutcome.UNDECIDED, Trend.UNKNOWN)
    assert result.verdict is Verdict.DIFFER


def test_what_overflows_in_float32_is_limited_by_it() -> None:
    result = swept({"polar": 1e30, "steps": 1.0}, {"polar": "inf", "steps": 1.0})
    assert only(result)[0] is SweepOutcome.PRECISION_LIMITED
    assert result.quantities[1].shown.digits == 0.0
    assert only(swept({"polar": "nan", "steps": 1.0}, {"polar": "nan", "steps": 1.0}))[0] is SweepOutcome.UNDECIDED
    stays = swept({"polar": "nan", "steps": 1.0}, {"polar": "nan", "steps": 1.0}, {"polar": 1.0, "steps": 1.0})
    assert only(stays)[0] is SweepOutcome.DEFECT
    nowhere = swept({"polar": "nan", "steps": 1.0}, {"polar": "nan", "steps": 1.0}, {"polar": "nan", "steps": 1.0})
    assert (only(nowhere)[0], nowhere.verdict) == (SweepOutcome.UNDECIDED, Verdict.DIFFER)


def test_what_the_reference_lacks_is_judged_by_the_runs_alone() -> None:
    result = swept(FACTORS, single(FACTORS), {"polar": FACTORS["polar"]})
    assert only(result)[1] is Trend.AGREES
    outcome, trend, reason = only(result, "F_cell")
    assert (outcome, trend) == (SweepOutcome.ROUNDING, Trend.UNKNOWN)
    assert reason.endswith("not in the reference")


def test_nothing_to_compare_is_an_error() -> None:
    alone = PrecisionRun(DOUBLE, "cpu", log(FACTORS))
    with pytest.raises(InputError, match=r"needs two runs, there is 1; cuda: not there"):
        sweep([alone], absent=[Absent("cuda", "not there")])
    with pytest.raises(InputError, match="no quantity in common"):
        sweep([alone, PrecisionRun(SINGLE, "cpu", log({"of_no_other": 1.0}))])
    with pytest.raises(InputError, match="no quantity in common"):
        sweep([alone, replace(alone, precision=SINGLE)], log({"of_no_other": 1.0}, "TRACE_C"))
    with pytest.raises(UsageError, match="two runs are called float64 cpu"):
        sweep([alone, alone])


def test_what_one_run_alone_prints_is_said() -> None:
    result = swept({**FACTORS, "steps": 3.0}, single(FACTORS))
    assert result.lacking == {"float32 cpu": ("steps",)}
    assert any("do not print the same: steps" in notice.text for notice in result.notices)


def test_absent_devices_are_said_and_not_counted() -> None:
    runs = [PrecisionRun(DOUBLE, "cpu", log(FACTORS)), PrecisionRun(SINGLE, "cpu", log(single(FACTORS)))]
    result = sweep(runs, absent=[Absent("cuda", "not there")])
    assert len(result.runs) == 2
    assert [notice.text for notice in result.notices] == ["no run on cuda: not there"]


@pytest.fixture
def supervisor(c_text: str) -> Callable[[Trace], SweepResult]:
    """The recorded trace as if computed in both precisions, against a reference."""

    def against(reference: Trace) -> SweepResult:
        double = read_trace(PAIRS / "supervisor__685_1039" / "c.log")
        rounded = []
        for line in c_text.splitlines():
            head, _, rest = line.partition("F_latt ")
            value = rest and head == "TRACE_C: "
            rounded.append(f"{head}F_latt {float(np.float32(rest)):.15g}" if value else line)
        coarse = one("\n".join(rounded) + "\n", "float32.log")
        return sweep([PrecisionRun(DOUBLE, "cpu", double), PrecisionRun(SINGLE, "cpu", coarse)], reference)

    return against


def test_a_recorded_defect_stays(supervisor: Callable[[Trace], SweepResult]) -> None:
    """The stale rotation of φ step 0, which single precision does not change."""
    result = supervisor(read_trace(PAIRS / "supervisor__685_1039" / "c_roi_fresh.log"))
    assert result.verdict is Verdict.DIFFER
    assert result.first_defect is not None
    assert result.first_defect.quantity == "rot_a_angstroms"
    assert {"hkl_frac", "F_latt", "I_before_scaling", "I_pixel_final"} <= {
        item.quantity for item in result.of_outcome(SweepOutcome.DEFECT)
    }


def test_a_port_that_is_given_as_the_reference(supervisor: Callable[[Trace], SweepResult]) -> None:
    result = supervisor(read_trace(PAIRS / "supervisor__685_1039" / "py.log"))
    fluence = next(item for item in result.quantities if item.quantity == "fluence_photons_per_m2")
    assert fluence.outcome is SweepOutcome.DEFECT
    apart = fluence.shown.readings[0].apart
    assert apart is not None
    assert apart.relative == pytest.approx(1e24 / 1.25932017574725e29 - 1.0, rel=1e-12)


def test_of_several_places_the_gravest_is_shown(supervisor: Callable[[Trace], SweepResult]) -> None:
    result = supervisor(read_trace(PAIRS / "supervisor__685_1039" / "c_roi_fresh.log"))
    sweep_k = next(item for item in result.quantities if item.quantity == "phi_k_frac")
    assert len(sweep_k.places) == 10
    assert [place.index.ordinal("phi_tic") for place in sweep_k.places if place.outcome is SweepOutcome.DEFECT] == [0]
    assert sweep_k.shown.index.ordinal("phi_tic") == 0


def test_traces_of_different_pixels_are_not_comparable(c_text: str) -> None:
    placeless = "".join(line for line in c_text.splitlines(keepends=True) if "pixel_pos_meters" not in line)
    other = one(placeless.replace("(spixel=685, fpixel=1039)", "(spixel=684, fpixel=1039)"))
    runs = [PrecisionRun(DOUBLE, "cpu", one(c_text)), PrecisionRun(SINGLE, "cpu", one(c_text))]
    assert sweep(runs, other).verdict is Verdict.NOT_COMPARABLE
    assert sweep([runs[0], PrecisionRun(SINGLE, "cpu", other)]).verdict is Verdict.NOT_COMPARABLE
    assert sweep(runs, one(c_text)).verdict is Verdict.AGREE


def test_the_trace_of_several_pixels_is_refused(c_text: str) -> None:
    both = one(c_text + c_text.replace("(spixel=685, fpixel=1039)", "(spixel=3, fpixel=4)"))
    assert len(both.blocks) == 2
    with pytest.raises(InputError, match="holds 2 pixels; a sweep takes one"):
        sweep([PrecisionRun(DOUBLE, "cpu", both), PrecisionRun(SINGLE, "cpu", both)])


SIZES = st.floats(min_value=1e-30, max_value=1e30)


@given(value=SIZES, exponent=st.floats(min_value=-4.5, max_value=2.0), up=st.booleans())
def test_any_wrong_factor_is_a_defect_and_any_rounding_is_none(value: float, exponent: float, up: bool) -> None:
    factor = 1.0 + 10.0**exponent if up else 1.0 / (1.0 + 10.0**exponent)
    wrong = value * factor
    assume(1e-30 < wrong < 1e30)
    assert only(swept({"polar": wrong}, single({"polar": wrong}), {"polar": value}))[0] is SweepOutcome.DEFECT
    right = only(swept({"polar": value}, single({"polar": value}), {"polar": value}))
    assert right[0] in {SweepOutcome.STABLE, SweepOutcome.ROUNDING}
    assert right[1] is Trend.AGREES


def test_outcomes_have_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(SweepOutcome.STABLE)
    with pytest.raises(TypeError):
        bool(Trend.STAYS)
