"""A port of one pixel in PyTorch, as `nbtrace gradients` calls it, with a derivative that autograd loses.

It knows an orthorhombic crystal that is not turned and an upright detector. The solid angle takes the distance as a
plain number: the pixel is right, its derivative by the distance is not.
"""

import math

import torch
from torch import Tensor

ELECTRON_RADIUS_SQR_M2 = 7.94079248018965e-30


def pixel(parameters: dict[str, Tensor], flags: list[str], region: tuple[int, int, int, int]) -> Tensor:
    """Return the photons in the pixels of a region (first and last slow, first and last fast) as one sum."""

    def number(name: str, flag: str, place: int = 1) -> Tensor:
        given = parameters.get(name)
        return (
            given if given is not None else torch.tensor(float(flags[flags.index(flag) + place]), dtype=torch.float64)
        )

    cell = [number(f"cell_{axis}", "-cell", place) for place, axis in enumerate("abc", start=1)]
    distance = number("distance", "-distance") / 1e3
    side, pixels = 1e-4, int(flags[flags.index("-detpixels") + 1])
    centre = (pixels + 1) * side / 2 + side / 2
    total = torch.tensor(0.0, dtype=torch.float64)
    for slow in range(region[0], region[1] + 1):
        for fast in range(region[2], region[3] + 1):
            y, z = centre - side * (slow + 0.5), side * (fast + 0.5) - centre
            far = torch.sqrt(distance**2 + y**2 + z**2)
            direction = (distance / far, y / far, z / far)
            wavelength = number("lambda", "-lambda")
            scattering = ((direction[0] - 1) / wavelength, direction[1] / wavelength, direction[2] / wavelength)
            amplitude = number("default_F", "-default_F")
            cells = int(flags[flags.index("-N") + 1])
            for edge, component in zip(cell, scattering, strict=True):
                phase = math.pi * edge * component
                amplitude = amplitude * torch.sin(cells * phase) / torch.sin(phase)
            solid_angle = side**2 * float(distance) / far**3  # float() cuts the graph
            polarisation = (1 + direction[0] ** 2) / 2
            total = total + amplitude**2 * polarisation * solid_angle
    return total * ELECTRON_RADIUS_SQR_M2 * parameters.get("fluence", torch.tensor(1.25932015286227e29))
