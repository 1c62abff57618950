"""When the steps of a sweep that agree need no finding each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.sweep_logs import write_sweep
from nbtrace.compare.scene import Node, Scene
from nbtrace.explanation.audit.agreeing_turns import may_stand_apart
from nbtrace.explanation.explain import explain
from nbtrace.explanation.physics import Physics, physics_of
from nbtrace.longlogs import agreeing_steps, long_files, streamed_log
from nbtrace.records import Side


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Side, Scene]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_files, "LONG", 0)
        patch.setattr(streamed_log, "LONG_SWEEP", 20)
        patch.setattr(agreeing_steps, "FEWEST", 8)
        result = explain(*write_sweep(Path(tmp_path_factory.mktemp("logs")), 20, every=10**9))
    assert result.audit.num_agreeing
    return result.audit.scenes


@pytest.fixture
def physics(scenes: Mapping[Side, Scene]) -> Physics:
    return physics_of(scenes[Side.C].vocabulary)


def test_they_may_where_nothing_changes_them(scenes: Mapping[Side, Scene], physics: Physics) -> None:
    assert may_stand_apart(scenes, physics)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("has_terms", True),
        ("carriers", None),
        ("carriers", frozenset({"phi_F_latt"})),
        ("collectors", frozenset({"phi_k_frac"})),
        ("steep", ("phi_deg",)),
    ],
)
def test_they_may_not_where_causes_or_shares_look_at_each(
    scenes: Mapping[Side, Scene], physics: Physics, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(type(physics), name, value)
    assert not may_stand_apart(scenes, physics)


@pytest.mark.parametrize("side", [Side.C, Side.PY])
def test_they_may_not_in_single_precision(scenes: Mapping[Side, Scene], physics: Physics, side: Side) -> None:
    own = scenes[side]
    for changed in (replace(own, single=True), replace(own, singles=frozenset({Node("polar")}))):
        assert not may_stand_apart({**scenes, side: changed}, physics)


@pytest.mark.parametrize(
    ("node", "value", "may"),
    [
        (Node("F_latt_b", 0), (3.5,), False),
        (Node("polar"), (0.5,), True),
        (Node("phi_F_latt", 0, (("phi_tic", 3),)), (0.5,), True),
        (Node("phi_F_latt", 1, (("phi_tic", 3),)), (0.5,), False),
        (Node("phi_F_cell", 0, (("phi_tic", 3),)), (0.5,), False),
        (Node("phi_F_latt", 0, (("phi_tic", 3), ("source", 0))), (0.5,), False),
    ],
)
def test_they_may_where_what_they_are_computed_from_is_the_same_and_all_turns_are_of_one_sweep(
    scenes: Mapping[Side, Scene], physics: Physics, node: Node, value: tuple[float, ...], *, may: bool
) -> None:
    own = scenes[Side.PY]
    values = own.values.copy()
    values.pop(node, None)
    turn = max(other.place for other in values)
    if node.place and may:  # behind the last turn
        node = node._replace(place=(("phi_tic", turn[0][1] + 1),))
    changed = replace(own, values=values | {node: value}, orders={})
    assert may_stand_apart({**scenes, Side.PY: changed}, physics) is may


def test_they_may_not_where_records_are_not_in_the_order_of_turns(
    scenes: Mapping[Side, Scene], physics: Physics
) -> None:
    own = scenes[Side.PY]
    node = next(node for node in own.values if node.place)
    values = own.values.copy()
    values[node] = values.pop(node)
    changed = replace(own, values=values, orders={})
    assert not may_stand_apart({**scenes, Side.PY: changed}, physics)
