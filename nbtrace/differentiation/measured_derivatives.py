"""The derivatives of a program or function by finite differences, and why there is none where there is none."""

import math
from dataclasses import replace

from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter, Valued
from nbtrace.differentiation.finite_differences import (
    Evaluated,
    FiniteDifference,
    OutOfRangeError,
    Smoothness,
    finite_difference,
    measured_noise,
)

_FINE = 1e-10
"""Relative rounding below which values are not of single precision, and what arithmetic does to them is measured."""

_VAGUE = 0.1
"""Relative error bar from which on a derivative counts as not measured."""


def measured_derivative(source: Valued, parameter: GradientParameter, base: Evaluated) -> Derivative:
    """Return the derivative of a source by a parameter.

    Parameters
    ----------
    source : Valued
    parameter : GradientParameter
    base : Evaluated
        The value of the source as configured: setting the parameter to what it is must not change it.

    Raises
    ------
    ProgramError, MismatchError
        If a program fails that ran before.
    """
    if parameter.undefined:
        return Derivative(DerivativeKind.NONE, reason=parameter.undefined)
    if parameter.whole and not source.fractions:
        return Derivative(DerivativeKind.NONE, reason="the program takes whole numbers alone")
    try:
        middle = source.value(parameter, parameter.value)
        if not abs(middle.value - base.value) <= 4.0 * (middle.noise + base.noise) + _FINE * abs(base.value):
            return Derivative(
                DerivativeKind.MISSING, reason="its flag changes more than it: it is not set by that alone"
            )
        noise = _arithmetic(source, parameter, middle)

        def value(at: float) -> Evaluated:
            found = _finite(source.value(parameter, at))
            return replace(found, noise=max(found.noise, noise))

        found = finite_difference(value, parameter.value, parameter.first_step, resolution=parameter.resolution)
    except OutOfRangeError:
        return Derivative(DerivativeKind.MISSING, reason="there is no value on both sides of it")
    reason = _why_not(source, parameter, found)
    if reason:
        return Derivative(DerivativeKind.NONE, reason=reason, step=found.step, sides=found.sides)
    return Derivative(DerivativeKind.MEASURED, found.value, found.error, step=found.step)


def _finite(found: Evaluated) -> Evaluated:
    if not math.isfinite(found.value):
        raise OutOfRangeError
    return found


def _arithmetic(source: Valued, parameter: GradientParameter, middle: Evaluated) -> float:
    """Return how far arithmetic rounds the values; 0 where single precision hides it."""
    if middle.noise > _FINE * abs(middle.value):
        return 0.0
    return measured_noise(lambda at: source.value(parameter, at), parameter.value, parameter.near)


def _why_not(source: Valued, parameter: GradientParameter, found: FiniteDifference) -> str:
    """Return why there is no derivative; empty where there is one, or rounding alone hides it."""
    smooth = found.smoothness is Smoothness.SMOOTH
    vague = found.error > _VAGUE * abs(found.value) and found.error > 2.0 * found.noise
    if smooth and not vague:
        return ""
    low, high = parameter.value - found.step, parameter.value + found.step
    changes = source.break_near(parameter, low, high)
    inside = f"{changes} inside the smallest step, {found.step:.2g} {parameter.unit}" if changes else ""
    match found.smoothness:
        case Smoothness.JUMP:
            return inside or "the value jumps there"
        case Smoothness.KINK:
            below, above = found.sides or (math.nan, math.nan)
            return inside or f"{below:.4g} from below, {above:.4g} from above"
    return inside
