"""The error bars of derivatives that a source tells: what rounding leaves of them, and what a break nearby does not."""

import math
from collections.abc import Mapping, Sequence

import pytest

from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter
from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.differentiation.told_derivatives import told_derivatives

SMOOTH = GradientParameter("smooth", "1", 2.0, 0.1)
COUNTED = GradientParameter("counted", "1", 5.0, 0.1)


class Source:
    """The cube of one parameter, times another one rounded up."""

    name = "source"
    noise = 0.0

    def __init__(self) -> None:
        self.calls = 0

    def gradient(self, parameters: Sequence[GradientParameter]) -> tuple[Evaluated, Mapping[str, Derivative]]:
        self.calls += 1
        at = {item.name: item.value for item in parameters}
        whole = math.ceil(at.get("counted", 1.0))
        off = self.noise * (-1.0) ** self.calls
        slopes = {"smooth": 3.0 * at["smooth"] ** 2 * whole * (1.0 + off), "counted": 0.0}
        told = {name: Derivative(DerivativeKind.AUTOGRAD, slopes[name]) for name in at}
        return Evaluated(at["smooth"] ** 3 * whole, 0.0), told


def test_a_break_by_one_parameter_is_no_noise_of_the_others() -> None:
    source = Source()
    _, told = told_derivatives(source, (SMOOTH, COUNTED))
    assert told["smooth"].value == 60.0
    assert told["smooth"].error < 1e-9
    assert source.calls == 1 + 3 * 6


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_rounding_is_seen_by_few_calls(noise: float) -> None:
    source = Source()
    source.noise = noise
    _, told = told_derivatives(source, (SMOOTH,))
    assert noise <= told["smooth"].error / 12.0 <= max(1e2 * noise, 1e-9)
    assert source.calls == 7
