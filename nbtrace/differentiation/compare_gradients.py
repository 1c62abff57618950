"""Derivatives of two sides, measured or told, parameter by parameter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbtrace.differentiation.derivative import (
    Derivative,
    DerivativeKind,
    Differentiated,
    GradientParameter,
    Valued,
)
from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.differentiation.gradient_row import GradientRow, GradientStatus
from nbtrace.differentiation.measured_derivatives import measured_derivative
from nbtrace.differentiation.told_derivatives import told_derivatives
from nbtrace.progress import tracked

_MOST_LOOKED_INTO = 6
"""Derivatives that differ whose own function is measured too."""


@dataclass(frozen=True, eq=False)
class GradientSides:
    """Who is held against whom.

    Attributes
    ----------
    reference : Valued
        Measured by finite differences.
    candidate : Valued
        Measured too where it tells no derivatives, or a wrong one.
    told : Differentiated or None
        What tells the candidate's derivatives.
    witness : Differentiated or None
        Tells derivatives with more digits than the reference shows, and is believed where it agrees with it.
    stand_in : Valued or None
        Measured in place of a reference that takes whole numbers alone.
    """

    reference: Valued
    candidate: Valued
    told: Differentiated | None = None
    witness: Differentiated | None = None
    stand_in: Valued | None = None


@dataclass(frozen=True, eq=False)
class ComparedGradients:
    """The rows, and the value itself on both sides."""

    reference_value: Evaluated
    candidate_value: Evaluated
    rows: tuple[GradientRow, ...]


def compare_gradients(
    sides: GradientSides, parameters: Sequence[GradientParameter], *, tolerance: float
) -> ComparedGradients:
    """Hold the candidate's derivatives against the reference's.

    Parameters
    ----------
    sides : GradientSides
    parameters : sequence of GradientParameter
    tolerance : float
        Relative.

    Raises
    ------
    ProgramError, MismatchError
        If a program fails, or gives another image than asked for.
    """
    base = sides.reference.base()
    value, told = (sides.candidate.base(), None) if sides.told is None else told_derivatives(sides.told, parameters)
    seen = {} if sides.witness is None else told_derivatives(sides.witness, parameters)[1]
    missing = Derivative(DerivativeKind.MISSING, reason="the candidate tells none")
    rows, left = [], _MOST_LOOKED_INTO
    for parameter in tracked(parameters, "parameters", len(parameters)):
        reference, stood_in = _measured(sides, parameter, base)
        candidate = (
            measured_derivative(sides.candidate, parameter, value)
            if told is None
            else told.get(parameter.name, missing)
        )
        row = GradientRow(
            parameter, reference, candidate, seen.get(parameter.name), tolerance=tolerance, stood_in=stood_in
        )
        if told is not None and left and row.status is GradientStatus.DIFFER:
            row, left = replace(row, own=measured_derivative(sides.candidate, parameter, value)), left - 1
        rows.append(row)
    return ComparedGradients(base, value, tuple(rows))


def _measured(sides: GradientSides, parameter: GradientParameter, base: Evaluated) -> tuple[Derivative, str]:
    """Return the reference's derivative, and what was measured in its place if something was."""
    other = sides.stand_in
    if parameter.whole and not sides.reference.fractions and other is not None and other.fractions:
        found = measured_derivative(other, parameter, other.base())
        if found.exists:
            return found, other.name
    return measured_derivative(sides.reference, parameter, base), ""
