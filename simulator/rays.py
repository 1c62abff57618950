"""From a pixel to the ray that reaches it, and the solid angle that the pixel covers."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.detector import Detector
from simulator.vectors import Vector, norm, rotate_about_axis


@dataclass(frozen=True)
class Ray:
    """From the sample to a point of the detector, one per pixel of a batch."""

    position: Vector
    """Laboratory position, m."""
    distance: Tensor
    """R, m."""
    direction: Vector
    """Unit vector."""


def subpixels(oversample: int) -> Iterator[tuple[int, int]]:
    """Yield the slow and fast indices of the subpixels in the reference's order."""
    for slow in range(oversample):
        for fast in range(oversample):
            yield slow, fast


def detector_coordinates(
    detector: Detector, pixels: Tensor, subpixel: tuple[int, int], oversample: int
) -> tuple[Tensor, Tensor]:
    """Return the fast and slow coordinates (m) of the centre of a subpixel of each pixel.

    Parameters
    ----------
    detector : Detector
    pixels : Tensor
        Flat indices, slow · n_fast + fast; integers of shape (n,).
    subpixel : tuple of int
        Slow and fast index.
    oversample : int
        Subpixels per pixel and direction.
    """
    size = detector.pixel_m / oversample
    n_fast = detector.shape_slow_fast[1]
    slow = torch.div(pixels, n_fast, rounding_mode="floor")
    fast = pixels - slow * n_fast
    slow_index = (slow * oversample + subpixel[0]).to(torch.float64)
    fast_index = (fast * oversample + subpixel[1]).to(torch.float64)
    return fast_index * size + size / 2.0, slow_index * size + size / 2.0


def pixel_ray(detector: Detector, pixels: Tensor, subpixel: tuple[int, int], oversample: int, depth_m: float) -> Ray:
    """Return the ray to a subpixel of each pixel, `depth_m` behind the surface: see :func:`detector_coordinates`."""
    fast_m, slow_m = detector_coordinates(detector, pixels, subpixel, oversample)
    return ray_to(detector, fast_m, slow_m, depth_m)


def ray_to(detector: Detector, fast_m: Tensor, slow_m: Tensor, depth_m: float | Tensor) -> Ray:
    """Return the ray to the points at detector coordinates `fast_m`, `slow_m` (n,), `depth_m` behind the surface."""
    position = detector.fast * fast_m + detector.slow * slow_m
    if isinstance(depth_m, Tensor) or depth_m != 0.0:
        position = position + detector.normal * depth_m
    position = position + detector.pix0
    if detector.curved:
        position = _on_sphere(detector, position)
    distance = norm(position)
    return Ray(position, distance, position / distance)


def _on_sphere(detector: Detector, flat: Vector) -> Vector:
    """Return the point of the spherical detector: the laboratory y and z of the flat one become arc lengths."""
    centre = detector.beam * detector.distance_m
    bent = rotate_about_axis(centre, detector.slow, flat.y / detector.distance_m)
    return rotate_about_axis(bent, detector.fast, flat.z / detector.distance_m)


def solid_angle(detector: Detector, distance: Tensor) -> Tensor:
    """Return the solid angle (sr) of a pixel at `distance` (m): obliquity included; 1/R² for a point pixel."""
    if detector.point_pixel:
        return 1.0 / (distance * distance)
    return (detector.pixel_m * detector.pixel_m) / (distance * distance) * detector.close_m / distance
