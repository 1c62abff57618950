"""The derivatives of a sweep's sums on CUDA: one kernel that carries them back through all samples of a source."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from typing import TYPE_CHECKING, Any, cast

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from simulator.config import CrystalShape
from simulator.cuda_functions import (
    ALL_CELLS,
    CELLS,
    DEFAULT_F,
    FUDGE,
    GAUSS,
    MARGIN,
    NUDGE,
    OF_SHAPE,
    PI,
    RECIPROCAL,
    ROUND,
    SIXTH,
    SQUARE,
    TRICUBIC,
    add_sums,
    add_to_nodes,
    apart,
    cosine_coefficients,
    gauss_lattice,
    half_turn_cosine,
    half_turn_sine,
    is_within,
    lowest_node,
    nearest_index,
    nearest_turns,
    sine_coefficients,
    table_entry,
    tophat_lattice,
    tricubic_slopes,
    vectors_of,
)
from simulator.cuda_sums import SIZES, CudaTask, cuda_sums

if TYPE_CHECKING:
    from collections.abc import Callable

SLOPE_BLOCK = 256
SLOPE_WARPS = 4

SLOPE_REGISTERS = 168
"""Of a thread, so that a multiprocessor holds three blocks: faster, though some numbers then wait in memory."""


@triton.jit
def _distance_along(index, nearest, nudge, p0, p1, p2, p3, p4, p5):
    """Return the distance to the reflection along an axis, and the lower sine."""
    delta = (index - nearest) + nudge
    return delta, half_turn_sine(delta, p0, p1, p2, p3, p4, p5)


@triton.jit
def _square_slope(delta, one_below, cells, p0, p1, p2, p3, p4, p5, c0, c1, c2, c3, c4, c5, c6, pi):
    """Return sin πNh / sin πh and its derivative with respect to h over π, both but for one sign, in float64."""
    phase = delta * cells
    rest = phase - nearest_turns(phase)
    factor = half_turn_sine(rest, p0, p1, p2, p3, p4, p5) * one_below
    # Both sine and cosine of the phase change sign with every half turn of it.
    above_cos = cells * half_turn_cosine(rest, c0, c1, c2, c3, c4, c5, c6)
    slope = one_below * (above_cos - factor * half_turn_cosine(delta, c0, c1, c2, c3, c4, c5, c6))
    # Next to a reflection the difference above is lost in rounding; there the first term of the series is exact enough.
    close = tl.abs(phase) < 1.0 / 1024.0
    series = (1.0 - cells * cells) * cells * pi * (1.0 / 3.0) * delta
    return factor, tl.where(close, series, slope)


@triton.jit
def _round_slope(numbers, dh, dk, dl, pi):
    """Return F_latt² of a round crystal, and half its derivative along an axis over N² and the distance along it."""
    a = tl.load(numbers + CELLS) * dh
    b = tl.load(numbers + CELLS + 1) * dk
    c = tl.load(numbers + CELLS + 2) * dl
    scale = pi * pi * tl.load(numbers + FUDGE)
    square = (a * a + b * b + c * c) * scale
    near = square < 0.01
    x = tl.sqrt(tl.where(near, 1.0, square))
    ratio = tl.sin(x) / x
    far_form = 3.0 * (ratio - tl.cos(x)) / (x * x)
    # Of the form factor f(x) both f and f'/x; near 0 by their series.
    form = tl.where(near, 1.0 - square * (1.0 / 10.0 - square * (1.0 / 280.0 - square / 15120.0)), far_form)
    series = -1.0 / 5.0 + square * (1.0 / 70.0 - square * (1.0 / 2520.0 - square / 166320.0))
    slope = tl.where(near, series, 3.0 * (ratio - far_form) / (x * x))
    height = tl.load(numbers + ALL_CELLS) * tl.load(numbers + OF_SHAPE)
    return height * height * form * form, height * height * form * slope * scale


@triton.jit(do_not_specialize=SIZES)
def slope_kernel(  # noqa: C901, PLR0912, PLR0915 - one kernel; its constants choose what is compiled of it
    scattering_out,  # float64 (3, n): the derivative with respect to `scattering`
    basis_out,  # float64 (samples, 9), added to
    cell_out,  # float64 (3, 3), added to: sums over samples and pixels of the derivative by an index times an index
    table_out,  # float64, of the size of the table, added to; without a table a single number
    star_out,  # float64 (9,), added to: those of a*, b*, c* of a Gaussian crystal
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
    SHAPE: tl.constexpr,
    ALONG_A: tl.constexpr,
    ALONG_B: tl.constexpr,
    ALONG_C: tl.constexpr,
    HAS_TABLE: tl.constexpr,
    LOOKUP: tl.constexpr,
    OF_BASIS: tl.constexpr,
    OF_CELL: tl.constexpr,
    OF_TABLE: tl.constexpr,
    OF_STAR: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Carry the derivative of the sums of :func:`sweep_kernel` back to what they follow from."""
    # One pixel after another to the threads: additions to the table take them so, and else were moved for each sample.
    place = tl.max_contiguous(tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), 1)
    present = place < pixels
    sx, sy, sz = vectors_of(scattering, place, pixels, present)
    gradient = 2.0 * tl.load(upstream + place, mask=present, other=0.0)
    pi = tl.load(numbers + PI)
    # What is summed over samples is multiplied by it once; what is added for each sample, each time.
    one = tl.full((BLOCK,), 1.0, dtype=tl.float64)
    each, at_end = one, gradient
    if OF_BASIS or LOOKUP == TRICUBIC:
        each, at_end = gradient, one
    # The slopes of a square crystal lack π.
    each_slope, slopes_at_end = each, at_end
    if SHAPE == SQUARE:
        if OF_BASIS or LOOKUP == TRICUBIC:
            each_slope = each * pi
        else:
            slopes_at_end = at_end * pi
    p0, p1, p2, p3, p4, p5 = sine_coefficients(numbers, SINGLE=False)
    c0, c1, c2, c3, c4, c5, c6 = cosine_coefficients(numbers, SINGLE=False)
    nudge = tl.load(numbers + NUDGE)
    default_F = tl.load(numbers + DEFAULT_F)
    margin = tl.load(numbers + MARGIN)
    sixth = tl.load(numbers + SIXTH)
    cells_a = tl.load(numbers + CELLS)
    cells_b = tl.load(numbers + CELLS + 1)
    cells_c = tl.load(numbers + CELLS + 2)
    none = tl.zeros((BLOCK,), dtype=tl.float64)
    gx = none
    gy = none
    gz = none
    kept = none
    held = tl.full((BLOCK,), -1, dtype=tl.int32)
    hh, hk, hl = none, none, none
    kh, kk, kl = none, none, none
    lh, lk, ll = none, none, none
    star_ax, star_ay, star_az = none, none, none
    star_bx, star_by, star_bz = none, none, none
    star_cx, star_cy, star_cz = none, none, none
    spot_scale = tl.load(numbers + ALL_CELLS) * tl.load(numbers + ALL_CELLS)
    if SHAPE == GAUSS:
        spot_scale *= -2.0 * tl.load(numbers + FUDGE) / tl.load(numbers + OF_SHAPE)
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
        h0 = nearest_index(h)
        k0 = nearest_index(k)
        l0 = nearest_index(l)
        F = default_F
        if HAS_TABLE:
            node = table_entry(h0, k0, l0, low_h, low_k, low_l, count_h, count_k, count_l)
            F = tl.load(table + node).to(tl.float64)
        if LOOKUP == TRICUBIC:
            inside = is_within(h, low_h, count_h, margin) & is_within(k, low_k, count_k, margin)
            inside &= is_within(l, low_l, count_l, margin)
            first = lowest_node(inside, h, k, l, low_h, low_k, low_l, count_k, count_l)
            smooth, along_h, along_k, along_l = tricubic_slopes(table, first, h, k, l, count_k, count_l, sixth)
            F = tl.where(inside, smooth, F)
        if SHAPE == SQUARE:
            delta_a, below_a, factor_a, slope_a = none, one, one, none
            delta_b, below_b, factor_b, slope_b = none, one, one, none
            delta_c, below_c, factor_c, slope_c = none, one, one, none
            if ALONG_A:
                delta_a, below_a = _distance_along(h, h0, nudge, p0, p1, p2, p3, p4, p5)
            if ALONG_B:
                delta_b, below_b = _distance_along(k, k0, nudge, p0, p1, p2, p3, p4, p5)
            if ALONG_C:
                delta_c, below_c = _distance_along(l, l0, nudge, p0, p1, p2, p3, p4, p5)
            # One division for all three: it takes as long as a sine.
            one_below = 1.0 / (below_a * below_b * below_c)
            if ALONG_A:
                below = one_below * (below_b * below_c)
                factor_a, slope_a = _square_slope(
                    delta_a, below, cells_a, p0, p1, p2, p3, p4, p5, c0, c1, c2, c3, c4, c5, c6, pi
                )
            if ALONG_B:
                below = one_below * (below_a * below_c)
                factor_b, slope_b = _square_slope(
                    delta_b, below, cells_b, p0, p1, p2, p3, p4, p5, c0, c1, c2, c3, c4, c5, c6, pi
                )
            if ALONG_C:
                below = one_below * (below_a * below_b)
                factor_c, slope_c = _square_slope(
                    delta_c, below, cells_c, p0, p1, p2, p3, p4, p5, c0, c1, c2, c3, c4, c5, c6, pi
                )
            along_bc = factor_b * factor_c
            lattice = factor_a * along_bc
            amplitude = F * lattice
            strength = each_slope * (F * amplitude)
            gh = strength * slope_a * along_bc
            gk = strength * slope_b * (factor_a * factor_c)
            gl = strength * slope_c * (factor_a * factor_b)
            carried = each * (amplitude * lattice)
        elif SHAPE == ROUND:
            squared, slope = _round_slope(numbers, h - h0, k - k0, l - l0, pi)
            carried = each * squared * F
            strength = each * F * F
            gh = strength * slope * cells_a * cells_a * (h - h0)
            gk = strength * slope * cells_b * cells_b * (k - k0)
            gl = strength * slope * cells_c * cells_c * (l - l0)
        elif SHAPE == GAUSS:
            lattice = gauss_lattice(numbers, h - h0, k - k0, l - l0, SINGLE=False)
            carried = each * (lattice * lattice) * F
            dx, dy, dz = apart(numbers, h - h0, k - k0, l - l0, SINGLE=False)
            common = carried * F * spot_scale
            dx *= common
            dy *= common
            dz *= common
            star = numbers + RECIPROCAL
            gh = dx * tl.load(star) + dy * tl.load(star + 1) + dz * tl.load(star + 2)
            gk = dx * tl.load(star + 3) + dy * tl.load(star + 4) + dz * tl.load(star + 5)
            gl = dx * tl.load(star + 6) + dy * tl.load(star + 7) + dz * tl.load(star + 8)
            if OF_STAR:
                star_ax += dx * (h - h0)
                star_ay += dy * (h - h0)
                star_az += dz * (h - h0)
                star_bx += dx * (k - k0)
                star_by += dy * (k - k0)
                star_bz += dz * (k - k0)
                star_cx += dx * (l - l0)
                star_cy += dy * (l - l0)
                star_cz += dz * (l - l0)
        else:
            lattice = tophat_lattice(numbers, h - h0, k - k0, l - l0)
            carried = each * (lattice * lattice) * F
            gh = none
            gk = none
            gl = none
        if LOOKUP == TRICUBIC:
            gh += tl.where(inside, carried * along_h, 0.0)
            gk += tl.where(inside, carried * along_k, 0.0)
            gl += tl.where(inside, carried * along_l, 0.0)
        if OF_TABLE:
            if LOOKUP == TRICUBIC:
                tl.atomic_add(table_out + node, carried, mask=present & (inside == 0), sem="relaxed")
                add_to_nodes(table_out, first, present & inside, carried, h, k, l, count_k, count_l, sixth)
            else:
                if HAS_TABLE:
                    # From one sample to the next a pixel mostly sees the same reflection.
                    left = node != held
                    tl.atomic_add(table_out + held, kept * at_end, mask=present & left & (held >= 0), sem="relaxed")
                    kept = tl.where(left, 0.0, kept)
                    held = node
                kept += carried
        gx += gh * ax + gk * bx + gl * cx
        gy += gh * ay + gk * by + gl * cy
        gz += gh * az + gk * bz + gl * cz
        if OF_BASIS:
            add_sums(
                out, out + 3, out + 6, gh * sx, gh * sy, gh * sz, gk * sx, gk * sy, gk * sz, gl * sx, gl * sy, gl * sz
            )
            out += 9
        if OF_CELL:
            hh += gh * h
            hk += gh * k
            hl += gh * l
            kh += gk * h
            kk += gk * k
            kl += gk * l
            lh += gl * h
            lk += gl * k
            ll += gl * l
    tl.store(scattering_out + place, gx * slopes_at_end, mask=present)
    tl.store(scattering_out + pixels + place, gy * slopes_at_end, mask=present)
    tl.store(scattering_out + 2 * pixels + place, gz * slopes_at_end, mask=present)
    if OF_TABLE and not HAS_TABLE:
        tl.atomic_add(table_out, tl.sum(kept * at_end), sem="relaxed")
    if OF_TABLE and HAS_TABLE and LOOKUP != TRICUBIC:
        tl.atomic_add(table_out + held, kept * at_end, mask=present & (held >= 0), sem="relaxed")
    if OF_CELL:
        add_sums(
            cell_out, cell_out + 3, cell_out + 6, hh * slopes_at_end, hk * slopes_at_end, hl * slopes_at_end,
            kh * slopes_at_end, kk * slopes_at_end, kl * slopes_at_end,
            lh * slopes_at_end, lk * slopes_at_end, ll * slopes_at_end,
        )  # fmt: skip
    if OF_STAR:
        add_sums(
            star_out, star_out + 3, star_out + 6, star_ax * at_end, star_ay * at_end, star_az * at_end,
            star_bx * at_end, star_by * at_end, star_bz * at_end, star_cx * at_end, star_cy * at_end, star_cz * at_end,
        )  # fmt: skip


class _DifferentiableCudaSums(torch.autograd.Function):
    """The sums, with their derivatives."""

    @staticmethod
    def forward(
        ctx: Any,
        task: CudaTask,
        scattering: Tensor,
        orientations: Tensor,
        table: Tensor,
        reciprocal: Tensor,
        cell: Tensor,
    ) -> Tensor:
        """Return the sums; see :func:`simulator.cuda_sums.cuda_sums`.

        `table` is the default F where there is no list of reflections; `reciprocal` is in the task's numbers.
        `cell` holds a, b, c (m, rows) of the unrotated crystal, whose derivative stands for those of the orientations
        where these have none.
        """
        del reciprocal  # the kernels have its values
        ctx.task = task
        ctx.save_for_backward(scattering, orientations, table, cell)
        return cuda_sums(task, scattering, orientations, table)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """Return the derivatives by S, a, b, c of each sample, the structure factors, a*, b*, c*, and the cell."""
        scattering, orientations, table, cell = ctx.saved_tensors
        task: CudaTask = ctx.task
        pixels = scattering.shape[1]
        of_scattering = torch.empty_like(scattering)
        of_table = torch.zeros_like(table, dtype=torch.float64)
        of_cell, of_reciprocal = orientations.new_zeros(2, 9)
        of_basis = torch.zeros_like(orientations) if ctx.needs_input_grad[2] else of_cell
        shape = task.model.crystal.shape
        block = min(SLOPE_BLOCK, task.block)
        constants = task.constants | {"BLOCK": block, "num_warps": SLOPE_WARPS}
        if torch.version.hip is None:  # whose compiler knows no such limit
            constants["maxnreg"] = SLOPE_REGISTERS
        slope_kernel[(triton.cdiv(pixels, block),)](
            of_scattering,
            of_basis,
            of_cell,
            of_table,
            of_reciprocal,
            upstream.contiguous(),
            scattering,
            orientations,
            table,
            task.numbers,
            pixels,
            len(orientations),
            *task.box,
            OF_BASIS=ctx.needs_input_grad[2],
            OF_CELL=ctx.needs_input_grad[5],
            OF_TABLE=ctx.needs_input_grad[3],
            OF_STAR=ctx.needs_input_grad[4] and shape is CrystalShape.GAUSS,
            **constants,
        )
        return (
            None,
            of_scattering,
            of_basis if ctx.needs_input_grad[2] else None,
            of_table.to(table.dtype),
            of_reciprocal,
            _of_cell(of_cell.reshape(3, 3), cell) if ctx.needs_input_grad[5] else None,
        )


def _of_cell(of_indices: Tensor, cell: Tensor) -> Tensor:
    """Return the derivative by a, b, c, the rows A of a cell, from the sums of (dI/dh) h^T over the samples.

    The indices of a sample are h = A q with a vector q that does not depend on A: dI/dA is the sum of (dI/dh) q^T, and
    that is the sum of (dI/dh) h^T times A^-T, whose rows are the reciprocal vectors.
    """
    crossed = torch.linalg.cross(cell.roll(-1, 0), cell.roll(-2, 0))
    return torch.mm(of_indices, crossed / torch.dot(cell[0], crossed[0]))


def differentiable_sums(task: CudaTask, scattering: Tensor, orientations: Tensor, table: Tensor) -> Tensor:
    """Return the sums of :func:`simulator.cuda_sums.cuda_sums`, through which derivatives go."""
    reciprocal = torch.stack([component for v in task.model.crystal.reciprocal for component in v])
    cell = torch.stack([component for v in task.model.crystal.real_m for component in v]).reshape(3, 3)
    if task.model.crystal.orientations.turned_without_graph:
        orientations = orientations.detach()
    else:
        cell = cell.detach()
    apply = cast("Callable[..., Tensor]", _DifferentiableCudaSums.apply)
    return apply(task, scattering, orientations, table, reciprocal, cell)
