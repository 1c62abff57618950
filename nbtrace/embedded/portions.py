"""Traces of many pixels by the embedded simulator, portion by portion. Importing this imports torch."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from nbtrace.embedded.choice import simulator_errors
from nbtrace.embedded.pixel_table import Layout, PixelTable
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import BeamConfig, Config
from simulator.kernel import EAGER, pixel_values
from simulator.memory import check_memory
from simulator.model import Engine, Model
from simulator.run import History, history, portions, visited_pixels
from simulator.samples import shown_sweep
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


MOST_WORKERS = 4
"""Portions that are computed at the same time at most; as many more wait for the caller."""


@dataclass(frozen=True)
class Tracing:
    """How many pixels are traced.

    Attributes
    ----------
    layout : Layout
        Columns.
    size : int
        Pixels of a portion at most.
    engine : Engine
        What adds up the samples; what is shown of them is computed by the eager kernel.
    workers : int
        Portions that are computed at the same time, on a thread each.
    """

    layout: Layout
    size: int
    engine: Engine = EAGER
    workers: int = 1


def trace_pixels(model: Model, run: Pixels, chosen: Pixels, tracing: Tracing) -> Generator[PixelTable]:
    """Trace many pixels of a run, portion by portion; the next portions are computed while the caller has one.

    Parameters
    ----------
    model : Model
    run : ndarray
        All pixels of the run; the reference's memory of earlier pixels follows from them.
    chosen : ndarray
        Those to trace.
    tracing : Tracing

    Yields
    ------
    PixelTable
        What a portion holds, in the order of the pixels. Close the iterator where not all are taken.
    """
    engine = tracing.engine
    with simulator_errors():
        past = history(model, torch.from_numpy(run[: int(np.searchsorted(run, chosen[-1])) + 1]), engine)
    shown = engine if engine is EAGER else replace(engine, sweep=shown_sweep(engine.sweep))

    def traced(part: torch.Tensor) -> PixelTable:
        table = PixelTable(tracing.layout, model.config.shape_slow_fast[1], as_array)
        table.begin(part.numpy())
        torch.set_num_threads(1)
        with simulator_errors(), torch.no_grad():
            _trace_portion(model, past, part, table, shown)
        return table

    with _threads_kept(), ThreadPoolExecutor(tracing.workers) as pool:
        waiting: deque[Future[PixelTable]] = deque()
        try:
            for part in portions(past, torch.from_numpy(np.ascontiguousarray(chosen)), tracing.size):
                waiting.append(pool.submit(traced, part))
                if len(waiting) > tracing.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _trace_portion(model: Model, past: History, part: torch.Tensor, table: PixelTable, engine: Engine) -> None:
    first = int(part[0])
    pixels = part.to(model.detector.pix0.x.device)
    pixel_values(model, pixels, past.lookup(model, first), table, first_sweep=first in past.fresh, engine=engine)


@contextmanager
def _threads_kept() -> Iterator[None]:
    """Leave the library as many threads of its own as it has."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def as_array(value: object) -> npt.NDArray[np.float64]:
    """Return a number or a tensor as a float64 array."""
    if isinstance(value, torch.Tensor):
        array: npt.NDArray[np.float64] = value.detach().to(device="cpu", dtype=torch.float64).numpy()
        return array
    return np.asarray(value, dtype=np.float64)
