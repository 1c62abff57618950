"""The relations that a log of nanoBragg or of a port must obey, of one value or of columns of many."""

import math
from collections.abc import Callable
from typing import Any

from nbtrace.compare.excerpt import whole_of
from nbtrace.compare.relations import Relation, Values, Vector
from nbtrace.compare.vectors import Column, ceiling, inner, largest, length, where
from nbtrace.physics.nanobragg.quantities import PHI_TIC, QUANTITIES
from nbtrace.records import Trace
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.quantity import Scope


def chain_product(values: Values) -> Column:
    """Return I·r_e²·Φ/steps·capture·polar·omega; one applied per sample, or not logged, counts as 1."""
    factors = [values["I_before_scaling"][0], values["r_e_sqr"][0], values["fluence_photons_per_m2"][0]]
    factors += [values[name][0] for name in applied_factors(values)]
    return math.prod(factors) / values["steps"][0]


def applied_factors(values: Values) -> tuple[str, ...]:
    """Return the logged factors that the chain multiplies at its end: those whose per-sample flag is off."""
    flags = {
        "capture_fraction": "oversample_thick",
        "polar": "oversample_polar",
        "omega_pixel": "oversample_omega",
    }
    present = [name for name in flags if name in values or (name == "omega_pixel" and "omega_pixel_sr" in values)]
    applied = [name for name in present if values.get(flags[name], (0.0,))[0] == 0.0]
    return tuple("omega_pixel_sr" if name == "omega_pixel" and name not in values else name for name in applied)


def solid_angle(pixel_m: Column, close_m: Column, radius_m: Column) -> Column:
    """Return Ω = p²·close/R³ of a pixel, sr."""
    return pixel_m * pixel_m / (radius_m * radius_m) * close_m / radius_m


def solid_angle_of_a_point(radius_m: Column) -> Column:
    """Return 1/R², what takes the place of the solid angle where pixels count as points."""
    return 1 / (radius_m * radius_m)


def _radius(v: Values) -> Vector:
    return (length(v["pixel_pos_meters"]),)


def _obliquity(v: Values) -> Vector:
    return (v["close_distance_meters"][0] / v["R_distance_meters"][0],)


def _omega(v: Values) -> Vector:
    """Ω, or 1/R² where pixels count as points, which no other line of the log tells."""
    radius, logged = v["R_distance_meters"][0], v["omega_pixel_sr"][0]
    of_a_point = solid_angle_of_a_point(radius)
    points = abs(logged - of_a_point) <= 1e-3 * largest(abs(logged), of_a_point)
    return (where(points, of_a_point, solid_angle(v["pixel_m"][0], v["close_distance_meters"][0], radius)),)


def _diffracted(v: Values) -> Vector:
    radius = v["R_distance_meters"][0]
    return tuple(x / radius for x in v["pixel_pos_meters"])


def _wavelength(v: Values) -> Vector:
    return (v["lambda_meters"][0] / ANGSTROM,)


def _scattering(v: Values) -> Vector:
    wavelength = v["lambda_meters"][0]
    return tuple((d - i) / wavelength for d, i in zip(v["diffracted_vec"], v["incident_vec"], strict=True))


def _wavenumber(v: Values) -> Column:
    return 1 / v["lambda_meters"][0]


def _miller(v: Values) -> Vector:
    return tuple(inner(v[f"rot_{axis}_angstroms"], v["scattering_vec_A_inv"]) * ANGSTROM for axis in "abc")


def _largest_index(v: Values) -> Column:
    longest = largest(*(length(v[f"rot_{axis}_angstroms"]) for axis in "abc"))
    return longest * length(v["scattering_vec_A_inv"]) * ANGSTROM


def nearest_indices(hkl: Vector) -> Vector:
    """Return the nearest Miller indices, ⌈h − ½⌉."""
    return tuple(ceiling(index - 0.5) for index in hkl)


def _rounded(v: Values) -> Vector:
    return nearest_indices(v["hkl_frac"])


def _lattice(v: Values) -> Vector:
    return (math.prod(v[f"F_latt_{axis}"][0] for axis in "abc"),)


def _thomson(v: Values) -> Vector:
    return (v["r_e_meters"][0] * v["r_e_meters"][0],)


def scattering_cosine(v: Values) -> Vector:
    """Return cos 2θ = î·d̂."""
    return (inner(v["incident_vec"], v["diffracted_vec"]),)


def _chain(v: Values) -> Vector:
    return (chain_product(v),)


def _stored(v: Values) -> Vector:
    return v["I_pixel_final"]


def _one(_: Values) -> Column:
    return 1.0


def is_after_polarisation(v: Values) -> bool:
    """Whether the pixel is 1/polar of the product: the intensity was logged after polarisation."""
    if not v.get("polar", (0.0,))[0] or not v.get("steps", (0.0,))[0] or not all(name in v for name in _CHAIN):
        return False
    product = chain_product(v)
    return product != 0 and math.isclose(v["I_pixel_final"][0] / product * v["polar"][0], 1, rel_tol=_CLOSE)


_CHAIN = ("I_pixel_final", "I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "steps")


def chain_meaning(v: Values) -> str:
    """Return what a pixel that is not the product of its own chain looks like."""
    product = chain_product(v)
    final = v["I_pixel_final"][0]
    if product == 0 or final == 0:
        return "one of the factors was logged as 0" if product == 0 else "the pixel value was logged as 0"
    ratio = final / product
    if is_after_polarisation(v):
        return "I_before_scaling was logged after polarisation (ratio 1/polar)"
    if "polar" not in v and (factor := _unpolarised(v)) and math.isclose(ratio, factor, rel_tol=_CLOSE):
        return "the polarisation factor was applied but is not in the log"
    if v.get("polar") == (1.0,) and (factor := _unpolarised(v)) and math.isclose(ratio, factor, rel_tol=_CLOSE):
        return "the pixel was polarised, the logged polarisation factor is 1"
    if "I_before_scaling_post_polar" in v and (own := _through_post_polar(v)):
        return own
    if "F_latt" in v and "F_cell" in v:
        F = v["F_cell"][0] * v["F_latt"][0]
        one_step = F * F
        if one_step and math.isclose(v["I_before_scaling"][0], one_step, rel_tol=_CLOSE) and v["steps"][0] > 1:
            return f"I_before_scaling is (F_cell·F_latt)² of one step, the pixel is the sum over {v['steps'][0]:g}"
    if math.isclose(ratio, v["steps"][0], rel_tol=_CLOSE):
        return "the sum was not divided by steps"
    return f"the pixel is {ratio:.6g} of the product of its own chain: foreign, stale or edited values"


def _through_post_polar(v: Values) -> str | None:
    """Return what it means if the pixel follows from the intensity after polarisation instead."""
    before, after = v["I_before_scaling"][0], v["I_before_scaling_post_polar"][0]
    if before == 0 or after == 0:
        return None
    unpolarised = {name: value for name, value in v.items() if name != "polar"}
    product = chain_product({**unpolarised, "I_before_scaling": (after,)})
    if product == 0:
        return None
    apart = abs(v["I_pixel_final"][0] / product - 1)
    if apart > _NEAR:
        return None
    logged = f", not the logged polar {v['polar'][0]:.6g}" if "polar" in v else ""
    exactness = f" to {apart:.1e}" if apart > _CLOSE else ""
    share = f"{after / before:.6g} of I_before_scaling{logged}"
    return f"the pixel follows{exactness} from I_before_scaling_post_polar, {share}"


def _unpolarised(v: Values) -> float | None:
    """Return the polarisation factor of an unpolarised beam, ½(1 + cos²2θ), if the log tells 2θ."""
    if "incident_vec" in v and "diffracted_vec" in v:
        cosine = math.fsum(a * b for a, b in zip(v["incident_vec"], v["diffracted_vec"], strict=True))
    elif "cos_2theta" in v:
        cosine = v["cos_2theta"][0]
    else:
        return None
    return 0.5 * (1 + cosine * cosine)


def has_unlogged_samples(trace: Trace) -> bool:
    """Whether a pixel is the sum of more samples than the points and φ steps that its log tells of."""
    steps = trace.number("steps")
    points = len({record.index.sample for record in trace.records if record.scope is Scope.POINT}) or 1
    stated = trace.settings.get("phi_steps")
    whole = whole_of(trace)
    tics = {record.index.ordinal(PHI_TIC) for record in trace.records} - {None}
    logged = whole.turns if whole is not None and whole.turns else len(tics)
    turns = float(stated.value) if stated is not None else logged or 1
    return steps is not None and steps > points * turns


_CLOSE = 2e-5
"""Relative agreement at which a ratio is taken for a known one."""

_NEAR = 5e-3
"""Relative agreement at which a product of averages is taken for the average of products."""


def _relation(name: str, formula: str, compute: Callable[[Values], Vector], **more: Any) -> Relation:
    """Return a relation that takes all inputs of its quantity, and holds wherever the program computes that."""
    quantity = QUANTITIES[name]
    needs, per_sample = (name, *quantity.causes), quantity.scope is Scope.POINT
    return Relation(name, formula, needs, compute, per_sample=per_sample, **more)


RELATIONS: tuple[Relation, ...] = (
    _relation("R_distance_meters", "|pixel_pos|", _radius),
    _relation("obliquity_factor", "close_distance/R", _obliquity),
    Relation(
        "omega_pixel_sr",
        "pixel²·close_distance/R³",
        ("omega_pixel_sr", "close_distance_meters", "R_distance_meters", "pixel_m"),
        _omega,
        per_sample=True,
        only_first_unless="oversample_omega",
    ),
    _relation("diffracted_vec", "pixel_pos/R", _diffracted, size=_one),
    _relation("lambda_angstroms", "lambda_meters·1e10", _wavelength),
    _relation("scattering_vec_A_inv", "(diffracted − incident)/lambda", _scattering, size=_wavenumber),
    _relation("hkl_frac", "(a·S, b·S, c·S)", _miller, size=_largest_index),
    _relation("hkl_rounded", "⌈hkl_frac − ½⌉", _rounded, size=_one),
    _relation("F_latt", "F_latt_a·F_latt_b·F_latt_c", _lattice),
    _relation("r_e_sqr", "r_e²", _thomson),
    _relation(
        "cos_2theta",
        "incident·diffracted",
        scattering_cosine,
        size=_one,
        one_of="sources",
        may_be_many=has_unlogged_samples,
    ),
    Relation(
        "I_pixel_final",
        "I·r_e²·fluence/steps·capture·polar·omega",
        ("I_pixel_final", "I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "steps"),
        _chain,
        meaning=chain_meaning,
        takes_if_logged=("capture_fraction", "polar", "omega_pixel", "omega_pixel_sr"),
        flags=("oversample_thick", "oversample_polar", "oversample_omega"),
    ),
    _relation("floatimage_accumulated", "float32(I_pixel_final)", _stored, single=True),
)
"""The relations, in execution order."""
