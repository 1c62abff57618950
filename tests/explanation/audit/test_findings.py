"""What an audit has found out of many turns: none of it outlives the values that it is of."""

from dataclasses import replace

import pytest

from nbtrace.compare import computed_turns
from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import evaluate
from nbtrace.compare.scene import Fact, Node
from nbtrace.explanation.audit.findings import Audit, RightTurns
from nbtrace.records import Side
from tests.compare.test_computed_turns import a_scene
from tests.compare.test_formula_columns import SPREAD

PLACE = (("phi_tic", 7),)
INDEX, FACTOR = Node("phi_k_frac", 0, PLACE), Node("phi_F_latt_b", 0, PLACE)


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.setattr(computed_turns, "MANY", 3)
    own = a_scene(0, SPREAD["as stated"])
    places = frozenset(node.place for node in own.values if node.place)
    scenes = {Side.C: own, Side.PY: replace(own, side=Side.PY)}
    return Audit(scenes, {side: dict(own.values) for side in scenes}, at_once=places)


def test_a_value_put_right_is_what_the_formulas_of_its_turn_take_from_then_on(audited: Audit) -> None:
    before = audited.at_once_with(audited.scenes[Side.PY], FACTOR)
    assert before == evaluate(audited.scenes[Side.PY], audited.effective[Side.PY], FACTOR)
    assert audited.measured_once(Side.PY, FACTOR).value == before.value
    audited.put_right(Side.PY, INDEX, (1.001 * audited.effective[Side.PY][INDEX][0],), (0.0,))
    assert audited.at_once_with(audited.scenes[Side.PY], FACTOR) is None
    assert audited.measured_once(Side.PY, FACTOR).value != before.value
    assert audited.at_once_with(audited.scenes[Side.C], FACTOR) == before


def test_all_values_put_right_are_what_the_formulas_take_from_then_on(audited: Audit) -> None:
    before = audited.at_once_with(audited.scenes[Side.PY], FACTOR)
    values = dict(audited.effective[Side.PY])
    values[INDEX] = (1.001 * values[INDEX][0],)
    audited.put_all_right(Side.PY, values, audited.scenes[Side.PY])
    assert before is not None
    assert audited.at_once_with(audited.scenes[Side.PY], FACTOR) is None
    assert audited.measured_once(Side.PY, FACTOR).value != before.value


def test_another_configuration_has_results_of_its_own(audited: Audit) -> None:
    scene = audited.scenes[Side.PY]
    exchanged = replace(scene, facts={**scene.facts, "N_b": Fact((18.0,))})
    own, other = audited.at_once_with(scene, FACTOR), audited.at_once_with(exchanged, FACTOR, ("N_b",))
    assert other == evaluate(exchanged, audited.effective[Side.PY], FACTOR)
    assert other != own


def test_what_is_right_at_all_turns_is_found_again_after_a_value_of_no_turn_is_put_right(audited: Audit) -> None:
    found: list[RightTurns] = []

    def find() -> RightTurns:
        found.append(RightTurns({}, {}, audited.scenes[Side.PY], ComputedTurns()))
        return found[-1]

    audited.right_turns(Side.PY, INDEX, find)
    audited.put_right(Side.PY, FACTOR, (1.0,), (0.0,))
    assert audited.right_turns(Side.PY, INDEX, find) is found[0]
    assert found[0].turns.at(audited.scenes[Side.PY], audited.effective[Side.PY], FACTOR) is None
    everywhere = next(node for node in audited.effective[Side.PY] if node.name == "scattering_vec_A_inv")
    audited.put_right(Side.PY, everywhere, (1.0, 2.0, 3.0), (0.0, 0.0, 0.0))
    assert audited.right_turns(Side.PY, INDEX, find) is found[1]
