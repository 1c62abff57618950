"""Measured derivatives against known ones: their error bars, kinks, jumps, and what rounding hides."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace.differentiation.finite_differences import (
    Evaluated,
    Function,
    OutOfRangeError,
    Smoothness,
    finite_difference,
    measured_noise,
)

AT = st.floats(-2.0, 2.0)
STEPS = st.floats(0.01, 0.5)


def exact(function: "type[float] | object") -> Function:
    """Return a function in double precision with its rounding."""

    def evaluated(at: float) -> Evaluated:
        value = float(function(at))  # type: ignore[operator]
        return Evaluated(value, 4e-16 * abs(value))

    return evaluated


def single(function: object) -> Function:
    """Return a function rounded to single precision."""

    def evaluated(at: float) -> Evaluated:
        value = float(np.float32(function(at)))  # type: ignore[operator]
        return Evaluated(value, 6e-8 * abs(value))

    return evaluated


@settings(max_examples=60, deadline=None)
@given(at=AT, step=STEPS, cells=st.integers(2, 40))
def test_the_error_bar_holds_the_known_derivative(at: float, step: float, cells: int) -> None:
    def interference(x: float) -> float:
        return 2.0 + math.sin(cells * x) * math.exp(-0.3 * x)

    known = math.exp(-0.3 * at) * (cells * math.cos(cells * at) - 0.3 * math.sin(cells * at))
    for rounded, digits in ((exact, 1e-7), (single, 2e-2)):
        found = finite_difference(rounded(interference), at, step)
        assert abs(found.value - known) <= found.error + 1e-9 * cells
        assert found.smoothness is Smoothness.SMOOTH
        assert found.error <= digits * cells


@settings(max_examples=40, deadline=None)
@given(at=AT, slope=st.floats(0.1, 10.0), sign=st.sampled_from([-1.0, 1.0]))
def test_a_kink_is_seen_with_both_derivatives(at: float, slope: float, sign: float) -> None:
    found = finite_difference(exact(lambda x: math.cos(x) + sign * slope * abs(x - at)), at, 0.1)
    assert found.smoothness is Smoothness.KINK
    assert found.sides == pytest.approx((-math.sin(at) - sign * slope, -math.sin(at) + sign * slope), rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(at=AT, height=st.floats(1e-2, 10.0), below=st.booleans())
def test_a_jump_is_seen_on_whichever_side_the_point_counts(at: float, height: float, *, below: bool) -> None:
    def jumps(x: float) -> float:
        return math.cos(x) + height * (x > at or (not below and x == at))

    assert finite_difference(exact(jumps), at, 0.1).smoothness is Smoothness.JUMP


@pytest.mark.parametrize("away", [0.003, -0.02])
def test_a_jump_beside_the_point_only_makes_the_steps_smaller(away: float) -> None:
    found = finite_difference(exact(lambda x: math.sin(x) + 5.0 * (x > 1.0 + away)), 1.0, 0.1)
    assert found.smoothness is Smoothness.SMOOTH
    assert found.step < abs(away)
    assert abs(found.value - math.cos(1.0)) <= found.error < 1e-6


def test_a_jump_that_rounding_does_not_let_be_avoided_widens_the_error_bar() -> None:
    found = finite_difference(single(lambda x: 1.0 + 1e-3 * math.sin(x) + 1e-3 * (x > 1.0 + 1e-6)), 1.0, 0.1)
    assert found.error > 0.1 * abs(found.value) or found.smoothness is not Smoothness.SMOOTH


@settings(max_examples=30, deadline=None)
@given(value=st.floats(1.0, 1e6), slope=st.floats(-1e-9, 1e-9))
def test_a_slope_below_the_rounding_is_within_its_error_bar_of_zero(value: float, slope: float) -> None:
    found = finite_difference(single(lambda x: value * (1.0 + slope * x)), 0.0, 1.0)
    assert abs(found.value - value * slope) <= found.error
    assert found.error > 0.1 * abs(value * slope)


def test_a_rounded_argument_is_part_of_the_error_bar() -> None:
    def stairs(x: float) -> float:
        return math.exp(float(np.float32(x)))

    careless = finite_difference(exact(stairs), 1.3, 0.1)
    found = finite_difference(exact(stairs), 1.3, 0.1, resolution=1.3 * 2.0**-24)
    assert abs(found.value - math.exp(1.3)) <= found.error
    assert found.error > careless.error or abs(careless.value - math.exp(1.3)) <= careless.error


def test_where_there_is_no_value_a_smaller_step_is_taken() -> None:
    def root(x: float) -> Evaluated:
        if x <= 0.0:
            raise OutOfRangeError
        return Evaluated(math.sqrt(x), 1e-16)

    found = finite_difference(root, 0.01, 1.0)
    assert abs(found.value - 5.0) <= found.error < 1e-5
    with pytest.raises(OutOfRangeError):
        finite_difference(lambda x: root(x if x == 1.0 else -1.0), 1.0, 0.5)


@pytest.mark.parametrize("digits", [8, 11, 14])
def test_the_rounding_of_printed_digits_is_measured(digits: int) -> None:
    def printed(x: float) -> Evaluated:
        return Evaluated(float(f"{math.exp(x):.{digits}g}"), 0.0)

    rng = np.random.default_rng(digits)
    bounds = [measured_noise(printed, at, 1e-3 * 10.0 ** (3 - digits)) for at in rng.uniform(0.1, 1.0, 20)]
    step = 10.0 ** (1 - digits)
    assert all(bound < 4.0 * step for bound in bounds)
    assert np.median(bounds) > 0.2 * step
