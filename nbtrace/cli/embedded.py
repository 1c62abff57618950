"""The embedded simulator as the commands use it. Importing this imports torch: do it inside a command only."""

import logging
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import ValidationError

from nbtrace.errors import InputError, ProgramError, UsageError
from nbtrace.parsers.outcome import Stated
from nbtrace.physics.nanobragg.dialects.banner import banner as stated
from nbtrace.physics.nanobragg.pixel_table import Layout, PixelTable
from nbtrace.physics.nanobragg.recorder import Emit, Recorder
from nbtrace.records import Pixel, Record
from nbtrace.running.command import require_on_detector
from simulator.arguments import Command, FlagError, parse
from simulator.banner import banner
from simulator.build import Inputs, build_model, read_inputs
from simulator.canonical import canonical_arguments
from simulator.config import BeamConfig, Config, ExecutionConfig
from simulator.config_file import NamedConfig, load_config
from simulator.defects import Defect, Mode, defects_of
from simulator.device import device_of, is_available, on_available_device
from simulator.errors import InputFileError, ResourceError, SimulatorError
from simulator.kernel import pixel_values
from simulator.memory import check_memory
from simulator.model import Model
from simulator.run import history, portions, trace_values, visited_pixels
from simulator.structure_factors import NearestLookup

_log = logging.getLogger("nbtrace")

LENIENT = "--lenient"

Pixels = npt.NDArray[np.int64]
"""Flat indices, slow · n_fast + fast, ascending."""


@dataclass(frozen=True)
class Traced:
    """The trace of one pixel.

    Attributes
    ----------
    records, per_phi : tuple of Record
        Those of the trace and of the per-φ log.
    header : tuple of str
        Lines that state the configuration.
    expected_phi : int
        Lines that the per-φ log must have: φ steps × sampled points, 0 where F_latt has no factors per axis.
    """

    records: tuple[Record, ...]
    per_phi: tuple[Record, ...]
    header: tuple[str, ...]
    expected_phi: int


@contextmanager
def simulator_errors() -> Iterator[None]:
    """Turn an error of the simulator into the one of nbtrace with the right exit code."""
    try:
        yield
    except InputFileError as error:
        raise InputError(str(error)) from error
    except ResourceError as error:
        raise ProgramError(str(error)) from error
    except SimulatorError as error:
        raise UsageError(str(error)) from error


@dataclass(frozen=True)
class Choice:
    """What the command line chooses over a configuration; None leaves it as it is."""

    mode: str | None = None
    device: str | None = None
    dtype: str | None = None

    def applied(self, config: Config) -> Config:
        """Return the configuration with the choice in it; CUDA that is absent becomes the CPU, with a warning.

        Raises
        ------
        UsageError
            If a word is none that the simulator knows.
        """
        given = {"device": self.device, "dtype": self.dtype, "defects": self.defects()}
        changes = {name: value for name, value in given.items() if value is not None}
        try:
            execution = ExecutionConfig.model_validate(config.execution.model_dump() | changes)
        except ValidationError as error:
            raise UsageError(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from None
        with simulator_errors():
            chosen, warning = on_available_device(config.model_copy(update={"execution": execution}))
        if warning is not None:
            _log.warning("warning: %s", warning)
        return chosen

    def reread(self, words: Sequence[str], config: Config) -> Config:
        """Return what flags mean in the chosen mode, where its switches decide how some of them are read.

        Parameters
        ----------
        words : sequence of str
            The flags that `config` was read from.
        config : Config
        """
        if self.mode is None:
            return config
        self.defects()
        with simulator_errors():
            plain, chosen = (_passing(words, mode) for mode in (None, self.mode))
        return config if plain == chosen else chosen.model_copy(update={"execution": config.execution})

    def defects(self) -> frozenset[Defect] | None:
        """Return the switches of the chosen mode.

        Raises
        ------
        UsageError
            If it is unknown.
        """
        try:
            return None if self.mode is None else defects_of(self.mode)
        except ValueError as error:
            known = " or ".join(mode.value for mode in Mode)
            raise UsageError(f"mode {self.mode!r} is unknown; give {known}: {error}") from None


def _passing(words: Sequence[str], mode: str | None) -> Config:
    """Read flags that were read before, so that the lenient way is right where the strict one is refused."""
    try:
        config = parse(words, mode=mode).config
    except FlagError:
        config = parse(words, lenient=True, mode=mode).config
    return config.model_copy(update={"execution": ExecutionConfig()})


def devices_there(asked: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the devices to run on, and those that this machine lacks, each with the reason.

    Parameters
    ----------
    asked : sequence of str
        Names of devices; none for the CPU and CUDA. Where none of them is there, the CPU is, with a warning.

    Raises
    ------
    UsageError
        If a name is no device's.
    """
    names = tuple(dict.fromkeys(asked)) or ("cpu", "cuda")
    with simulator_errors():
        there = tuple(name for name in names if is_available(device_of(name)))
    gone = {name: "this machine has no such device" for name in names if name not in there}
    for name in gone if asked else ():
        _log.warning("warning: device %s was asked for and is not available", name)
    if there:
        return there, gone
    return ("cpu",), {name: f"{reason}; the CPU is used" for name, reason in gone.items()}


def parsed_flags(words: Sequence[str], mode: str | None = None) -> Config:
    """Read nanoBragg's flags; what to know about them goes to the log as warnings.

    Parameters
    ----------
    words : sequence of str
    mode : str, optional
        In place of -mode among them.

    Raises
    ------
    UsageError, InputError
        If they make no run.
    """
    lenient = LENIENT in words
    Choice(mode).defects()
    with simulator_errors():
        command = parse([word for word in words if word != LENIENT], lenient=lenient, mode=mode)
    _warn(command)
    return command.config


def parsed_file(path: Path) -> NamedConfig:
    """Read a configuration file; what to know about its flags goes to the log as warnings.

    Raises
    ------
    UsageError, InputError
        If it cannot be read or makes no run.
    """
    with simulator_errors():
        named = load_config(path)
    _warn(named.command)
    return named


def _warn(command: Command) -> None:
    for finding in command.findings:
        _log.warning("warning: %s", finding.remark)


def canonical(config: Config) -> tuple[str, ...]:
    """Return the shortest flags that give a configuration."""
    return tuple(canonical_arguments(config))


def command_text(flags: Sequence[str]) -> str:
    """Return flags as one line that a shell reads back."""
    return shlex.join(flags)


def input_files(config: Config) -> tuple[Path, ...]:
    """Return the files that a configuration is read from."""
    named = (config.crystal.matrix_file, config.structure.hkl_file, config.beam.source_file, config.sampling.mask_file)
    cache = config.structure.dump_file
    cached = (cache,) if config.structure.hkl_file is None and cache.is_file() else ()
    return tuple(path for path in (*named, *cached) if path is not None)


def check_on_detector(config: Config, pixel: Pixel) -> None:
    """Refuse a pixel off the detector.

    Raises
    ------
    UsageError
        Saying whether only the swapped order lies on the detector.
    """
    require_on_detector(config.shape_slow_fast, pixel)


def trace_pixel(config: Config, pixel: Pixel, emit: Emit) -> Traced:
    """Trace one pixel of a run.

    Raises
    ------
    UsageError, InputError, ProgramError
        If the run cannot be made or does not visit the pixel.
    """
    recorder = Recorder(samples=emit.everything)
    with simulator_errors(), torch.no_grad():
        check_memory(config)
        inputs = read_inputs(config)
        model = build_model(config, inputs, observe=recorder)
        trace_values(model, visited_pixels(config, inputs.mask), pixel, recorder)
        header = _header(model, inputs, pixel)
    per_axis = recorder.has_step_factors
    return Traced(
        records=recorder.trace(emit, first_line=len(header) + 1),
        per_phi=recorder.per_phi(emit),
        header=header,
        expected_phi=len(model.crystal.phi_rad) * recorder.sampled if per_axis else 0,
    )


def _header(model: Model, inputs: Inputs, pixel: Pixel) -> tuple[str, ...]:
    """Return the lines of the banner that nbtrace reads settings from, and the traced pixel."""
    execution = model.config.execution
    return (
        f"# nbtrace harness, mode {execution.mode}",
        f"Device: {execution.device}, Dtype: {execution.dtype}",
        *(line for line in banner(model, inputs) if isinstance(stated(line), Stated)),
        f"# Tracing pixel: (slow={pixel[0]}, fast={pixel[1]})",
    )


def visited(config: Config, inputs: Inputs) -> Pixels:
    """Return the flat indices of the pixels that a run computes, ascending."""
    pixels: Pixels = visited_pixels(config, inputs.mask).numpy()
    return pixels


def loaded(config: Config) -> tuple[Inputs, Model]:
    """Read the inputs of a configuration and build its model."""
    with simulator_errors():
        check_memory(config)
        inputs = read_inputs(config)
        return inputs, build_model(config, inputs)


def column_layout(model: Model, pixel: int) -> Layout:
    """Return the columns that a run's pixels have; `pixel` (flat index) is any of them."""
    names: list[str] = []
    # A pixel that is cut off by resolution would not show all names.
    beam = BeamConfig.model_validate(model.config.beam.model_dump() | {"dmin_angstrom": 0.0})
    unlimited = model.config.model_copy(update={"beam": beam})
    seen = torch.tensor([pixel], device=model.detector.pix0.x.device)
    with torch.no_grad():
        pixel_values(
            replace(model, config=unlimited), seen, NearestLookup(model.factors), lambda name, _: names.append(name)
        )
    return Layout.of(names)


def trace_pixels(model: Model, run: Pixels, chosen: Pixels, table: PixelTable, size: int) -> Iterator[int]:
    """Trace many pixels of a run into `table`, portion by portion.

    Parameters
    ----------
    model : Model
    run : ndarray
        All pixels of the run; the reference's memory of earlier pixels follows from them.
    chosen : ndarray
        Those to trace.
    table : PixelTable
        Holds the portion just traced.
    size : int
        Pixels in a portion at most.

    Yields
    ------
    int
        Pixels in the portion.
    """
    with simulator_errors():
        past = history(model, torch.from_numpy(run[: int(np.searchsorted(run, chosen[-1])) + 1]))
    device = model.detector.pix0.x.device
    for part in portions(past, torch.from_numpy(np.ascontiguousarray(chosen)), size):
        first = int(part[0])
        table.begin(part.numpy())
        with simulator_errors(), torch.no_grad():
            lookup = past.lookup(model, first)
            pixel_values(model, part.to(device), lookup, table, first_sweep=first in past.fresh)
        yield len(part)


def as_array(value: object) -> npt.NDArray[np.float64]:
    """Return a number or a tensor as a float64 array."""
    if isinstance(value, torch.Tensor):
        array: npt.NDArray[np.float64] = value.detach().to(device="cpu", dtype=torch.float64).numpy()
        return array
    return np.asarray(value, dtype=np.float64)
