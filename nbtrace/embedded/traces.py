"""Traces of one pixel or of many by the embedded simulator. Importing this imports torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from nbtrace.embedded.choice import parsed_flags, simulator_errors
from nbtrace.embedded.pixel_table import Layout, PixelTable
from nbtrace.embedded.recorder import Emit, Recorder
from nbtrace.parsers import parse_trace
from nbtrace.parsers.outcome import Stated
from nbtrace.physics.nanobragg.dialects.banner import banner as stated
from nbtrace.plain_text import shortened
from nbtrace.records import Pixel, Record, Trace
from nbtrace.writers import trace_text
from simulator.banner import banner
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import BeamConfig, Config
from simulator.kernel import pixel_values
from simulator.memory import check_memory
from simulator.model import Model
from simulator.run import history, portions, trace_values, visited_pixels
from simulator.structure_factors import NearestLookup

Pixels = npt.NDArray[np.int64]
"""Flat indices, slow · n_fast + fast, ascending."""


@dataclass(frozen=True)
class EmbeddedTrace:
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

    def __repr__(self) -> str:
        about = self.header[0].removeprefix("# ") if self.header else ""
        return shortened(f"<EmbeddedTrace: {len(self.records)} records, {len(self.per_phi)} per φ step; {about}>")

    @property
    def trace(self) -> Trace:
        """The trace as a reader of its log has it, for :func:`nbtrace.diff` and the like."""
        (trace,) = parse_trace(trace_text(self.records, self.header))
        return trace


def trace_pixel(config: Config | Sequence[str], pixel: Pixel, emit: Emit | None = None) -> EmbeddedTrace:
    """Trace one pixel of a run.

    Parameters
    ----------
    config : Config or sequence of str
        A configuration, or nanoBragg's flags.
    pixel : (int, int)
        Slow, fast.
    emit : Emit, optional
        What is traced beyond the reference's own lines.

    Raises
    ------
    UsageError, InputError, ProgramError
        If the run cannot be made or does not visit the pixel.
    """
    emit = emit or Emit()
    config = config if isinstance(config, Config) else parsed_flags(config)
    recorder = Recorder(samples=emit.everything)
    with simulator_errors(), torch.no_grad():
        check_memory(config)
        inputs = read_inputs(config)
        model = build_model(config, inputs, observe=recorder)
        trace_values(model, visited_pixels(config, inputs.mask), pixel, recorder)
        header = _header(model, inputs, pixel)
    per_axis = recorder.has_step_factors
    return EmbeddedTrace(
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
