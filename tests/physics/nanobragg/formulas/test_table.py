"""The formulas against traces of the reference: an oracle that knows nothing of them."""

import pytest

from nbtrace import read_trace
from nbtrace.compare.evaluate import evaluate
from nbtrace.compare.scene import Scene, in_order, scene
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError
from simulator.arguments import parse
from simulator.config_file import load_config
from tests.places import SUPERVISOR_CONFIGURATION
from tests.simulator.golden import SUPERVISOR, cases, trace_file, traces

TRACES = [*traces(), *((name, (685, 1039)) for name in SUPERVISOR)]
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
FRESH = {("custom_vectors_mat_hkl_phi", (0, 0))}


def golden(name: str, pixel: tuple[int, int]) -> Scene:
    trace = read_trace(str(trace_file(name, pixel)))
    known = cases().get(name)
    config = load_config(SUPERVISOR_CONFIGURATION).command.config if known is None else parse(known.arguments).config
    return scene(trace, Side.C, facts_of(trace, trace, config))


@pytest.mark.parametrize(("name", "pixel"), TRACES, ids=str)
def test_every_formula_holds_on_the_reference(name: str, pixel: tuple[int, int]) -> None:
    base = golden(name, pixel)
    broken, held = set(), 0
    for node in in_order(base.vocabulary, base.values):
        try:
            computed = evaluate(base, base.values, node)
        except UnloggedError:
            continue
        if not computed.allows(base.values[node]):
            broken.add(node.name)
        else:
            held += 1
    allowed = BROKEN.get(name, set()) if (name, pixel) not in FRESH else set()
    assert broken <= allowed
    assert held > 5


def test_the_reuse_of_a_rotation_is_seen_where_it_happens() -> None:
    base = golden("custom_vectors_mat_hkl_phi", (24, 51))
    node = next(node for node in base.values if node.name == "rot_b_angstroms")
    assert not evaluate(base, base.values, node).allows(base.values[node])


def test_an_allowance_is_as_wide_as_the_printed_digits() -> None:
    base = golden("cubic_default", (86, 83))
    node = next(node for node in base.values if node.name == "I_pixel_final")
    computed = evaluate(base, base.values, node)
    assert computed.allowed[0] < 1e-11 * computed.value[0]
    assert 6 < computed.condition < 8
