"""Which formulas may read a value, against what each of them reads."""

from pathlib import Path

import pytest

from nbtrace import read_trace
from nbtrace.compare.evaluate import value_at
from nbtrace.compare.propagation import propagate
from nbtrace.compare.scene import Node, Scene, in_order, scene
from nbtrace.compare.takers import leads_to, takers, takes_from_its_turn_alone
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError
from tests.places import PAIRS


def _scene(pair: str, folder: Path | None = None, steps: int = 0) -> Scene:
    """Return the values of a reference's log, perhaps with more steps of its sweep."""
    text = (PAIRS / pair / "c.log").read_text()
    if folder is None:
        trace = read_trace(str(PAIRS / pair / "c.log"))
        return scene(trace, Side.C, facts_of(trace, trace, None))
    lines = text.splitlines()
    own = [line for line in lines if line.startswith("TRACE_C_PHI ")]
    values = (
        f"phi_deg={tic / 500} k_frac={1.9 + tic / 900} F_latt_b={2 + tic / 7} F_latt={tic + 3.5}"
        for tic in range(steps)
    )
    more = [f"TRACE_C_PHI phi_tic={tic} {value}" for tic, value in enumerate(values) if tic >= len(own)]
    at = lines.index(own[-1]) + 1
    (folder / "c.log").write_text("\n".join([*lines[:at], *more, *lines[at:]]) + "\n")
    trace = read_trace(str(folder / "c.log"))
    return scene(trace, Side.C, facts_of(trace, trace, None))


def _reads(of: Scene) -> dict[Node, set[Node]]:
    """Return what the formula of each node reads."""
    found = {}
    for node in of.values:
        try:
            found[node] = set(value_at(of, of.values, node)[1].read)
        except UnloggedError:
            continue
    return found


@pytest.mark.parametrize("pair", ["custom_vectors_mat_hkl_phi__24_51", "oversample_2_omega__22_14", "sweep"])
def test_every_formula_that_reads_a_value_is_among_its_takers(tmp_path: Path, pair: str) -> None:
    own = _scene("custom_vectors_mat_hkl_phi__24_51", tmp_path, 70) if pair == "sweep" else _scene(pair)
    reads = _reads(own)
    assert len(reads) > 40
    for node in own.values:
        taking = set(takers(own, own.order, (node,)))
        assert {other for other, read in reads.items() if node in read} <= taking
        assert all(leads_to(own, own.order, node, other) for other in list(taking)[:2])


def test_a_value_of_a_step_is_looked_for_in_few_others(tmp_path: Path) -> None:
    own = _scene("custom_vectors_mat_hkl_phi__24_51", tmp_path, 70)
    step = Node("phi_F_latt_b", 0, (("phi_tic", 40),))
    assert step in own.values
    found = {node for node in takers(own, own.order, (step,)) if node.name == "phi_F_latt"}
    assert found == {Node("phi_F_latt", 0, (("phi_tic", tic),)) for tic in (0, 40)}
    assert not leads_to(own, own.order, step, Node("phi_F_latt", 0, (("phi_tic", 41),)))


def test_what_follows_from_changes_is_the_same_where_every_value_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _scene("custom_vectors_mat_hkl_phi__24_51", tmp_path, 70)
    steps = [node for node in in_order(own.vocabulary, own.values) if node.place][::9]
    changes = {node: tuple(1.25 * number for number in own.values[node]) for node in [*steps, Node("F_cell", 0)]}
    changes = {node: value for node, value in changes.items() if node in own.values}
    mended = dict.fromkeys(steps[1::3])
    few = propagate(own, own.values, changes, mended)

    def every(of: Scene, order: object, nodes: object) -> list[Node]:
        del order, nodes
        return [node for node in of.values if node.name in of.vocabulary.formulas]

    monkeypatch.setattr("nbtrace.compare.propagation.takers", every)
    assert propagate(own, own.values, changes, mended) == few
    assert few != own.values


def test_a_value_that_takes_from_its_turn_alone_is_led_to_by_no_value_of_another_turn(tmp_path: Path) -> None:
    of = _scene("custom_vectors_mat_hkl_phi__24_51", tmp_path, 60)
    told = 0
    for name in ("phi_k_frac", "phi_F_latt_b", "I_before_scaling"):
        for node in (item for item in of.values if item.name in {"phi_F_latt", "phi_F_latt_b", "I_pixel_final"}):
            if takes_from_its_turn_alone(of, of.order, node, [name]):
                others = (item for item in of.order.by_name[name] if item.place != node.place)
                assert not any(leads_to(of, of.order, item, node) for item in others)
                told += 1
    assert told >= 59, "it is known of the product of the factors at every step but the first"
