"""What a layer of the sensor captures."""

import torch
from torch import Tensor

from simulator.vectors import Vector, dot


def capture_fraction(layer: int, thickness_step_m: float, mu_per_m: float, direction: Vector, normal: Vector) -> Tensor:
    """Return the fraction of the photons that a layer of the sensor captures.

    exp(-i t µ/κ) - exp(-(i+1) t µ/κ) for layer i of thickness t; κ is the cosine between the ray and the normal.

    Parameters
    ----------
    layer : int
        0 is the surface.
    thickness_step_m, mu_per_m : float
        Thickness of a layer and attenuation coefficient.
    direction : Vector
        Unit vectors to the pixels (n,).
    normal : Vector
        Unit vector of the detector plane.
    """
    parallax = dot(direction, normal)
    before = torch.exp(-layer * thickness_step_m * mu_per_m / parallax)
    after = torch.exp(-(layer + 1) * thickness_step_m * mu_per_m / parallax)
    return before - after
