"""Which formulas a log of nanoBragg can be held against alone: what decides them must stand in the log itself."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from nbtrace.compare.evaluate import value_at
from nbtrace.compare.scene import Fact, Facts, Node, Scene, Vector
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.physics.nanobragg.formulas.crystal import AXES
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.records import Trace
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Scope

_BANNER = "banner"
_KEPT = "the reference may keep the rotation of the pixel before"
_GIVEN = "not logged: the vector as given"
_CLOSE = 2e-5
"""Relative agreement at which a ratio is taken for a known one."""

_WATER = "water_um"
_WATER_DIGITS = 6
"""Digits up to which an edge of a droplet is one that somebody typed."""

_NOT_ALONE: Mapping[str, str] = {
    **{f"rot_{axis}_angstroms": _KEPT for axis in AXES},
    **{f"sample_rot_{axis}_angstroms": _KEPT for axis in AXES},
    **{f"phi_{axis}p_y": _KEPT for axis in AXES},
    **{f"phi_{index}_frac": _KEPT for index in "hkl"},
    **{f"phi_rot_{axis}_star_A_inv_{x}": _KEPT for axis in AXES for x in "xyz"},
    **{f"rot_{axis}_star_A_inv": "some programs print it rotated, some do not" for axis in AXES},
    **{f"initial_{axis}": _GIVEN for axis in ("fdet", "sdet", "odet")},
    "r_e_meters": "a constant, which programs round differently",
}
"""Formulas that tell nothing of a lone log, and why."""


def lone_facts(trace: Trace) -> Facts:
    """Return the configuration as the banner and the values of one log tell it."""
    facts, points = facts_of(trace, trace, None), _points(trace)
    steps, edge = trace.number("steps"), math.isqrt(points)
    if "oversample" not in facts and points > 1 and edge * edge == points and steps and steps % points == 0:
        return {**facts, "oversample": Fact((float(edge),), 0.0, "sampled points")}
    return facts


def _points(trace: Trace) -> int:
    """Return how many points of the first pixel are logged."""
    first = trace.blocks[:1]
    return len({r.index.sample for r in trace.records if r.scope is Scope.POINT and r.index.block in first}) or 1


def doubt(own: Scene, node: Node) -> str:
    """Return why a value of a lone log cannot be held against its formula, in words; empty if it can."""
    if node.name in _NOT_ALONE:
        return _NOT_ALONE[node.name]
    ask = _DOUBTS.get(node.name)
    return ask(own) if ask is not None else ""


def _cells(axis: str) -> Callable[[Scene], str]:
    """Return the doubt of a lattice factor: a number of cells that is worked out from it proves nothing."""

    def ask(own: Scene) -> str:
        fact = own.facts.get(f"N_{axis}")
        return "" if fact is not None and fact.origin == _BANNER else f"not logged: number of cells along {axis}"

    return ask


def _one_source(own: Scene) -> str:
    return "" if _stated(own, "sources") == 1 else "not logged: number of sources"


def _one_point(own: Scene) -> str:
    """Return the doubt of a position: which of several points of the pixel it is of."""
    if whereabouts(own.trace, _block(own)).contradicts_itself:
        return "the log states another pixel than its geometry is of"
    oversample, layers = _stated(own, "oversample"), _stated(own, "layers")
    points = len(own.samples) or 1
    if oversample is None or (layers is None and points > 1):
        return "not logged: oversampling, sensor layers"
    return "" if points == oversample**2 * (layers or 1) else f"{points} of the points of the pixel are logged"


def _block(own: Scene) -> int:
    """Return the block that a scene is of."""
    return next((r.index.block for r in own.records.values() if r.scope is not Scope.RUN), 0)


def _one_step(own: Scene) -> str:
    steps = _logged(own, "steps")
    return "" if steps == 1 else "polar is of one sample, the intensity a sum of many"


def _all_samples(own: Scene) -> str:
    """Return the doubt of the sum: what is added up must be what the log says that it divides by."""
    steps = _logged(own, "steps")
    if steps is None:
        return "not logged: steps"
    if any(node.name == "sample_contribution" for node in own.values):
        return ""
    layers = _stated(own, "layers")
    if layers is None and _logged(own, "capture_fraction") not in {None, 1.0}:
        return "not logged: number of sensor layers"
    turns = _stated(own, "phi_steps") or len(own.ordinals.get(PHI_TIC, ())) or 1
    summed, added = steps * (layers or 1), turns * (len(own.samples) or 1)
    return "" if summed == added else f"F_cell and F_latt of {added:g} of the {summed:g} samples are logged"


_DOUBTS: Mapping[str, Callable[[Scene], str]] = {
    **{f"{prefix}_{axis}": _cells(axis) for prefix in ("F_latt", "phi_F_latt") for axis in AXES},
    "incident_vec": _one_source,
    "lambda_meters": _one_source,
    "pixel_pos_meters": _one_point,
    "I_before_scaling_post_polar": _one_step,
    "I_before_scaling": _all_samples,
}
"""Formulas that a lone log decides under a condition."""


def _stated(own: Scene, name: str) -> float | None:
    fact = own.facts.get(name)
    return fact.numbers[0] if fact is not None else None


def _logged(own: Scene, name: str) -> float | None:
    return next((value[0] for node, value in own.values.items() if node.name == name and value), None)


def supposed(own: Scene, node: Node) -> Facts:
    """Return what the reference never prints, and with which a value may be its formula's: a curved detector, water."""
    if node.name == "pixel_pos_meters":
        return {"curved": Fact((1.0,), 0.0, "supposed")}
    edge = _water_um(own, node) if node.name == "I_before_scaling" else None
    return {} if edge is None else _watered(own, edge)


def supposed_words(facts: Facts) -> str:
    """Return what was supposed, in words."""
    if _WATER in facts:
        return f"with {facts[_WATER].numbers[0]:g} µm of water, which no log states"
    return "of a curved detector"


def _watered(own: Scene, edge_um: float) -> Facts:
    fluence = _logged(own, "fluence_photons_per_m2") or 0.0
    return {_WATER: Fact((edge_um,), 0.0, "supposed"), "configured_fluence": Fact((fluence,), 0.0, "supposed")}


def _water_um(own: Scene, node: Node) -> float | None:
    """Return the edge of the droplet whose scattering is missing from a sum, in µm; None if no round one fits.

    The scattering is proportional to the cube of the edge, which somebody typed: it has few digits.
    """
    logged, dry, wet = own.values[node][0], *(_sum_with(own, node, edge) for edge in (0.0, 1.0))
    if dry is None or wet is None or wet <= dry or logged <= dry:
        return None
    edge = math.cbrt((logged - dry) / (wet - dry))
    typed = float(f"{edge:.{_WATER_DIGITS}g}")
    return typed if math.isclose(edge, typed, rel_tol=10.0 ** -(_WATER_DIGITS + 2)) else None


def _sum_with(own: Scene, node: Node, edge_um: float) -> float | None:
    try:
        value, _ = value_at(replace(own, facts={**own.facts, **_watered(own, edge_um)}), own.values, node)
    except UnloggedError:
        return None
    return value[0]


def looks_like(own: Scene, node: Node, computed: Vector) -> str:
    """Return what an intensity looks like that is not the sum over its samples; empty for nothing known."""
    if node.name != "I_before_scaling" or not computed[0]:
        return ""
    ratio = own.values[node][0] / computed[0]
    return next((text for factor, text in _factors(own) if math.isclose(ratio, factor, rel_tol=_CLOSE)), "")


def _factors(own: Scene) -> Iterator[tuple[float, str]]:
    polar, steps = _logged(own, "polar"), _logged(own, "steps")
    if polar and polar != 1:
        yield polar, "logged after polarisation"
    if steps and steps != 1:
        yield 1 / steps, "already divided by steps"
