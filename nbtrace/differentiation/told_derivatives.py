"""The derivatives that autograd tells, with what rounding leaves of them: near a peak terms cancel, and digits go."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from nbtrace.differentiation.derivative import Derivative, Differentiated, GradientParameter
from nbtrace.differentiation.finite_differences import NEIGHBOURS, Evaluated, rounding_of

_Told: TypeAlias = tuple[Evaluated, Mapping[str, Derivative]]

_BROKEN = 1e-6
"""Relative scatter of the value at points nearby that is no rounding: something changes by a whole step there."""


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
    here = value, told
    around = _around(source, parameters, {item.name for item in parameters}, here)
    values = [near[0].value for near in around]
    broken = not rounding_of(values) <= _BROKEN * max(map(abs, values))
    found = {}
    for name, item in told.items():
        # Where moving all of them breaks the value, that is one parameter's doing.
        own = _around(source, parameters, {name}, here) if broken and len(told) > 1 else around
        found[name] = _with_rounding(item, [near[1].get(name) for near in own])
    return value, found


def _around(
    source: Differentiated, parameters: Sequence[GradientParameter], moved: Container[str], here: _Told
) -> list[_Told]:
    """Return what a source tells where some parameters are a little off, on either side, and `here` in the middle."""

    def at(place: int) -> list[GradientParameter]:
        return [
            replace(item, value=item.value + place * item.near) if item.name in moved else item for item in parameters
        ]

    return [source.gradient(at(place)) if place else here for place in NEIGHBOURS]


def _with_rounding(item: Derivative, around: Sequence[Derivative | None]) -> Derivative:
    """Return a derivative whose error bar holds what those around it, which should be a straight line, scatter."""
    values = [near.value for near in around if near is not None and near.exists and math.isfinite(near.value)]
    if not item.exists or len(values) < len(NEIGHBOURS):
        return item
    return replace(item, error=max(item.error, rounding_of(values)))
