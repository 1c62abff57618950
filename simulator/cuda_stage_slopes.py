"""The derivatives of the steps around the sweep on CUDA: each goes back by one launch, as it goes forth by one.

A step takes rows of numbers, one number for each pixel, and numbers that all pixels share. Its kernel here writes the
derivatives of the rows, and adds up those of the shared numbers.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from simulator.cuda_functions import add_sums, pixel_coordinates

BLOCK = 512


@triton.jit
def _rows(pointer, first: tl.constexpr, count, place, present, other):
    """Return three rows of numbers of each pixel, which lie `count` numbers apart."""
    x = tl.load(pointer + first * count + place, mask=present, other=other)
    y = tl.load(pointer + (first + 1) * count + place, mask=present, other=other)
    z = tl.load(pointer + (first + 2) * count + place, mask=present, other=other)
    return x, y, z


@triton.jit(do_not_specialize=["count", "n_fast", "oversample", "sub_slow", "sub_fast"])
def _ray_slope_kernel(
    of_numbers, upstream, pixels, numbers, out, count, n_fast, oversample, sub_slow, sub_fast, BLOCK: tl.constexpr
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    fast, slow = pixel_coordinates(pixels, numbers, place, present, n_fast, oversample, sub_slow, sub_fast)
    distance = tl.load(out + 3 * count + place, mask=present, other=1.0)
    x, y, z = _rows(out, 4, count, place, present, 0.0)
    gx, gy, gz = _rows(upstream, 0, count, place, present, 0.0)
    of_distance = tl.load(upstream + 3 * count + place, mask=present, other=0.0)
    dx, dy, dz = _rows(upstream, 4, count, place, present, 0.0)
    along = dx * x + dy * y + dz * z
    gx += of_distance * x + (dx - along * x) / distance
    gy += of_distance * y + (dy - along * y) / distance
    gz += of_distance * z + (dz - along * z) / distance
    add_sums(
        of_numbers, of_numbers + 3, of_numbers + 9, gx * fast, gy * fast, gz * fast, gx * slow, gy * slow, gz * slow,
        gx, gy, gz,
    )  # fmt: skip


@triton.jit(do_not_specialize=["count"])
def _solid_angle_slope_kernel(
    of_distance, of_numbers, upstream, distance, numbers, out, count, IS_POINT: tl.constexpr, BLOCK: tl.constexpr
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    carried = tl.load(upstream + place, mask=present, other=0.0) * tl.load(out + place, mask=present, other=0.0)
    R = tl.load(distance + place, mask=present, other=1.0)
    power = 2.0 if IS_POINT else 3.0
    tl.store(of_distance + place, -power * carried / R, mask=present)
    if not IS_POINT:
        tl.atomic_add(of_numbers + 1, tl.sum(carried) / tl.load(numbers + 1), sem="relaxed")


@triton.jit(do_not_specialize=["count"])
def _scattering_slope_kernel(
    of_direction,
    of_numbers,
    upstream,
    direction,  # noqa: ARG001 - all kernels are given the same
    numbers,
    out,
    count,
    BLOCK: tl.constexpr,
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    wavelength = tl.load(numbers + 3)
    gx, gy, gz = _rows(upstream, 0, count, place, present, 0.0)
    sx, sy, sz = _rows(out, 0, count, place, present, 0.0)
    gx /= wavelength
    gy /= wavelength
    gz /= wavelength
    tl.store(of_direction + place, gx, mask=present)
    tl.store(of_direction + count + place, gy, mask=present)
    tl.store(of_direction + 2 * count + place, gz, mask=present)
    tl.atomic_add(of_numbers + 0, -tl.sum(gx), sem="relaxed")
    tl.atomic_add(of_numbers + 1, -tl.sum(gy), sem="relaxed")
    tl.atomic_add(of_numbers + 2, -tl.sum(gz), sem="relaxed")
    tl.atomic_add(of_numbers + 3, -tl.sum(gx * sx + gy * sy + gz * sz), sem="relaxed")


@triton.jit(do_not_specialize=["count"])
def _polarization_slope_kernel(
    of_direction,
    of_numbers,  # noqa: ARG001 - all kernels are given the same
    upstream,
    direction,
    numbers,
    out,  # noqa: ARG001 - likewise
    count,
    IS_POLARIZED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    g = tl.load(upstream + place, mask=present, other=0.0)
    x, y, z = _rows(direction, 0, count, place, present, 0.0)
    ix, iy, iz = tl.load(numbers), tl.load(numbers + 1), tl.load(numbers + 2)
    cosine = x * ix + y * iy + z * iz
    of_cosine = g * cosine
    gx = tl.zeros_like(g)
    gy = gx
    gz = gx
    if IS_POLARIZED:
        ex, ey, ez = tl.load(numbers + 3), tl.load(numbers + 4), tl.load(numbers + 5)
        bx, by, bz = tl.load(numbers + 6), tl.load(numbers + 7), tl.load(numbers + 8)
        kahn = tl.load(numbers + 9)
        u = x * ex + y * ey + z * ez
        v = x * bx + y * by + z * bz
        across = u * u + v * v
        on_axis = across == 0.0
        safe = tl.where(on_axis, 1.0, across)
        cos_2psi = tl.where(on_axis, 1.0, (u * u - v * v) / safe)
        of_cosine += g * kahn * cos_2psi * cosine
        of_cos_2psi = tl.where(on_axis, 0.0, -2.0 * g * kahn * (1.0 - cosine * cosine) * u * v / (safe * safe))
        of_u = of_cos_2psi * v
        of_v = -of_cos_2psi * u
        gx = of_u * ex + of_v * bx
        gy = of_u * ey + of_v * by
        gz = of_u * ez + of_v * bz
    tl.store(of_direction + place, gx + of_cosine * ix, mask=present)
    tl.store(of_direction + count + place, gy + of_cosine * iy, mask=present)
    tl.store(of_direction + 2 * count + place, gz + of_cosine * iz, mask=present)


@triton.jit(do_not_specialize=["count"])
def _photons_slope_kernel(
    of_values, upstream, intensity, first, second, third, numbers, count, FACTORS: tl.constexpr, BLOCK: tl.constexpr
):
    """Write the derivatives of the intensity and of each factor, a row for each."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    g = tl.load(upstream + place, mask=present, other=0.0) * (tl.load(numbers) / tl.load(numbers + 1))
    value = tl.load(intensity + place, mask=present, other=0.0).to(tl.float64)
    a = tl.zeros_like(g) + 1.0
    b = a
    c = a
    if FACTORS > 0:
        a = tl.load(first + place, mask=present, other=0.0)
    if FACTORS > 1:
        b = tl.load(second + place, mask=present, other=0.0)
    if FACTORS > 2:
        c = tl.load(third + place, mask=present, other=0.0)
    tl.store(of_values + place, g * a * b * c, mask=present)
    if FACTORS > 0:
        tl.store(of_values + count + place, g * value * b * c, mask=present)
    if FACTORS > 1:
        tl.store(of_values + 2 * count + place, g * value * a * c, mask=present)
    if FACTORS > 2:
        tl.store(of_values + 3 * count + place, g * value * a * b, mask=present)


@dataclass(frozen=True)
class CudaStep:
    """How a step goes forth and back."""

    forth: Callable[[Tensor, Tensor], Tensor]
    """From the rows of each pixel and the shared numbers."""
    back: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor | None, Tensor]]
    """From the derivative of the result, rows, numbers and result to the derivatives of rows and numbers."""


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, step: CudaStep, values: Tensor, numbers: Tensor) -> Tensor:
        out = step.forth(values, numbers)
        ctx.step = step
        ctx.save_for_backward(values, numbers, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor | None, Tensor]:
        step: CudaStep = ctx.step
        return None, *step.back(upstream.contiguous(), *ctx.saved_tensors)


def taken(step: CudaStep, values: Tensor, numbers: Tensor) -> Tensor:
    """Return the result of a step, through which derivatives go."""
    return cast("Callable[..., Tensor]", _Step.apply)(step, values, numbers)


def ray_back(sizes: Sequence[int], depth_m: float) -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[None, Tensor]]:
    """Return how rays go back to the detector's vectors."""

    def back(upstream: Tensor, pixels: Tensor, numbers: Tensor, out: Tensor) -> tuple[None, Tensor]:
        found = torch.zeros_like(numbers)
        grid = (triton.cdiv(len(pixels), BLOCK),)
        _ray_slope_kernel[grid](found, upstream, pixels, numbers, out, *sizes, BLOCK=BLOCK)
        if depth_m != 0.0:
            torch.mul(found[9:12], depth_m, out=found[6:9])
        return None, found

    return back


def rows_back(kernel: Any, **constants: bool) -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return how another step goes back by its kernel."""

    def back(upstream: Tensor, values: Tensor, numbers: Tensor, out: Tensor) -> tuple[Tensor, Tensor]:
        of_values, of_numbers = torch.empty_like(values), torch.zeros_like(numbers)
        count = values.shape[-1]
        given = (of_values, of_numbers, upstream, values, numbers, out, count)
        kernel[(triton.cdiv(count, BLOCK),)](*given, **constants, BLOCK=BLOCK)
        return of_values, of_numbers

    return back


def solid_angle_back(*, is_point: bool) -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return how solid angles go back to the distance, and the shortest one."""
    return rows_back(_solid_angle_slope_kernel, IS_POINT=is_point)


def scattering_back() -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return how scattering vectors go back to the direction, and to the source."""
    return rows_back(_scattering_slope_kernel)


def polarization_back(*, is_polarized: bool) -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return how polarisation factors go back to the direction alone."""
    return rows_back(_polarization_slope_kernel, IS_POLARIZED=is_polarized)


class _Photons(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, forth: Callable[..., Tensor], numbers: Tensor, intensity: Tensor, *factors: Tensor) -> Tensor:
        ctx.save_for_backward(numbers, intensity, *factors)
        return forth(intensity, numbers, factors)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        numbers, intensity, *factors = ctx.saved_tensors
        count = intensity.numel()
        found = torch.empty((1 + len(factors), count), dtype=torch.float64, device=intensity.device)
        padded = (*factors, numbers, numbers, numbers)[:3]
        given = (found, upstream.contiguous(), intensity, *padded, numbers, count)
        _photons_slope_kernel[(triton.cdiv(count, BLOCK),)](*given, FACTORS=len(factors), BLOCK=BLOCK)
        of_intensity, *of_factors = found.unbind()
        return None, None, of_intensity.to(intensity.dtype), *of_factors


def taken_photons(
    forth: Callable[..., Tensor], numbers: Tensor, intensity: Tensor, factors: Sequence[Tensor]
) -> Tensor:
    """Return the photons, through which derivatives go to the intensity and the factors."""
    return cast("Callable[..., Tensor]", _Photons.apply)(forth, numbers, intensity, *factors)
