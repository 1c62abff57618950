"""What the CUDA kernels of the sweep share: the functions of one sample, and the table of a model's constants.

Each function states once more what :mod:`simulator.lattice` and :mod:`simulator.structure_factors` say of a sample. The
sines are polynomials of range-reduced indices.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math
from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl
from torch import Tensor

from simulator.config import CrystalShape
from simulator.lattice import COSINE_COEFFICIENTS, ROUND_COEFFICIENTS, SHAPE_CONSTANTS, SINE_COEFFICIENTS, axis_nudge
from simulator.model import Model
from simulator.structure_factors import INTERPOLATION_MARGIN
from simulator.vectors import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

SQUARE = tl.constexpr(0)
ROUND = tl.constexpr(1)
GAUSS = tl.constexpr(2)
TOPHAT = tl.constexpr(3)
SHAPES = {
    CrystalShape.SQUARE: SQUARE,
    CrystalShape.ROUND: ROUND,
    CrystalShape.GAUSS: GAUSS,
    CrystalShape.TOPHAT: TOPHAT,
}

NEAREST = tl.constexpr(0)
TRICUBIC = tl.constexpr(1)
RANGE_SCAN = tl.constexpr(2)

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
COSINE = tl.constexpr(26)
ROUND_SERIES = tl.constexpr(33)


@triton.jit
def vectors_of(components, place, pixels, present):
    """Return the three components of a vector of each pixel."""
    x = tl.load(components + place, mask=present, other=0.0)
    y = tl.load(components + pixels + place, mask=present, other=0.0)
    z = tl.load(components + 2 * pixels + place, mask=present, other=0.0)
    return x, y, z


@triton.jit
def pixel_coordinates(pixels, numbers, place, present, n_fast, oversample, sub_slow, sub_fast):
    """Return the fast and slow coordinates (m) of the centre of a subpixel; its size stands twelfth in the numbers."""
    pixel = tl.load(pixels + place, mask=present, other=0)
    row = pixel // n_fast
    size = tl.load(numbers + 12)
    fast = ((pixel - row * n_fast) * oversample + sub_fast).to(tl.float64) * size + size * 0.5
    slow = (row * oversample + sub_slow).to(tl.float64) * size + size * 0.5
    return fast, slow


@triton.jit
def _added(a, b, c, d, e, f, g, h, i, a2, b2, c2, d2, e2, f2, g2, h2, i2):
    """Return nine sums: taken together they wait for each other once."""
    return a + a2, b + b2, c + c2, d + d2, e + e2, f + f2, g + g2, h + h2, i + i2


@triton.jit
def add_sums(first, second, third, a, b, c, d, e, f, g, h, i):
    """Add the sums of nine numbers over a block to three numbers each at three places."""
    a, b, c, d, e, f, g, h, i = tl.reduce((a, b, c, d, e, f, g, h, i), 0, _added)
    tl.atomic_add(first + 0, a, sem="relaxed")
    tl.atomic_add(first + 1, b, sem="relaxed")
    tl.atomic_add(first + 2, c, sem="relaxed")
    tl.atomic_add(second + 0, d, sem="relaxed")
    tl.atomic_add(second + 1, e, sem="relaxed")
    tl.atomic_add(second + 2, f, sem="relaxed")
    tl.atomic_add(third + 0, g, sem="relaxed")
    tl.atomic_add(third + 1, h, sem="relaxed")
    tl.atomic_add(third + 2, i, sem="relaxed")


@triton.jit
def sine_coefficients(numbers, SINGLE: tl.constexpr):
    """Return what :func:`half_turn_sine` takes."""
    real = tl.float32 if SINGLE else tl.float64
    p0 = tl.load(numbers + SINE).to(real)
    p1 = tl.load(numbers + SINE + 1).to(real)
    p2 = tl.load(numbers + SINE + 2).to(real)
    p3 = tl.load(numbers + SINE + 3).to(real)
    p4 = tl.load(numbers + SINE + 4).to(real)
    p5 = tl.load(numbers + SINE + 5).to(real)
    return p0, p1, p2, p3, p4, p5


@triton.jit
def cosine_coefficients(numbers, SINGLE: tl.constexpr):
    """Return what :func:`half_turn_cosine` takes."""
    real = tl.float32 if SINGLE else tl.float64
    c0 = tl.load(numbers + COSINE).to(real)
    c1 = tl.load(numbers + COSINE + 1).to(real)
    c2 = tl.load(numbers + COSINE + 2).to(real)
    c3 = tl.load(numbers + COSINE + 3).to(real)
    c4 = tl.load(numbers + COSINE + 4).to(real)
    c5 = tl.load(numbers + COSINE + 5).to(real)
    c6 = tl.load(numbers + COSINE + 6).to(real)
    return c0, c1, c2, c3, c4, c5, c6


@triton.jit
def round_series(numbers, z, SINGLE: tl.constexpr):
    """Return 3 (sin x / x - cos x) / x² for z = x² ≤ 1, to 1e-10."""
    real = tl.float32 if SINGLE else tl.float64
    form = tl.load(numbers + ROUND_SERIES).to(real) * z + tl.load(numbers + ROUND_SERIES + 1).to(real)
    form = form * z + tl.load(numbers + ROUND_SERIES + 2).to(real)
    form = form * z + tl.load(numbers + ROUND_SERIES + 3).to(real)
    form = form * z + tl.load(numbers + ROUND_SERIES + 4).to(real)
    return form * z + 1.0


@triton.jit
def half_turn_sine(x, p0, p1, p2, p3, p4, p5):
    """Return sin(πx) for |x| ≤ ½."""
    square = x * x
    return x * (((((p0 * square + p1) * square + p2) * square + p3) * square + p4) * square + p5)


@triton.jit
def half_turn_cosine(x, c0, c1, c2, c3, c4, c5, c6):
    """Return cos(πx) for |x| ≤ ½."""
    square = x * x
    return (((((c0 * square + c1) * square + c2) * square + c3) * square + c4) * square + c5) * square + c6


@triton.jit
def nearest_turns(x):
    """Return the whole number next to x; which one of two as near does not matter to a squared sine."""
    return tl.floor(x + 0.5)


@triton.jit
def added_turns(x):
    """Return what :func:`nearest_turns` does, for |x| < 2^51, by two additions.

    A conversion takes as long as four of them: where the sines are in single precision, these are what is short.
    """
    return (x + 6755399441055744.0) - 6755399441055744.0


@triton.jit
def nearest_index(x):
    """Return the whole number next to x; halves go down."""
    return tl.ceil(x - 0.5)


@triton.jit
def _place(index, low, count):
    """Return where a whole number stands along an axis of the bordered table; beyond its edges on the border."""
    return tl.minimum(tl.maximum(index.to(tl.int32), low - 1), low + count) - (low - 1)


@triton.jit
def table_entry(h, k, l, low_h, low_k, low_l, count_h, count_k, count_l):  # noqa: E741
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
def _cubic_slope(t, node: tl.constexpr, sixth):
    """Return the derivative of :func:`_cubic_weight`."""
    if node == 0:
        slope = -(3.0 * t * t - 6.0 * t + 2.0) * sixth
    elif node == 1:
        slope = (3.0 * t * t - 4.0 * t - 1.0) * 0.5
    elif node == 2:
        slope = -(3.0 * t * t - 2.0 * t - 2.0) * 0.5
    else:
        slope = (3.0 * t * t - 1.0) * sixth
    return slope


@triton.jit
def sine_quotient_along(index, nearest, nudge, cells, SINGLE: tl.constexpr, p0, p1, p2, p3, p4, p5):
    """Return numerator and denominator of sin(πNh)/sin(πh) along an axis, but for the sign."""
    real = tl.float32 if SINGLE else tl.float64
    delta = (index - nearest) + nudge
    phase = delta * cells
    turns = added_turns(phase) if SINGLE else nearest_turns(phase)
    above = half_turn_sine((phase - turns).to(real), p0, p1, p2, p3, p4, p5)
    return above, half_turn_sine(delta.to(real), p0, p1, p2, p3, p4, p5)


@triton.jit
def round_lattice(numbers, dh, dk, dl, SINGLE: tl.constexpr):
    """Return F_latt of a round crystal, but for the sign that sine and cosine share with the half turns taken off."""
    real = tl.float32 if SINGLE else tl.float64
    a = tl.load(numbers + CELLS).to(real) * dh
    b = tl.load(numbers + CELLS + 1).to(real) * dk
    c = tl.load(numbers + CELLS + 2).to(real) * dl
    squared = (a * a + b * b + c * c) * tl.load(numbers + FUDGE).to(real)
    pi = tl.load(numbers + PI).to(real)
    z = squared * (pi * pi)
    near = z < 1.0
    turns = tl.sqrt(tl.where(near, 1.0, squared))
    rest = turns - nearest_turns(turns)
    p0, p1, p2, p3, p4, p5 = sine_coefficients(numbers, SINGLE)
    c0, c1, c2, c3, c4, c5, c6 = cosine_coefficients(numbers, SINGLE)
    sine = half_turn_sine(rest, p0, p1, p2, p3, p4, p5)
    one_over = 1.0 / (pi * turns)
    far = 3.0 * (sine * one_over - half_turn_cosine(rest, c0, c1, c2, c3, c4, c5, c6)) * (one_over * one_over)
    # Next to a reflection sine and cosine nearly cancel; there the form factor is its series.
    form = tl.where(near, round_series(numbers, z, SINGLE), far)
    return tl.load(numbers + ALL_CELLS).to(real) * tl.load(numbers + OF_SHAPE).to(real) * form


@triton.jit
def apart(numbers, dh, dk, dl, SINGLE: tl.constexpr):
    """Return the vector of Δh a* + Δk b* + Δl c*, 1/Å."""
    real = tl.float32 if SINGLE else tl.float64
    star = numbers + RECIPROCAL
    x = tl.load(star).to(real) * dh + tl.load(star + 3).to(real) * dk + tl.load(star + 6).to(real) * dl
    y = tl.load(star + 1).to(real) * dh + tl.load(star + 4).to(real) * dk + tl.load(star + 7).to(real) * dl
    z = tl.load(star + 2).to(real) * dh + tl.load(star + 5).to(real) * dk + tl.load(star + 8).to(real) * dl
    return x, y, z


@triton.jit
def gauss_lattice(numbers, dh, dk, dl, SINGLE: tl.constexpr):
    """Return F_latt of a crystal of Gaussian spots."""
    real = tl.float32 if SINGLE else tl.float64
    x, y, z = apart(numbers, dh, dk, dl, SINGLE)
    cells = tl.load(numbers + ALL_CELLS).to(real)
    q = (x * x + y * y + z * z) * cells * cells
    return cells * tl.exp(-(q / tl.load(numbers + OF_SHAPE).to(real)) * tl.load(numbers + FUDGE).to(real))


@triton.jit
def tophat_lattice(numbers, dh, dk, dl):
    """Return F_latt of a crystal of top-hat spots: in float64 always, so that no rounding moves the edge of a spot."""
    x, y, z = apart(numbers, dh, dk, dl, SINGLE=False)
    cells = tl.load(numbers + ALL_CELLS)
    q = (x * x + y * y + z * z) * cells * cells
    return tl.where(q * tl.load(numbers + FUDGE) < tl.load(numbers + OF_SHAPE), cells, 0.0)


@triton.jit
def is_within(index, low, count, margin):
    """Tell which indices keep the distance from the edges of the table that the tricubic lookup needs."""
    return (index >= low + margin) & (index <= low + count - 1 - margin)


@triton.jit
def lowest_node(inside, h, k, l, low_h, low_k, low_l, count_k, count_l):  # noqa: E741
    """Return where the first of the 64 nodes around indices stands in the bordered table; 0 if they are not inside."""
    row = (tl.floor(h).to(tl.int32) - low_h) * (count_k + 2)
    node = (row + tl.floor(k).to(tl.int32) - low_k) * (count_l + 2) + tl.floor(l).to(tl.int32) - low_l
    return tl.where(inside, node, 0)


@triton.jit
def tricubic(table, first, h, k, l, count_k, count_l, sixth, SINGLE: tl.constexpr):  # noqa: E741
    """Return F interpolated with the four nodes around each index, from :func:`lowest_node` on."""
    real = tl.float32 if SINGLE else tl.float64
    t_h = h - tl.floor(h)
    t_k = k - tl.floor(k)
    t_l = l - tl.floor(l)
    total = tl.zeros_like(h).to(real)
    for i in tl.static_range(4):
        plane = tl.zeros_like(h).to(real)
        for j in tl.static_range(4):
            row = table + (first + (i * (count_k + 2) + j) * (count_l + 2))
            line = tl.zeros_like(h).to(real)
            for m in tl.static_range(4):
                line += _cubic_weight(t_l, m, sixth).to(real) * tl.load(row + m)
            plane += _cubic_weight(t_k, j, sixth).to(real) * line
        total += _cubic_weight(t_h, i, sixth).to(real) * plane
    return total


@triton.jit
def tricubic_slopes(table, first, h, k, l, count_k, count_l, sixth):  # noqa: E741
    """Return what :func:`tricubic` does, in float64, and its derivatives with respect to the indices."""
    t_h = h - tl.floor(h)
    t_k = k - tl.floor(k)
    t_l = l - tl.floor(l)
    none = tl.zeros_like(h)
    total, along_h, along_k, along_l = none, none, none, none
    for i in tl.static_range(4):
        plane, plane_k, plane_l = none, none, none
        for j in tl.static_range(4):
            row = table + (first + (i * (count_k + 2) + j) * (count_l + 2))
            line, line_l = none, none
            for m in tl.static_range(4):
                F = tl.load(row + m).to(tl.float64)
                line += _cubic_weight(t_l, m, sixth) * F
                line_l += _cubic_slope(t_l, m, sixth) * F
            plane += _cubic_weight(t_k, j, sixth) * line
            plane_k += _cubic_slope(t_k, j, sixth) * line
            plane_l += _cubic_weight(t_k, j, sixth) * line_l
        total += _cubic_weight(t_h, i, sixth) * plane
        along_h += _cubic_slope(t_h, i, sixth) * plane
        along_k += _cubic_weight(t_h, i, sixth) * plane_k
        along_l += _cubic_weight(t_h, i, sixth) * plane_l
    return total, along_h, along_k, along_l


@triton.jit
def add_to_nodes(out, first, present, value, h, k, l, count_k, count_l, sixth):  # noqa: E741
    """Add a value by the weights of :func:`tricubic` to numbers that lie as the table does."""
    t_h = h - tl.floor(h)
    t_k = k - tl.floor(k)
    t_l = l - tl.floor(l)
    for i in tl.static_range(4):
        plane = _cubic_weight(t_h, i, sixth) * value
        for j in tl.static_range(4):
            line = _cubic_weight(t_k, j, sixth) * plane
            row = out + (first + (i * (count_k + 2) + j) * (count_l + 2))
            for m in tl.static_range(4):
                tl.atomic_add(row + m, _cubic_weight(t_l, m, sixth) * line, mask=present, sem="relaxed")


def constants_of(model: Model) -> Tensor:
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
        COSINE: COSINE_COEFFICIENTS,
        ROUND_SERIES: ROUND_COEFFICIENTS[:-1],
    }
    numbers = torch.zeros(sum(map(len, sections.values())), dtype=torch.float64)
    for place, values in sections.items():
        numbers[place.value : place.value + len(values)] = torch.tensor(values, dtype=torch.float64)
    return numbers
