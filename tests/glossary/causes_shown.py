"""A recorded trace with one mistake for each cause, for the examples of pages: what `explain` then says first."""

import tempfile
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from nbtrace.compare.evaluate import evaluate
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import Fact, Node, Scene, Vector
from nbtrace.explanation.causes.catalogue import catalogue
from nbtrace.explanation.causes.search import Case, Cause, Signature, search
from nbtrace.explanation.explain import explain
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.formulas.intensity import REFLECTIONS
from nbtrace.physics.nanobragg.formulas.reflections import Reflections
from nbtrace.physics.nanobragg.judgement import NanoBragg
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.selftest import scoring
from nbtrace.physics.nanobragg.selftest.defects import DEFECTS
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.registry import load
from simulator.hkl import ReflectionTable
from tests.examples import strangers
from tests.glossary.recorded_pairs import WIDTH, picked

CATALOGUE = catalogue(NanoBragg(VOCABULARY))

INJECTED: Mapping[str, tuple[str, str]] = {
    "unit": ("cell vectors in nm", "cubic_default"),
    "order": ("pix0 with y and z exchanged", "cubic_default"),
    "sign": ("scattering vector reversed", "cubic_default"),
    "pixel_shift": ("pixel position half a pixel off", "cubic_default"),
    "square": ("distance squared", "cubic_default"),
    "another_quantity": ("diffracted direction not normalised", "cubic_default"),
    "convention": ("incident beam along z", "cubic_default"),
    "constant": ("wavelength of 1 Å", "cubic_default"),
    "two_pi": ("scattering vector times 2π", "cubic_default"),
    "two": ("scattering vector halved", "cubic_default"),
    "input_dropped": ("scattering vector without incident beam", "cubic_default"),
    "other_rotation": ("rotation in the opposite sense", "phi_from_nonzero"),
    "stale_in_another_sweep": ("rotation in the opposite sense, and the first step stale", "phi_from_nonzero"),
    "cells": ("lattice factor of one cell more along a", "cubic_default"),
    "lattice_factor": ("lattice factor along c divided by N", "cubic_default"),
    "zero": ("structure factor 0", "cubic_default"),
    "intensity_sum": ("intensity lacks step 0", "phi_from_nonzero"),
    "factor": ("intensity times F_cell", "cubic_default"),
    "divisor": ("steps one too many", "phi_from_nonzero"),
    "polarisation": ("polarisation with cos 2θ", "cubic_default"),
    "several_factors": ("pixel without polarisation and solid angle", "cubic_default"),
}
"""By cause: a mistake of the self-test, and the recorded configuration in which the port makes it."""


@cache
def scene_of(configuration: str) -> Scene:
    """Return a recorded trace of the self-test."""
    ((_, found),) = scoring.scenes((), (configuration,))
    return found


def injected(cause: str) -> list[str]:
    """Return the first line of `explain` on a pair in which the port makes a mistake, if that names the cause."""
    name, configuration = INJECTED[cause]
    base = scene_of(configuration)
    values = scoring.made(base, next(defect for defect in DEFECTS if defect.name == name))
    assert values is not None
    result = explain(*scoring.pair(base, base.values, values))
    root, _ = result.ranked[0]
    assert root.cause is not None
    assert (root.cause.signature.name, root.side) == (cause, Side.PY)
    return picked(result.report(width=WIDTH), "^DIFFER")


SEARCHED: Mapping[str, tuple[str, Node, int]] = {
    "zero_component": ("cubic_default", Node("diffracted_vec", 0), 0),
    "angle_unit": ("cubic_default", Node("scattering_vec_A_inv", 0), 0),
    "pi": ("cubic_default", Node("omega_pixel_sr", 0), 0),
    "root_two": ("cubic_default", Node("R_distance_meters", 0), 0),
    "power": ("cubic_default", Node("F_latt", 0), 1),
    "float32": ("cubic_default", Node("hkl_frac", 0), 0),
    "normalised": ("cubic_default", Node("scattering_vec_A_inv", 0), 0),
    "rounding": ("cubic_default", Node("hkl_rounded", 0), 0),
    "over_1000": ("cubic_default", Node("beam_center_m"), 0),
    "solid_angle": ("cubic_default", Node("omega_pixel_sr", 0), 0),
    "spot": ("cubic_default", Node("F_latt", 0), 0),
    "configuration": ("cubic_default", Node("pixel_pos_meters", 0), 1),
    "input_scaled": ("cubic_default", Node("scattering_vec_A_inv", 0), 13),
    "inputs_exchanged": ("cubic_default", Node("omega_pixel_sr", 0), 0),
    "input_altered": ("cubic_default", Node("scattering_vec_A_inv", 0), 5),
    "input_replaced": ("cubic_default", Node("scattering_vec_A_inv", 0), 0),
    "rotated_in_log": ("phi_from_nonzero", Node("rot_a_star_A_inv", 0), 1),
    "post_polar": ("phi_from_nonzero", Node("I_pixel_final"), 1),
    "phi_label": ("phi_from_nonzero", Node("phi_deg", 0, ((PHI_TIC, 2),)), 0),
    "stale": ("phi_from_nonzero", Node("phi_F_latt", 0, ((PHI_TIC, 2),)), 1),
    "corner_before_rotation": ("custom_vectors_mat_hkl_phi", Node("pix0_before_rotation"), 0),
    "capture": ("thick_sensor", Node("capture_fraction"), 0),
}
"""By cause: a recorded trace, a value of it, and which of the values that the cause predicts stands in its place."""


def _case(base: Scene, node: Node, logged: Vector | None = None) -> Case:
    """Return what causes are looked for of a value that is right by its formula, or of another in its place."""
    try:
        held = evaluate(base, base.values, node)
    except UnloggedError:
        value = base.values[node]
        allowed = tuple(1e-13 * max(map(abs, value)) for _ in value)
        return Case(base, base.values, base.values, node, logged or value, value, allowed)
    return Case(
        base, base.values, base.values, node, logged or held.value, held.value, held.allowed, held.inputs, held.facts
    )


def _signature(name: str) -> Signature:
    return next(signature for signature in CATALOGUE if signature.name == name)


def _predicted(cause: str, case: Case, number: int = 0) -> Case:
    """Return a case whose logged value is one of those that a cause predicts."""
    return replace(case, logged=list(_signature(cause).each(case))[number].value)


def _searched(cause: str) -> Case:
    configuration, node, number = SEARCHED[cause]
    return _predicted(cause, _case(scene_of(configuration), node), number)


def _named(name: str, case: Case) -> list[str]:
    """Return the words of a cause as a report has them, if the search names it first."""
    found: Cause = search(case, CATALOGUE).causes[0]
    assert found.signature.name == name, [found.signature.name, found.text]
    text = f"{case.node.label}: {found.text}, residual {found.residual_rel:.1e}"
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _power_of_ten() -> Case:
    base, node = scene_of("cubic_default"), Node("I_before_scaling")
    right = base.values[node]
    return Case(base, base.values, base.values, node, (1e5 * right[0],), right, (1e-13 * right[0],))


def _cell_volume() -> Case:
    stars = {Node(f"vec_{axis}_star"): tuple(0.013 * (i == j) for j in range(3)) for i, axis in enumerate("abc")}
    node = Node("vec_a")
    case = Case(scene_of("cubic_default"), {}, stars, node, (0.013**2, 0.0, 0.0), (1 / 0.013, 0.0, 0.0), (1e-12,) * 3)
    return replace(case, values={**scene_of("cubic_default").values, **stars})


def _common_scale() -> Case:
    base = scene_of("cubic_default")
    theirs = {Node(f"vec_{axis}_star"): tuple(0.013 * (i == j) for j in range(3)) for i, axis in enumerate("abc")}
    own = {node: tuple(0.9970915 * x for x in value) for node, value in theirs.items()}
    node = Node("vec_a_star")
    return Case(base, {**base.values, **own}, {**base.values, **theirs}, node, own[node], theirs[node], (1e-16,) * 3)


def _beam_centre() -> Case:
    base = scene_of("cubic_default")
    known = replace(base, facts={**base.facts, "pixel_m": Fact((1e-4,))})
    node = Node("Fbeam_m")
    return Case(known, {**base.values, node: (0.05135,)}, base.values, node, (0.05135,), (0.0513,), (1e-15,))


def _own_volume() -> Case:
    base = scene_of("cubic_default")
    edges = {Node("vec_a"): (60.3, 0.0, 0.0), Node("vec_b"): (-6.1, 69.7, 0.0), Node("vec_c"): (-20.7, 12.9, 76.4)}
    spanned = (60.3 * 69.7 * 76.4,)
    node = Node("V_cell")
    values = {**base.values, **edges, node: spanned}
    return Case(base, values, base.values, node, spanned, (318411.7,), (1e-7,))


def _given_normal() -> Case:
    base = scene_of("custom_vectors_mat_hkl_phi")
    node = Node("pix0_vector_meters", 0)
    fast, slow = base.values[Node("fdet_vec", 0)], base.values[Node("sdet_vec", 0)]
    close, F, S = (base.values[Node(name)][0] for name in ("close_distance_m", "Fclose_m", "Sclose_m"))
    normal = (-0.000088, 0.004914, -0.999988)
    return _case(base, node, tuple(close * o - F * f - S * s for o, f, s in zip(normal, fast, slow, strict=True)))


def _not_normalised() -> Case:
    base = scene_of("tilted_sample_pivot")
    node = Node("fdet_vec", 0)
    return _case(base, node, tuple(1.0000237 * x for x in base.values[node]))


def _beam_as_given() -> Case:
    base = scene_of("custom_vectors_mat_hkl_phi")
    beam = Node("incident_vec", 0)
    values = {**base.values, beam: tuple(1.0000237 * x for x in base.values[beam])}
    return _predicted("beam_as_given", _case(replace(base, values=values), Node("ratio")))


def _structure_factor() -> Case:
    base = scene_of("cubic_default")
    known = replace(base, facts={**base.facts, "default_F": Fact((17.3,))})
    return replace(_case(known, Node("F_cell", 0), (17.3,)), right=(246.81,))


def _other_reflection() -> Case:
    base = scene_of("cubic_default")
    table = ReflectionTable(np.random.default_rng(7).uniform(1.0, 500.0, (61, 61, 61)), *(-30, 30) * 3, 0.0, 61**3)
    known = replace(base, tables={**base.tables, REFLECTIONS: Reflections(table, interpolated=False)})
    listed = known.tables[REFLECTIONS]
    h, k, l = known.values[Node("hkl_rounded", 0)]  # noqa: E741 - an index
    return replace(_case(known, Node("F_cell", 0), (listed.nearest((k, h, l)),)), right=(listed.nearest((h, k, l)),))


def _not_stored() -> Case:
    base = scene_of("cubic_default")
    final = base.values[Node("I_pixel_final")]
    node = Node("floatimage_accumulated")
    return Case(base, base.values, base.values, node, final, tuple(map(as_single, final)), (1e-16 * final[0],))


def _cell_c_star_z() -> Case:
    base = scene_of("cubic_default")
    node = Node("rot_a_star_A_inv", 0)
    return _case(base, node, tuple(0.98173 * x for x in base.values[node]))


def _unlogged_factor() -> Case:
    base = scene_of("cubic_default")
    values = {node: value for node, value in base.values.items() if node.name != "polar"}
    bare = replace(base, values=values)
    final = Node("I_pixel_final")
    return _predicted("unlogged_factor", replace(_case(bare, final, (1.0,)), right=base.values[final]))


def _other_input() -> Case:
    base = scene_of("cubic_default")
    far = Node("R_distance_meters", 0)
    case = replace(_case(base, Node("omega_pixel_sr", 0)), theirs={**base.values, far: (1.0137 * base.values[far][0],)})
    return replace(case, logged=case.with_inputs({far: case.theirs[far]}))


BUILT: Mapping[str, Callable[[], Case]] = {
    "power_of_ten": _power_of_ten,
    "cell_volume": _cell_volume,
    "common_scale": _common_scale,
    "beam_centre": _beam_centre,
    "own_volume": _own_volume,
    "given_normal": _given_normal,
    "not_normalised": _not_normalised,
    "beam_as_given": _beam_as_given,
    "structure_factor": _structure_factor,
    "other_reflection": _other_reflection,
    "not_stored": _not_stored,
    "cell_c_star_z": _cell_c_star_z,
    "unlogged_factor": _unlogged_factor,
    "other_input": _other_input,
}
"""By cause: a value that it explains, made by hand where no recorded trace has what it takes."""


def shifted_index() -> list[str]:
    """Return the first line of `explain` on two programs that heat air, one of which takes the layer above."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sunlight.toml"
        file.write_text(strangers.VOCABULARY, encoding="utf-8")
        words = load(file)
        mistake = next(item for item in strangers.MISTAKES if item.name == "density of the layer above")
        texts = strangers.logs(mistake, strangers.CANDIDATE)
        c, py = (parse_trace(text, f"{name}.log", vocabulary=words)[0] for name, text in texts.items())
        result = explain(c, py)
    cause = result.ranked[0][0].cause
    assert cause is not None
    assert cause.signature.name == "shifted_index"
    return picked(result.report(width=WIDTH), "^DIFFER")


def shown(cause: str) -> list[str]:
    """Return what is said of a pair in which a cause is at work."""
    if cause == "shifted_index":
        return shifted_index()
    if cause in INJECTED:
        return injected(cause)
    return _named(cause, BUILT[cause]() if cause in BUILT else _searched(cause))


CAUSES: Mapping[str, Callable[[], list[str]]] = {
    name: partial(shown, name) for name in (*INJECTED, *SEARCHED, *BUILT, "shifted_index")
}
"""By the name of the cause."""
