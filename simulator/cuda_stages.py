"""The steps around the sweep on CUDA, one launch each: rays, solid angles, scattering vectors, factors and photons.

Each kernel states once more what the function that it stands for does, which its wrapper names; where the detector is
curved, or a derivative is wanted that has no kernel, that function itself runs.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
import triton
import triton.language as tl
from torch import Tensor

from simulator.absorption import capture_fraction
from simulator.beam import BeamSource, scattering_vector
from simulator.constants import CLASSICAL_ELECTRON_RADIUS_SQR_M2
from simulator.cuda_functions import pixel_coordinates
from simulator.cuda_stage_slopes import (
    CudaStep,
    polarization_back,
    ray_back,
    scattering_back,
    solid_angle_back,
    taken,
    taken_photons,
)
from simulator.detector import Detector
from simulator.kernel import photons
from simulator.model import Model, P, T
from simulator.polarization import polarization_factor
from simulator.rays import Ray, pixel_ray, solid_angle
from simulator.vectors import Vector, cross, plain, unit

BLOCK = 512


@triton.jit
def _three(pointer, count, place, present):
    """Return the components of a vector of each pixel, which lie `count` numbers apart."""
    x = tl.load(pointer + place, mask=present, other=0.0)
    y = tl.load(pointer + count + place, mask=present, other=0.0)
    z = tl.load(pointer + 2 * count + place, mask=present, other=1.0)
    return x, y, z


@triton.jit
def _along(x, y, z, numbers):
    """Return the scalar product with the vector in a table."""
    return x * tl.load(numbers) + y * tl.load(numbers + 1) + z * tl.load(numbers + 2)


@triton.jit
def _component(numbers, fast, slow, depth, axis: tl.constexpr):
    """Return a component of f fast + s slow + n depth + pix0."""
    surface = tl.load(numbers + axis) * fast + tl.load(numbers + 3 + axis) * slow
    return (surface + tl.load(numbers + 6 + axis) * depth) + tl.load(numbers + 9 + axis)


@triton.jit(do_not_specialize=["count", "n_fast", "oversample", "sub_slow", "sub_fast"])
def _ray_kernel(out, pixels, numbers, count, n_fast, oversample, sub_slow, sub_fast, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    fast, slow = pixel_coordinates(pixels, numbers, place, present, n_fast, oversample, sub_slow, sub_fast)
    depth = tl.load(numbers + 13)
    x = _component(numbers, fast, slow, depth, 0)
    y = _component(numbers, fast, slow, depth, 1)
    z = _component(numbers, fast, slow, depth, 2)
    distance = tl.sqrt(x * x + y * y + z * z)
    tl.store(out + place, x, mask=present)
    tl.store(out + count + place, y, mask=present)
    tl.store(out + 2 * count + place, z, mask=present)
    tl.store(out + 3 * count + place, distance, mask=present)
    tl.store(out + 4 * count + place, x / distance, mask=present)
    tl.store(out + 5 * count + place, y / distance, mask=present)
    tl.store(out + 6 * count + place, z / distance, mask=present)


@triton.jit(do_not_specialize=["count"])
def _solid_angle_kernel(out, distance, numbers, count, IS_POINT: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    R = tl.load(distance + place, mask=present, other=1.0)
    omega = 1.0 / (R * R) if IS_POINT else tl.load(numbers) / (R * R) * tl.load(numbers + 1) / R
    tl.store(out + place, omega, mask=present)


@triton.jit(do_not_specialize=["count"])
def _scattering_kernel(out, direction, numbers, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    x, y, z = _three(direction, count, place, present)
    wavelength = tl.load(numbers + 3)
    tl.store(out + place, (x - tl.load(numbers)) / wavelength, mask=present)
    tl.store(out + count + place, (y - tl.load(numbers + 1)) / wavelength, mask=present)
    tl.store(out + 2 * count + place, (z - tl.load(numbers + 2)) / wavelength, mask=present)


@triton.jit(do_not_specialize=["count"])
def _polarization_kernel(out, direction, numbers, count, IS_POLARIZED: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    x, y, z = _three(direction, count, place, present)
    cos_2theta = _along(x, y, z, numbers)
    cos_sqr = cos_2theta * cos_2theta
    factor = 1.0 + cos_sqr
    if IS_POLARIZED:
        u = _along(x, y, z, numbers + 3)
        v = _along(x, y, z, numbers + 6)
        across = u * u + v * v
        on_axis = across == 0.0
        cos_2psi = tl.where(on_axis, 1.0, (u * u - v * v) / tl.where(on_axis, 1.0, across))
        factor -= tl.load(numbers + 9) * cos_2psi * (1.0 - cos_sqr)
    tl.store(out + place, 0.5 * factor, mask=present)


@triton.jit(do_not_specialize=["count"])
def _capture_kernel(out, direction, numbers, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    x, y, z = _three(direction, count, place, present)
    parallax = tl.where(present, _along(x, y, z, numbers), 1.0)
    captured = tl.exp(tl.load(numbers + 3) / parallax) - tl.exp(tl.load(numbers + 4) / parallax)
    tl.store(out + place, captured, mask=present)


@triton.jit(do_not_specialize=["count"])
def _photons_kernel(out, intensity, numbers, first, second, third, count, FACTORS: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    present = place < count
    value = tl.load(numbers) * tl.load(intensity + place, mask=present, other=0.0).to(tl.float64) / tl.load(numbers + 1)
    if FACTORS > 0:
        value *= tl.load(first + place, mask=present, other=0.0)
    if FACTORS > 1:
        value *= tl.load(second + place, mask=present, other=0.0)
    if FACTORS > 2:
        value *= tl.load(third + place, mask=present, other=0.0)
    tl.store(out + place, value, mask=present)


def joined(v: Vector) -> Tensor:
    """Return the components of a vector of each pixel as one tensor (3, n), without a copy where they lie so."""
    x, y, z = v
    count = x.numel()
    one = x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr() == z.untyped_storage().data_ptr()
    offsets = [component.storage_offset() - x.storage_offset() for component in v]
    # A graph that goes through the first component alone would lose the others.
    plain_tensors = not any(component.requires_grad for component in v)
    if (
        plain_tensors
        and one
        and offsets == [0, count, 2 * count]
        and all(c.numel() == count and c.is_contiguous() for c in v)
    ):
        return x.as_strided((3, count), (count, 1))
    return torch.stack([component.expand(x.shape) for component in v]).contiguous()


class CudaStages:
    """The steps of :func:`simulator.kernel.pixel_values` around the sweep, for one model."""

    def __init__(self, model: Model) -> None:
        with torch.no_grad():
            self._device = model.detector.pix0.x.device
            self._axes = _numbers(
                *model.detector.fast, *model.detector.slow, *model.detector.normal, *model.detector.pix0
            )
            self._close_m = plain(model.detector.close_m)
            self._fluence = plain(model.beam.fluence_per_m2)
            kahn = model.beam.kahn_factor
            # Sources of one direction share its vector. The objects are kept, so that no later one has their address.
            self._kept = model.beam.sources
            self._sources = {id(source): _ray_numbers(source) for source in self._kept}
            self._fields = {id(source.incident): _field_numbers(source, model) for source in self._kept}
            self._kahn = 0.0 if kahn is None else plain(kahn)
        self._tables: dict[tuple[float, ...], Tensor] = {}
        self._stages: dict[Any, Callable[..., Any]] = {
            self.ray: self.ray,
            scattering_vector: self._scattering,
            solid_angle: self._solid_angle,
            polarization_factor: self._polarization,
            capture_fraction: self._capture,
            photons: self._photons,
        }
        self._with_graph: dict[Any, Callable[..., Any]] = {
            self.ray: self._ray_with_graph,
            scattering_vector: self._scattering_with_graph,
            solid_angle: self._solid_angle_with_graph,
            polarization_factor: self._polarization_with_graph,
            photons: self._photons_with_graph,
        }

    def stage(self, step: Callable[P, T], /) -> Callable[P, T]:
        """Return what stands in for a step; where a graph is recorded, one through which derivatives go."""
        known = self._with_graph if torch.is_grad_enabled() else self._stages
        return cast("Callable[P, T]", known.get(step, step))

    def ray(
        self, detector: Detector, pixels: Tensor, subpixel: tuple[int, int], oversample: int, depth_m: float
    ) -> Ray:
        """Return what :func:`simulator.rays.pixel_ray` does; rays to a curved detector are left to it."""
        if detector.curved:
            return pixel_ray(detector, pixels, subpixel, oversample, depth_m)
        table = self._table(*self._axes, detector.pixel_m / oversample, depth_m)
        sizes = len(pixels), detector.shape_slow_fast[1], oversample, *subpixel
        return _ray_of(self._launched(_ray_kernel, 7, len(pixels), pixels.contiguous(), table, sizes))

    def _ray_with_graph(
        self, detector: Detector, pixels: Tensor, subpixel: tuple[int, int], oversample: int, depth_m: float
    ) -> Ray:
        if detector.curved:
            return pixel_ray(detector, pixels, subpixel, oversample, depth_m)
        vectors = detector.fast, detector.slow, detector.normal, detector.pix0
        sizes = len(pixels), detector.shape_slow_fast[1], oversample, *subpixel
        constants = self._table(detector.pixel_m / oversample, depth_m).unbind()
        numbers = torch.stack([component for v in (*vectors, constants) for component in v])

        def forth(pixels: Tensor, numbers: Tensor) -> Tensor:
            return self._launched(_ray_kernel, 7, len(pixels), pixels, numbers, sizes)

        return _ray_of(taken(CudaStep(forth, ray_back(sizes, depth_m)), pixels.contiguous(), numbers))

    def _solid_angle(self, detector: Detector, distance: Tensor) -> Tensor:
        table = self._table(detector.pixel_m * detector.pixel_m, self._close_m)
        return self._solid_angles(distance, table, detector.point_pixel)

    def _solid_angles(self, distance: Tensor, table: Tensor, is_point: bool) -> Tensor:  # noqa: FBT001 - the kernel's
        constants = {"IS_POINT": is_point}
        return self._launched(_solid_angle_kernel, 1, distance.numel(), distance, table, constants=constants)[0]

    def _solid_angle_with_graph(self, detector: Detector, distance: Tensor) -> Tensor:
        area = self._table(detector.pixel_m * detector.pixel_m)[0]

        def forth(distance: Tensor, numbers: Tensor) -> Tensor:
            return self._solid_angles(distance, numbers, detector.point_pixel)

        step = CudaStep(forth, solid_angle_back(is_point=detector.point_pixel))
        return taken(step, distance.contiguous(), torch.stack([area, detector.close_m]))

    def _scattering(self, direction: Vector, source: BeamSource) -> Vector:
        known = self._sources.get(id(source))
        if known is None:
            return scattering_vector(direction, source)
        return Vector(*self._scattered(joined(direction), self._table(*known)))

    def _scattered(self, there: Tensor, table: Tensor) -> Tensor:
        return self._launched(_scattering_kernel, 3, there.shape[1], there, table)

    def _scattering_with_graph(self, direction: Vector, source: BeamSource) -> Vector:
        numbers = torch.stack([*source.incident, source.wavelength_m])
        return Vector(*taken(CudaStep(self._scattered, scattering_back()), joined(direction), numbers))

    def _polarization(self, kahn_factor: Tensor | None, incident: Vector, diffracted: Vector, polar: Vector) -> Tensor:
        known = self._fields.get(id(incident))
        if known is None:
            return polarization_factor(kahn_factor, incident, diffracted, polar)
        return self._polarized(joined(diffracted), self._table(*known, self._kahn), kahn_factor is not None)

    def _polarized(self, there: Tensor, table: Tensor, is_polarized: bool) -> Tensor:  # noqa: FBT001 - the kernel's
        constants = {"IS_POLARIZED": is_polarized}
        return self._launched(_polarization_kernel, 1, there.shape[1], there, table, constants=constants)[0]

    def _polarization_with_graph(
        self, kahn_factor: Tensor | None, incident: Vector, diffracted: Vector, polar: Vector
    ) -> Tensor:
        known = self._fields.get(id(incident))
        numbers = (*incident, *polar, *(() if kahn_factor is None else (kahn_factor,)))
        if known is None or any(number.requires_grad for number in numbers):
            return polarization_factor(kahn_factor, incident, diffracted, polar)
        is_polarized = kahn_factor is not None

        def forth(there: Tensor, numbers: Tensor) -> Tensor:
            return self._polarized(there, numbers, is_polarized)

        step = CudaStep(forth, polarization_back(is_polarized=is_polarized))
        return taken(step, joined(diffracted), self._table(*known, self._kahn))

    def _capture(self, layer: int, step_m: float, mu_per_m: float, direction: Vector, normal: Vector) -> Tensor:
        del normal  # that of the model
        ends = (-depth * step_m * mu_per_m for depth in (layer, layer + 1))
        there, table = joined(direction), self._table(*self._axes[6:9], *ends)
        return self._launched(_capture_kernel, 1, there.shape[1], there, table)[0]

    def _photons(self, intensity: Tensor, fluence: Tensor, steps: int, factors: Sequence[Tensor]) -> Tensor:
        del fluence  # that of the model
        table = self._table(CLASSICAL_ELECTRON_RADIUS_SQR_M2 * self._fluence, float(steps))
        return self._photons_of(intensity, table, factors)

    def _photons_with_graph(self, intensity: Tensor, fluence: Tensor, steps: int, factors: Sequence[Tensor]) -> Tensor:
        if fluence.requires_grad:
            return photons(intensity, fluence, steps, factors)
        table = self._table(CLASSICAL_ELECTRON_RADIUS_SQR_M2 * self._fluence, float(steps))
        return taken_photons(self._photons_of, table, intensity, [factor.contiguous() for factor in factors])

    def _photons_of(self, intensity: Tensor, table: Tensor, factors: Sequence[Tensor]) -> Tensor:
        given = [factor.contiguous() for factor in factors]
        padded = (*given, table, table, table)[:3]
        constants = {"FACTORS": len(given)}
        more = (*padded, intensity.numel())
        return self._launched(_photons_kernel, 1, intensity.numel(), intensity, table, more, constants)[0]

    def _table(self, *numbers: float) -> Tensor:
        """Return numbers on the device; they are copied there once."""
        if numbers not in self._tables:
            self._tables[numbers] = torch.tensor(numbers, dtype=torch.float64).to(self._device)
        return self._tables[numbers]

    def _launched(
        self,
        kernel: Any,
        rows: int,
        count: int,
        values: Tensor,
        table: Tensor,
        more: Sequence[object] | None = None,
        constants: dict[str, Any] | None = None,
    ) -> Tensor:
        out = torch.empty((rows, count), dtype=torch.float64, device=self._device)
        more = (count,) if more is None else more
        kernel[(triton.cdiv(count, BLOCK),)](out, values, table, *more, **(constants or {}), BLOCK=BLOCK)
        return out


def _ray_of(rows: Tensor) -> Ray:
    x, y, z, distance, *direction = rows.unbind()
    return Ray(Vector(x, y, z), distance, Vector(*direction))


def _numbers(*scalars: Tensor) -> tuple[float, ...]:
    return tuple(torch.stack([scalar.detach() for scalar in scalars]).tolist())


def _ray_numbers(source: BeamSource) -> tuple[float, ...]:
    """Return direction and wavelength of a source."""
    return _numbers(*(component.cpu() for component in (*source.incident, source.wavelength_m)))


def _field_numbers(source: BeamSource, model: Model) -> tuple[float, ...]:
    """Return direction of a source, and the directions along and across its electric field."""
    incident = Vector(*(component.detach().cpu() for component in source.incident))
    polar = Vector(*(component.detach().cpu() for component in model.beam.polar))
    across = unit(cross(polar, incident))
    along = unit(cross(incident, across))
    return _numbers(*incident, *along, *across)
