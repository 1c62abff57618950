"""Physical and program constants, each with the value that the reference uses."""

import math

RADIANS_TO_DEGREES = 180.0 * (1.0 / math.pi)
"""Divisor that turns degrees into radians; the reference's own rounding of it is kept."""

CLASSICAL_ELECTRON_RADIUS_SQR_M2 = 7.94079248018965e-30
"""Thomson cross section r_e², m²."""

DEFAULT_FLUENCE_PER_M2 = 125932015286227086360700780544.0
"""Photons per m² with which r_e² times fluence is 1."""

AVOGADRO = 6.02214179e23
WATER_F_ELECTRONS = 2.57
WATER_MOLECULAR_WEIGHT = 18.0

ENERGY_WAVELENGTH_EV_A = 12398.42
"""Product of photon energy and wavelength, eV·Å."""

ANGSTROM_M = 1e-10
ANGSTROMS_PER_M = 1e10
"""Divisor of wavelengths, which the reference does not multiply by 1e-10."""

SOURCE_DISTANCE_M = 10.0
"""Distance of the generated sources; only their direction matters."""

ROUND_SHAPE_FACTOR = 0.723601254558268
GAUSS_SHAPE_CONSTANT = 0.63
TOPHAT_THRESHOLD = 0.3969
