"""Position and orientation of the detector, and what a pixel sees.

All vectors are in the laboratory frame of the chosen convention, all lengths in metres.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.config import Convention, DetectorConfig, Pivot
from simulator.constants import RADIANS_TO_DEGREES
from simulator.frames import (
    MINUS_Y,
    X,
    Z,
    beam_centre,
    close_centre,
    closest_point,
    default_centre,
    fast_and_slow,
    frame_of,
    keeps_closest_point,
)
from simulator.observe import Observer, silent
from simulator.parameters import Parameter, Parameters
from simulator.vectors import (
    Matrix,
    Vector,
    cross,
    dot,
    norm,
    plain,
    product,
    rotate_about_axis,
    rotate_about_xyz,
    rotation_matrices,
    unit,
    vector,
)


@dataclass(frozen=True)
class Detector:
    """The detector after all rotations."""

    fast: Vector
    slow: Vector
    normal: Vector
    beam: Vector
    """Direction of the nominal beam."""
    pix0: Vector
    """Outer corner of the first pixel, m."""
    pixel_m: float
    shape_slow_fast: tuple[int, int]
    distance_m: Tensor
    """Along the beam, recomputed from pix0."""
    close_m: Tensor
    """Shortest distance from the sample to the detector plane; enters the solid angle."""
    beam_centre_m: tuple[float, float]
    """X and Y in the convention's own sense, as given or by default."""
    nominal_close_m: tuple[float, float]
    """Xclose and Yclose, as given or by default."""
    curved: bool
    point_pixel: bool
    pivot: Pivot
    convention: Convention
    normal_generated: bool
    """The given normal was not of unit length and is replaced by fast × slow."""


@dataclass(frozen=True)
class _Placement:
    """Inputs of the pixel-0 vector."""

    fast: Vector
    slow: Vector
    normal: Vector
    beam: Vector
    twotheta_axis: Vector
    angles: Vector
    twotheta: Tensor
    close_m: Tensor
    ratio: Tensor
    F_m: Tensor
    S_m: Tensor

    @property
    def distance_m(self) -> Tensor:
        return self.close_m / self.ratio

    def rotated(self, v: Vector) -> Vector:
        return rotate_about_xyz(v, self.angles)

    def turned(self, v: Vector) -> Vector:
        return rotate_about_axis(self.rotated(v), self.twotheta_axis, self.twotheta)


def build_detector(parameters: Parameters, observe: Observer = silent) -> Detector:
    """Place the detector.

    Parameters
    ----------
    parameters : Parameters
        Configuration and differentiable numbers.
    observe : Observer
        Sees the reference's geometry block under the family ``geometry``.
    """
    config = parameters.config.detector
    frame = frame_of(config)
    device = parameters.device
    fast, slow, beam = (unit(vector(v, device)) for v in (frame.fast, frame.slow, frame.beam))
    normal = vector(frame.normal, device)
    generated = bool(norm(normal) != 1.0)
    if generated:
        normal = unit(cross(fast, slow))
    angles = Vector(
        *(parameters.scalar(p) / RADIANS_TO_DEGREES for p in (Parameter.ROTX, Parameter.ROTY, Parameter.ROTZ))
    )
    ratio = dot(beam, rotate_about_xyz(normal, angles))
    ratio = torch.where(ratio == 0.0, torch.finfo(torch.float64).tiny, ratio)
    pivot = frame.pivot or Pivot.BEAM
    centre = beam_centre(config)
    placement = _Placement(
        fast,
        slow,
        normal,
        beam,
        vector(frame.twotheta, device),
        angles,
        parameters.scalar(Parameter.TWOTHETA) / RADIANS_TO_DEGREES,
        _close_distance(parameters, ratio),
        ratio,
        *_mapped_centre(parameters, pivot),
    )
    locate = _pix0_beam if pivot is Pivot.BEAM else _pix0_sample
    pix0 = locate(placement, config, observe)
    normal = placement.turned(normal)
    close = dot(pix0, normal)
    return Detector(
        fast=placement.turned(fast),
        slow=placement.turned(slow),
        normal=normal,
        beam=beam,
        pix0=pix0,
        pixel_m=config.pixel_mm / 1000.0,
        shape_slow_fast=parameters.config.shape_slow_fast,
        distance_m=close / ratio,
        close_m=close,
        beam_centre_m=centre,
        nominal_close_m=close_centre(config),
        curved=config.curved,
        point_pixel=config.point_pixel,
        pivot=pivot,
        convention=config.convention,
        normal_generated=generated,
    )


def _close_distance(parameters: Parameters, ratio: Tensor) -> Tensor:
    if parameters.has(Parameter.CLOSE_DISTANCE):
        return parameters.scalar(Parameter.CLOSE_DISTANCE) / 1000.0
    return torch.abs(ratio * (parameters.scalar(Parameter.DISTANCE, default=100.0) / 1000.0))


def _mapped_centre(parameters: Parameters, pivot: Pivot) -> tuple[Tensor, Tensor]:
    """Return the fast and slow coordinates (m) of the point that the pivot keeps: direct beam or closest point."""
    config = parameters.config.detector
    if keeps_closest_point(config, pivot):
        fast, slow = closest_point(config)
        return parameters.number(fast), parameters.number(slow)
    default_x, default_y = default_centre(config)
    x = parameters.scalar(Parameter.XBEAM, default=default_x * 1000.0) / 1000.0
    y = parameters.scalar(Parameter.YBEAM, default=default_y * 1000.0) / 1000.0
    if not parameters.has(Parameter.XBEAM):
        x = parameters.number(default_x)
    if not parameters.has(Parameter.YBEAM):
        y = parameters.number(default_y)
    return fast_and_slow(config, x, y)


def _pix0_beam(p: _Placement, config: DetectorConfig, observe: Observer) -> Vector:
    """Return -F f - S s + distance·b with the rotated axes."""
    _observe_axes(p, observe)
    fast, slow, normal = p.turned(p.fast), p.turned(p.slow), p.turned(p.normal)
    terms = fast * -p.F_m, slow * -p.S_m, p.beam * p.distance_m
    pix0 = terms[0] + terms[1] + terms[2]
    observe("geometry.detector_convention", "MOSFLM")
    observe("geometry.angles_rad", lambda: _angles_text(p))
    observe("geometry.beam_center_m", lambda: _centre_text("X", "Y", beam_centre(config), config))
    for name, axis in (("fdet", Z), ("sdet", MINUS_Y), ("odet", X)):
        observe(f"geometry.initial_{name}", vector(axis))
    rotations = rotation_matrices(p.angles)
    for name, matrix in zip(("Rx", "Ry", "Rz"), rotations, strict=True):
        observe(f"geometry.{name}", matrix)
    observe("geometry.R_total", lambda: _total(rotations))
    final = (("fdet", fast), ("sdet", slow), ("odet", normal))
    for name, axis_vector in final:
        observe(f"geometry.{name}_after_rotz", axis_vector)
    observe("geometry.twotheta_axis", p.twotheta_axis)
    for name, axis_vector in final:
        observe(f"geometry.{name}_after_twotheta", axis_vector)
    observe("geometry.convention_mapping", "Fbeam←Ybeam_mm(+0.5px),Sbeam←Xbeam_mm(+0.5px),beam_vec=[1 0 0]")
    observe("geometry.Fbeam_m", p.F_m)
    observe("geometry.Sbeam_m", p.S_m)
    observe("geometry.distance_m", p.distance_m)
    for name, term in zip(("fast", "slow", "beam"), terms, strict=True):
        observe(f"geometry.term_{name}", term)
    observe("geometry.pix0_vector", pix0)
    return pix0


def _pix0_sample(p: _Placement, config: DetectorConfig, observe: Observer) -> Vector:
    """Return -F f - S s + close·o with the unrotated axes, then rotated like them."""
    terms = p.fast * -p.F_m, p.slow * -p.S_m, p.normal * p.close_m
    before = terms[0] + terms[1] + terms[2]
    observe("geometry.detector_convention", config.convention.name)
    observe("geometry.angles_rad", lambda: _angles_text(p))
    observe("geometry.beam_center_m", lambda: _centre_text("Xclose", "Yclose", close_centre(config), config))
    for name, axis in (("fdet", p.fast), ("sdet", p.slow), ("odet", p.normal)):
        observe(f"geometry.initial_{name}", axis)
    observe("geometry.Fclose_m", p.F_m)
    observe("geometry.Sclose_m", p.S_m)
    observe("geometry.close_distance_m", p.close_m)
    observe("geometry.ratio", p.ratio)
    observe("geometry.distance_m", p.distance_m)
    for name, term in zip(("fast", "slow", "close"), terms, strict=True):
        observe(f"geometry.term_{name}_before_rot", term)
    observe("geometry.pix0_before_rotation", before)
    observe("geometry.pix0_after_rotz", lambda: p.rotated(before))
    pix0 = p.turned(before)
    observe("geometry.pix0_after_twotheta", pix0)
    _observe_axes(p, observe)
    return pix0


def _observe_axes(p: _Placement, observe: Observer) -> None:
    axes = (("fdet", p.fast), ("sdet", p.slow), ("odet", p.normal))
    for name, axis in axes:
        observe(f"geometry.{name}_after_rotz", p.rotated(axis))
    observe("geometry.twotheta_axis", p.twotheta_axis)
    for name, axis in axes:
        observe(f"geometry.{name}_after_twotheta", p.turned(axis))


def _angles_text(p: _Placement) -> str:
    x, y, z = (plain(angle) for angle in p.angles)
    return f"rotx:{x:.15g} roty:{y:.15g} rotz:{z:.15g} twotheta:{plain(p.twotheta):.15g}"


def _centre_text(x_name: str, y_name: str, centre_m: tuple[float, float], config: DetectorConfig) -> str:
    """Return the reference's text; it divides metres by 1000 although the name claims metres."""
    x, y = centre_m
    return f"{x_name}:{x / 1000.0:.15g} {y_name}:{y / 1000.0:.15g} pixel_mm:{config.pixel_mm:.15g}"


def _total(rotations: tuple[Matrix, Matrix, Matrix]) -> Matrix:
    about_x, about_y, about_z = rotations
    return product(about_z, product(about_y, about_x))
