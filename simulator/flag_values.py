"""What the values of a flag mean: words to fields of the configuration."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.c_numbers import leading_integer, leading_real, whole_integer, whole_real
from simulator.config import Pivot
from simulator.constants import ENERGY_WAVELENGTH_EV_A
from simulator.flags import Flag, Special, ValueKind
from simulator.smv import SmvGeometry, read_geometry, read_smv


def special_settings(
    flag: Flag, values: Sequence[str], settings: Mapping[str, object], *, lenient: bool
) -> dict[str, object]:
    """Return the fields that a flag sets whose values mean more than a field each.

    Parameters
    ----------
    flag : Flag
    values : sequence of str
    settings : mapping
        The fields that are set so far.
    lenient : bool
        Read numbers as C does.

    Raises
    ------
    ValueError
        If the values make no sense.
    """
    match flag.special:
        case Special.MISSET:
            return _misset(values, lenient=lenient)
        case Special.ENERGY:
            return {flag.sets[0]: ENERGY_WAVELENGTH_EV_A / _nonzero(_real(values[0], lenient=lenient))}
        case Special.PIVOT:
            pivots = [pivot for pivot in Pivot if pivot.value in values[0]]
            if not pivots:
                raise ValueError("neither sample nor beam")
            return {flag.sets[0]: pivots[0]}
        case Special.ABSORPTION:
            depth = 0.0 if "inf" in values[0] else _real(values[0], lenient=lenient)
            without: dict[str, object] = {"detector.thickness_um": 0.0} if depth == 0.0 else {}
            return {flag.sets[0]: depth, **without}
    path = Path(values[0])
    known: dict[str, object] = dict.fromkeys(flag.sets, path)
    return known | _header_settings(read_geometry(read_smv(path)), mirrored=bool(flag.sets), settings=settings)


def _header_settings(header: SmvGeometry, *, mirrored: bool, settings: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that an SMV header sets; a mask counts Y from the other edge."""
    pixel = header.pixel_size if header.pixel_size is not None else settings.get("detector.pixel_mm", 0.1)
    center_y = header.beam_center_y
    if mirrored and center_y is not None and isinstance(pixel, float):
        center_y = pixel * header.slow_pixels - center_y
    fields = {
        "detector.detpixels_fast": header.fast_pixels,
        "detector.detpixels_slow": header.slow_pixels,
        "detector.pixel_mm": header.pixel_size,
        "detector.distance_mm": header.distance,
        "detector.close_distance_mm": header.close_distance,
        "beam.wavelength_angstrom": header.wavelength,
        "detector.Xbeam_mm": header.beam_center_x,
        "detector.Ybeam_mm": center_y,
        "detector.ORGX_px": header.orgx,
        "detector.ORGY_px": header.orgy,
        "crystal.phi_deg": header.phi,
        "crystal.osc_deg": header.oscillation,
    }
    return {path: value for path, value in fields.items() if value is not None}


def cell_values(texts: Sequence[str], *, lenient: bool) -> tuple[float, ...]:
    """Return the lengths (Å) and angles (degrees) that are given.

    Raises
    ------
    ValueError
        If one is no number, or not positive where that is not the way to say that there is no cell.
    """
    values = tuple(_real(text, lenient=lenient) for text in texts)
    wrong = next((text for text, value in zip(texts, values, strict=True) if value <= 0.0), None)
    if wrong is not None and values[0] != 0.0 and not lenient:
        raise ValueError(f"a cell has no length or angle of {wrong}; the reference takes the length a, or 90° for it")
    return values


def cell_of(values: Sequence[float]) -> Mapping[str, float] | None:
    """Return the cell; a length that is missing or not positive is a, an angle 90°. A first length of 0 is no cell."""
    if values[0] == 0.0:
        return None
    lengths = [*values[:3], 0.0, 0.0][:3]
    angles = [*values[3:], 0.0, 0.0, 0.0][:3]
    lengths = [length if length > 0.0 else values[0] for length in lengths]
    angles = [angle if angle > 0.0 else 90.0 for angle in angles]
    names = ("a_angstrom", "b_angstrom", "c_angstrom", "alpha_deg", "beta_deg", "gamma_deg")
    return dict(zip(names, [*lengths, *angles], strict=True))


def _misset(values: Sequence[str], *, lenient: bool) -> dict[str, object]:
    if "rand" in values[0]:
        return {"crystal.misset_random": True, "crystal.misset_deg": None}
    if len(values) < 3:
        raise ValueError("needs three angles, or random")
    angles = tuple(_real(value, lenient=lenient) for value in values)
    return {"crystal.misset_random": False, "crystal.misset_deg": angles}


def _real(text: str, *, lenient: bool) -> float:
    number = leading_real(text) if lenient else whole_real(text)
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is not a finite number")
    return number


def _integer(text: str, *, lenient: bool) -> int:
    return leading_integer(text) if lenient else whole_integer(text)


def value_of(kind: ValueKind, text: str, *, lenient: bool) -> object:
    """Return what one word is.

    Raises
    ------
    ValueError
        If it is not of that kind.
    """
    match kind:
        case ValueKind.REAL:
            return _real(text, lenient=lenient)
        case ValueKind.INTEGER:
            return _integer(text, lenient=lenient)
        case ValueKind.FILE:
            return Path(text)
    return text


def _nonzero(value: float) -> float:
    if value == 0.0:
        raise ValueError("must not be 0")
    return value
