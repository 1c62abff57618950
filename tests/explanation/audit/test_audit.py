"""Sweeps of many steps: what is found out for all steps at once explains what it does where each is held alone."""

import re
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.sweep_logs import write_sweep
from nbtrace import explain
from nbtrace.compare import computed_turns, node_view
from nbtrace.compare.evaluate import Computed, evaluate
from nbtrace.compare.scene import Node, Scene, Vector
from nbtrace.explanation.audit import findings
from nbtrace.explanation.explain import Explanation

STEPS = 14
NEVER = 10**9


def scaled(text: str, pattern: str, factor: float) -> str:
    """Return a log with the numbers that follow a pattern multiplied."""
    return re.sub(f"({pattern})([-+.0-9e]+)", lambda found: f"{found[1]}{float(found[2]) * factor:.15g}", text)


def of_step(tic: int, key: str) -> str:
    return rf"phi_tic={tic} .*\b{key}="


FAULTS: dict[str, Callable[[str], str]] = {
    "one factor": lambda log: scaled(log, of_step(5, "F_latt_b"), 1.01),
    "all factors": lambda log: scaled(scaled(log, "F_latt_b=", 1.001), " F_latt=", 1.001),
    "factors from a step on": lambda log: scaled(log, r"phi_tic=(?:[89]|1\d) .*\bF_latt_b=", 1.002),
    "some products": lambda log: scaled(log, r"phi_tic=[258] .*\bF_latt=", 1.01),
    "one k": lambda log: scaled(log, of_step(5, "k_frac"), 1.01),
    "the angles": lambda log: scaled(log, "phi_deg=", 1.5),
    "cells": lambda log: log.replace("16x17x9", "16x18x9"),
    "the scattering vector": lambda log: scaled(log, "scattering_vec_A_inv ", 1.001),
    "the sum": lambda log: scaled(log, "I_before_scaling ", 1.5),
    "it is cut off": lambda log: log[: log.index("phi_tic=6 ")].rpartition("\n")[0] + "\n",
    "some steps are lacking": lambda log: re.sub(r".*phi_tic=(?:[258]|1\d) .*\n", "", log),
    "one value is lacking": lambda log: re.sub(r"(phi_tic=5 .*) F_latt=.*", r"\1", log),
}


@contextmanager
def many_from(count: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_view, "MANY", count)
        patch.setattr(computed_turns, "MANY", count)
        yield


def told(result: Explanation) -> list[object]:
    """Return what an explanation says, but for the last digits of its numbers."""
    findings = [(item.node, item.status, item.side, item.is_root, item.reason) for item in result.findings]
    roots = [(root.node, root.side, root.status, len(root.findings), root.search.tried) for root in result.roots]
    causes = [[cause.text for cause in (*root.search.causes, *root.search.nearest)] for root in result.roots]
    shares = [(share.reason, share.of_log_ratio and round(share.of_log_ratio, 9)) for _, share in result.ranked]
    return [result.verdict, findings, roots, causes, shares]


@pytest.mark.parametrize("fault", FAULTS)
def test_steps_at_once_are_explained_as_each_alone(fault: str, tmp_path: Path) -> None:
    c, py = write_sweep(tmp_path, STEPS, every=NEVER)
    log = Path(py).read_text()
    wrong = FAULTS[fault](log)
    assert wrong != log
    Path(py).write_text(wrong)
    with many_from(NEVER):
        alone = told(explain(c, py))
    with many_from(3):
        at_once = told(explain(c, py))
    assert at_once == alone


def test_steps_that_one_log_lacks_are_not_held_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 200
    c, py = write_sweep(tmp_path, steps, every=NEVER)
    log = Path(py).read_text()
    Path(py).write_text(log[: log.index("TRACE_PY_PHI phi_tic=50 ")])
    held = []

    def counted(scene: Scene, values: MutableMapping[Node, Vector], node: Node) -> Computed:
        held.append(node)
        return evaluate(scene, values, node)

    monkeypatch.setattr(findings, "evaluate", counted)
    result = explain(c, py)
    lacking = {item.node for item in result.findings if item.py.logged is None and item.node.place}
    assert len(lacking) == 4 * (steps - 50)
    assert len([node for node in held if node in lacking]) < 0.1 * len(lacking)  # those that no angle is found of
