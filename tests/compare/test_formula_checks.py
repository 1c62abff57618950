"""A log against the formulas of a vocabulary: the same answers as with every uncertainty, for far less work."""

from collections import ChainMap
from collections.abc import Callable
from typing import Any

import pytest

import nbtrace
from nbtrace import Side, Trace
from nbtrace.compare import evaluate as module
from nbtrace.compare.evaluate import evaluate, measured
from nbtrace.compare.formula_checks import formula_checks
from nbtrace.compare.scene import constants_of, scene
from nbtrace.vocabulary.formula import UnloggedError
from tests.examples.test_programs import HEAT, output
from tests.places import EXAMPLES

ROD = nbtrace.load_vocabulary(EXAMPLES / "heat" / "rod.toml")


def log(*options: str) -> Trace:
    (trace,) = nbtrace.parse_trace(output(HEAT.place / "arrays.py", *options), vocabulary=ROD)
    return trace


def counted(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """Return how many formulas are computed in some work."""
    calls = 0
    own = module.value_at

    def counting(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return own(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(module, "value_at", counting)
        work()
    return calls


def test_a_value_that_obeys_its_formula_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = log("--steps", "5"), log("--steps", "40")
    few, many = (counted(monkeypatch, lambda trace=trace: formula_checks(trace)) for trace in (short, long))  # type: ignore[misc]
    assert many - few <= 2 * (len(long.records) - len(short.records))


@pytest.mark.parametrize("mistake", [(), ("--mistake", "stale-flux")])
def test_what_holds_and_what_is_broken_is_the_same(mistake: tuple[str, ...]) -> None:
    trace = log(*mistake)
    own = scene(trace, Side.PY, constants_of(ROD))
    for check in formula_checks(trace):
        broken = 0
        for node in (node for node in own.values if node.name == check.quantity):
            try:
                quick, full = measured(own, own.values, node), evaluate(own, own.values, node)
            except UnloggedError:
                continue
            assert quick.value == full.value
            assert quick.allows(own.values[node]) is full.allows(own.values[node])
            broken += not full.allows(own.values[node])
        assert check.broken == broken


def test_the_values_of_a_long_log_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = log()
    own = scene(trace, Side.PY, constants_of(ROD))
    nodes = [node for node in own.values if node.name == "flux_W_m2"]
    before, copied = dict(own.values), [evaluate(own, own.values, node) for node in nodes]
    monkeypatch.setattr(module, "_COPIED", 0)
    made: list[object] = []

    class Counted(ChainMap[Any, Any]):
        def __init__(self, *maps: Any) -> None:
            made.append(maps)
            super().__init__(*maps)

    monkeypatch.setattr(module, "ChainMap", Counted)
    assert [evaluate(own, own.values, node) for node in nodes] == copied
    assert len(made) == len(nodes)
    assert own.values == before
