"""What the kernel works with: the model of an experiment, and the state of a batch of pixels."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

from simulator.beam import Beam, BeamSource, cos_two_theta
from simulator.config import Config
from simulator.crystal import Crystal
from simulator.defects import Defect
from simulator.detector import Detector
from simulator.observe import Observer
from simulator.rays import Ray
from simulator.steps import SampleRange
from simulator.structure_factors import Lookup, StructureFactors
from simulator.vectors import Vector

P = ParamSpec("P")
T = TypeVar("T")


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
    def layers(self) -> SampleRange:
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
class PixelState:
    """What is carried from sample to sample, per pixel of the batch.

    Attributes
    ----------
    intensity : Tensor
        Sum over samples, in the model's precision, (n,).
    polar, omega, capture : Tensor
        Polarisation factor, solid angle (sr) and captured fraction as last computed, (n,).
    rows : list of int
        Row of the crystal's orientations for each φ step.
    first_sweep : bool
        The next sweep is the first of a thread of the reference.
    share : Tensor
        Background that each sample brings, in units of the Bragg intensity.
    last : tuple of Ray and BeamSource, optional
        The last ones looked at.
    """

    intensity: Tensor
    polar: Tensor
    omega: Tensor
    capture: Tensor
    rows: list[int]
    first_sweep: bool
    share: Tensor
    last: "tuple[Ray, BeamSource] | None" = None


@dataclass(frozen=True)
class SweepContext:
    """What a sweep needs of the loops around it."""

    model: Model
    lookup: Lookup
    observe: Observer
    ray: Ray
    source: BeamSource
    source_index: int
    scattering: Vector
    used: Tensor | None
    """Pixels whose source is not cut by resolution; None if all are used."""


Sweep: TypeAlias = Callable[[SweepContext, PixelState], None]
"""Adds the contributions of all φ steps and mosaic domains of one source."""


RayOf: TypeAlias = Callable[[Detector, Tensor, tuple[int, int], int, float], Ray]
"""Returns the rays to a subpixel of pixels: see :func:`simulator.rays.pixel_ray`."""


class Stage(Protocol):
    """How a step of the kernel that sees no samples runs: as it is written, or compiled to one launch."""

    def __call__(self, step: Callable[P, T], /) -> Callable[P, T]:
        """Return what stands in for the step."""


def as_written(step: Callable[P, T], /) -> Callable[P, T]:
    """Return the step itself."""
    return step


@dataclass(frozen=True)
class Engine:
    """The costly steps of the kernel, for which a faster implementation may stand in."""

    ray: RayOf
    sweep: Sweep
    stage: Stage = as_written
    """How the steps around the sweep run."""
    smallest_batch: int = 64
    """Pixels from which on :attr:`stage` is worth its start."""
    in_threads: bool = False
    """Portions of an image may be computed side by side."""


def closing_factors(model: Model, state: PixelState) -> tuple[tuple[Tensor, bool], ...]:
    """Return capture fraction, polarisation and solid angle, and whether each is applied to every sample."""
    flags = model.config.sampling
    own_layer = model.layers.count > 1 and not model.has(Defect.LAST_LAYER_CAPTURE)
    return (
        (state.capture, flags.oversample_thick or own_layer),
        (state.polar, flags.oversample_polar),
        (state.omega, flags.oversample_omega),
    )


def sample_weight(model: Model, state: PixelState) -> Tensor | None:
    """Return the product of the factors that are applied to every sample, or None if there is none."""
    weight: Tensor | None = None
    for factor, per_sample in closing_factors(model, state):
        if per_sample:
            weight = factor if weight is None else weight * factor
    return None if weight is None else weight.to(model.dtype)


def last_cos_2theta(state: PixelState) -> Tensor:
    """Return the cosine of the scattering angle of the last source looked at; NaN before the first."""
    if state.last is None:
        return torch.full_like(state.polar, math.nan)
    ray, source = state.last
    return cos_two_theta(ray.direction, source)
