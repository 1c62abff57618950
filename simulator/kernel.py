"""The simulation itself: one function from a batch of pixels to their values.

An image is this function over all pixels with the silent observer, a trace is the same function over one pixel with an
observer that records. Samples are taken in the reference's order: sensor layer, subpixel (slow, fast), source, φ step,
mosaic domain.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from simulator.absorption import capture_fraction
from simulator.background import water_background
from simulator.beam import BeamSource, scattering_vector, stol
from simulator.constants import ANGSTROM_M, CLASSICAL_ELECTRON_RADIUS_SQR_M2
from simulator.defects import Defect
from simulator.model import (
    Engine,
    Model,
    PixelState,
    Stage,
    SweepContext,
    as_written,
    closing_factors,
    last_cos_2theta,
)
from simulator.observe import Observer, silent
from simulator.polarization import polarization_factor
from simulator.rays import Ray, pixel_ray, solid_angle, subpixels
from simulator.samples import eager_sweep
from simulator.structure_factors import Lookup
from simulator.vectors import Vector

SMALLEST_BATCH = 64
"""Smaller batches, such as the single pixels of the carry-over, are not worth another compilation."""

EAGER = Engine(pixel_ray, eager_sweep, in_threads=True)
"""The steps as they are written: always right, and the only ones that an observer sees into."""


def pixel_values(
    model: Model,
    pixels: Tensor,
    lookup: Lookup,
    observe: Observer = silent,
    *,
    first_sweep: bool = False,
    engine: Engine = EAGER,
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
    engine : Engine
        The two costly steps.

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
            _subpixel(_Subpixel(model, pixels, layer, subpixel, lookup, observe, engine), state)
    return _scaled(model, state, observe, _stage(engine, pixels))


def _stage(engine: Engine, pixels: Tensor) -> Stage:
    """Return how the steps of a batch run; a batch that is too small for the engine takes them as they are written."""
    return engine.stage if len(pixels) >= engine.smallest_batch else as_written


def _start(model: Model, pixels: Tensor, *, first_sweep: bool) -> PixelState:
    zero = torch.zeros(pixels.shape, dtype=torch.float64, device=pixels.device)
    intensity, share = _background(model, zero)
    crystal = model.crystal
    stale = model.has(Defect.STALE_PHI_ROTATION)
    return PixelState(
        intensity=intensity.to(model.dtype),
        polar=zero if model.config.beam.polarized else torch.ones_like(zero),
        omega=zero,
        capture=torch.ones_like(zero),
        rows=crystal.stale_rows() if stale else crystal.nominal_rows(),
        first_sweep=first_sweep and stale,
        share=share.to(model.dtype),
    )


def _background(model: Model, zero: Tensor) -> tuple[Tensor, Tensor]:
    """Return what water adds before the first sample, and what to each, in units of the Bragg intensity."""
    water_um, fluence = model.config.beam.water_um, model.beam.fluence_per_m2
    none = zero.new_zeros(())
    if water_um == 0.0:
        return zero, none
    background = water_background(water_um, fluence)
    if model.has(Defect.SQUARED_WATER_SCALING):
        return zero + background, none
    return zero, background / (CLASSICAL_ELECTRON_RADIUS_SQR_M2 * fluence)


@dataclass(frozen=True)
class _Subpixel:
    """What a subpixel needs of the loops around it."""

    model: Model
    pixels: Tensor
    layer: int
    subpixel: tuple[int, int]
    lookup: Lookup
    observe: Observer
    engine: Engine

    @property
    def stage(self) -> Stage:
        """How the steps around the sweep run."""
        return _stage(self.engine, self.pixels)

    @property
    def first_of_layer(self) -> bool:
        return self.subpixel == (0, 0)

    @property
    def first_of_pixel(self) -> bool:
        return self.layer == 0 and self.first_of_layer


def _subpixel(place: _Subpixel, state: PixelState) -> None:
    """Add what one subpixel sees in one layer of the sensor."""
    model = place.model
    depth_m = place.layer * model.layers.step
    ray = place.stage(place.engine.ray)(model.detector, place.pixels, place.subpixel, model.oversample, depth_m)
    _update_solid_angle_and_capture(place, ray, state)
    for index, source in enumerate(model.beam.sources):
        place.observe("at.source", index)
        scattering = place.stage(scattering_vector)(ray.direction, source)
        state.last = ray, source
        if index == 0:
            _observe_ray(place, state, ray, source, scattering)
        used = _within_resolution(model, scattering)
        if used is not None and _is_asked(used) and not bool(used.any()):
            continue
        _update_polarization(place, state, ray, source, used, first=index == 0 and place.first_of_pixel)
        place.engine.sweep(
            SweepContext(model, place.lookup, place.observe, ray, source, index, scattering, used), state
        )


def _update_solid_angle_and_capture(place: _Subpixel, ray: Ray, state: PixelState) -> None:
    """Compute both where the reference does: at the first subpixel of a pixel or of a layer, or always."""
    model, flags = place.model, place.model.config.sampling
    if place.first_of_pixel or flags.oversample_omega:
        state.omega = place.stage(solid_angle)(model.detector, ray.distance)
    if (model.layers.range > 0.0 and place.first_of_layer) or flags.oversample_thick:
        mu = model.config.detector.attenuation_per_m
        state.capture = place.stage(capture_fraction)(
            place.layer, model.layers.step, mu, ray.direction, model.detector.normal
        )


def _observe_ray(place: _Subpixel, state: PixelState, ray: Ray, source: BeamSource, scattering: Vector) -> None:
    detector, observe = place.model.detector, place.observe
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


def _is_asked(used: Tensor) -> bool:
    """Tell whether to ask if any pixel sees a source; of many on a GPU, to ask takes longer than to go on without."""
    return used.device.type == "cpu" or len(used) == 1


def _within_resolution(model: Model, scattering: Vector) -> Tensor | None:
    """Tell which pixels see the source at a resolution worse than dmin; None if no limit is set."""
    dmin_m = model.config.beam.dmin_angstrom * ANGSTROM_M
    if dmin_m <= 0.0:
        return None
    value = stol(scattering)
    return ~((value > 0.0) & (dmin_m > 0.5 / value))


def _update_polarization(
    place: _Subpixel, state: PixelState, ray: Ray, source: BeamSource, used: Tensor | None, *, first: bool
) -> None:
    """Compute the polarisation factor where the reference does: for the first source used, or for every one."""
    model = place.model
    always = model.config.sampling.oversample_polar
    if not always and (not model.config.beam.polarized or (used is None and not first)):
        return
    factor = place.stage(polarization_factor)(model.beam.kahn_factor, source.incident, ray.direction, model.beam.polar)
    if used is None:
        state.polar = factor
    else:
        state.polar = torch.where(used if always else used & (state.polar == 0.0), factor, state.polar)


def photons(intensity: Tensor, fluence_per_m2: Tensor, steps: int, factors: Sequence[Tensor]) -> Tensor:
    """Return r_e² · fluence · I / steps, in float64, times the factors that are not applied to every sample."""
    value = CLASSICAL_ELECTRON_RADIUS_SQR_M2 * fluence_per_m2 * intensity.to(torch.float64) / float(steps)
    for factor in factors:
        value = value * factor
    return value


def _scaled(model: Model, state: PixelState, observe: Observer, stage: Stage) -> Tensor:
    """Return the photons in each pixel, and show what they follow from."""
    once = tuple(factor for factor, per_sample in closing_factors(model, state) if not per_sample)
    value = stage(photons)(state.intensity, model.beam.fluence_per_m2, model.steps, once)
    flags = model.config.sampling
    observe("I_before_scaling", lambda: state.intensity.to(torch.float64))
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
    observe("cos_2theta", partial(last_cos_2theta, state))
    observe("I_pixel_final", value)
    observe("floatimage_accumulated", lambda: value.to(torch.float32))
    return value
