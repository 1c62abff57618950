"""The formulas against traces of the reference: an oracle that knows nothing of them."""

import json
from pathlib import Path

import pytest

from nbtrace import read_trace
from nbtrace.explanation.evaluate import evaluate
from nbtrace.explanation.facts import facts_of
from nbtrace.explanation.findings import outside
from nbtrace.explanation.scene import Scene, UnloggedError, rank, scene
from nbtrace.records import Side
from simulator.arguments import parse
from simulator.config_file import load_config

SUPERVISOR = Path(__file__).parents[2] / "examples" / "supervisor" / "supervisor.toml"
GOLDEN = Path(__file__).parents[1] / "golden"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "cases.json").read_text())}
TRACES = sorted((GOLDEN / "traces").glob("*.log.gz"))
ROTATIONS = {"rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"}
BROKEN = {
    # The reference keeps the previous rotation at φ = 0, except in the first sweep of a run.
    "custom_vectors_mat_hkl_phi": ROTATIONS,
    "supervisor_c": ROTATIONS,
    "phi_through_zero": {"phi_k_frac"},
    "phi_zero_mosaic": ROTATIONS,
    # What no line of these logs tells: the water, and that the detector is a sphere.
    "water_background": {"I_before_scaling"},
    "noise_image": {"I_before_scaling"},
    "curved_detector": {"pixel_pos_meters"},
}
FRESH = {"custom_vectors_mat_hkl_phi__0_0"}


def golden(path: Path) -> Scene:
    trace = read_trace(str(path))
    name = path.name.partition("__")[0]
    config = load_config(SUPERVISOR).command.config if name not in CASES else parse(CASES[name]["args"]).config
    return scene(trace, Side.C, facts_of(trace, trace, config))


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.removesuffix(".log.gz"))
def test_every_formula_holds_on_the_reference(path: Path) -> None:
    base = golden(path)
    broken, held = set(), 0
    for node in sorted(base.values, key=rank):
        try:
            computed = evaluate(base, base.values, node)
        except UnloggedError:
            continue
        if outside(base.values[node], computed):
            broken.add(node.name)
        else:
            held += 1
    name = path.name.removesuffix(".log.gz")
    allowed = BROKEN.get(name.partition("__")[0], set()) if name not in FRESH else set()
    assert broken <= allowed, f"{name}: {broken - allowed}"
    assert held > 5


def test_the_reuse_of_a_rotation_is_seen_where_it_happens() -> None:
    stale = next(path for path in TRACES if path.name.startswith("custom_vectors_mat_hkl_phi__24_51"))
    base = golden(stale)
    node = next(node for node in base.values if node.name == "rot_b_angstroms")
    assert outside(base.values[node], evaluate(base, base.values, node))


def test_an_allowance_is_as_wide_as_the_printed_digits() -> None:
    base = golden(next(path for path in TRACES if path.name.startswith("cubic_default__86")))
    node = next(node for node in base.values if node.name == "I_pixel_final")
    computed = evaluate(base, base.values, node)
    assert computed.allowed[0] < 1e-11 * computed.value[0]
    assert 6 < computed.condition < 8
