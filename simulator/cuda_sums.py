"""The sums of a sweep on CUDA: one kernel for all samples of a source, each pixel's sum in registers.

It states once more the physics of :mod:`simulator.samples`, which is always right, and is held to it by tests of all
crystal shapes and options. Memory does not grow with the samples.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from simulator.cuda_functions import (
    CELLS,
    DEFAULT_F,
    GAUSS,
    MARGIN,
    NEAREST,
    NUDGE,
    RANGE_SCAN,
    ROUND,
    SHAPES,
    SIXTH,
    SQUARE,
    TRICUBIC,
    gauss_lattice,
    is_within,
    lowest_node,
    nearest_index,
    round_lattice,
    sine_coefficients,
    sine_quotient_along,
    table_entry,
    tophat_lattice,
    tricubic,
    vectors_of,
)
from simulator.model import Model
from simulator.structure_factors import (
    INTERPOLATION_MARGIN,
    Lookup,
    NearestLookup,
    RangeScan,
    StructureFactors,
    TricubicLookup,
)

BLOCK_PIXELS = 512
WARPS = 4

SINGLE_BLOCK = 1024
"""Pixels of a block where the factors are in single precision: twice as many of a thread fit its registers."""

TRICUBIC_BLOCK = 256
"""Pixels of a block where F is interpolated: of more, the numbers of a thread would not fit its registers."""

SIZES = ("pixels", "samples", "low_h", "low_k", "low_l", "count_h", "count_k", "count_l")
"""Numbers whose values make no other code: else every portion, list and crystal might be compiled anew."""

SAMPLES_AT_ONCE = 64
"""Samples whose sum is taken in the precision of the factors before it joins the sum in float64."""


@triton.jit(do_not_specialize=SIZES)
def sweep_kernel(  # noqa: C901, PLR0912, PLR0915 - one kernel; its constants choose what is compiled of it
    total_out,  # float64 (n,)
    scattering,  # float64 (3, n), 1/m
    start,  # float64 (n,): the sum so far, for a running product
    weight,  # float64 (n,): by which a running product multiplies
    basis,  # float64 (samples, 9): a, b, c, m
    table,  # F of the bordered table, in the precision of the factors
    numbers,  # float64: constants; a number given as an argument would be rounded to float32
    pixels,
    samples,
    low_h,
    low_k,
    low_l,
    count_h,
    count_k,
    count_l,
    SHAPE: tl.constexpr,
    SINGLE: tl.constexpr,
    ALONG_A: tl.constexpr,
    ALONG_B: tl.constexpr,
    ALONG_C: tl.constexpr,
    HAS_TABLE: tl.constexpr,
    LOOKUP: tl.constexpr,
    RUNNING: tl.constexpr,
    SKIPS_ZERO: tl.constexpr,
    BLOCK: tl.constexpr,
    AT_ONCE: tl.constexpr,
):
    """Write the sum over samples of F_cell² F_latt² of each pixel, or how many samples leave the table's range."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < pixels
    sx, sy, sz = vectors_of(scattering, place, pixels, present)
    real = tl.float32 if SINGLE else tl.float64
    p0, p1, p2, p3, p4, p5 = sine_coefficients(numbers, SINGLE)
    cells_a = tl.load(numbers + CELLS)
    cells_b = tl.load(numbers + CELLS + 1)
    cells_c = tl.load(numbers + CELLS + 2)
    nudge = tl.load(numbers + NUDGE)
    default_F = tl.load(numbers + DEFAULT_F).to(real)
    margin = tl.load(numbers + MARGIN)
    sixth = tl.load(numbers + SIXTH)
    total = tl.load(start + place, mask=present & RUNNING, other=0.0)
    factor = tl.load(weight + place, mask=present & RUNNING, other=1.0)
    row = basis
    for first in range(0, samples, AT_ONCE):
        part = tl.zeros((BLOCK,), dtype=real)
        for _ in range(first, tl.minimum(first + AT_ONCE, samples)):
            h = sx * tl.load(row + 0) + sy * tl.load(row + 1) + sz * tl.load(row + 2)
            k = sx * tl.load(row + 3) + sy * tl.load(row + 4) + sz * tl.load(row + 5)
            l = sx * tl.load(row + 6) + sy * tl.load(row + 7) + sz * tl.load(row + 8)  # noqa: E741
            row += 9
            h0 = nearest_index(h)
            k0 = nearest_index(k)
            l0 = nearest_index(l)
            if SHAPE == SQUARE:
                above = tl.full((BLOCK,), 1.0, dtype=real)
                below = tl.full((BLOCK,), 1.0, dtype=real)
                if ALONG_A:
                    above, below = sine_quotient_along(h, h0, nudge, cells_a, SINGLE, p0, p1, p2, p3, p4, p5)
                if ALONG_B:
                    above_b, below_b = sine_quotient_along(k, k0, nudge, cells_b, SINGLE, p0, p1, p2, p3, p4, p5)
                    above *= above_b
                    below *= below_b
                if ALONG_C:
                    above_c, below_c = sine_quotient_along(l, l0, nudge, cells_c, SINGLE, p0, p1, p2, p3, p4, p5)
                    above *= above_c
                    below *= below_c
                lattice = above / below
            elif SHAPE == ROUND:
                lattice = round_lattice(numbers, (h - h0).to(real), (k - k0).to(real), (l - l0).to(real), SINGLE)
            elif SHAPE == GAUSS:
                lattice = gauss_lattice(numbers, (h - h0).to(real), (k - k0).to(real), (l - l0).to(real), SINGLE)
            else:
                lattice = tophat_lattice(numbers, h - h0, k - k0, l - l0).to(real)
            if LOOKUP != NEAREST:
                inside = is_within(h, low_h, count_h, margin) & is_within(k, low_k, count_k, margin)
                inside &= is_within(l, low_l, count_l, margin)
            if LOOKUP == RANGE_SCAN:
                term = tl.where(inside | ((lattice == 0.0) & SKIPS_ZERO), 0.0, 1.0).to(real)
            else:
                F = default_F
                if HAS_TABLE:
                    F = tl.load(table + table_entry(h0, k0, l0, low_h, low_k, low_l, count_h, count_k, count_l))
                if LOOKUP == TRICUBIC:
                    first_node = lowest_node(inside, h, k, l, low_h, low_k, low_l, count_k, count_l)
                    F = tl.where(inside, tricubic(table, first_node, h, k, l, count_k, count_l, sixth, SINGLE), F)
                amplitude = lattice * F
                term = amplitude * amplitude
            if RUNNING:
                product = (total + term) * factor
                total = tl.where(lattice != 0.0, product, total) if SKIPS_ZERO else product
            else:
                part += term
        if not RUNNING:
            total += part.to(tl.float64)
    tl.store(total_out + place, total, mask=present)


@dataclass(frozen=True)
class CudaTask:
    """What the sums over the samples of a source follow from besides the tensors."""

    model: Model
    numbers: Tensor
    lookup: tl.constexpr
    """:data:`~simulator.cuda_functions.NEAREST`, `TRICUBIC` or `RANGE_SCAN`."""

    @property
    def block(self) -> int:
        """Pixels of a block."""
        if self.lookup.value == TRICUBIC.value:
            return TRICUBIC_BLOCK
        return SINGLE_BLOCK if self.model.dtype == torch.float32 else BLOCK_PIXELS

    @property
    def constants(self) -> dict[str, Any]:
        """What both kernels are compiled for."""
        along = {f"ALONG_{axis}": count > 1 for axis, count in zip("ABC", self.model.crystal.N, strict=True)}
        return {
            **along,
            "SHAPE": SHAPES[self.model.crystal.shape].value,
            "HAS_TABLE": self.model.factors.bordered is not None,
            "LOOKUP": self.lookup.value,
            "BLOCK": self.block,
            "num_warps": WARPS,
            "enable_fp_fusion": True,
        }

    @property
    def box(self) -> tuple[int, ...]:
        """The table's lowest indices, and how many there are."""
        return (*self.model.factors.low, *self.model.factors.counts)


def kernel_lookup(lookup: Lookup, factors: StructureFactors) -> tl.constexpr | None:
    """Return how the kernels find structure factors; None if they do not."""
    match lookup:
        case NearestLookup():
            return NEAREST
        case TricubicLookup():
            # In a table of less nothing is inside.
            has_inside = factors.bordered is not None and min(factors.counts) > 2.0 * INTERPOLATION_MARGIN
            return TRICUBIC if has_inside else NEAREST
        case RangeScan():
            return RANGE_SCAN
    return None


def cuda_sums(
    task: CudaTask,
    scattering: Tensor,
    orientations: Tensor,
    table: Tensor,
    running: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Return the sum over samples of F_cell² F_latt², or the running product of a start and a weight, float64 (n,)."""
    pixels = scattering.shape[1]
    total = torch.empty(pixels, dtype=torch.float64, device=scattering.device)
    start, weight = (task.numbers, task.numbers) if running is None else running
    sweep_kernel[(triton.cdiv(pixels, task.block),)](
        total,
        scattering,
        start,
        weight,
        orientations,
        table,
        task.numbers,
        pixels,
        len(orientations),
        *task.box,
        SINGLE=task.model.dtype == torch.float32,
        RUNNING=running is not None,
        SKIPS_ZERO=task.model.config.beam.water_um == 0.0,
        AT_ONCE=SAMPLES_AT_ONCE,
        **task.constants,
    )
    return total
