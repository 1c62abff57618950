"""The sweep on CUDA: one kernel for all samples of a source, each pixel's sum in registers.

It states once more the physics of :mod:`simulator.samples`, which is always right, and is held to it by tests of all
crystal shapes and options. The sines are polynomials of range-reduced indices. Memory does not grow with the samples.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from simulator.config import CrystalShape
from simulator.cuda_stages import CudaStages, joined
from simulator.defects import Defect
from simulator.lattice import SHAPE_CONSTANTS, SINE_COEFFICIENTS, axis_nudge
from simulator.model import Engine, Model, PixelState, SweepContext, sample_weight
from simulator.samples import eager_sweep
from simulator.structure_factors import INTERPOLATION_MARGIN, NearestLookup, TricubicLookup
from simulator.vectors import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK_PIXELS = 512
WARPS = 4

SAMPLES_AT_ONCE = 64
"""Samples whose sum is taken in the precision of the factors before it joins the sum in float64."""

SQUARE = tl.constexpr(0)
ROUND = tl.constexpr(1)
GAUSS = tl.constexpr(2)
TOPHAT = tl.constexpr(3)
_SHAPES = {
    CrystalShape.SQUARE: SQUARE,
    CrystalShape.ROUND: ROUND,
    CrystalShape.GAUSS: GAUSS,
    CrystalShape.TOPHAT: TOPHAT,
}

# Where the constants of a model stand in the kernels' table of them.
SINE = tl.constexpr(0)
CELLS = tl.constexpr(6)
NUDGE = tl.constexpr(9)
DEFAULT_F = tl.constexpr(10)
ALL_CELLS = tl.constexpr(11)
FUDGE = tl.constexpr(12)
OF_SHAPE = tl.constexpr(13)
PI = tl.constexpr(14)
MARGIN = tl.constexpr(15)
SIXTH = tl.constexpr(16)
RECIPROCAL = tl.constexpr(17)


@triton.jit
def _vectors(components, place, pixels, present):
    """Return the three components of a vector of each pixel."""
    x = tl.load(components + place, mask=present, other=0.0)
    y = tl.load(components + pixels + place, mask=present, other=0.0)
    z = tl.load(components + 2 * pixels + place, mask=present, other=0.0)
    return x, y, z


@triton.jit
def _sine_coefficients(numbers, SINGLE: tl.constexpr):
    """Return what :func:`_half_turn_sine` takes."""
    real = tl.float32 if SINGLE else tl.float64
    p0 = tl.load(numbers + SINE).to(real)
    p1 = tl.load(numbers + SINE + 1).to(real)
    p2 = tl.load(numbers + SINE + 2).to(real)
    p3 = tl.load(numbers + SINE + 3).to(real)
    p4 = tl.load(numbers + SINE + 4).to(real)
    p5 = tl.load(numbers + SINE + 5).to(real)
    return p0, p1, p2, p3, p4, p5


@triton.jit
def _half_turn_sine(x, p0, p1, p2, p3, p4, p5):
    """Return sin(πx) for |x| ≤ ½."""
    square = x * x
    return x * (((((p0 * square + p1) * square + p2) * square + p3) * square + p4) * square + p5)


@triton.jit
def _turns(x):
    """Return the whole number next to x; which one of two as near does not matter to a squared sine."""
    return tl.floor(x + 0.5)


@triton.jit
def _nearest(x):
    """Return the whole number next to x; halves go down."""
    return tl.ceil(x - 0.5)


@triton.jit
def _place(index, low, count):
    """Return where a whole number stands along an axis of the bordered table; beyond its edges on the border."""
    return tl.minimum(tl.maximum(index.to(tl.int32), low - 1), low + count) - (low - 1)


@triton.jit
def _entry(h, k, l, low_h, low_k, low_l, count_h, count_k, count_l):  # noqa: E741
    """Return where the F of a reflection stands in the bordered table."""
    row = _place(h, low_h, count_h) * (count_k + 2)
    return (row + _place(k, low_k, count_k)) * (count_l + 2) + _place(l, low_l, count_l)


@triton.jit
def _cubic_weight(t, node: tl.constexpr, sixth):
    """Return the weight of the node -1, 0, 1 or 2 (given as 0 to 3) at 0 ≤ t < 1."""
    if node == 0:
        weight = -t * (t - 1.0) * (t - 2.0) * sixth
    elif node == 1:
        weight = (t + 1.0) * (t - 1.0) * (t - 2.0) * 0.5
    elif node == 2:
        weight = -(t + 1.0) * t * (t - 2.0) * 0.5
    else:
        weight = (t + 1.0) * t * (t - 1.0) * sixth
    return weight


@triton.jit
def _along(index, nearest, nudge, cells, SINGLE: tl.constexpr, p0, p1, p2, p3, p4, p5):
    """Return numerator and denominator of sin(πNh)/sin(πh) along an axis, but for the sign."""
    real = tl.float32 if SINGLE else tl.float64
    delta = (index - nearest) + nudge
    phase = delta * cells
    above = _half_turn_sine((phase - _turns(phase)).to(real), p0, p1, p2, p3, p4, p5)
    return above, _half_turn_sine(delta.to(real), p0, p1, p2, p3, p4, p5)


@triton.jit
def _round(numbers, dh, dk, dl, SINGLE: tl.constexpr):
    """Return F_latt of a round crystal."""
    real = tl.float32 if SINGLE else tl.float64
    a = tl.load(numbers + CELLS).to(real) * dh
    b = tl.load(numbers + CELLS + 1).to(real) * dk
    c = tl.load(numbers + CELLS + 2).to(real) * dl
    squared = (a * a + b * b + c * c) * tl.load(numbers + FUDGE).to(real)
    centre = squared == 0.0
    x = tl.load(numbers + PI).to(real) * tl.sqrt(tl.where(centre, 1.0, squared))
    form = 3.0 * (tl.sin(x) / x - tl.cos(x)) / (x * x)
    return tl.load(numbers + ALL_CELLS).to(real) * tl.load(numbers + OF_SHAPE).to(real) * tl.where(centre, 1.0, form)


@triton.jit
def _spot(numbers, dh, dk, dl, SHAPE: tl.constexpr, SINGLE: tl.constexpr):
    """Return F_latt of a crystal of Gaussian or top-hat spots."""
    real = tl.float32 if SINGLE else tl.float64
    star = numbers + RECIPROCAL
    x = tl.load(star).to(real) * dh + tl.load(star + 3).to(real) * dk + tl.load(star + 6).to(real) * dl
    y = tl.load(star + 1).to(real) * dh + tl.load(star + 4).to(real) * dk + tl.load(star + 7).to(real) * dl
    z = tl.load(star + 2).to(real) * dh + tl.load(star + 5).to(real) * dk + tl.load(star + 8).to(real) * dl
    cells = tl.load(numbers + ALL_CELLS).to(real)
    fudge = tl.load(numbers + FUDGE).to(real)
    constant = tl.load(numbers + OF_SHAPE).to(real)
    q = (x * x + y * y + z * z) * cells * cells
    return cells * tl.exp(-(q / constant) * fudge) if SHAPE == GAUSS else tl.where(q * fudge < constant, cells, 0.0)


@triton.jit
def _within(index, low, count, margin):
    """Tell which indices keep the distance from the edges of the table that the tricubic lookup needs."""
    return (index >= low + margin) & (index <= low + count - 1 - margin)


@triton.jit
def _tricubic(table, inside, h, k, l, low_h, low_k, low_l, count_h, count_k, count_l, sixth, SINGLE: tl.constexpr):  # noqa: E741
    """Return F interpolated with the four nodes around each index; 0 where it is not inside."""
    real = tl.float32 if SINGLE else tl.float64
    base_h = tl.floor(h)
    base_k = tl.floor(k)
    base_l = tl.floor(l)
    total = (h - h).to(real)
    for i in tl.static_range(4):
        weight_h = _cubic_weight(h - base_h, i, sixth).to(real)
        row_h = _place(base_h + (i - 1), low_h, count_h) * (count_k + 2)
        for j in tl.static_range(4):
            weight_k = weight_h * _cubic_weight(k - base_k, j, sixth).to(real)
            row_k = (row_h + _place(base_k + (j - 1), low_k, count_k)) * (count_l + 2)
            for m in tl.static_range(4):
                weight_l = weight_k * _cubic_weight(l - base_l, m, sixth).to(real)
                node = row_k + _place(base_l + (m - 1), low_l, count_l)
                total += weight_l * tl.load(table + node, mask=inside, other=0.0)
    return total


@triton.jit
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
    TRICUBIC: tl.constexpr,
    RUNNING: tl.constexpr,
    SKIPS_ZERO: tl.constexpr,
    BLOCK: tl.constexpr,
    AT_ONCE: tl.constexpr,
):
    """Write the sum over samples of F_cell² F_latt² of each pixel."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < pixels
    sx, sy, sz = _vectors(scattering, place, pixels, present)
    real = tl.float32 if SINGLE else tl.float64
    p0, p1, p2, p3, p4, p5 = _sine_coefficients(numbers, SINGLE)
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
            h0 = _nearest(h)
            k0 = _nearest(k)
            l0 = _nearest(l)
            if SHAPE == SQUARE:
                above = tl.full((BLOCK,), 1.0, dtype=real)
                below = tl.full((BLOCK,), 1.0, dtype=real)
                if ALONG_A:
                    above, below = _along(h, h0, nudge, cells_a, SINGLE, p0, p1, p2, p3, p4, p5)
                if ALONG_B:
                    above_b, below_b = _along(k, k0, nudge, cells_b, SINGLE, p0, p1, p2, p3, p4, p5)
                    above *= above_b
                    below *= below_b
                if ALONG_C:
                    above_c, below_c = _along(l, l0, nudge, cells_c, SINGLE, p0, p1, p2, p3, p4, p5)
                    above *= above_c
                    below *= below_c
                lattice = above / below
            elif SHAPE == ROUND:
                lattice = _round(numbers, (h - h0).to(real), (k - k0).to(real), (l - l0).to(real), SINGLE)
            else:
                lattice = _spot(numbers, (h - h0).to(real), (k - k0).to(real), (l - l0).to(real), SHAPE, SINGLE)
            amplitude = lattice * default_F
            if HAS_TABLE:
                F = tl.load(table + _entry(h0, k0, l0, low_h, low_k, low_l, count_h, count_k, count_l))
                if TRICUBIC:
                    inside = _within(h, low_h, count_h, margin) & _within(k, low_k, count_k, margin)
                    inside &= _within(l, low_l, count_l, margin)
                    smooth = _tricubic(
                        table, inside, h, k, l, low_h, low_k, low_l, count_h, count_k, count_l, sixth, SINGLE
                    )
                    F = tl.where(inside, smooth, F)
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


@triton.jit
def _slope(index, nearest, nudge, cells, p0, p1, p2, p3, p4, p5, pi):
    """Return (sin πNh / sin πh)² and half its derivative with respect to h, in float64."""
    delta = (index - nearest) + nudge
    phase = delta * cells
    rest = phase - _turns(phase)
    above = _half_turn_sine(rest, p0, p1, p2, p3, p4, p5)
    below = _half_turn_sine(delta, p0, p1, p2, p3, p4, p5)
    # cos πx = sin π(½ - |x|); both factors change sign with every half turn of the phase, their product does not.
    above_cos = _half_turn_sine(0.5 - tl.abs(rest), p0, p1, p2, p3, p4, p5)
    below_cos = _half_turn_sine(0.5 - tl.abs(delta), p0, p1, p2, p3, p4, p5)
    factor = above / below
    slope = pi * (cells * above_cos - factor * below_cos) / below
    # Next to a reflection the difference above is lost in rounding; there the first term of the series is exact enough.
    close = tl.abs(phase) < 1.0 / 1024.0
    series = (1.0 - cells * cells) * cells * pi * pi * delta / 3.0
    return factor * factor, factor * tl.where(close, series, slope)


@triton.jit
def slope_kernel(  # noqa: PLR0915 - one kernel
    scattering_out,  # float64 (3, n): the derivative with respect to `scattering`
    basis_out,  # float64 (samples, 9), added to
    table_out,  # float64, of the size of the table, added to; without a table a single number
    upstream,  # float64 (n,): the derivative with respect to the sums
    scattering,
    basis,
    table,
    numbers,
    pixels,
    samples,
    low_h,
    low_k,
    low_l,
    count_h,
    count_k,
    count_l,
    ALONG_A: tl.constexpr,
    ALONG_B: tl.constexpr,
    ALONG_C: tl.constexpr,
    HAS_TABLE: tl.constexpr,
    OF_BASIS: tl.constexpr,
    OF_TABLE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Carry the derivative of the sums of :func:`sweep_kernel` back to what they follow from."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < pixels
    sx, sy, sz = _vectors(scattering, place, pixels, present)
    gradient = 2.0 * tl.load(upstream + place, mask=present, other=0.0)
    p0, p1, p2, p3, p4, p5 = _sine_coefficients(numbers, SINGLE=False)
    nudge = tl.load(numbers + NUDGE)
    default_F = tl.load(numbers + DEFAULT_F)
    pi = tl.load(numbers + PI)
    one = tl.full((BLOCK,), 1.0, dtype=tl.float64)
    none = tl.zeros((BLOCK,), dtype=tl.float64)
    gx = none
    gy = none
    gz = none
    of_default = none
    row = basis
    out = basis_out
    for _ in range(samples):
        ax, ay, az = tl.load(row + 0), tl.load(row + 1), tl.load(row + 2)
        bx, by, bz = tl.load(row + 3), tl.load(row + 4), tl.load(row + 5)
        cx, cy, cz = tl.load(row + 6), tl.load(row + 7), tl.load(row + 8)
        row += 9
        h = sx * ax + sy * ay + sz * az
        k = sx * bx + sy * by + sz * bz
        l = sx * cx + sy * cy + sz * cz  # noqa: E741
        h0 = _nearest(h)
        k0 = _nearest(k)
        l0 = _nearest(l)
        square_a, slope_a = one, none
        square_b, slope_b = one, none
        square_c, slope_c = one, none
        if ALONG_A:
            square_a, slope_a = _slope(h, h0, nudge, tl.load(numbers + CELLS), p0, p1, p2, p3, p4, p5, pi)
        if ALONG_B:
            square_b, slope_b = _slope(k, k0, nudge, tl.load(numbers + CELLS + 1), p0, p1, p2, p3, p4, p5, pi)
        if ALONG_C:
            square_c, slope_c = _slope(l, l0, nudge, tl.load(numbers + CELLS + 2), p0, p1, p2, p3, p4, p5, pi)
        F = default_F
        lattice = square_a * square_b * square_c
        if HAS_TABLE:
            node = _entry(h0, k0, l0, low_h, low_k, low_l, count_h, count_k, count_l)
            F = tl.load(table + node).to(tl.float64)
            if OF_TABLE:
                tl.atomic_add(table_out + node, gradient * lattice * F, mask=present)
        else:
            of_default += gradient * lattice * default_F
        strength = gradient * F * F
        gh = strength * slope_a * square_b * square_c
        gk = strength * square_a * slope_b * square_c
        gl = strength * square_a * square_b * slope_c
        gx += gh * ax + gk * bx + gl * cx
        gy += gh * ay + gk * by + gl * cy
        gz += gh * az + gk * bz + gl * cz
        if OF_BASIS:
            tl.atomic_add(out + 0, tl.sum(gh * sx))
            tl.atomic_add(out + 1, tl.sum(gh * sy))
            tl.atomic_add(out + 2, tl.sum(gh * sz))
            tl.atomic_add(out + 3, tl.sum(gk * sx))
            tl.atomic_add(out + 4, tl.sum(gk * sy))
            tl.atomic_add(out + 5, tl.sum(gk * sz))
            tl.atomic_add(out + 6, tl.sum(gl * sx))
            tl.atomic_add(out + 7, tl.sum(gl * sy))
            tl.atomic_add(out + 8, tl.sum(gl * sz))
            out += 9
    tl.store(scattering_out + place, gx, mask=present)
    tl.store(scattering_out + pixels + place, gy, mask=present)
    tl.store(scattering_out + 2 * pixels + place, gz, mask=present)
    if OF_TABLE and not HAS_TABLE:
        tl.atomic_add(table_out, tl.sum(of_default))


def constants(model: Model) -> Tensor:
    """Return the kernels' table of constants, float64, on the CPU."""
    crystal = model.crystal
    sections: dict[tl.constexpr, Sequence[float]] = {
        SINE: SINE_COEFFICIENTS,
        CELLS: crystal.N,
        NUDGE: (axis_nudge(model.dtype),),
        DEFAULT_F: (plain(model.factors.default_F),),
        ALL_CELLS: (math.prod(crystal.N),),
        FUDGE: (crystal.fudge,),
        OF_SHAPE: (SHAPE_CONSTANTS.get(crystal.shape, 0.0),),
        PI: (math.pi,),
        MARGIN: (INTERPOLATION_MARGIN,),
        SIXTH: (1.0 / 6.0,),
        RECIPROCAL: [plain(component) for v in crystal.reciprocal for component in v],
    }
    numbers = torch.zeros(sum(map(len, sections.values())), dtype=torch.float64)
    for place, values in sections.items():
        numbers[place.value : place.value + len(values)] = torch.tensor(values, dtype=torch.float64)
    return numbers


@dataclass(frozen=True)
class _Task:
    """What the sums over the samples of a source follow from besides the tensors."""

    model: Model
    numbers: Tensor
    tricubic: bool

    @property
    def along(self) -> dict[str, bool]:
        """Along which axes there is more than one cell."""
        return {f"ALONG_{axis}": count > 1 for axis, count in zip("ABC", self.model.crystal.N, strict=True)}

    @property
    def box(self) -> tuple[int, ...]:
        """The table's lowest indices, and how many there are."""
        return (*self.model.factors.low, *self.model.factors.counts)

    @property
    def has_table(self) -> bool:
        """Whether there is a list of reflections."""
        return self.model.factors.bordered is not None


def _sums(
    task: _Task, scattering: Tensor, orientations: Tensor, table: Tensor, running: tuple[Tensor, Tensor] | None = None
) -> Tensor:
    """Return the sum over samples of F_cell² F_latt², or the running product of a start and a weight, float64 (n,)."""
    pixels = scattering.shape[1]
    total = torch.empty(pixels, dtype=torch.float64, device=scattering.device)
    start, weight = (task.numbers, task.numbers) if running is None else running
    sweep_kernel[(triton.cdiv(pixels, BLOCK_PIXELS),)](
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
        SHAPE=_SHAPES[task.model.crystal.shape],
        SINGLE=task.model.dtype == torch.float32,
        **task.along,
        HAS_TABLE=task.has_table,
        TRICUBIC=task.tricubic,
        RUNNING=running is not None,
        SKIPS_ZERO=task.model.config.beam.water_um == 0.0,
        BLOCK=BLOCK_PIXELS,
        AT_ONCE=SAMPLES_AT_ONCE,
        num_warps=WARPS,
        enable_fp_fusion=True,
    )
    return total


class _DifferentiableSums(torch.autograd.Function):
    """The sums of a square crystal with the nearest reflections, with their derivatives."""

    @staticmethod
    def forward(ctx: Any, task: _Task, scattering: Tensor, orientations: Tensor, table: Tensor) -> Tensor:
        """Return the sums; see :func:`_sums`. `table` is the default F where there is no list of reflections."""
        ctx.task = task
        ctx.save_for_backward(scattering, orientations, table)
        return _sums(task, scattering, orientations, table)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor, Tensor | None, Tensor | None]:
        """Return the derivatives with respect to S, a, b, c of each sample and the structure factors."""
        scattering, orientations, table = ctx.saved_tensors
        task: _Task = ctx.task
        pixels = scattering.shape[1]
        of_scattering = torch.empty_like(scattering)
        of_basis = torch.zeros_like(orientations)
        of_table = torch.zeros_like(table, dtype=torch.float64)
        slope_kernel[(triton.cdiv(pixels, BLOCK_PIXELS),)](
            of_scattering,
            of_basis,
            of_table,
            upstream.contiguous(),
            scattering,
            orientations,
            table,
            task.numbers,
            pixels,
            len(orientations),
            *task.box,
            **task.along,
            HAS_TABLE=task.has_table,
            OF_BASIS=ctx.needs_input_grad[2],
            OF_TABLE=ctx.needs_input_grad[3],
            BLOCK=BLOCK_PIXELS,
            num_warps=WARPS,
            enable_fp_fusion=True,
        )
        return None, of_scattering, of_basis, of_table.to(table.dtype)


class CudaSweep:
    """A sweep of :func:`simulator.kernel.pixel_values` by one launch for all its samples.

    Derivatives follow where the crystal is square and the nearest reflections count; the eager sweep has the others.
    """

    def __init__(self, model: Model) -> None:
        self._numbers = constants(model).to(model.detector.pix0.x.device)
        self._orientations: dict[tuple[int, ...], Tensor] = {}

    def __call__(self, context: SweepContext, state: PixelState) -> None:
        """Add the contributions of all φ steps and mosaic domains of one source."""
        model, brightness = context.model, context.source.weight
        weight = sample_weight(model, state)
        running = weight is not None and model.has(Defect.RUNNING_PRODUCTS)
        if not _is_possible(context, running=running):
            eager_sweep(context, state)
            return
        rows = tuple(model.crystal.fresh_rows() if state.first_sweep else state.rows)
        state.first_sweep = False
        task = _Task(model, self._numbers, isinstance(context.lookup, TricubicLookup))
        scattering = joined(context.scattering)
        orientations = self._table_of(model, rows)
        table = model.factors.default_F if model.factors.bordered is None else model.factors.bordered
        before = state.intensity.to(torch.float64)
        if weight is not None and running:
            # I = (I + brightness term) weight is brightness (I / brightness + term) weight.
            product = (before / brightness).contiguous(), weight.to(torch.float64).contiguous()
            total = _sums(task, scattering, orientations, table, product) * brightness
        else:
            added = (_DifferentiableSums.apply if torch.is_grad_enabled() else _sums)(
                task, scattering, orientations, table
            )
            if model.config.beam.water_um != 0.0:
                added = added + float(len(orientations)) * state.share.to(torch.float64)
            if brightness != 1.0:
                added = added * brightness
            total = before + (added if weight is None else added * weight)
        if context.used is not None:
            total = torch.where(context.used, total, before)
        state.intensity = total.to(model.dtype)

    def _table_of(self, model: Model, rows: tuple[int, ...]) -> Tensor:
        """Return a, b, c (m) of each sample, (samples, 9); they are kept where no derivative follows them."""
        if rows in self._orientations:
            return self._orientations[rows]
        index = torch.tensor(rows, device=self._numbers.device)
        columns = [component[index].reshape(-1) for v in model.crystal.orientations.basis for component in v]
        table = torch.stack(columns, dim=1).contiguous()
        if not torch.is_grad_enabled():
            self._orientations[rows] = table
        return table


def _is_possible(context: SweepContext, *, running: bool) -> bool:
    """Tell whether the kernels know the lookup, and the derivatives that are wanted."""
    if running and context.source.weight == 0.0:
        return False
    if torch.is_grad_enabled():
        square = context.model.crystal.shape is CrystalShape.SQUARE
        return square and not running and isinstance(context.lookup, NearestLookup)
    return isinstance(context.lookup, NearestLookup | TricubicLookup)


def cuda_engine(model: Model) -> Engine:
    """Return the engine of a model on CUDA; each step around the sweep is one launch, too."""
    stages = CudaStages(model)
    return Engine(stages.ray, CudaSweep(model), stages.stage, smallest_batch=1)
