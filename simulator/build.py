"""From a configuration and the files it names to a model that the kernel can evaluate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simulator.beam import build_beam
from simulator.c_numbers import LARGEST_INTEGER
from simulator.config import Config
from simulator.crystal import Crystal, build_crystal
from simulator.defects import Defect
from simulator.detector import Detector, build_detector
from simulator.device import is_available
from simulator.errors import ConfigurationError, InputFileError, MissingInputError, ResourceError
from simulator.frames import frame_of
from simulator.hkl import ReflectionTable, read_cache, read_hkl
from simulator.model import Model
from simulator.observe import Observer, silent
from simulator.parameters import Parameter, Parameters
from simulator.random import Generator
from simulator.smv import read_smv
from simulator.structure_factors import build_structure_factors
from simulator.text_inputs import SourceRow, read_matrix, read_sources
from simulator.vectors import norm, plain

Mask = npt.NDArray[np.bool_]

MOST_SUBPIXELS = 10_000
"""Per direction of a pixel; a recommendation beyond it is a mistake in the configuration."""


@dataclass(frozen=True)
class Inputs:
    """What the files of a configuration hold."""

    matrix: tuple[float, ...] | None = None
    """Nine numbers of a MOSFLM matrix, by rows."""
    reflections: ReflectionTable | None = None
    sources: tuple[SourceRow, ...] | None = None
    mask: Mask | None = None
    """True where a pixel is computed; shape (slow, fast)."""


def read_inputs(config: Config) -> Inputs:
    """Read every file that the configuration names.

    Raises
    ------
    InputFileError
        If one is missing or malformed.
    MissingInputError
        If there is nothing to scatter: no list, no cache and no default structure factor.
    """
    return Inputs(
        matrix=None if config.crystal.matrix_file is None else read_matrix(config.crystal.matrix_file),
        reflections=_reflections(config),
        sources=None if config.beam.source_file is None else read_sources(config.beam.source_file),
        mask=None if config.sampling.mask_file is None else _mask(config, config.sampling.mask_file),
    )


def _reflections(config: Config) -> ReflectionTable | None:
    structure = config.structure
    if structure.hkl_file is not None:
        return read_hkl(structure.hkl_file, structure.default_F)
    if structure.dump_file.is_file():
        swallow = Defect.CACHE_WHITE_SPACE in config.execution.defects
        return read_cache(structure.dump_file, structure.default_F, swallow_white_space=swallow)
    if structure.default_F == 0.0:
        raise MissingInputError("no structure factors: give -hkl FILE or -default_F VALUE")
    return None


def _mask(config: Config, path: Path) -> Mask:
    pixels = read_smv(path, byte_order="native").pixels
    if pixels.shape != config.shape_slow_fast:
        raise InputFileError(
            f"{path} masks {pixels.shape[0]} x {pixels.shape[1]} pixels (slow x fast), "
            f"the detector has {config.shape_slow_fast[0]} x {config.shape_slow_fast[1]}"
        )
    mask: Mask = pixels != 0
    return mask


def build_model(
    config: Config,
    inputs: Inputs | None = None,
    tensors: Mapping[Parameter, Tensor] | None = None,
    generator: Generator | None = None,
    observe: Observer = silent,
    like: Model | None = None,
) -> Model:
    """Build what the kernel needs.

    Parameters
    ----------
    config : Config
    inputs : Inputs, optional
        Content of the configuration's files; read if not given.
    tensors : mapping of Parameter to Tensor, optional
        Tensors in place of configured numbers, in the configuration's units; their graphs reach the image.
    generator : Generator, optional
        Its state afterwards is what the noise image continues from.
    observe : Observer
        Sees the families ``geometry`` and ``base``.
    like : Model, optional
        Of another configuration with the same files, built without tensors: what depends on nothing that differs is
        taken from it, and not shown to `observe`.

    Raises
    ------
    SimulatorError
        If the configuration describes no experiment, or the device is not there.
    """
    parameters = Parameters(config, tensors or {})
    if not is_available(parameters.device):
        raise ResourceError(f"device {parameters.device} is not available on this machine; give -device cpu")
    if inputs is None:
        inputs = read_inputs(config)
    same = _Same(config, None if like is None else like.config)
    detector = like.detector if like is not None and same.detector else build_detector(parameters, observe)
    if like is not None and same.crystal:
        crystal = like.crystal
    else:
        crystal = build_crystal(parameters, inputs.matrix, generator or Generator(), observe)
    dtype = torch.float64 if config.execution.dtype == "float64" else torch.float32
    beam = like.beam if like is not None and same.beam else build_beam(parameters, inputs.sources)
    if like is not None and same.factors:
        factors = like.factors
    else:
        factors = build_structure_factors(parameters, inputs.reflections, dtype)
    return Model(
        config=config,
        detector=detector,
        crystal=crystal,
        beam=beam,
        factors=factors,
        oversample=_oversample(config, crystal, detector, plain(beam.wavelength_m)),
        dtype=dtype,
    )


@dataclass(frozen=True)
class _Same:
    """Which parts of a model depend on nothing in which two configurations differ."""

    config: Config
    other: Config | None

    def _equal(self, *sections: str) -> bool:
        own, other = self.config, self.other
        if other is None or own.execution != other.execution:
            return False
        return all(getattr(own, section) == getattr(other, section) for section in sections)

    @property
    def detector(self) -> bool:
        return self._equal("detector")

    @property
    def crystal(self) -> bool:
        """A crystal turns about the spindle of the detector's frame, and its size may be that of the beam."""
        if self.other is None or not self._equal("crystal", "beam"):
            return False
        return frame_of(self.config.detector).spindle == frame_of(self.other.detector).spindle

    @property
    def beam(self) -> bool:
        return self._equal("beam", "detector")

    @property
    def factors(self) -> bool:
        return self._equal("structure")


def _oversample(config: Config, crystal: Crystal, detector: Detector, wavelength_m: float) -> int:
    given = config.sampling.oversample or 0
    if given > 0:
        return given
    count = subpixels_for_spots(crystal, detector, wavelength_m)
    if not count <= MOST_SUBPIXELS:
        raise ConfigurationError(
            f"the sharpest spots would need {count:.3g} subpixels per direction of a pixel; give -oversample, "
            "or check the size of the crystal, the wavelength and the geometry of the detector"
        )
    return recommended_oversample(crystal, detector, wavelength_m)


def subpixels_for_spots(crystal: Crystal, detector: Detector, wavelength_m: float) -> float:
    """Return the subpixels per direction with which the crystal's sharpest spot is sampled three times.

    It is infinite where the detector contains the beam's direction.
    """
    largest = max(count * plain(norm(v)) for count, v in zip(crystal.N, crystal.real_m, strict=True))
    reciprocal_pixel = wavelength_m * plain(detector.distance_m) / detector.pixel_m
    if reciprocal_pixel == 0.0 or math.isnan(reciprocal_pixel):
        return math.inf
    return 3.0 * largest / reciprocal_pixel


def recommended_oversample(crystal: Crystal, detector: Detector, wavelength_m: float) -> int:
    """Return what the reference recommends: :func:`subpixels_for_spots` rounded up, but 1 where no integer holds it."""
    count = subpixels_for_spots(crystal, detector, wavelength_m)
    return max(math.ceil(count), 1) if count < LARGEST_INTEGER else 1
