"""The embedded simulator over many pixels of an image: values and factors of any configuration. Imports torch."""

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from torch import Tensor

from nbtrace.embedded.choice import simulator_errors
from nbtrace.embedded.run_files import RunFiles
from nbtrace.explanation.images.image_causes import ImageExperiments
from nbtrace.explanation.images.image_simulator import Doubles, ImageSimulator, Places
from nbtrace.explanation.images.solving import Unknown
from nbtrace.explanation.simulations.run import Change
from nbtrace.explanation.simulations.run import Config as AnyConfig
from nbtrace.physics.nanobragg.alternatives import changes
from nbtrace.physics.nanobragg.experiments import Simulator
from nbtrace.physics.nanobragg.unknowns import unknowns
from simulator.absorption import capture_fraction
from simulator.beam import scattering_vector
from simulator.build import Inputs, build_model
from simulator.config import Config
from simulator.constants import CLASSICAL_ELECTRON_RADIUS_SQR_M2, DEFAULT_FLUENCE_PER_M2
from simulator.engines import chosen_engine
from simulator.kernel import EAGER
from simulator.lattice import miller_indices, nearest_reflection
from simulator.memory import check_memory
from simulator.model import Model
from simulator.observe import Observable
from simulator.polarization import polarization_factor
from simulator.rays import detector_coordinates, ray_to, solid_angle
from simulator.run import image_values, selected_values
from simulator.structure_factors import nearest_F
from simulator.vectors import dot

_REGION = "region"
_MANY = 4_096
"""Pixels from which on portions are computed side by side."""


@dataclass
class EmbeddedImages(ImageSimulator):
    """Runs of configurations that differ little; what several of them share is read once."""

    files: RunFiles = field(default_factory=RunFiles)
    first: dict[int, Model] = field(default_factory=dict)
    _latest: tuple[Config, Model] | None = None

    def visited(self, configured: AnyConfig) -> Places:
        """Return the pixels that a run computes, as flat indices, ascending."""
        with simulator_errors():
            config = cast("Config", configured)
            places: Places = self.files.visited(config, self.files.inputs(config).mask).numpy()
        return places

    def values(self, configured: AnyConfig, pixels: Places) -> Doubles:
        """Return the photons in some pixels of a run."""
        config = cast("Config", configured)
        with simulator_errors(), torch.no_grad():
            check_memory(config)
            inputs = self.files.inputs(config)
            model = self._built(config, inputs)
            visited = self.files.visited(config, inputs.mask)
            chosen = torch.from_numpy(np.ascontiguousarray(pixels))
            with _one_thread(len(chosen)):
                made = _made(model, visited, chosen)
        values: Doubles = made.to(dtype=torch.float64, device="cpu").numpy()
        return values

    def samples(self, configured: AnyConfig) -> int:
        """Return the samples that a pixel of a run takes."""
        model = self._model(cast("Config", configured))
        return model.steps * model.layers.count

    def shape(self, configured: AnyConfig) -> tuple[int, int]:
        """Return the numbers of pixels, slow and fast."""
        return cast("Config", configured).shape_slow_fast

    def factors(self, configured: AnyConfig, pixels: Places) -> Mapping[str, Doubles]:
        """Return polarisation, solid angle and what it is made of, captured fraction and F_cell at each pixel.

        They are those of the first subpixel, the first layer, the first source, φ step and domain.
        """
        config = cast("Config", configured)
        model = self._model(config)
        with torch.no_grad():
            found = _factors(model, torch.from_numpy(np.ascontiguousarray(pixels)))
        return {name: values.to(dtype=torch.float64, device="cpu").numpy() for name, values in found.items()}

    def constants(self, configured: AnyConfig) -> Mapping[str, float]:
        """Return the numbers of a configuration that multiply or divide a whole image."""
        config = cast("Config", configured)
        model = self._model(config)
        beam, crystal, detector = config.beam, config.crystal, config.detector
        numbers = {
            "steps": model.steps,
            "φ steps": len(model.crystal.phi_rad),
            "mosaic domains": model.crystal.domain_count,
            "sources": len(model.beam.sources),
            "oversample": model.oversample,
            "sensor layers": model.layers.count,
            "2": 2.0,
            "10": 10.0,
            "1000": 1000.0,
            "π": math.pi,
            "r_e² in m²": CLASSICAL_ELECTRON_RADIUS_SQR_M2,
            "fluence in m⁻²": beam.total_fluence_per_m2,
            "the default fluence in m⁻²": DEFAULT_FLUENCE_PER_M2,
            "-exposure": beam.exposure_s,
            "-flux": beam.flux_per_s,
            "-beamsize": beam.beamsize_mm,
            "default_F": config.structure.default_F,
            "Na": crystal.Na,
            "Nb": crystal.Nb,
            "Nc": crystal.Nc,
            "Na·Nb·Nc": crystal.Na * crystal.Nb * crystal.Nc,
            "-pixel": detector.pixel_mm,
            "-distance": detector.distance_mm or 0.0,
            "-lambda": beam.wavelength_angstrom,
        }
        return {name: float(value) for name, value in numbers.items() if value > 0 and value != 1}

    def _model(self, config: Config) -> Model:
        with simulator_errors(), torch.no_grad():
            return self._built(config, self.files.inputs(config))

    def _built(self, config: Config, inputs: Inputs) -> Model:
        """Return a model, with the parts of the first one of the same files that the configuration does not change."""
        if self._latest is not None and self._latest[0] is config:
            return self._latest[1]
        first = self.first.get(id(inputs))
        model = build_model(config, inputs, like=first)
        if first is None:
            self.first[id(inputs)] = model
        self._latest = config, model
        return model


def _made(model: Model, visited: Tensor, chosen: Tensor) -> Tensor:
    """Return the values of chosen pixels; many are computed side by side, in shares that share one past.

    Few of them, the telling ones, are held against one another and computed by the eager kernel; many are held against
    an image, to a millionth or more, and computed by what computes an image of as many samples.
    """
    engine = chosen_engine(model, len(chosen)).engine if len(chosen) > _MANY else EAGER
    on_cpu = model.detector.pix0.x.device.type == "cpu"
    threads = torch.get_num_threads()
    workers = threads if len(chosen) > _MANY and engine.in_threads and on_cpu else 1
    if len(chosen) == len(visited):
        return image_values(model, visited, engine=engine, workers=workers)
    if workers == 1:
        return selected_values(model, visited, chosen, _silent, engine)
    shares = torch.tensor_split(chosen, workers)

    def values(share: Tensor) -> Tensor:
        torch.set_num_threads(1)
        with torch.no_grad():
            return selected_values(model, visited, share, _silent, engine)

    try:
        with ThreadPoolExecutor(len(shares)) as pool:
            return torch.cat(list(pool.map(values, shares)))
    finally:
        torch.set_num_threads(threads)


def _factors(model: Model, pixels: Tensor) -> dict[str, Tensor]:
    """Return the factors that pixels have, by their names in reports."""
    detector, config = model.detector, model.config
    fast, slow = detector_coordinates(detector, pixels, (0, 0), model.oversample)
    ray = ray_to(detector, fast, slow, 0.0)
    source = model.beam.sources[0]
    found = {
        "polar": polarization_factor(model.beam.kahn_factor, source.incident, ray.direction, model.beam.polar),
        "omega": solid_angle(detector, ray.distance),
        "close/R": detector.close_m / ray.distance,
        "R²": ray.distance * ray.distance,
    }
    if model.layers.range > 0.0:
        mu = config.detector.attenuation_per_m
        found["capture"] = capture_fraction(0, model.layers.step, mu, ray.direction, detector.normal)
        found["obliquity of the sensor"] = 1.0 / dot(ray.direction, detector.normal)
    if model.factors.bordered is not None:
        scattering = scattering_vector(ray.direction, source)
        basis = model.crystal.orientations.at(model.crystal.nominal_rows()[0], 0)
        found["F_cell"] = nearest_F(model.factors, nearest_reflection(miller_indices(basis, scattering)))
    return {name: values for name, values in found.items() if bool((values > 0).all())}


def _silent(name: str, value: Observable) -> None:
    """See nothing."""


@contextmanager
def _one_thread(pixels: int) -> Iterator[None]:
    """Compute few pixels on one thread: the library's own threads meet after every operation."""
    threads = torch.get_num_threads()
    if pixels <= _MANY:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def image_experiments() -> ImageExperiments:
    """Return what the search for causes in images varies, and what runs it."""

    def options(configured: AnyConfig) -> tuple[Change, ...]:
        # The change of the region is of a single pixel.
        return tuple(change for change in changes(cast("Config", configured), (0, 0)) if change.name != _REGION)

    def numbers(configured: AnyConfig) -> tuple[Unknown, ...]:
        return unknowns(cast("Config", configured))

    return ImageExperiments(EmbeddedImages(), Simulator(), options, numbers)
