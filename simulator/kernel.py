"""The simulation itself: one function from a batch of pixels to their values.

An image is this function over all pixels with the silent observer, a trace is the same function over one pixel with an
observer that records. Samples are taken in the reference's order: sensor layer, subpixel (slow, fast), source, φ step,
mosaic domain.
"""

import math
import operator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from simulator.absorption import capture_fraction
from simulator.background import water_background
from simulator.beam import Beam, Source, cos_two_theta, scattering_vector, stol
from simulator.constants import ANGSTROM_M, CLASSICAL_ELECTRON_RADIUS_SQR_M2, RADIANS_TO_DEGREES
from simulator.config import Config
from simulator.crystal import Basis, Crystal
from simulator.defects import Defect
from simulator.detector import Detector, Ray, detector_coordinates, ray_to, solid_angle, subpixels
from simulator.lattice import LatticeFactor, lattice_factor, miller_indices, nearest_reflection
from simulator.observe import Observer, silent
from simulator.polarization import polarization_factor
from simulator.steps import Steps
from simulator.structure_factors import Lookup, StructureFactors
from simulator.vectors import Vector, cross, dot


@dataclass(frozen=True)
class Model:
    """Everything that the value of a pixel depends on."""

    config: Config
    detector: Detector
    crystal: Crystal
    beam: Beam
    factors: StructureFactors
    oversample: int
    """Subpixels per pixel and direction."""
    dtype: torch.dtype

    @property
    def layers(self) -> Steps:
        """Layers of the sensor, m."""
        return self.config.detector.layers

    @property
    def steps(self) -> int:
        """What the reference divides by: sources, domains, φ steps and subpixels, but not layers."""
        crystal = self.crystal
        per_subpixel = len(self.beam.sources) * crystal.domain_count * len(crystal.phi_rad)
        return per_subpixel * self.oversample * self.oversample

    def has(self, defect: Defect) -> bool:
        """Tell whether a defect of the reference is reproduced."""
        return defect in self.config.execution.defects


@dataclass
class _Pixel:
    """What is carried from sample to sample, per pixel of the batch."""

    intensity: Tensor
    polar: Tensor
    omega: Tensor
    capture: Tensor
    rows: list[int]
    first_sweep: bool
    share: Tensor
    """Background that each sample brings, in units of the Bragg intensity."""
    cos_2theta: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.cos_2theta = self.polar


@dataclass(frozen=True)
class _Context:
    """What a sample needs of the loops around it."""

    model: Model
    lookup: Lookup
    observe: Observer
    ray: Ray
    source: Source
    source_index: int
    scattering: Vector
    used: Tensor | None
    """Pixels whose source is not cut by resolution; None if all are used."""


class _Place(NamedTuple):
    step: int
    domain: int


def pixel_values(
    model: Model, pixels: Tensor, lookup: Lookup, observe: Observer = silent, *, first_sweep: bool = False
) -> Tensor:
    """Return the photons in each pixel, in float64.

    Parameters
    ----------
    model : Model
    pixels : Tensor
        Flat indices, slow · n_fast + fast; int64 of shape (n,).
    lookup : Lookup
        How structure factors are found.
    observe : Observer
        Called at every named step, see :mod:`simulator.observe`; it does not change the result.
    first_sweep : bool
        The first executed sweep is the first of a thread of the reference, before any rotation was carried over. Only
        for a single pixel.

    Returns
    -------
    Tensor
        Shape (n,).
    """
    state = _start(model, pixels, first_sweep=first_sweep)
    for layer in range(model.layers.count):
        observe("at.layer", layer)
        if model.layers.range > 0.0 or model.config.sampling.oversample_thick:
            state.capture = torch.zeros_like(state.capture)
        for subpixel in subpixels(model.oversample):
            observe("at.subpixel_slow", subpixel[0])
            observe("at.subpixel_fast", subpixel[1])
            _subpixel(model, state, pixels, layer, subpixel, lookup, observe)
    return _scaled(model, state, observe)


def _start(model: Model, pixels: Tensor, *, first_sweep: bool) -> _Pixel:
    zero = torch.zeros(pixels.shape, dtype=torch.float64, device=pixels.device)
    one = torch.ones_like(zero)
    background = water_background(model.config.beam.water_um, model.beam.fluence_per_m2)
    squared = model.has(Defect.SQUARED_WATER_SCALING)
    share = background / (CLASSICAL_ELECTRON_RADIUS_SQR_M2 * model.beam.fluence_per_m2)
    crystal = model.crystal
    stale = model.has(Defect.STALE_PHI_ROTATION)
    return _Pixel(
        intensity=(zero + background if squared else zero).to(model.dtype),
        polar=zero if model.config.beam.polarized else one,
        omega=zero,
        capture=one,
        rows=crystal.stale_rows() if stale else crystal.nominal_rows(),
        first_sweep=first_sweep and stale,
        share=(torch.zeros_like(share) if squared else share).to(model.dtype),
    )


def _subpixel(
    model: Model,
    state: _Pixel,
    pixels: Tensor,
    layer: int,
    subpixel: tuple[int, int],
    lookup: Lookup,
    observe: Observer,
) -> None:
    """Add what one subpixel sees in one layer of the sensor."""
    fast, slow = detector_coordinates(model.detector, pixels, subpixel, model.oversample)
    ray = ray_to(model.detector, fast, slow, layer * model.layers.step)
    flags = model.config.sampling
    if (layer == 0 and subpixel == (0, 0)) or flags.oversample_omega:
        state.omega = solid_angle(model.detector, ray.distance)
    if (model.layers.range > 0.0 and subpixel == (0, 0)) or flags.oversample_thick:
        mu = model.config.detector.attenuation_per_m
        state.capture = capture_fraction(layer, model.layers.step, mu, ray.direction, model.detector.normal)
    for index, source in enumerate(model.beam.sources):
        observe("at.source", index)
        scattering = scattering_vector(ray.direction, source)
        state.cos_2theta = cos_two_theta(ray.direction, source)
        if index == 0:
            _observe_ray(model, state, ray, source, scattering, observe)
        used = _within_resolution(model, scattering)
        if used is not None and not bool(used.any()):
            continue
        _update_polarization(model, state, ray, source, used, first=index == 0 and layer == 0 and subpixel == (0, 0))
        _sweep(_Context(model, lookup, observe, ray, source, index, scattering, used), state)


def _observe_ray(
    model: Model, state: _Pixel, ray: Ray, source: Source, scattering: Vector, observe: Observer
) -> None:
    detector = model.detector
    observe("pix0_vector_meters", detector.pix0)
    observe("fdet_vec", detector.fast)
    observe("sdet_vec", detector.slow)
    observe("pixel_pos_meters", ray.position)
    observe("R_distance_meters", ray.distance)
    observe("omega_pixel_sr", state.omega)
    observe("close_distance_meters", detector.close_m)
    observe("obliquity_factor", lambda: detector.close_m / ray.distance)
    observe("diffracted_vec", ray.direction)
    observe("incident_vec", source.incident)
    observe("lambda_meters", source.wavelength_m)
    observe("lambda_angstroms", lambda: source.wavelength_m / ANGSTROM_M)
    observe("scattering_vec_A_inv", scattering)


def _within_resolution(model: Model, scattering: Vector) -> Tensor | None:
    """Tell which pixels see the source at a resolution worse than dmin; None if no limit is set."""
    dmin_m = model.config.beam.dmin_A * ANGSTROM_M
    if dmin_m <= 0.0:
        return None
    value = stol(scattering)
    return ~((value > 0.0) & (dmin_m > 0.5 / value))


def _update_polarization(
    model: Model, state: _Pixel, ray: Ray, source: Source, used: Tensor | None, *, first: bool
) -> None:
    """Compute the polarisation factor where the reference does: for the first source used, or for every one."""
    always = model.config.sampling.oversample_polar
    if not always and (not model.config.beam.polarized or (used is None and not first)):
        return
    factor = polarization_factor(model.beam.kahn_factor, source.incident, ray.direction, model.beam.polar)
    if used is None:
        state.polar = factor
    else:
        state.polar = torch.where(used if always else used & (state.polar == 0.0), factor, state.polar)


def _sweep(context: _Context, state: _Pixel) -> None:
    """Add the contributions of all φ steps and mosaic domains of one source."""
    model, observe = context.model, context.observe
    crystal = model.crystal
    rows = crystal.fresh_rows() if state.first_sweep else state.rows
    state.first_sweep = False
    for step, row in enumerate(rows):
        observe("at.phi_tic", step)
        for domain in range(crystal.domain_count):
            observe("at.mosaic_domain", domain)
            _sample(context, state, crystal.orientations.at(row, domain), _Place(step, domain))


def _sample(context: _Context, state: _Pixel, basis: Basis, place: _Place) -> None:
    """Add one innermost evaluation to the intensity."""
    model = context.model
    miller = miller_indices(basis, context.scattering)
    nearest = nearest_reflection(miller)
    lattice = lattice_factor(model.crystal, miller, nearest, model.dtype)
    if model.config.beam.water_um == 0.0:
        counted = lattice.total != 0.0
    else:
        counted = torch.ones_like(lattice.total, dtype=torch.bool)
    if context.used is not None:
        counted = counted & context.used
    F_cell = context.lookup(miller, nearest, counted)
    term = F_cell * F_cell * lattice.total * lattice.total
    _observe_sample(context, _Sample(basis, miller, nearest, lattice, F_cell, term, counted), place, state)
    _add(model, state, term, counted, context.used)


def _add(model: Model, state: _Pixel, term: Tensor, counted: Tensor, used: Tensor | None) -> None:
    """Add a sample's intensity, or what the reference makes of it where a factor belongs to every sample."""
    weight = _sample_weight(model, state)
    if weight is None:
        added = state.intensity + (term + state.share)
        state.intensity = added if used is None else torch.where(used, added, state.intensity)
    elif model.has(Defect.RUNNING_PRODUCTS):
        state.intensity = torch.where(counted, (state.intensity + term) * weight, state.intensity)
    else:
        added = state.intensity + (term + state.share) * weight
        state.intensity = added if used is None else torch.where(used, added, state.intensity)


def _factors(model: Model, state: _Pixel) -> tuple[tuple[Tensor, bool], ...]:
    """Return capture fraction, polarisation and solid angle, and whether each is applied to every sample."""
    flags = model.config.sampling
    own_layer = model.layers.count > 1 and not model.has(Defect.LAST_LAYER_CAPTURE)
    return (
        (state.capture, flags.oversample_thick or own_layer),
        (state.polar, flags.oversample_polar),
        (state.omega, flags.oversample_omega),
    )


def _sample_weight(model: Model, state: _Pixel) -> Tensor | None:
    weight: Tensor | None = None
    for factor, per_sample in _factors(model, state):
        if per_sample:
            weight = factor if weight is None else weight * factor
    return None if weight is None else weight.to(model.dtype)


def _scaled(model: Model, state: _Pixel, observe: Observer) -> Tensor:
    """Return photons: r_e² · fluence · I / steps and the factors that are not applied to every sample."""
    intensity = state.intensity.to(torch.float64)
    value = CLASSICAL_ELECTRON_RADIUS_SQR_M2 * model.beam.fluence_per_m2 * intensity / float(model.steps)
    for factor, per_sample in _factors(model, state):
        if not per_sample:
            value = value * factor
    flags = model.config.sampling
    observe("I_before_scaling", intensity)
    observe("r_e_meters", math.sqrt(CLASSICAL_ELECTRON_RADIUS_SQR_M2))
    observe("r_e_sqr", CLASSICAL_ELECTRON_RADIUS_SQR_M2)
    observe("fluence_photons_per_m2", model.beam.fluence_per_m2)
    observe("steps", model.steps)
    observe("oversample_thick", int(flags.oversample_thick))
    observe("oversample_polar", int(flags.oversample_polar))
    observe("oversample_omega", int(flags.oversample_omega))
    observe("capture_fraction", state.capture)
    observe("polar", state.polar)
    observe("omega_pixel", state.omega)
    observe("cos_2theta", state.cos_2theta)
    observe("I_pixel_final", value)
    observe("floatimage_accumulated", lambda: value.to(torch.float32))
    return value


@dataclass(frozen=True)
class _Sample:
    basis: Basis
    miller: Vector
    nearest: Vector
    lattice: LatticeFactor
    F_cell: Tensor
    contribution: Tensor
    counted: Tensor


def _observe_sample(context: _Context, sample: _Sample, place: _Place, state: _Pixel) -> None:
    """Show a sample: whole at the first one of a subpixel, a line per φ step, the third source, every one."""
    observe = context.observe
    first_domain = place.domain == 0
    first = first_domain and place.step == 0
    if context.source_index == 0 and first_domain:
        if first:
            _observe_orientation(context.model.crystal, sample, observe)
        _observe_phi(context.model.crystal, sample, place, observe)
        if first and bool(sample.counted.any()):
            observe("F_cell", sample.F_cell)
    if context.source_index == 2 and first:
        _observe_third_source(context.source, sample, state, observe)
    observe("sample.hkl_frac", sample.miller)
    observe("sample.hkl_rounded", sample.nearest)
    observe("sample.F_latt", sample.lattice.total)
    observe("sample.F_cell", sample.F_cell)
    observe("sample.contribution", sample.contribution)


def _observe_orientation(crystal: Crystal, sample: _Sample, observe: Observer) -> None:
    for name, v in zip("abc", sample.basis, strict=True):
        observe(f"rot_{name}_angstroms", partial(operator.truediv, v, ANGSTROM_M))
    for name, v in zip("abc", crystal.reciprocal_A, strict=True):
        observe(f"rot_{name}_star_A_inv", v)
    observe("hkl_frac", sample.miller)
    observe("hkl_rounded", sample.nearest)
    for name, factor in zip("abc", sample.lattice.axes, strict=False):
        observe(f"F_latt_{name}", factor)
    if sample.lattice.axes:
        observe("F_latt", sample.lattice.total)


def _observe_phi(crystal: Crystal, sample: _Sample, place: _Place, observe: Observer) -> None:
    """Show a φ step: first what the reference prints, then what it does not."""
    observe("phi.phi_tic", place.step)
    observe("phi.phi_deg", crystal.phi_rad[place.step] * RADIANS_TO_DEGREES)
    observe("phi.k_frac", sample.miller.y)
    axes = dict(zip(("F_latt_a", "F_latt_b", "F_latt_c"), sample.lattice.axes, strict=False))
    if axes:
        observe("phi.F_latt_b", axes["F_latt_b"])
    observe("phi.F_latt", sample.lattice.total)
    observe("phi.h_frac", sample.miller.x)
    observe("phi.l_frac", sample.miller.z)
    for name in ("F_latt_a", "F_latt_c"):
        if axes:
            observe(f"phi.{name}", axes[name])
    observe("phi.F_cell", sample.F_cell)
    observe("phi.contribution", sample.contribution)
    for index, name in enumerate("abc"):
        observe(f"phi.rot_{name}_angstroms", partial(operator.truediv, sample.basis[index], ANGSTROM_M))
        observe(f"phi.rot_{name}_star_A_inv", partial(_reciprocal_A, sample.basis, index))


def _reciprocal_A(basis: Basis, index: int) -> Vector:
    """Return a*, b* or c* (Å⁻¹) of a real cell in metres."""
    a, b, c = basis[index], basis[(index + 1) % 3], basis[(index + 2) % 3]
    crossed = cross(b, c)
    return crossed / dot(a, crossed) * ANGSTROM_M


def _observe_third_source(source: Source, sample: _Sample, state: _Pixel, observe: Observer) -> None:
    F_cell, F_latt = sample.F_cell, sample.lattice.total
    observe("source2.F_cell", F_cell)
    observe("source2.F_latt", F_latt)
    observe("source2.F_cell_squared", lambda: F_cell * F_cell)
    observe("source2.F_latt_squared", lambda: F_latt * F_latt)
    observe("source2.I_contribution", sample.contribution)
    observe("source2.polar", state.polar)
    observe("source2.cos2theta", state.cos_2theta)
    observe("source2.lambda_angstroms", lambda: source.wavelength_m / ANGSTROM_M)
    observe("source2.source_index", 2)
