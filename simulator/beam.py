"""The sources of the incident beam: direction and wavelength of each."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from simulator.config import BeamConfig, Config
from simulator.constants import ANGSTROMS_PER_M, SOURCE_DISTANCE_M
from simulator.defects import Defect
from simulator.errors import InputFileError
from simulator.frames import frame_of
from simulator.parameters import Parameter, Parameters
from simulator.steps import SampleRange
from simulator.text_inputs import SourceRow
from simulator.vectors import Vector, cross, dot, norm, plain, rotate_about_axis, unit, vector


@dataclass(frozen=True)
class BeamSource:
    """One direction and wavelength of the beam."""

    incident: Vector
    """Unit vector of propagation."""
    wavelength_m: Tensor
    position_m: Vector
    """As given or generated; only its direction matters."""
    weight: float = 1.0
    """Over the mean weight of all sources; 1 where weights are ignored."""


@dataclass(frozen=True)
class Beam:
    """Everything about the incident beam that a pixel needs."""

    sources: tuple[BeamSource, ...]
    polar: Vector
    """Unit vector of polarisation."""
    kahn_factor: Tensor | None
    """None for an unpolarised beam."""
    fluence_per_m2: Tensor
    wavelength_m: Tensor
    """Nominal wavelength."""
    direction: Vector


def build_beam(parameters: Parameters, rows: Sequence[SourceRow] | None = None) -> Beam:
    """Make the sources, from a source file's rows or from divergence and dispersion."""
    config = parameters.config.beam
    frame = frame_of(parameters.config.detector)
    direction, polar = (unit(vector(v, parameters.device)) for v in (frame.beam, frame.polar))
    wavelength = parameters.scalar(Parameter.WAVELENGTH) / ANGSTROMS_PER_M
    if rows is not None:
        weights = _relative_weights(rows, parameters.config)
        sources = tuple(
            _listed(row, direction, wavelength, parameters, weight) for row, weight in zip(rows, weights, strict=True)
        )
    else:
        sources = tuple(_generated(config, direction, polar, wavelength, parameters))
    fluence = parameters.given(Parameter.FLUENCE)
    kahn_factor = parameters.scalar(Parameter.KAHN_FACTOR)
    return Beam(
        sources=sources,
        polar=polar,
        kahn_factor=kahn_factor if kahn_factor.requires_grad or plain(kahn_factor) != 0.0 else None,
        fluence_per_m2=parameters.number(config.total_fluence_per_m2) if fluence is None else fluence,
        wavelength_m=wavelength,
        direction=direction,
    )


def divergence_angles(config: BeamConfig) -> Iterator[tuple[float, float]]:
    """Yield the horizontal and vertical angles (radians) of the sources; a round beam leaves out the corners."""
    horizontal, vertical = config.horizontal_divergence, config.vertical_divergence
    for i in range(horizontal.count):
        for j in range(vertical.count):
            h = horizontal.step * i - horizontal.range / 2.0
            v = vertical.step * j - vertical.range / 2.0
            if not (config.round_divergence and _outside_ellipse(h, v, horizontal, vertical)):
                yield h, v


def _outside_ellipse(h: float, v: float, horizontal: SampleRange, vertical: SampleRange) -> bool:
    if horizontal.range == 0.0 or vertical.range == 0.0:
        return False
    distance = _off_axis(h, horizontal) + _off_axis(v, vertical)
    return distance * 4.0 > 1.1


def _off_axis(angle: float, steps: SampleRange) -> float:
    even = 1.0 if steps.count % 2 == 0 else 0.0
    return (angle * angle - steps.step * steps.step / 4.0 * even) / (steps.range * steps.range)


def _generated(
    config: BeamConfig, direction: Vector, polar: Vector, wavelength: Tensor, parameters: Parameters
) -> Iterator[BeamSource]:
    vertical_axis = unit(cross(direction, polar))
    dispersion = config.dispersion
    for h, v in divergence_angles(config):
        position = rotate_about_axis(direction * -SOURCE_DISTANCE_M, polar, parameters.number(v))
        position = rotate_about_axis(position, vertical_axis, parameters.number(h))
        incident = -unit(position)
        for k in range(dispersion.count):
            yield BeamSource(incident, wavelength * (1.0 + dispersion.step * k - dispersion.range / 2.0), position)


def _relative_weights(rows: Sequence[SourceRow], config: Config) -> list[float]:
    """Return each source's weight over their mean; exactly 1 where all are equal, or where weights are ignored."""
    weights = [row.weight for row in rows]
    if Defect.SOURCE_WEIGHTS_IGNORED in config.execution.defects:
        return [1.0] * len(rows)
    total = sum(weights)
    if min(weights) < 0.0 or not 0.0 < total < math.inf:
        raise InputFileError(
            f"{config.beam.source_file}: the weights of the sources, in the fourth column, must not be negative, and "
            "their sum must be positive and finite"
        )
    return [1.0 if len(set(weights)) == 1 else weight * len(rows) / total for weight in weights]


def _listed(row: SourceRow, direction: Vector, wavelength: Tensor, parameters: Parameters, weight: float) -> BeamSource:
    given = row.columns
    default = direction * -SOURCE_DISTANCE_M
    position = Vector(*(parameters.number(given[i]) if i < len(given) else default[i] for i in range(3)))
    own_wavelength = parameters.number(given[4]) if len(given) > 4 else wavelength
    return BeamSource(-unit(position), own_wavelength, position, weight)


def scattering_vector(direction: Vector, source: BeamSource) -> Vector:
    """Return S = (d - i)/λ in 1/m, for unit vectors to the pixel and along the beam."""
    return (direction - source.incident) / source.wavelength_m


def stol(scattering: Vector) -> Tensor:
    """Return sinθ/λ = |S|/2 in 1/m."""
    return 0.5 * norm(scattering)


def cos_two_theta(direction: Vector, source: BeamSource) -> Tensor:
    """Return the cosine of the scattering angle."""
    return dot(source.incident, direction)
