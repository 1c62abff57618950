"""What follows from a change at many turns of a loop, found out for all of them at once: what follows at each alone."""

from random import Random

import pytest

from nbtrace.compare import computed_turns, node_view
from nbtrace.compare.logs import logs_of
from nbtrace.compare.propagation import propagate
from nbtrace.compare.scene import Node, Scene, Values, Vector, scene
from nbtrace.records import Side
from tests.compare.test_formula_columns import SPREAD, STEPS, obeying, read, sweep, written


def wrong_factors() -> Scene:
    """Return a log whose factors along b are all a hundredth too large, and the products what the right ones give."""
    steps = obeying(sweep(Random(1), *SPREAD["as stated"]))  # noqa: S311 - a simulation
    wrong = [{**step, "F_latt_b": f"{1.01 * float(step['F_latt_b']):.15g}"} for step in steps]
    trace = read(written(wrong))
    return scene(trace, Side.C, logs_of(trace.vocabulary).facts(trace))


def turns_of(name: str) -> list[Node]:
    return [Node(name, 0, (("phi_tic", tic),)) for tic in range(1, STEPS)]


def after(own: Scene, mended: dict[Node, Vector | None], many: int, monkeypatch: pytest.MonkeyPatch) -> Values:
    with monkeypatch.context() as patch:
        patch.setattr(node_view, "MANY", many)
        patch.setattr(computed_turns, "MANY", many)
        return propagate(own, own.values, {}, mended)


@pytest.mark.parametrize("last", ["factors", "products"])
def test_what_is_put_right_counts_for_what_was_found_out_before(last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own, order = wrong_factors(), [*turns_of("phi_F_latt_b"), *turns_of("phi_F_latt")]
    mended: dict[Node, Vector | None] = dict.fromkeys(order if last == "products" else reversed(order))
    at_once, alone = (after(own, mended, many, monkeypatch) for many in (3, 10**9))
    assert at_once == alone
    assert all(at_once[node][0] == pytest.approx(own.values[node][0] / 1.01) for node in turns_of("phi_F_latt_b"))
    assert all(at_once[node][0] == pytest.approx(own.values[node][0]) for node in turns_of("phi_F_latt"))
