"""Traces of many pixels by the embedded simulator, portion by portion. Importing this imports torch."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from nbtrace.embedded.choice import simulator_errors
from nbtrace.embedded.pixel_table import Layout, PixelTable
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import BeamConfig, Config
from simulator.kernel import pixel_values
from simulator.memory import check_memory
from simulator.model import Model
from simulator.run import history, portions, visited_pixels
from simulator.structure_factors import NearestLookup

Pixels = npt.NDArray[np.int64]
"""Flat indices, slow · n_fast + fast, ascending."""


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
