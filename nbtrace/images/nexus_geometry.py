"""Where the pixels of a NeXus image are, by the numbers and axes that its file has for the detector.

The frame is NeXus's (McStas): z along the beam. Without axes the detector is taken to stand square to the beam.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbtrace.errors import UsageError
from nbtrace.images.image import Floats, Geometry
from nbtrace.images.resolution import geometry_of, square_to_beam
from nbtrace.units import canonical, factor

_HC = 1.239841984332e-6
"""Planck's constant times the speed of light, in eV m (CODATA 2018, exact)."""

_DEFAULT_UNITS = {
    "incident_wavelength": "angstrom",
    "wavelength": "angstrom",
    "incident_energy": "eV",
    "energy": "eV",
    "beam_center_x": "pixel",
    "beam_center_y": "pixel",
}
"""Units that NeXus files leave out; lengths of a detector are in m."""

_SPELLINGS = {"angstrom": "Å", "angstroms": "Å", "micron": "µm", "μm": "µm", "degree": "deg", "radian": "rad"}
"""Spellings of NeXus besides those of traces, in lower case."""

_ENERGIES = {"ev": 1.0, "kev": 1e3, "mev": 1e6}
_PIXELS = frozenset({"pixel", "pixels", "px", ""})

Axis = Mapping[str, Any]


def nexus_geometry(details: Mapping[str, Any], name: str) -> tuple[Geometry | None, str]:
    """Return the geometry that an HDF5 file tells, and why it tells none where it tells some of it.

    Parameters
    ----------
    details : mapping
        `numbers`, values with their units by NeXus's names, and `chains`, axes from the pixel up, as
        :mod:`nbtrace.images.hdf5_stack` reads them.
    name : str
        The file, for words.
    """
    numbers, chains = details.get("numbers") or {}, details.get("chains") or {}
    try:
        wavelength = _wavelength(numbers)
        if not numbers or wavelength is None:
            return None, ""
        if {"module_offset", "fast_pixel_direction", "slow_pixel_direction"} <= chains.keys():
            return _of_axes(chains, wavelength, name), ""
        return _square(numbers, wavelength, name)
    except (UsageError, ArithmeticError) as error:
        return None, f"its geometry is not used: {error}"


def _square(numbers: Mapping[str, Any], wavelength: float, name: str) -> tuple[Geometry | None, str]:
    """Return the geometry of a detector that stands square to the beam."""
    sizes = [_first(numbers, f"{axis}_pixel_size", f"detectorSpecific/{axis}_pixel_size") for axis in "xy"]
    distance = _first(numbers, "detector_distance", "distance")
    if distance is None or sizes[0] is None or sizes[1] is None:
        return None, ""
    if not math.isclose(sizes[0], sizes[1], rel_tol=1e-6):
        return None, "its geometry is not used: its pixels are not square"
    centre = [_centre(numbers, axis, sizes[0]) for axis in "xy"]
    if centre[0] is None or centre[1] is None:
        return None, ""
    origin = f"NeXus of {name}, a detector square to the beam"
    return square_to_beam(distance, (centre[1], centre[0]), sizes[0], wavelength, origin), ""


def _of_axes(chains: Mapping[str, Sequence[Axis]], wavelength: float, name: str) -> Geometry | None:
    offset, fast, slow = (chains[key] for key in ("module_offset", "fast_pixel_direction", "slow_pixel_direction"))
    size = _length(fast[0]["value"], fast[0]["unit"])
    if not math.isclose(size, _length(slow[0]["value"], slow[0]["unit"]), rel_tol=1e-6):
        raise UsageError("its pixels are not square")
    corner: Floats = np.zeros(3)
    for axis in offset:
        corner = _moved(corner, axis)
    origin = f"NeXus axes of {name}"
    return geometry_of(corner, _turned(fast), _turned(slow), size, (0.0, 0.0, 1.0), wavelength, origin=origin)


def _moved(point: Floats, axis: Axis) -> Floats:
    """Return where an axis takes a point."""
    shift = np.array(axis["offset"]) * (factor(_unit(axis["offset_unit"] or "m"), "m") if any(axis["offset"]) else 0.0)
    if axis["kind"] == "rotation":
        return _rotation(axis) @ point + shift
    moved: Floats = point + shift + np.array(axis["vector"]) * _length(axis["value"], axis["unit"])
    return moved


def _turned(chain: Sequence[Axis]) -> Floats:
    """Return the direction of the first axis of a chain, turned by those it depends on."""
    direction: Floats = np.array(chain[0]["vector"])
    for axis in chain[1:]:
        if axis["kind"] == "rotation":
            direction = _rotation(axis) @ direction
    return direction


def _rotation(axis: Axis) -> Floats:
    """Return the matrix of a rotation about a vector (Rodrigues)."""
    vector = np.array(axis["vector"])
    length = float(np.linalg.norm(vector))
    if not length > 0:
        raise UsageError("an axis turns about no direction")
    x, y, z = vector / length
    angle = axis["value"] * factor(_unit(axis["unit"] or "deg"), "rad")
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix: Floats = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)
    return matrix


def _wavelength(numbers: Mapping[str, Any]) -> float | None:
    """Return λ in m, from a wavelength or an energy (λ = hc/E)."""
    for name in ("incident_wavelength", "wavelength"):
        if name in numbers:
            value, unit = numbers[name]
            return _length(value, unit or _DEFAULT_UNITS[name])
    for name in ("incident_energy", "energy"):
        if name in numbers:
            value, unit = numbers[name]
            scale = _ENERGIES.get((unit or _DEFAULT_UNITS[name]).lower())
            if scale is None:
                raise UsageError(f"{name} is in {unit!r}, which is no unit of an energy")
            return _HC / float(value * scale)
    return None


def _first(numbers: Mapping[str, Any], *names: str) -> float | None:
    """Return the first of several lengths that is there, in m."""
    for name in names:
        if name in numbers:
            value, unit = numbers[name]
            return _length(value, unit or "m")
    return None


def _centre(numbers: Mapping[str, Any], axis: str, size: float) -> float | None:
    """Return the direct beam along an axis in pixels from the corner."""
    if f"beam_center_{axis}" not in numbers:
        return None
    value, unit = numbers[f"beam_center_{axis}"]
    return float(value) if unit.lower() in _PIXELS else _length(value, unit) / size


def _length(value: float, unit: str) -> float:
    return value * factor(_unit(unit), "m")


def _unit(unit: str) -> str:
    return canonical(unit) or _SPELLINGS.get(unit.lower(), unit)
