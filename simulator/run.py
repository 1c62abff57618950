"""Images and traces: which pixels are evaluated, in what portions, and with which memory of the reference's threads."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simulator.build import Mask
from simulator.config import Config
from simulator.defects import Defect
from simulator.errors import ConfigurationError
from simulator.kernel import EAGER, pixel_values
from simulator.memory import portion_size
from simulator.model import Engine, Model, PixelState, SweepContext
from simulator.observe import Observer, silent
from simulator.structure_factors import Lookup, NearestLookup, RangeScan, SwitchingLookup, TricubicLookup

Image = npt.NDArray[np.float32]

Indices: TypeAlias = Tensor | range
"""Flat indices of pixels, ascending: int64 on the CPU, or a stretch of all, which takes no memory."""


SMALLEST_SHARE = 1 << 12
"""Fewer pixels are not worth a thread of their own."""


def visited_pixels(config: Config, mask: Mask | None) -> Tensor:
    """Return the flat indices (int64) of the pixels inside region and mask, in the reference's order."""
    visited = visited_indices(config, mask)
    return torch.arange(visited.start, visited.stop) if isinstance(visited, range) else visited


def visited_indices(config: Config, mask: Mask | None) -> Indices:
    """Return the pixels of :func:`visited_pixels`; whole rows without a mask are a stretch."""
    fast = config.shape_slow_fast[1]
    first_f, last_f, first_s, last_s = config.roi
    if mask is None and last_f - first_f + 1 == fast:
        return range(first_s * fast, (last_s + 1) * fast)
    rows = torch.arange(first_s, last_s + 1)
    columns = torch.arange(first_f, last_f + 1)
    indices = (rows[:, None] * fast + columns[None, :]).reshape(-1)
    return indices if mask is None else indices[torch.from_numpy(mask.reshape(-1))[indices]]


def places_of(visited: Indices) -> Tensor | slice:
    """Return what picks the visited pixels out of an image of one dimension."""
    return slice(visited.start, visited.stop) if isinstance(visited, range) else visited


def _position(pixels: Indices, pixel: int) -> int:
    """Return where a pixel stands among ascending ones, or would."""
    if isinstance(pixels, range):
        return min(max(pixel - pixels.start, 0), len(pixels))
    return int(torch.searchsorted(pixels, pixel))


def interpolates(model: Model) -> bool:
    """Tell whether the lookup is tricubic: where that is wanted and there is a table."""
    return model.config.interpolates and model.factors.bordered is not None


def row_blocks(rows: int, threads: int) -> Iterator[range]:
    """Yield the rows of each thread: contiguous blocks, the first ones longer by one where it does not divide."""
    size, longer = divmod(rows, threads)
    start = 0
    for thread in range(threads):
        stop = start + size + (1 if thread < longer else 0)
        yield range(start, stop)
        start = stop


def fresh_pixels(model: Model, pixels: Indices) -> list[int]:
    """Return the pixels (flat indices) in which a thread of the reference executes its first sweep.

    Empty where that sweep is no different: without the carry-over, or if the first step of the rotation is not at 0.
    """
    crystal = model.crystal
    if not model.has(Defect.STALE_PHI_ROTATION) or crystal.fresh_rows() == crystal.stale_rows():
        return []
    slow, fast = model.config.shape_slow_fast
    first = []
    for rows in row_blocks(slow, model.config.execution.threads_emulated):
        start, stop = (_position(pixels, row * fast) for row in (rows.start, rows.stop))
        fresh = _first_with_sweep(model, pixels[start:stop])
        if fresh is not None:
            first.append(fresh)
    return first


def _first_with_sweep(model: Model, pixels: Indices) -> int | None:
    """Return the first pixel that sees at least one source within the resolution limit."""
    if model.config.beam.dmin_angstrom <= 0.0:
        return int(pixels[0]) if len(pixels) else None
    start, size = 0, 64
    while start < len(pixels):
        part = pixels[start : start + size]
        swept = _with_sweep(model, part)
        if bool(swept.any()):
            return int(part[int(swept.to(torch.int8).argmax())])
        start += size
        size = min(size * 4, portion_size(model.config))
    return None


def _with_sweep(model: Model, pixels: Indices) -> Tensor:
    """Tell which pixels see at least one source within the resolution limit."""
    swept = torch.zeros(len(pixels), dtype=torch.bool, device=_device(model))

    def note(context: SweepContext, _: PixelState) -> None:
        if context.used is not None:
            swept.logical_or_(context.used)

    with torch.no_grad():
        there = _on_device(pixels, _device(model))
        pixel_values(model, there, NearestLookup(model.factors), engine=replace(EAGER, sweep=note))
    return swept


@dataclass(frozen=True)
class History:
    """What the reference carries from pixel to pixel, for a given set of visited pixels.

    Attributes
    ----------
    fresh : tuple of int
        Pixels (flat indices) in which a thread executes its first sweep.
    switch : int or None
        Pixel in which interpolation is switched off for the rest of the image.
    interpolated : bool
        The lookup is tricubic, until `switch`.
    """

    fresh: tuple[int, ...]
    switch: int | None
    interpolated: bool

    def lookup(self, model: Model, pixel: int) -> Lookup:
        """Return the lookup that holds at a pixel."""
        if not self.interpolated or (self.switch is not None and pixel > self.switch):
            return NearestLookup(model.factors)
        if pixel == self.switch:
            return SwitchingLookup(model.factors)
        return TricubicLookup(model.factors)


def history(model: Model, visited: Indices, engine: Engine = EAGER) -> History:
    """Find what the reference carries from pixel to pixel when it visits these pixels in ascending order."""
    interpolated = interpolates(model)
    switched = interpolated and model.has(Defect.INTERPOLATION_SWITCH_OFF)
    switch = _switch(model, visited, engine) if switched else None
    return History(tuple(fresh_pixels(model, visited)), switch, interpolated)


def _switch(model: Model, visited: Indices, engine: Engine) -> int | None:
    """Return the first pixel with a sample out of the range of interpolation."""
    start, size = 0, 64
    while start < len(visited):
        part = visited[start : start + size]
        scan = RangeScan(model.factors)
        with torch.no_grad():
            pixel_values(model, _on_device(part, _device(model)), scan, engine=engine)
        if scan.left_range is not None and bool(scan.left_range.any()):
            return int(part[int(scan.left_range.to(torch.int8).argmax())])
        start += size
        size = min(size * 4, portion_size(model.config))
    return None


@overload
def portions(past: History, pixels: Tensor, size: int) -> Iterator[Tensor]: ...


@overload
def portions(past: History, pixels: Indices, size: int) -> Iterator[Indices]: ...


def portions(past: History, pixels: Indices, size: int) -> Iterator[Indices]:
    """Cut ascending pixels into portions of at most `size` that share one past.

    A pixel that the history singles out is alone, and no portion reaches across one.
    """
    special = sorted({*past.fresh, *(() if past.switch is None else (past.switch,))})
    start = 0
    for pixel in special:
        index = _position(pixels, pixel)
        yield from _split(pixels[start:index], size)
        present = index < len(pixels) and int(pixels[index]) == pixel
        if present:
            yield pixels[index : index + 1]
        start = index + 1 if present else index
    yield from _split(pixels[start:], size)


def _split(pixels: Indices, size: int) -> Iterator[Indices]:
    for start in range(0, len(pixels), size):
        yield pixels[start : start + size]


def image_values(
    model: Model, visited: Indices, observe: Observer = silent, engine: Engine = EAGER, workers: int = 1
) -> Tensor:
    """Return the photons (float64) in the pixels that a run visits, with what the reference carries between them.

    Parameters
    ----------
    model : Model
    visited : Tensor or range
        Flat indices, int64, ascending.
    observe : Observer
        Sees the portions in turn, each announced by ``at.pixels``.
    engine : Engine
        Takes the place of the eager one.
    workers : int
        Portions that are computed at the same time, where no graph is recorded. With more than one, `observe` is called
        from several threads.
    """
    past = history(model, visited, engine)
    if past.switch is not None:
        observe("run.interpolation_ends_at", past.switch)
    return _values(model, past, visited, observe, engine, workers)


def selected_values(model: Model, visited: Tensor, pixels: Tensor, observe: Observer, engine: Engine = EAGER) -> Tensor:
    """Return the photons (float64) in some of the pixels of a run, without computing the others.

    Parameters
    ----------
    model : Model
    visited : Tensor
        Flat indices, int64, ascending: all pixels of the run; the memory of earlier pixels follows from them.
    pixels : Tensor
        Flat indices, int64, ascending, each of them visited.
    observe : Observer
        Sees the portions in turn, each announced by ``at.pixels``.
    engine : Engine
        Takes the place of the eager one.

    Raises
    ------
    ConfigurationError
        If the run does not visit one of the pixels.
    """
    places = torch.searchsorted(visited, pixels).clamp(max=max(len(visited) - 1, 0))
    missed = pixels if not len(visited) else pixels[visited[places] != pixels]
    if len(missed):
        slow, fast = divmod(int(missed[0]), model.config.shape_slow_fast[1])
        raise ConfigurationError(f"pixel slow {slow} fast {fast} is masked, or outside the region of interest")
    past = history(model, visited[: int(places.max()) + 1] if len(pixels) else pixels, engine)
    return _values(model, past, pixels, observe, engine)


def _values(
    model: Model, past: History, pixels: Indices, observe: Observer, engine: Engine, workers: int = 1
) -> Tensor:
    def values(part: Indices) -> Tensor:
        there = _on_device(part, _device(model))
        observe("at.pixels", there)
        first = int(part[0])
        lookup, first_sweep = past.lookup(model, first), first in past.fresh
        return pixel_values(model, there, lookup, observe, first_sweep=first_sweep, engine=engine)

    concurrent = workers > 1 and not torch.is_grad_enabled()
    size = portion_size(model.config)
    if concurrent:
        size = min(size, max(math.ceil(len(pixels) / workers), SMALLEST_SHARE))
    parts = list(portions(past, pixels, size))
    if not parts:
        return torch.zeros(0, dtype=torch.float64, device=_device(model))
    found = _concurrently(values, parts, workers) if concurrent else [values(part) for part in parts]
    return found[0] if len(found) == 1 else torch.cat(found)


def _concurrently(values: Callable[[Indices], Tensor], parts: Sequence[Indices], workers: int) -> list[Tensor]:
    """Compute portions side by side, each on one thread.

    The library's own threads meet after every operation; where the processor is shared, that costs more than it brings.
    """
    threads = torch.get_num_threads()

    def on_one_thread(part: Indices) -> Tensor:
        torch.set_num_threads(1)
        with torch.no_grad():
            return values(part)

    try:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(on_one_thread, parts))
    finally:
        torch.set_num_threads(threads)


def _device(model: Model) -> torch.device:
    return model.detector.pix0.x.device


def _on_device(part: Indices, device: torch.device) -> Tensor:
    """Return ascending indices on a device; those of a whole stretch are made there instead of copied."""
    if isinstance(part, range):
        return torch.arange(part.start, part.stop, device=device)
    if device.type == "cpu" or not len(part):
        return part.to(device)
    first, last = int(part[0]), int(part[-1])
    if last - first + 1 == len(part):
        return torch.arange(first, last + 1, device=device)
    return part.to(device)


def _on_host(values: Tensor) -> Tensor:
    """Return values in single precision in main memory; from a GPU they come by locked pages, which is faster."""
    single = values.to(torch.float32)
    if single.device.type == "cpu":
        return single
    return torch.empty(single.shape, dtype=torch.float32, pin_memory=True).copy_(single)


def trace_values(model: Model, visited: Tensor, pixel_slow_fast: tuple[int, int], observe: Observer) -> Tensor:
    """Return the photons (float64, shape (1,)) in one pixel of a run and show every step to `observe`.

    Parameters
    ----------
    model : Model
    visited : Tensor
        Flat indices, int64, ascending: all pixels of the run; the memory of earlier pixels follows from them.
    pixel_slow_fast : tuple of int
    observe : Observer

    Raises
    ------
    ConfigurationError
        If the run does not visit the pixel.
    """
    slow, fast = pixel_slow_fast
    n_slow, n_fast = model.config.shape_slow_fast
    if not (0 <= slow < n_slow and 0 <= fast < n_fast):
        raise ConfigurationError(f"pixel slow {slow} fast {fast} is not on the detector of {n_slow} x {n_fast}")
    return selected_values(model, visited, torch.tensor([slow * n_fast + fast]), observe)


def simulate(model: Model, mask: Mask | None = None, observe: Observer | None = None, engine: Engine = EAGER) -> Image:
    """Return the image, float32 of shape (slow, fast); pixels that are not visited are 0.

    Parameters
    ----------
    model : Model
    mask : ndarray, optional
        True where a pixel is computed.
    observe : Observer, optional
        See :func:`image_values`; it is called from several threads.
    engine : Engine
        Takes the place of the eager one, for instance :func:`simulator.fused.fused_engine`.
    """
    visited = visited_indices(model.config, mask)
    with torch.no_grad():
        workers = torch.get_num_threads() if engine.in_threads and _device(model).type == "cpu" else 1
        values = _on_host(image_values(model, visited, observe or silent, engine, workers))
    if len(visited) < math.prod(model.config.shape_slow_fast):
        image = torch.zeros(math.prod(model.config.shape_slow_fast), dtype=torch.float32)
        image[places_of(visited)] = values
    else:
        image = values
    pixels: Image = image.reshape(model.config.shape_slow_fast).numpy()
    return pixels
