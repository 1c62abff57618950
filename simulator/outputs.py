"""The files of a run and the statistics that the reference prints with them."""

import math
from collections.abc import Iterator

import torch

from simulator.banner import closest_point_m, dials_origin_mm, direct_beam_m
from simulator.build import Inputs
from simulator.config import noise_seed
from simulator.constants import RADIANS_TO_DEGREES
from simulator.hkl import write_cache
from simulator.images import (
    Region,
    image_statistics,
    integer_image,
    integer_scale,
    pgm_image,
    pgm_scale,
    write_float_image,
    write_pgm,
)
from simulator.model import Model
from simulator.noise import noise_image
from simulator.observe import Observable, resolve
from simulator.random import Generator, Stream
from simulator.run import Image
from simulator.smv import SmvHeader, write_smv


class RunNotes:
    """An observer that adds up solid angles over pixels, layers and subpixels, and notes where interpolation ends."""

    def __init__(self) -> None:
        self._solid_angles_sr: list[torch.Tensor] = []
        self.interpolation_ends_at: int | None = None

    def __call__(self, name: str, value: Observable) -> None:
        """Note what the reference prints of a whole run."""
        if name == "run.interpolation_ends_at":
            pixel = resolve(value)
            self.interpolation_ends_at = pixel if isinstance(pixel, int) else None
        if name == "omega_pixel_sr":
            omega = resolve(value)
            if isinstance(omega, torch.Tensor):
                # On a GPU, to look at a sum would be to wait for it.
                self._solid_angles_sr.append(omega.sum())

    @property
    def total_sr(self) -> float:
        """Sum of all solid angles, in whatever order they came."""
        return math.fsum(map(float, self._solid_angles_sr))


def header(model: Model) -> SmvHeader:
    """Return what the reference writes above its integer images."""
    config, detector = model.config, model.detector
    pixel = detector.pixel_m
    fast_beam, slow_beam = direct_beam_m(model)
    fast_close, slow_close = closest_point_m(model)
    return SmvHeader(
        pixel_size=pixel * 1000.0,
        distance=float(detector.distance_m) * 1000.0,
        close_distance=float(detector.close_m) * 1000.0,
        wavelength=config.beam.wavelength_angstrom,
        beam_center=(detector.beam_centre_m[0] * 1000.0, detector.beam_centre_m[1] * 1000.0),
        fast_beam=fast_beam * 1000.0,
        slow_beam=slow_beam * 1000.0,
        slow_size=config.detector.size_m[1] * 1000.0,
        dials_origin=dials_origin_mm(model),
        xds_origin=(fast_close / pixel + 0.5, slow_close / pixel + 0.5),
        phi=config.crystal.phi_deg,
        oscillation=config.crystal.rotation.range * RADIANS_TO_DEGREES,
        two_theta=config.detector.twotheta_deg,
    )


def region_of(model: Model) -> Region:
    """Return the region of interest as slices (slow, fast)."""
    first_f, last_f, first_s, last_s = model.config.roi
    return slice(first_s, last_s + 1), slice(first_f, last_f + 1)


def write_outputs(
    model: Model, inputs: Inputs, image: Image, solid_angle_sr: float, generator: Generator
) -> Iterator[str]:
    """Write the files in the reference's order and yield the lines that it prints.

    Raises
    ------
    ResourceError
        If a file cannot be written.
    """
    output, region = model.config.output, region_of(model)
    statistics = image_statistics(image, region, inputs.mask)
    angle = solid_angle_sr / model.steps
    share = angle / (4.0 * torch.pi) * 100.0
    position = statistics.maximum_position(model.detector.pixel_m, model.oversample)
    yield f"solid angle subtended by detector = {angle:g} steradian ( {share:g}% sphere)"
    yield f"writing {output.float_file} as {image.size} 4-byte floats"
    write_float_image(output.float_file, image)
    yield f"max_I = {statistics.maximum:g}  at {position[0]:g} {position[1]:g}"
    yield "mean= {} rms= {} rmsd= {}".format(*map(_printed, (statistics.mean, statistics.rms, statistics.rmsd)))
    scale = integer_scale(statistics.maximum, output.scale)
    yield f"intfile_scale = {scale:g}"
    yield f"writing {output.int_file} as 2-byte integers"
    write_smv(output.int_file, integer_image(image, scale, output.adc, region), header(model))
    if output.write_pgm:
        pgm = pgm_scale(statistics.rmsd, scale, output.pgm_scale)
        yield f"pgm_scale = {pgm:g}"
        yield f"writing {output.pgm_file} as 1-byte integers"
        write_pgm(output.pgm_file, pgm_image(image, pgm, region), pgm)
    if output.write_noise:
        yield from _noise(model, image, generator, region)


def _printed(value: float, form: str = "g") -> str:
    """Return a number as C prints it, which knows the sign of what is not a number."""
    return "-nan" if math.isnan(value) and math.copysign(1.0, value) < 0.0 else f"{value:{form}}"


def _noise(model: Model, image: Image, generator: Generator, region: Region) -> Iterator[str]:
    output = model.config.output
    stream = Stream.from_seed(noise_seed(model.config))
    noise = noise_image(image, generator, stream, output.adc, region)
    yield f"{_printed(noise.photons, '.0f')} photons on noise image ({noise.overloads} overloads)"
    yield f"writing {output.noise_file} as 2-byte integers"
    write_smv(output.noise_file, noise.pixels, header(model))


def write_dump(model: Model, inputs: Inputs) -> None:
    """Write the binary cache after a list was read."""
    structure = model.config.structure
    if structure.hkl_file is not None and inputs.reflections is not None:
        write_cache(structure.dump_file, inputs.reflections)
