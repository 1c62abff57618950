"""Relations that the values of one log must obey among themselves, whatever the configuration was.

Each relation is computed from the printed values alone, in double precision, without the simulator: a log that breaks
one was not printed by the computation it claims to show. A relation yields its two sides and the size of the terms
it is made of, since rounding acts on the terms.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nbtrace.compare.metrics import dot, norm
from nbtrace.units import ANGSTROM

Vector: TypeAlias = tuple[float, ...]
Values: TypeAlias = Mapping[str, Vector]
"""Logged values of one sample and its pixel, by quantity, in record units."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a relation, component by component, and the size of the terms they are made of."""

    logged: Vector
    computed: Vector
    size: float


@dataclass(frozen=True, slots=True)
class Identity:
    """A relation between logged quantities.

    Attributes
    ----------
    name : str
        The quantity on its left side.
    formula : str
        As reports print it.
    needs : tuple of str
        Quantities that must be logged.
    sides : callable
        Both sides from the logged values.
    """

    name: str
    formula: str
    needs: tuple[str, ...]
    sides: Callable[[Values], Sides]


def chain_product(values: Values) -> float:
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


def _scalar(logged: float, computed: float, *, size: float | None = None) -> Sides:
    return Sides((logged,), (computed,), abs(computed) if size is None else size)


def _radius(v: Values) -> Sides:
    return _scalar(v["R_distance_meters"][0], norm(v["pixel_pos_meters"]))


def _obliquity(v: Values) -> Sides:
    return _scalar(v["obliquity_factor"][0], v["close_distance_meters"][0] / v["R_distance_meters"][0])


def _omega(v: Values) -> Sides:
    """Ω = p²·close/R³, or 1/R² where pixels count as points, which no other line of the log tells."""
    pixel, radius, logged = v["pixel_m"][0], v["R_distance_meters"][0], v["omega_pixel_sr"][0]
    of_a_point = 1 / radius**2
    if math.isclose(logged, of_a_point, rel_tol=1e-3):
        return _scalar(logged, of_a_point)
    return _scalar(logged, pixel**2 / radius**2 * v["close_distance_meters"][0] / radius)


def _diffracted(v: Values) -> Sides:
    radius = v["R_distance_meters"][0]
    return Sides(v["diffracted_vec"], tuple(x / radius for x in v["pixel_pos_meters"]), 1.0)


def _wavelength(v: Values) -> Sides:
    return _scalar(v["lambda_angstroms"][0], v["lambda_meters"][0] / ANGSTROM)


def _scattering(v: Values) -> Sides:
    wavelength = v["lambda_meters"][0]
    computed = tuple((d - i) / wavelength for d, i in zip(v["diffracted_vec"], v["incident_vec"], strict=True))
    return Sides(v["scattering_vec_A_inv"], computed, 1 / wavelength)


def _miller(v: Values) -> Sides:
    axes = [v[f"rot_{axis}_angstroms"] for axis in "abc"]
    scattering = v["scattering_vec_A_inv"]
    computed = tuple(dot(axis, scattering) * ANGSTROM for axis in axes)
    return Sides(v["hkl_frac"], computed, max(norm(axis) for axis in axes) * norm(scattering) * ANGSTROM)


def _rounded(v: Values) -> Sides:
    return Sides(v["hkl_rounded"], tuple(float(math.ceil(h - 0.5)) for h in v["hkl_frac"]), 1.0)


def _lattice(v: Values) -> Sides:
    return _scalar(v["F_latt"][0], math.prod(v[f"F_latt_{axis}"][0] for axis in "abc"))


def _thomson(v: Values) -> Sides:
    radius = v["r_e_meters"][0]
    return _scalar(v["r_e_sqr"][0], radius * radius)


def _cosine(v: Values) -> Sides:
    return _scalar(v["cos_2theta"][0], dot(v["incident_vec"], v["diffracted_vec"]), size=1.0)


def _chain(v: Values) -> Sides:
    return _scalar(v["I_pixel_final"][0], chain_product(v))


def _stored(v: Values) -> Sides:
    return _scalar(v["floatimage_accumulated"][0], v["I_pixel_final"][0])


IDENTITIES: tuple[Identity, ...] = (
    Identity("R_distance_meters", "|pixel_pos|", ("R_distance_meters", "pixel_pos_meters"), _radius),
    Identity(
        "obliquity_factor",
        "close_distance/R",
        ("obliquity_factor", "close_distance_meters", "R_distance_meters"),
        _obliquity,
    ),
    Identity(
        "omega_pixel_sr",
        "pixel²·close_distance/R³",
        ("omega_pixel_sr", "close_distance_meters", "R_distance_meters", "pixel_m"),
        _omega,
    ),
    Identity("diffracted_vec", "pixel_pos/R", ("diffracted_vec", "pixel_pos_meters", "R_distance_meters"), _diffracted),
    Identity("lambda_angstroms", "lambda_meters·1e10", ("lambda_angstroms", "lambda_meters"), _wavelength),
    Identity(
        "scattering_vec_A_inv",
        "(diffracted − incident)/lambda",
        ("scattering_vec_A_inv", "diffracted_vec", "incident_vec", "lambda_meters"),
        _scattering,
    ),
    Identity(
        "hkl_frac",
        "(a·S, b·S, c·S)",
        ("hkl_frac", "scattering_vec_A_inv", "rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"),
        _miller,
    ),
    Identity("hkl_rounded", "⌈hkl_frac − ½⌉", ("hkl_rounded", "hkl_frac"), _rounded),
    Identity("F_latt", "F_latt_a·F_latt_b·F_latt_c", ("F_latt", "F_latt_a", "F_latt_b", "F_latt_c"), _lattice),
    Identity("r_e_sqr", "r_e²", ("r_e_sqr", "r_e_meters"), _thomson),
    Identity("cos_2theta", "incident·diffracted", ("cos_2theta", "incident_vec", "diffracted_vec"), _cosine),
    Identity(
        "I_pixel_final",
        "I·r_e²·fluence/steps·capture·polar·omega",
        ("I_pixel_final", "I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "steps"),
        _chain,
    ),
    Identity("floatimage_accumulated", "float32(I_pixel_final)", ("floatimage_accumulated", "I_pixel_final"), _stored),
)
"""The relations, in execution order."""

PER_SAMPLE = frozenset(
    {
        "R_distance_meters",
        "obliquity_factor",
        "omega_pixel_sr",
        "diffracted_vec",
        "lambda_angstroms",
        "scattering_vec_A_inv",
        "hkl_frac",
        "hkl_rounded",
        "F_latt",
    }
)
"""Relations that every sample of a pixel must obey; the others hold once per pixel."""


def missing(identity: Identity, values: Values) -> tuple[str, ...]:
    """Return which of the quantities that a relation needs are not logged as numbers."""
    return tuple(name for name in identity.needs if name not in values)


def both_sides(identity: Identity, values: Values) -> Sides:
    """Return both sides of a relation; where the formula has no value (it divides by 0), the computed side is nan."""
    try:
        return identity.sides(values)
    except (ZeroDivisionError, OverflowError):
        logged = values[identity.name]
        return Sides(logged, (math.nan,) * len(logged), math.nan)


def residual(sides: Sides) -> float:
    """Return the largest difference between the sides, relative to the size of the terms; infinite without a value."""
    if sides.size == 0:
        return 0.0 if sides.logged == sides.computed else math.inf
    pairs: Iterable[tuple[float, float]] = zip(sides.logged, sides.computed, strict=True)
    apart = [abs(logged - computed) / sides.size for logged, computed in pairs]
    return max(apart) if all(map(math.isfinite, apart)) else math.inf
