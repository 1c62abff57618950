"""Images and traces: which pixels are evaluated, in what portions, and with which memory of the reference's threads."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simulator.build import Mask
from simulator.config import Config
from simulator.defects import Defect
from simulator.errors import ConfigurationError
from simulator.kernel import EAGER, pixel_values
from simulator.model import Engine, Model
from simulator.observe import Observer, silent
from simulator.structure_factors import Lookup, NearestLookup, RangeScan, SwitchingLookup, TricubicLookup

Image = npt.NDArray[np.float32]

CHUNK_PIXELS = 1 << 16


def visited_pixels(config: Config, mask: Mask | None) -> Tensor:
    """Return the flat indices (int64) of the pixels inside region and mask, in the reference's order."""
    fast = config.shape_slow_fast[1]
    first_f, last_f, first_s, last_s = config.roi
    rows = torch.arange(first_s, last_s + 1)
    columns = torch.arange(first_f, last_f + 1)
    indices = (rows[:, None] * fast + columns[None, :]).reshape(-1)
    return indices if mask is None else indices[torch.from_numpy(mask.reshape(-1))[indices]]


def interpolates(model: Model) -> bool:
    """Tell whether the lookup is tricubic: on request, else where any flag gives two cells or fewer along an axis."""
    crystal = model.config.crystal
    wanted = model.config.structure.interpolate
    if wanted is None:
        wanted = min(crystal.Na, crystal.Nb, crystal.Nc) <= 2
    return wanted and model.factors.bordered is not None


def row_blocks(rows: int, threads: int) -> Iterator[range]:
    """Yield the rows of each thread: contiguous blocks, the first ones longer by one where it does not divide."""
    size, longer = divmod(rows, threads)
    start = 0
    for thread in range(threads):
        stop = start + size + (1 if thread < longer else 0)
        yield range(start, stop)
        start = stop


def fresh_pixels(model: Model, pixels: Tensor) -> list[int]:
    """Return the pixels (flat indices) in which a thread of the reference executes its first sweep.

    Empty where that sweep is no different: without the carry-over, or if the first step of the rotation is not at 0.
    """
    crystal = model.crystal
    if not model.has(Defect.STALE_PHI_ROTATION) or crystal.fresh_rows() == crystal.stale_rows():
        return []
    slow, fast = model.config.shape_slow_fast
    first = []
    for rows in row_blocks(slow, model.config.execution.threads_emulated):
        start, stop = (int(torch.searchsorted(pixels, row * fast)) for row in (rows.start, rows.stop))
        found = _first_with_sweep(model, pixels[start:stop])
        if found is not None:
            first.append(found)
    return first


def _first_with_sweep(model: Model, pixels: Tensor) -> int | None:
    """Return the first pixel that sees at least one source within the resolution limit."""
    if model.config.beam.dmin_angstrom <= 0.0:
        return int(pixels[0]) if len(pixels) else None
    return next((pixel for pixel in pixels.tolist() if _has_sweep(model, pixel)), None)


def _has_sweep(model: Model, pixel: int) -> bool:
    seen = []

    def note(name: str, value: object) -> None:
        if name == "at.phi_tic":
            seen.append(value)

    pixel_values(model, torch.tensor([pixel]), NearestLookup(model.factors), note)
    return bool(seen)


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


def history(model: Model, visited: Tensor) -> History:
    """Find what the reference carries from pixel to pixel when it visits these pixels in ascending order."""
    interpolated = interpolates(model)
    switched = interpolated and model.has(Defect.INTERPOLATION_SWITCH_OFF)
    return History(tuple(fresh_pixels(model, visited)), _switch(model, visited) if switched else None, interpolated)


def _switch(model: Model, visited: Tensor) -> int | None:
    """Return the first pixel with a sample out of the range of interpolation."""
    start, size = 0, 64
    while start < len(visited):
        part = visited[start : start + size]
        scan = RangeScan(model.factors)
        with torch.no_grad():
            pixel_values(model, part, scan)
        if scan.left_range is not None and bool(scan.left_range.any()):
            return int(part[int(scan.left_range.to(torch.int8).argmax())])
        start += size
        size = min(size * 4, CHUNK_PIXELS)
    return None


def portions(past: History, visited: Tensor, size: int) -> Iterator[Tensor]:
    """Cut ascending pixels into portions: at most `size`, and each pixel that the history singles out alone."""
    special = set(past.fresh) | ({past.switch} if past.switch is not None else set())
    start = 0
    for pixel in sorted(special):
        index = int(torch.searchsorted(visited, pixel))
        if index < len(visited) and int(visited[index]) == pixel:
            yield from torch.split(visited[start:index], size) if index > start else ()
            yield visited[index : index + 1]
            start = index + 1
    if start < len(visited):
        yield from torch.split(visited[start:], size)


def image_values(model: Model, visited: Tensor, observe: Observer = silent, engine: Engine = EAGER) -> Tensor:
    """Return the photons (float64) in the pixels that a run visits, with what the reference carries between them.

    Parameters
    ----------
    model : Model
    visited : Tensor
        Flat indices, int64, ascending.
    observe : Observer
        Sees the portions in turn, each announced by ``at.pixels``.
    engine : Engine
        Takes the place of the eager one.
    """
    past = history(model, visited)
    parts = []
    for part in portions(past, visited, CHUNK_PIXELS):
        observe("at.pixels", part)
        parts.append(_portion_values(model, past, part, observe, engine))
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)


def _portion_values(model: Model, past: History, part: Tensor, observe: Observer, engine: Engine = EAGER) -> Tensor:
    first = int(part[0])
    lookup = past.lookup(model, first)
    on_device = part.to(model.detector.pix0.x.device)
    return pixel_values(model, on_device, lookup, observe, first_sweep=first in past.fresh, engine=engine)


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
    pixel = slow * n_fast + fast
    index = int(torch.searchsorted(visited, pixel))
    if index >= len(visited) or int(visited[index]) != pixel:
        raise ConfigurationError(f"pixel slow {slow} fast {fast} is masked, or outside the region of interest")
    past = history(model, visited[: index + 1])
    part = visited[index : index + 1]
    observe("at.pixels", part)
    return _portion_values(model, past, part, observe)


def simulate(model: Model, mask: Mask | None = None, observe: Observer = silent, engine: Engine = EAGER) -> Image:
    """Return the image, float32 of shape (slow, fast); pixels that are not visited are 0.

    Parameters
    ----------
    model : Model
    mask : ndarray, optional
        True where a pixel is computed.
    observe : Observer
        See :func:`image_values`.
    engine : Engine
        Takes the place of the eager one, for instance :func:`simulator.fused.fused_engine`.
    """
    visited = visited_pixels(model.config, mask)
    with torch.no_grad():
        values = image_values(model, visited, observe, engine).to(dtype=torch.float32, device="cpu")
    if len(visited) < math.prod(model.config.shape_slow_fast):
        image = torch.zeros(math.prod(model.config.shape_slow_fast), dtype=torch.float32)
        image[visited] = values
    else:
        image = values
    pixels: Image = image.reshape(model.config.shape_slow_fast).numpy()
    return pixels
