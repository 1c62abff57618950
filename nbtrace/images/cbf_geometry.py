"""The geometry that the header of a detector's CBF file tells, in the lines that Dectris's detectors write."""

import math
import re

from nbtrace.errors import UsageError
from nbtrace.images.image import Geometry
from nbtrace.images.resolution import square_to_beam
from nbtrace.units import canonical, factor

_HEADER = 2**16
_BINARY = b"--CIF-BINARY-FORMAT-SECTION--"
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_PIXEL = re.compile(rf"#\s*Pixel_size\s+{_NUMBER}\s*(\S+)\s*x\s*{_NUMBER}\s*(\S+)")
_LENGTH = r"#\s*{}\s+{}\s*([^\s,]+)"
_DISTANCE = re.compile(_LENGTH.format("Detector_distance", _NUMBER))
_WAVELENGTH = re.compile(_LENGTH.format("Wavelength", _NUMBER))
_BEAM = re.compile(rf"#\s*Beam_xy\s+\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)\s*pixels")
_TURNED = re.compile(rf"#\s*Detector_2theta\s+{_NUMBER}")


def cbf_geometry(content: bytes, name: str) -> Geometry | None:
    """Return the geometry of a detector square to the beam; None where the header tells no whole one, or a tilt.

    Read are `Pixel_size`, `Detector_distance`, `Wavelength` and `Beam_xy` (fast, slow, in pixels), each with its unit.
    """
    header = content[:_HEADER].partition(_BINARY)[0].decode("latin-1")
    pixel, distance, wavelength, beam = (line.search(header) for line in (_PIXEL, _DISTANCE, _WAVELENGTH, _BEAM))
    turned = _TURNED.search(header)
    if not (pixel and distance and wavelength and beam) or (turned and float(turned[1]) != 0):
        return None
    try:
        sizes = _metres(pixel[1], pixel[2]), _metres(pixel[3], pixel[4])
        lengths = _metres(distance[1], distance[2]), _metres(wavelength[1], wavelength[2])
    except UsageError:
        return None
    if not math.isclose(*sizes, rel_tol=1e-6):
        return None
    centre = float(beam[2]), float(beam[1])
    origin = f"header of {name}, a detector square to the beam"
    return square_to_beam(lengths[0], centre, sizes[0], lengths[1], origin)


def _metres(number: str, unit: str) -> float:
    return float(number) * factor(canonical(unit) or unit, "m")
