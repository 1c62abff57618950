"""The steps of a long sweep held against formulas as columns: the answer is that of every step held alone."""

from random import Random

import pytest

import nbtrace
from nbtrace import Side, Trace
from nbtrace.compare import formula_checks as module
from nbtrace.compare import formula_columns
from nbtrace.compare.evaluate import value_at
from nbtrace.compare.formula_checks import formula_checks
from nbtrace.compare.logs import logs_of
from nbtrace.compare.scene import Node, Scene, scene
from nbtrace.compare.self_check import Check, RelationState
from nbtrace.compare.turns_view import Turns
from nbtrace.vocabulary.formula import UnloggedError
from tests.places import EXAMPLES

STEPS = 40
EXAMPLE = (EXAMPLES / "pairs" / "custom_vectors_mat_hkl_phi__24_51" / "c.log").read_text().splitlines()
SPREAD = {"as stated": (0.1, 1.994, 1.9957), "beyond the sweep": (0.1, 1.85, 2.09), "a quarter turn": (90.0, 1.0, 3.0)}
"""The angle that a sweep takes, degrees, and between which numbers its k lie."""


def read(lines: list[str]) -> Trace:
    (trace,) = nbtrace.parse_trace("\n".join(lines))
    return trace


def sweep(random: Random, span_deg: float, low: float, high: float) -> list[dict[str, str]]:
    """Return the steps of a sweep, whose k is on no curve in particular."""
    angles = [span_deg * tic / STEPS for tic in range(STEPS)]
    found = [{"phi_deg": f"{angle:.15g}", "k_frac": f"{random.uniform(low, high):.15g}"} for angle in angles]
    return [{**step, "F_latt_b": "1", "F_latt": "1"} for step in found]


def written(steps: list[dict[str, str]]) -> list[str]:
    """Return the log of a sweep."""
    lines = [line.replace("10 phi steps", f"{len(steps)} phi steps") for line in EXAMPLE]
    first = next(at for at, line in enumerate(lines) if line.startswith("TRACE_C_PHI "))
    own = [
        f"TRACE_C_PHI phi_tic={tic} {' '.join(f'{k}={v}' for k, v in step.items())}" for tic, step in enumerate(steps)
    ]
    return [*lines[:first], *own, *(line for line in lines[first:] if not line.startswith("TRACE_C_PHI "))]


def obeying(steps: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the steps with the factors that the formulas give, one quantity after the other."""
    for key, quantity in (("F_latt_b", "phi_F_latt_b"), ("F_latt", "phi_F_latt")):
        trace = read(written(steps))
        own = scene(trace, Side.C, logs_of(trace.vocabulary).facts(trace))
        for tic, step in enumerate(steps):
            try:
                (value,), _ = value_at(own, own.values, Node(quantity, 0, (("phi_tic", tic),)))
            except UnloggedError:
                continue
            step[key] = f"{value:.15g}"
    return steps


def edited(random: Random, steps: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the steps after a few edits: wrong by much or by hardly anything, cut digits, missing values, integers."""
    for _ in range(random.randrange(6)):
        step, key = random.choice(steps), random.choice(["phi_deg", "k_frac", "F_latt_b", "F_latt"])
        number = float(step.get(key, "1"))
        changed = number * random.choice([-1, 1.001, 1 + 1e-9, 1 + 1e-12, 1 + 1e-13])
        kept = random.choice([f"{changed:.15g}", f"{number:.6g}", f"{round(number)}", "0", "nan", ""])
        step[key] = kept
        if not kept:
            del step[key]
    return steps


def one_by_one(monkeypatch: pytest.MonkeyPatch, trace: Trace) -> tuple[Check, ...]:
    with monkeypatch.context() as patched:
        patched.setattr(module, "MANY", 10**9)
        return formula_checks(trace)


@pytest.mark.parametrize("spread", SPREAD.values(), ids=SPREAD)
@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_that_of_every_step_alone(
    seed: int, spread: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)  # noqa: S311 - a simulation
    trace = read(written(edited(random, obeying(sweep(random, *spread)))))
    monkeypatch.setattr(module, "MANY", 3)
    assert formula_checks(trace) == one_by_one(monkeypatch, trace)


def test_steps_are_held_as_columns_and_one_wrong_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)  # noqa: S311 - a simulation
    steps = obeying(sweep(random, *SPREAD["as stated"]))
    steps[7]["F_latt"] = f"{float(steps[7]['F_latt']) * 1.001:.15g}"
    columns: list[formula_columns.HeldColumn | None] = []
    own = formula_columns.held

    def noted(scene: Scene, turns: Turns) -> formula_columns.HeldColumn | None:
        columns.append(own(scene, turns))
        return columns[-1]

    monkeypatch.setattr(formula_columns, "held", noted)
    monkeypatch.setattr(module, "MANY", 3)
    found = {check.quantity: check for check in formula_checks(read(written(steps)))}
    assert len(columns) == 3
    assert None not in columns
    product = found["phi_F_latt"]
    assert (product.instances, product.broken, product.index.ordinal("phi_tic")) == (STEPS, 1, 7)
    assert found["phi_F_latt_b"].finding is found["phi_deg"].finding is RelationState.HOLDS
