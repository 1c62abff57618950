"""Which breaks of a side may lead to a value, against all that it may be computed from."""

from pathlib import Path

from benchmarks.sweep_logs import write_sweep
from nbtrace import read_trace
from nbtrace.compare.scene import Node, Scene, scene
from nbtrace.compare.takers import leads_to
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding, Held
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.records import Side

NAMES = ["phi_k_frac", "phi_F_latt_b"]


def _audit(folder: Path) -> tuple[Audit, Scene]:
    """Return an audit of a sweep of 60 steps, where the port breaks what every third step has of two quantities."""
    c, _ = write_sweep(folder, 60)
    trace = read_trace(c)
    of = scene(trace, Side.C, facts_of(trace, trace, None))
    held = Held(None, None)
    wrong = [
        Finding(node, AuditStatus.INTRODUCED_PY, held, held, Side.PY, is_root=True)
        for node in of.order.positions
        if node.name in NAMES and node.place[0][1] % 3 == 0
    ]
    other = Finding(Node("F_cell"), AuditStatus.UNKNOWN, held, held, is_root=True)
    return Audit({Side.C: of, Side.PY: of}, {Side.C: of.values, Side.PY: of.values}, [other, *wrong]), of


def test_those_that_lead_to_a_value_are_all_that_it_may_be_computed_from(tmp_path: Path) -> None:
    audit, of = _audit(tmp_path)
    every = audit.suspects.of(Side.PY, NAMES)
    assert every == audit.findings[1:]
    found = 0
    for node in of.values:
        if node.name in {"phi_F_latt", "phi_F_latt_b", "I_before_scaling"}:
            expected = [item for item in every if leads_to(of, of.order, item.node, node)]
            assert audit.suspects.leading_to(of, of.order, Side.PY, NAMES, node) == expected
            found += bool(expected)
    assert found >= 20


def test_what_is_taken_back_is_no_suspect_any_more(tmp_path: Path) -> None:
    audit, _ = _audit(tmp_path)
    assert audit.suspects.names(Side.PY) == NAMES
    assert audit.suspects.names(Side.C) == []
    for item in audit.suspects.of(Side.PY, ["phi_k_frac"]):
        instead = Finding(item.node, AuditStatus.LOG_ONLY, item.c, item.py, Side.PY, is_root=True)
        audit.take_back(item, instead)
    assert audit.suspects.names(Side.PY) == ["phi_F_latt_b"]
    assert sum(item.status is AuditStatus.LOG_ONLY for item in audit.findings) == 20
    assert audit.root_names(Side.PY) == set(NAMES)
