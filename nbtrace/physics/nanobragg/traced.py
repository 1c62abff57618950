"""The geometry that a trace log tells of the image its pixel belongs to."""

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images.image import Floats, Geometry
from nbtrace.images.resolution import geometry_of
from nbtrace.physics.nanobragg.pixel import pixel_size
from nbtrace.records import Trace

_CELL_EDGES = (1e-10, 1e-5)
"""Lengths in m between which a cell edge lies; some ports log metres under a key that says Å."""


def trace_geometry(trace: Trace) -> Geometry:
    """Return the geometry that a trace log tells, with the cell where it logs the rotated cell vectors.

    Raises
    ------
    InputError
        If the log lacks the detector's corner or axes, the beam, the wavelength, or what tells the pixel size.
    """
    names = ("pix0_vector_meters", "fdet_vec", "sdet_vec", "incident_vec", "lambda_meters")
    vectors = {name: _numbers(trace, name) for name in names}
    size = pixel_size(trace)
    lacking = [name for name, numbers in vectors.items() if numbers is None]
    if lacking or size is None:
        raise InputError(f"{trace.source} tells no geometry: it lacks {', '.join(lacking or ['the pixel size'])}")
    pix0, fast, slow, beam, wavelength = (np.array(numbers) for numbers in vectors.values())
    cell = _logged_cell(trace)
    origin = f"trace {trace.source}" + (", cell as first logged" if cell is not None else ", which tells no cell")
    geometry = geometry_of(pix0, fast, slow, size, beam, float(wavelength[0]), cell, origin)
    if geometry is None:
        raise InputError(f"{trace.source} tells no geometry that can be: an axis, the beam or the wavelength is 0")
    return geometry


def _numbers(trace: Trace, quantity: str) -> tuple[float, ...] | None:
    record = trace.get(quantity)
    expected = 1 if quantity.startswith("lambda") else 3
    return record.numbers if record is not None and len(record.numbers) == expected else None


def _logged_cell(trace: Trace) -> Floats | None:
    rows = [_numbers(trace, f"rot_{axis}_angstroms") for axis in "abc"]
    if any(row is None for row in rows):
        return None
    cell = np.array(rows, np.float64) * 1e-10
    edges = np.linalg.norm(cell, axis=1)
    return cell if np.all((edges > _CELL_EDGES[0]) & (edges < _CELL_EDGES[1])) else None
