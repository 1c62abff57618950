"""Derivatives of an image on a CPU by compiled code, in memory that does not grow with the samples.

The sums over samples of F² F_latt² of a source, and what they bring to the derivatives with respect to S, the cell of
every orientation, a*, b*, c* and the structure factors, are one pass each of `native_sweep.cpp`; all around them is
torch's own. What the compiled code does not know is computed by the eager sweep, some samples at a time.
"""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from simulator.defects import Defect
from simulator.model import Engine, Model, P, PixelState, SweepContext, T, sample_weight
from simulator.native_library import NativeLibrary
from simulator.native_sweep import NativeSweep, SweepArguments, prepared_sweep
from simulator.observe import silent
from simulator.rays import pixel_ray
from simulator.samples import add_sample, eager_sweep
from simulator.structure_factors import NearestLookup, TricubicLookup
from simulator.vectors import Vector

RECOMPUTED_NUMBERS = 1 << 19
"""Pixels times samples whose intermediate results are kept at once by the eager sweep."""

SMALLEST_SHARE = 1 << 12
"""Fewer pixels are not worth a thread of their own."""

LARGEST_SHARED = 1 << 24
"""Derivatives with respect to more numbers than these are not kept once for each thread."""


class SlopeArguments(ctypes.Structure):
    """What the compiled function of derivatives takes: see `struct SlopeArguments` in `native_sweep.cpp`."""

    _fields_ = (
        ("upstream", ctypes.c_void_p),
        ("scattering", ctypes.c_void_p * 3),
        ("basis", ctypes.c_void_p),
        ("basis_size", ctypes.c_int64),
        ("table", ctypes.c_void_p),
        ("reciprocal", ctypes.c_void_p),
    )


def differentiable_engine(library: NativeLibrary | None) -> Engine:
    """Return the engine of an image whose derivatives are wanted; without compiled code it is eager throughout."""
    if library is None:
        return Engine(pixel_ray, checkpointed_sweep)
    return Engine(_on_one_thread(pixel_ray), DifferentiableSweep(library), _on_one_thread)


def _on_one_thread(step: Callable[P, T]) -> Callable[P, T]:
    """Return a step that torch computes on one thread: between steps so short, threads wait longer than they work."""

    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return step(*args, **kwargs)
        finally:
            torch.set_num_threads(threads)

    return alone


def checkpointed_sweep(context: SweepContext, state: PixelState) -> None:
    """Do what the eager sweep does, but compute what derivatives need of its samples again when they are wanted."""
    if context.observe is not silent or not isinstance(context.lookup, NearestLookup | TricubicLookup):
        eager_sweep(context, state)
        return
    model = context.model
    rows = model.crystal.fresh_rows() if state.first_sweep else state.rows
    state.first_sweep = False
    places = [(row, domain) for row in rows for domain in range(model.crystal.domain_count)]
    size = max(RECOMPUTED_NUMBERS // len(state.omega), 1)
    running = model.has(Defect.RUNNING_PRODUCTS) and sample_weight(model, state) is not None
    for first in range(0, len(places), size):
        group = places[first : first + size]
        # A sum needs nothing of the samples before it, and so nothing is kept of them.
        before = state.intensity if running else torch.zeros_like(state.intensity)
        part = replace(state, intensity=before)
        after: Tensor = checkpoint(_group, context, part, before, group, use_reentrant=False)
        state.intensity = after if running else state.intensity + after


def _group(context: SweepContext, state: PixelState, before: Tensor, group: list[tuple[int, int]]) -> Tensor:
    """Add some samples; neither of the two times is anything left in the state."""
    part = replace(state, intensity=before)
    for row, domain in group:
        add_sample(context, part, context.model.crystal.orientations.at(row, domain))
    return part.intensity


@dataclass(frozen=True)
class _Sums:
    """What the sums of a sweep, and their derivatives, are computed from besides the tensors."""

    library: NativeLibrary
    arguments: SweepArguments
    """For all pixels; what it points to is kept by :attr:`kept`."""
    kept: tuple[Tensor, ...]

    def shares(self, pixels: int, workers: int, work: Callable[[SweepArguments, int, int], None]) -> None:
        """Let threads do some work each on a share of the pixels: arguments for it, its number and its first pixel."""
        size = max(-(-pixels // workers), SMALLEST_SHARE)
        starts = range(0, pixels, size)

        def share(number: int, first: int) -> None:
            arguments = SweepArguments.from_buffer_copy(self.arguments)
            arguments.pixels = min(size, pixels - first)
            arguments.scattering = _moved(arguments.scattering, first * _DOUBLE)
            work(arguments, number, first)

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(share, range(len(starts)), starts))


_DOUBLE = 8


def _moved(addresses: "ctypes.Array[ctypes.c_void_p]", by: int) -> "ctypes.Array[ctypes.c_void_p]":
    """Return addresses further on."""
    return type(addresses)(*((address or 0) + by for address in addresses))


class _DifferentiableSums(torch.autograd.Function):
    """The sums over samples of F² F_latt² of each pixel, and their derivatives."""

    @staticmethod
    def forward(
        ctx: Any, sums: _Sums, scattering: Tensor, basis: Tensor, reciprocal: Tensor, table: Tensor, dtype: torch.dtype
    ) -> Tensor:
        """Return the sums (n,); the tensors are what the arguments of `sums` point to, for their derivatives."""
        pixels = scattering.shape[1]
        total = torch.zeros(pixels, dtype=dtype)

        def add(arguments: SweepArguments, _: int, first: int) -> None:
            arguments.intensity = total[first:].data_ptr()
            sums.library.sweep(arguments)

        sums.shares(pixels, torch.get_num_threads(), add)
        ctx.sums = sums
        ctx.save_for_backward(scattering, basis, reciprocal, table)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor, Tensor | None, Tensor, Tensor | None, None]:
        """Return the derivatives with respect to S, the cells, a*, b*, c* and the structure factors."""
        scattering, basis, reciprocal, table = ctx.saved_tensors
        sums: _Sums = ctx.sums
        _, _, of_cells, _, of_table, _ = ctx.needs_input_grad
        shared = (basis.numel() if of_cells else 0) + (table.numel() if of_table else 0)
        workers = torch.get_num_threads() if shared <= LARGEST_SHARED else 1
        upstream, doubles = upstream.to(torch.float64).contiguous(), table.detach().to(torch.float64)
        found = torch.empty_like(scattering)
        cells, stars, factors = (
            torch.from_numpy(np.zeros((workers if wanted else 0, like.numel())))
            for like, wanted in ((basis, of_cells), (reciprocal, True), (table, of_table))
        )

        def carry(arguments: SweepArguments, number: int, first: int) -> None:
            if arguments.table:
                arguments.table = doubles.data_ptr()
            sums.library.slopes(
                arguments,
                SlopeArguments(
                    upstream=upstream[first:].data_ptr(),
                    scattering=(ctypes.c_void_p * 3)(*(row[first:].data_ptr() for row in found)),
                    basis=cells[number].data_ptr() if of_cells else None,
                    basis_size=basis[0].numel(),
                    table=factors[number].data_ptr() if of_table else None,
                    reciprocal=stars[number].data_ptr(),
                ),
            )

        sums.shares(scattering.shape[1], workers, carry)
        return (
            None,
            found,
            _total(cells).reshape(basis.shape) if of_cells else None,
            _total(stars).reshape(reciprocal.shape),
            _total(factors).reshape(table.shape).to(table.dtype) if of_table else None,
            None,
        )


def _total(shares: Tensor) -> Tensor:
    """Return the sum of the rows.

    It is numpy's: threads of torch meet after every operation, where they wait at the processor's cost.
    """
    return torch.from_numpy(shares.numpy().sum(axis=0))


class DifferentiableSweep:
    """A sweep of :func:`simulator.kernel.pixel_values` by compiled code, through which derivatives go."""

    def __init__(self, library: NativeLibrary) -> None:
        self._library = library
        self._blind = NativeSweep(library)

    def __call__(self, context: SweepContext, state: PixelState) -> None:
        """Add the contributions of all φ steps and mosaic domains of one source."""
        model, weight = context.model, sample_weight(context.model, state)
        if not torch.is_grad_enabled():
            self._blind(context, state)
            return
        running = weight is not None and model.has(Defect.RUNNING_PRODUCTS)
        if running or not isinstance(context.lookup, NearestLookup | TricubicLookup):
            checkpointed_sweep(context, state)
            return
        count = len(state.rows) * model.crystal.domain_count
        brightness = context.source.weight
        added = (self._sums(context, state) + float(count) * state.share) * brightness
        total = state.intensity + (added if weight is None else added * weight)
        state.intensity = total if context.used is None else torch.where(context.used, total, state.intensity)
        state.first_sweep = False

    def _sums(self, context: SweepContext, state: PixelState) -> Tensor:
        model: Model = context.model
        crystal, factors = model.crystal, model.factors
        scattering = torch.stack(list(context.scattering)).contiguous()
        basis = torch.stack([component for v in crystal.orientations.basis for component in v])
        reciprocal = torch.stack([component for v in crystal.reciprocal for component in v])
        table = factors.default_F if factors.bordered is None else factors.bordered
        fixed = replace(context, scattering=Vector(*scattering.detach()))
        arguments, kept = prepared_sweep(fixed, state)
        sums = _Sums(self._library, arguments, (*kept, scattering))
        apply = cast("Callable[..., Tensor]", _DifferentiableSums.apply)
        return apply(sums, scattering, basis, reciprocal, table, model.dtype)
