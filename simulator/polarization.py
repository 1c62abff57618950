"""The polarisation factor."""

import torch
from torch import Tensor

from simulator.vectors import Vector, cross, dot, unit


def polarization_factor(kahn_factor: Tensor | None, incident: Vector, diffracted: Vector, polar: Vector) -> Tensor:
    """Return the factor of Kahn et al., J. Appl. Cryst. 15 (1982) 330: ½[1 + cos²2θ - K cos2ψ sin²2θ].

    Parameters
    ----------
    kahn_factor : Tensor or None
        K, between -1 and 1; None for an unpolarised beam.
    incident, diffracted, polar : Vector
        Unit vectors of the beam, to the pixel (n,) and of the electric field.

    Notes
    -----
    cos2ψ follows from the components (u, v) of the diffracted ray in the plane across the beam as (u² - v²)/(u² + v²);
    an inverse tangent, as the reference has it, gives the same.
    """
    cos_2theta = dot(incident, diffracted)
    cos_sqr = cos_2theta * cos_2theta
    sin_sqr = 1.0 - cos_sqr
    if kahn_factor is None:
        return 0.5 * (1.0 + cos_sqr)
    b_in = unit(cross(polar, incident))
    e_in = unit(cross(incident, b_in))
    u, v = dot(diffracted, e_in), dot(diffracted, b_in)
    across = u * u + v * v
    on_axis = across == 0.0
    cos_2psi = torch.where(on_axis, 1.0, (u * u - v * v) / torch.where(on_axis, 1.0, across))
    return 0.5 * (1.0 + cos_sqr - kahn_factor * cos_2psi * sin_sqr)
