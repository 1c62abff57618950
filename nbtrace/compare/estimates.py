"""Sizes of differences for many pixels at once: which of them deserve a closer look.

Nothing here decides: whatever comes out largest or first is judged again, from its records, by the functions that judge
single values and relations.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from nbtrace.parsers.decimals import Flags, Floats
from nbtrace.units import ANGSTROM

Get: TypeAlias = Callable[[str], Floats]
"""Returns the values of a quantity at each sample, shape (cells, components); nan where it is not logged."""


def norms(values: Floats) -> Floats:
    """Return the Euclidean norm along the last axis."""
    if values.shape[-1] == 1:
        return np.abs(values[..., 0])
    return np.sqrt(_dots(values, values))


def _dots(a: Floats, b: Floats) -> Floats:
    result: Floats = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return result


def _relative(logged: Floats, computed: Floats, size: Floats | float | None = None) -> Floats:
    apart = np.abs(logged - computed)
    apart = np.maximum.reduce([*np.moveaxis(apart, -1, 0)]) if apart.ndim > 1 else apart
    scale = np.abs(computed) if size is None else size
    result: Floats = np.where(apart == 0, 0.0 * apart, apart / scale)
    return result


def _omega(get: Get) -> Floats:
    radius, logged, pixel = get("R_distance_meters")[:, 0], get("omega_pixel_sr")[:, 0], get("pixel_m")[:, 0]
    square = pixel**2 / radius**2 * get("close_distance_meters")[:, 0] / radius
    of_a_point = 1 / radius**2
    close = np.abs(logged - of_a_point) <= 1e-3 * np.maximum(np.abs(logged), of_a_point)
    own = (get("ordinal")[:, 0] == 0) | (np.nan_to_num(get("oversample_omega")[:, 0]) != 0)
    return np.where(own, _relative(logged, np.where(close, of_a_point + 0 * square, square)), np.nan)


def _scattering(get: Get) -> Floats:
    wavelength = get("lambda_meters")
    computed = (get("diffracted_vec") - get("incident_vec")) / wavelength
    return _relative(get("scattering_vec_A_inv"), computed, 1 / wavelength[:, 0])


def _miller(get: Get) -> Floats:
    axes = [get(f"rot_{axis}_angstroms") for axis in "abc"]
    scattering = get("scattering_vec_A_inv")
    computed = np.stack([_dots(axis, scattering) for axis in axes], axis=-1) * ANGSTROM
    longest = np.maximum.reduce([norms(axis) for axis in axes])
    return _relative(get("hkl_frac"), computed, longest * norms(scattering) * ANGSTROM)


def _chain(get: Get) -> Floats:
    product = get("I_before_scaling") * get("r_e_sqr") * get("fluence_photons_per_m2") / get("steps")
    omega = np.where(np.isnan(get("omega_pixel")), get("omega_pixel_sr"), get("omega_pixel"))
    factors = (
        ("oversample_thick", get("capture_fraction")),
        ("oversample_polar", get("polar")),
        ("oversample_omega", omega),
    )
    for flag, factor in factors:
        applied = ~np.isnan(factor) & (np.nan_to_num(get(flag)) == 0)
        product = product * np.where(applied, factor, 1.0)
    return _relative(get("I_pixel_final")[:, 0], product[:, 0])


RESIDUALS: Mapping[str, Callable[[Get], Floats]] = {
    "R_distance_meters": lambda get: _relative(get("R_distance_meters")[:, 0], norms(get("pixel_pos_meters"))),
    "obliquity_factor": lambda get: _relative(
        get("obliquity_factor")[:, 0], get("close_distance_meters")[:, 0] / get("R_distance_meters")[:, 0]
    ),
    "omega_pixel_sr": _omega,
    "diffracted_vec": lambda get: _relative(
        get("diffracted_vec"), get("pixel_pos_meters") / get("R_distance_meters"), 1.0
    ),
    "lambda_angstroms": lambda get: _relative(get("lambda_angstroms")[:, 0], get("lambda_meters")[:, 0] / ANGSTROM),
    "scattering_vec_A_inv": _scattering,
    "hkl_frac": _miller,
    "hkl_rounded": lambda get: _relative(get("hkl_rounded"), np.ceil(get("hkl_frac") - 0.5), 1.0),
    "F_latt": lambda get: _relative(
        get("F_latt")[:, 0], get("F_latt_a")[:, 0] * get("F_latt_b")[:, 0] * get("F_latt_c")[:, 0]
    ),
    "r_e_sqr": lambda get: _relative(get("r_e_sqr")[:, 0], get("r_e_meters")[:, 0] ** 2),
    "cos_2theta": lambda get: _relative(
        get("cos_2theta")[:, 0], _dots(get("incident_vec"), get("diffracted_vec")), 1.0
    ),
    "I_pixel_final": _chain,
    "floatimage_accumulated": lambda get: _relative(get("floatimage_accumulated")[:, 0], get("I_pixel_final")[:, 0]),
}
"""Residual of each relation of :mod:`nbtrace.physics.nanobragg.relations` at each sample, nan where it cannot be checked."""


def pixel_sizes(get: Get, stated: float | None) -> Floats:
    """Return the pixel size at each sample: as stated, else from Ω = p²·close/R³."""
    if stated is not None:
        return np.full(get("R_distance_meters").shape[0], stated)
    result: Floats = np.sqrt(
        get("omega_pixel_sr")[:, 0] * get("R_distance_meters")[:, 0] ** 3 / get("close_distance_meters")[:, 0]
    )
    return result


def positions(get: Get, size: Floats) -> Floats:
    """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
    offset = get("pixel_pos_meters") - get("pix0_vector_meters")
    fast, slow = get("fdet_vec"), get("sdet_vec")
    found = np.stack([_dots(offset, slow), _dots(offset, fast)], axis=-1) / size[:, None]
    off_plane = np.abs(_dots(offset, np.cross(fast, slow))) > 0.1 * size
    found[off_plane | (np.abs(found) > 1e7).any(axis=-1)] = np.nan
    return found


def power_of_ten(ratio: Floats) -> tuple[Floats, Flags]:
    """Return n where Py/C is close to 10ⁿ, and whether n is large enough to be another unit."""
    power: Floats = np.log10(np.where(ratio > 0, ratio, 1.0))
    nearest: Floats = np.round(power)
    return nearest, (np.abs(nearest) >= 2) & (np.abs(power - nearest) < 0.01)
