"""The derivatives that autograd tells, with what rounding leaves of them: near a peak terms cancel, and digits go."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nbtrace.differentiation.derivative import Derivative, Differentiated, GradientParameter
from nbtrace.differentiation.finite_differences import NEIGHBOURS, Evaluated, rounding_of


def told_derivatives(
    source: Differentiated, parameters: Sequence[GradientParameter]
) -> tuple[Evaluated, Mapping[str, Derivative]]:
    """Return the value of a source and its derivatives, each with an error bar from what it tells at points nearby.

    Raises
    ------
    ProgramError
        If the source fails.
    """
    value, told = source.gradient(parameters)
    around = [
        source.gradient([replace(item, value=item.value + place * item.near) for item in parameters])[1]
        for place in NEIGHBOURS
        if place
    ]
    around.insert(NEIGHBOURS.index(0), told)
    return value, {name: _with_rounding(item, [near.get(name) for near in around]) for name, item in told.items()}


def _with_rounding(item: Derivative, around: Sequence[Derivative | None]) -> Derivative:
    """Return a derivative whose error bar holds what those around it, which should be a straight line, scatter."""
    values = [near.value for near in around if near is not None and near.exists and math.isfinite(near.value)]
    if not item.exists or len(values) < len(NEIGHBOURS):
        return item
    return replace(item, error=max(item.error, rounding_of(values)))
