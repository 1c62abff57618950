"""Where pixels are: the geometry of a header, and what a geometry says of resolution and Miller indices."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from nbtrace.images.image import Floats, Geometry
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.sides import Names

Number: TypeAlias = float | Floats

_LARGEST = 1e12
"""Above any number of a header, in mm, Å or pixels: what follows from smaller ones stays finite."""

_HEADER_DIGITS = 2e-5
"""Relative difference that six printed digits can make."""

_SAME_BEAM = 0.05
"""Pixels by which the direct beam may differ for the same reason."""


def smv_geometry(header: Mapping[str, str], name: str) -> Geometry | None:
    """Return the geometry that the reference's SMV header tells, None where it is another program's.

    A flat detector is assumed, since the header does not say. It holds, in the detector's own frame (x along fast,
    y along slow, z along the normal): the point closest to the sample (XDS_ORGX, XDS_ORGY, CLOSE_DISTANCE), and x and
    y of the point at DISTANCE along the beam (DENZO_Y_BEAM, DENZO_X_BEAM). That point need not lie in the plane of a
    detector on a two-theta arm; that it is DISTANCE away gives its z.
    """
    try:
        size, close, wavelength, distance, orgx, orgy, fast_beam, slow_beam = (
            float(header[key])
            for key in (
                "PIXEL_SIZE",
                "CLOSE_DISTANCE",
                "WAVELENGTH",
                "DISTANCE",
                "XDS_ORGX",
                "XDS_ORGY",
                "DENZO_Y_BEAM",
                "DENZO_X_BEAM",
            )
        )
    except (KeyError, ValueError):
        return None
    numbers = (size, close, wavelength, distance, orgx, orgy, fast_beam, slow_beam)
    if not all(abs(number) < _LARGEST for number in numbers) or not min(size, wavelength) > 1 / _LARGEST:
        return None
    pix0 = np.array([-(orgx - 0.5) * size, -(orgy - 0.5) * size, close])
    across = pix0[0] + fast_beam, pix0[1] + slow_beam
    rest = distance**2 - across[0] ** 2 - across[1] ** 2
    if not rest > 0:
        return None
    beam = np.array([*across, math.copysign(math.sqrt(rest), close)]) / distance
    origin = f"header of {name}, a flat detector assumed"
    return geometry_of(
        pix0 * 1e-3, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), size * 1e-3, beam, wavelength * ANGSTROM, origin=origin
    )


def geometry_of(
    pix0: Floats,
    fast: Sequence[float] | Floats,
    slow: Sequence[float] | Floats,
    size: float,
    beam: Sequence[float] | Floats,
    wavelength: float,
    cell: Floats | None = None,
    origin: str = "",
) -> Geometry | None:
    """Return a geometry with its directions normalised, lengths in m; None if the numbers make none."""
    axes = [np.asarray(axis, np.float64) for axis in (fast, slow, beam)]
    lengths = [float(np.linalg.norm(axis)) for axis in axes]
    numbers = (*pix0, size, wavelength, *lengths)
    if not all(map(math.isfinite, numbers)) or min(size, wavelength, *lengths) <= 0 or not np.any(pix0):
        return None
    fast, slow, beam = (axis / length for axis, length in zip(axes, lengths, strict=True))
    return Geometry(pix0, fast, slow, size, beam, wavelength, cell, origin)


def square_to_beam(
    distance: float, centre: tuple[float, float], size: float, wavelength: float, origin: str
) -> Geometry | None:
    """Return the geometry of a detector whose normal is the beam; None if the numbers make none.

    Parameters
    ----------
    distance : float
        From the sample to the detector, in m.
    centre : (float, float)
        (slow, fast) of the direct beam in pixels from the corner.
    size, wavelength : float
        Edge of a pixel, λ, in m.
    origin : str
        What told it.
    """
    if not all(abs(number) < _LARGEST for number in (distance, *centre, size, wavelength)) or not distance > 0:
        return None
    slow, fast = centre
    pix0 = np.array([-fast * size, -slow * size, distance])
    return geometry_of(pix0, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), size, (0.0, 0.0, 1.0), wavelength, origin=origin)


def cosine_two_theta(geometry: Geometry, slow: Number, fast: Number) -> Number:
    """Return cos 2θ at positions in pixels from the detector's corner (a pixel's centre is at its index + ½).

    With X = P₀ + p(S ŝ + F f̂), both X·b̂ and X² are polynomials in S and F, so no vector is made per pixel.
    """
    p, pix0 = geometry.pixel_size, geometry.pix0
    f, s, b = geometry.fast, geometry.slow, geometry.beam
    along = pix0 @ b + slow * (p * (s @ b)) + fast * (p * (f @ b))
    squared = (
        pix0 @ pix0
        + slow * (2 * p * (pix0 @ s))
        + fast * (2 * p * (pix0 @ f))
        + p * p * (slow * slow * (s @ s) + fast * fast * (f @ f) + 2 * (s @ f) * slow * fast)
    )
    cosine: Number = along / np.sqrt(squared)
    return cosine


def inverse_d_squared(geometry: Geometry, slow: Number, fast: Number) -> Number:
    """Return 1/d² in m⁻² at positions in pixels: |d̂ − b̂|²/λ² = 2(1 − cos 2θ)/λ² (Bragg: 4 sin²θ/λ²)."""
    squared: Number = 2.0 * np.maximum(1.0 - cosine_two_theta(geometry, slow, fast), 0.0) / geometry.wavelength**2
    return squared


def resolution(geometry: Geometry, slow: float, fast: float) -> float:
    """Return d in m at a position in pixels; inf in the direct beam."""
    squared = float(inverse_d_squared(geometry, slow, fast))
    return 1.0 / math.sqrt(squared) if squared > 0 else math.inf


def miller_indices(geometry: Geometry, slow: float, fast: float) -> tuple[float, float, float] | None:
    """Return the fractional h, k, l at a position in pixels; None without a cell."""
    if geometry.cell is None:
        return None
    point = geometry.pix0 + geometry.pixel_size * (slow * geometry.slow + fast * geometry.fast)
    q = (point / np.linalg.norm(point) - geometry.beam) / geometry.wavelength
    h, k, l = (float(index) for index in geometry.cell @ q)  # noqa: E741 - Miller indices are called h, k, l
    return h, k, l


def direct_beam(geometry: Geometry) -> tuple[float, float] | None:
    """Return (slow, fast) in pixels from the corner where the direct beam meets the detector; None if it does not."""
    columns = np.stack(
        [geometry.pixel_size * geometry.slow, geometry.pixel_size * geometry.fast, -geometry.beam], axis=1
    )
    if abs(np.linalg.det(columns)) < 1e-12 * geometry.pixel_size**2:
        return None
    slow, fast, along = (float(number) for number in np.linalg.solve(columns, -geometry.pix0))
    return (slow, fast) if along > 0 else None


def differences(c: Geometry, py: Geometry, names: Names) -> Iterator[str]:
    """Yield in words what two geometries disagree on by more than the digits of a header, the frame left aside."""
    beam_c, beam_py = direct_beam(c), direct_beam(py)
    if beam_c is not None and beam_py is not None:
        apart = [other - own for own, other in zip(beam_c, beam_py, strict=True)]
        if max(map(abs, apart)) > _SAME_BEAM:
            yield f"direct beam moved by {apart[0]:+.4g} pixels along slow and {apart[1]:+.4g} along fast"
    for name, own, other in (
        ("wavelength in Å", c.wavelength / ANGSTROM, py.wavelength / ANGSTROM),
        ("pixel size in mm", c.pixel_size * 1e3, py.pixel_size * 1e3),
        ("distance of the corner in mm", float(np.linalg.norm(c.pix0)) * 1e3, float(np.linalg.norm(py.pix0)) * 1e3),
    ):
        if not math.isclose(own, other, rel_tol=_HEADER_DIGITS):
            yield f"{name} {names.reference} {own:.6g}, {names.candidate} {other:.6g}"
