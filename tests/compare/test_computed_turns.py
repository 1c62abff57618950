"""What formulas give at many turns at once: what they give of each value alone."""

from random import Random

import pytest

from nbtrace.compare import computed_turns, node_view
from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import Computed, evaluate
from nbtrace.compare.logs import logs_of
from nbtrace.compare.propagation import propagate
from nbtrace.compare.scene import Fact, Node, Scene, Values, scene
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError
from tests.compare.test_formula_columns import SPREAD, STEPS, edited, obeying, read, sweep, written

SOME = 2 * STEPS // 3
SWEPT = ("phi_deg", "phi_k_frac", "phi_F_latt_b", "phi_F_latt")


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed_turns, "MANY", 3)
    monkeypatch.setattr(node_view, "MANY", 3)


def a_scene(seed: int, spread: tuple[float, float, float]) -> Scene:
    random = Random(seed)  # noqa: S311 - a simulation
    trace = read(written(edited(random, obeying(sweep(random, *spread)))))
    return scene(trace, Side.C, logs_of(trace.vocabulary).facts(trace))


def alone(own: Scene, values: Values, node: Node) -> Computed | None:
    try:
        return evaluate(own, values, node)
    except UnloggedError:
        return None


def held_alike(turns: ComputedTurns, own: Scene, values: Values) -> int:
    """Hold every value of a step against what is found of it alone; return how many were found out at once."""
    told = 0
    for name in SWEPT:
        for tic in range(0, STEPS, 3):
            node = Node(name, 0, (("phi_tic", tic),))
            found, wanted = turns.at(own, values, node), alone(own, values, node)
            if found is None:
                continue
            told += 1
            assert wanted is not None, node
            assert found.value == wanted.value
            assert found.allowed == pytest.approx(wanted.allowed, rel=1e-12)
            assert found.condition == pytest.approx(wanted.condition, rel=1e-12)
            assert found.inputs == wanted.inputs
            assert found.facts == wanted.facts
    return told


@pytest.mark.parametrize("spread", SPREAD.values(), ids=SPREAD)
@pytest.mark.parametrize("seed", range(4))
def test_a_formula_gives_at_many_turns_what_it_gives_at_each(seed: int, spread: tuple[float, float, float]) -> None:
    own = a_scene(seed, spread)
    assert held_alike(ComputedTurns(), own, own.values) > SOME


def test_values_that_are_not_the_logs_are_taken() -> None:
    own = a_scene(0, SPREAD["as stated"])
    values = {node: tuple(1.0001 * x for x in value) for node, value in own.values.items()}
    turns = ComputedTurns()
    assert held_alike(turns, own, values) > SOME
    node = Node("phi_F_latt_b", 0, (("phi_tic", 7),))
    found, logged = turns.at(own, values, node), alone(own, own.values, node)
    assert found is not None
    assert logged is not None
    assert found.value != logged.value


def test_the_uncertainty_of_what_a_banner_says_counts() -> None:
    own = a_scene(0, SPREAD["as stated"])
    exact, node = ComputedTurns().at(own, own.values, Node("phi_deg", 0, (("phi_tic", 7),))), Node("phi_deg", 0)
    facts = {name: Fact(fact.numbers, 1e-3) if "phi" in name else fact for name, fact in own.facts.items()}
    rounded = Scene(**{**{f: getattr(own, f) for f in own.__dataclass_fields__}, "facts": facts, "orders": {}})
    assert held_alike(ComputedTurns(), rounded, rounded.values) > SOME // 2
    loose = ComputedTurns().at(rounded, rounded.values, node._replace(place=(("phi_tic", 7),)))
    assert exact is not None
    assert loose is not None
    assert loose.allowed[0] > 100 * exact.allowed[0]


def test_nothing_is_known_of_a_turn_after_one_of_its_values_is_another() -> None:
    own = a_scene(0, SPREAD["as stated"])
    turns, values = ComputedTurns(), dict(own.values)
    assert held_alike(turns, own, values) > SOME
    moved = Node("phi_k_frac", 0, (("phi_tic", 5),))
    values[moved] = (1.001 * values[moved][0],)
    turns.move([moved])
    assert turns.at(own, values, Node("phi_F_latt_b", 0, moved.place)) is None
    assert held_alike(turns, own, values) > SOME
    everywhere = next(node for node in values if node.name == "scattering_vec_A_inv")
    values[everywhere] = tuple(1.001 * x for x in values[everywhere])
    turns.move([everywhere])
    assert held_alike(turns, own, values) > SOME


@pytest.mark.parametrize(("asked", "changed"), [("phi_F_latt_b", "phi_k_frac"), ("phi_k_frac", "scattering_vec_A_inv")])
def test_what_was_asked_last_is_found_out_again_after_a_change(asked: str, changed: str) -> None:
    own = a_scene(0, SPREAD["as stated"])
    turns, values, node = ComputedTurns(), dict(own.values), Node(asked, 0, (("phi_tic", 7),))
    before = turns.at(own, values, node)
    assert turns.at(own, values, node) is before
    values |= {other: tuple(1.01 * x for x in value) for other, value in values.items() if other.name == changed}
    if changed == "phi_k_frac":
        turns.forget(changed)
    else:
        turns.move([other for other in values if other.name == changed])
    after, wanted = turns.at(own, values, node), alone(own, values, node)
    assert before is not None
    assert after is not None
    assert wanted is not None
    assert after.value == wanted.value != before.value


def test_what_reads_a_quantity_is_found_out_again_but_not_for_ever() -> None:
    own = a_scene(0, SPREAD["as stated"])
    turns, values, told = ComputedTurns(), dict(own.values), []
    for _ in range(6):
        values = {node: (1.0001 * x[0],) if node.name == "phi_k_frac" else x for node, x in values.items()}
        turns.forget("phi_k_frac")
        told.append(held_alike(turns, own, values))
    assert told[4] == told[0]
    assert told[-1] < told[0]


def test_a_value_with_fewer_numbers_than_it_is_to_have_gives_nothing() -> None:
    own = a_scene(0, SPREAD["as stated"])
    values = {node: x[:2] if node.name == "scattering_vec_A_inv" else x for node, x in own.values.items()}
    node = Node("phi_k_frac", 0, (("phi_tic", 7),))
    assert alone(own, values, node) is None
    assert ComputedTurns().at(own, values, node) is None


def test_a_value_that_is_put_right_is_allowed_the_error_of_its_inputs_where_others_of_it_follow_a_change() -> None:
    own = a_scene(0, SPREAD["as stated"])
    node, angle = (Node(name, 0, (("phi_tic", tic),)) for name, tic in (("phi_F_latt_b", 9), ("phi_deg", 5)))
    computed = evaluate(own, own.values, node)
    theirs = (computed.value[0] + 0.98 * computed.allowed[0],)
    new = propagate(own, own.values, {angle: (own.values[angle][0] + 0.01,)}, {node: theirs})
    assert new[node._replace(place=angle.place)] != own.values[node._replace(place=angle.place)]
    assert new[node] == theirs
