"""What the turns of a loop may change in a sum over them, all at once: what each of them changes alone."""

import math

import pytest

import nbtrace
from nbtrace.compare import node_view
from nbtrace.compare.evaluate import Computed, evaluate
from nbtrace.compare.logs import logs_of
from nbtrace.compare.scene import Node, scene
from nbtrace.records import Side
from tests.longlogs.test_long_sweep_check import log_of, printed, steps_of

INTENSITY = Node("I_before_scaling")


def _evaluated(lines: list[str], monkeypatch: pytest.MonkeyPatch, many: int) -> Computed:
    (trace,) = nbtrace.parse_trace("\n".join(lines))
    with monkeypatch.context() as patch:
        patch.setattr(node_view, "MANY", many)
        own = scene(trace, Side.C, logs_of(trace.vocabulary).facts(trace))
        return evaluate(own, own.values, INTENSITY)


@pytest.mark.parametrize("weighed", [False, True], ids=["a plain sum", "each term weighed"])
def test_the_error_of_a_sum_is_that_of_each_turn_alone(weighed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = log_of(printed(steps_of(9), ".7g"))
    if weighed:
        lines = [line.replace("oversample_omega 0", "oversample_omega 1") for line in lines]
    at_once, alone = (_evaluated(lines, monkeypatch, many) for many in (3, 10**9))
    assert at_once.value == pytest.approx(alone.value, rel=1e-15)
    assert math.isclose(at_once.allowed[0], alone.allowed[0], rel_tol=1e-5)
    assert math.isclose(at_once.condition, alone.condition, rel_tol=1e-5)
    assert set(at_once.inputs) == set(alone.inputs)


@pytest.mark.parametrize("stated", [9, 20])
def test_steps_that_the_log_lacks_are_modelled_alike(stated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = log_of(printed(steps_of(9), ".7g"), stated=stated)
    lines = [line for line in lines if "phi_tic=4 " not in line]
    at_once, alone = (_evaluated(lines, monkeypatch, many) for many in (3, 10**9))
    assert at_once.value == pytest.approx(alone.value, rel=1e-13)
    assert set(at_once.inputs) == set(alone.inputs)
