"""The scattering of water around the crystal."""

from torch import Tensor

from simulator.constants import (
    AVOGADRO,
    CLASSICAL_ELECTRON_RADIUS_SQR_M2,
    WATER_F_ELECTRONS,
    WATER_MOLECULAR_WEIGHT,
)


def water_background(water_um: float, fluence_per_m2: Tensor) -> Tensor:
    """Return the photons per steradian that a cube of water with edge `water_um` scatters.

    F² r_e² fluence w³ · 10⁶ N_A/18: F for forward scattering of a molecule, 10⁶ g of water per m³.
    """
    edge = water_um / 1e6
    molecules = edge * edge * edge * 1e6 * AVOGADRO / WATER_MOLECULAR_WEIGHT
    return WATER_F_ELECTRONS * WATER_F_ELECTRONS * CLASSICAL_ELECTRON_RADIUS_SQR_M2 * fluence_per_m2 * molecules
