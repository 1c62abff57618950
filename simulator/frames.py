"""What a convention fixes: the directions of the laboratory, and what the two numbers of a beam centre mean."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from simulator.config import Convention, DetectorConfig, Pivot, Triple

if TYPE_CHECKING:
    from torch import Tensor

Length = TypeVar("Length", float, "Tensor")


@dataclass(frozen=True)
class Frame:
    """The directions that a convention fixes."""

    beam: Triple
    fast: Triple
    slow: Triple
    normal: Triple
    twotheta: Triple
    polar: Triple
    spindle: Triple
    pivot: Pivot | None


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
MINUS_X, MINUS_Y, MINUS_Z = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)

FRAMES = {
    Convention.MOSFLM: Frame(X, Z, MINUS_Y, X, MINUS_Z, Z, Z, Pivot.BEAM),
    Convention.DENZO: Frame(X, Z, MINUS_Y, X, MINUS_Z, Z, Z, Pivot.BEAM),
    Convention.ADXV: Frame(Z, X, MINUS_Y, Z, MINUS_X, X, X, Pivot.BEAM),
    Convention.XDS: Frame(Z, X, Y, Z, X, X, X, Pivot.SAMPLE),
    Convention.DIALS: Frame(Z, X, Y, Z, Y, Y, Y, Pivot.SAMPLE),
    Convention.CUSTOM: Frame(X, Z, MINUS_Y, X, Y, Z, Z, None),
}


def frame_of(config: DetectorConfig) -> Frame:
    """Return the directions of the convention; in the custom one each given vector replaces its default."""
    frame = FRAMES[config.convention]
    if config.convention is not Convention.CUSTOM:
        return frame
    return Frame(
        beam=config.beam_vector or frame.beam,
        fast=config.fast_vector or frame.fast,
        slow=config.slow_vector or frame.slow,
        normal=config.normal_vector or frame.normal,
        twotheta=config.twotheta_axis or frame.twotheta,
        polar=config.polar_vector or frame.polar,
        spindle=config.spindle_axis or frame.spindle,
        pivot=config.pivot or Pivot.BEAM,
    )


def _or(value_mm: float | None, default_m: float) -> float:
    return default_m if value_mm is None else value_mm / 1000.0


def closest_point(config: DetectorConfig) -> tuple[float, float]:
    """Return the closest point along fast and slow, m: from ORGX and ORGY, else the centre of the detector."""
    pixel = config.pixel_mm / 1000.0
    size_fast, size_slow = config.size_m
    fast = size_fast / 2.0 if config.ORGX_px is None else (config.ORGX_px - 0.5) * pixel
    slow = size_slow / 2.0 if config.ORGY_px is None else (config.ORGY_px - 0.5) * pixel
    return fast, slow


def close_centre(config: DetectorConfig) -> tuple[float, float]:
    """Return Xclose and Yclose in metres, as given or by default."""
    fast, slow = closest_point(config)
    return _or(config.Xclose_mm, fast), _or(config.Yclose_mm, slow)


def default_centre(config: DetectorConfig) -> tuple[float, float]:
    """Return X and Y of the beam centre in metres where none is given."""
    pixel = config.pixel_mm / 1000.0
    size_fast, size_slow = config.size_m
    match config.convention:
        case Convention.ADXV:
            return (size_fast + pixel) / 2.0, (size_slow - pixel) / 2.0
        case Convention.MOSFLM | Convention.DENZO:
            return (size_slow + pixel) / 2.0, (size_fast + pixel) / 2.0
    return close_centre(config)


def beam_centre(config: DetectorConfig) -> tuple[float, float]:
    """Return X and Y of the beam centre in metres, in the sense of the convention."""
    default_x, default_y = default_centre(config)
    return _or(config.Xbeam_mm, default_x), _or(config.Ybeam_mm, default_y)


def fast_and_slow(config: DetectorConfig, x: Length, y: Length) -> tuple[Length, Length]:
    """Return the beam centre along fast and slow (m), X and Y (m) being its numbers in the convention's sense."""
    half = config.pixel_mm / 1000.0 * 0.5
    match config.convention:
        case Convention.ADXV:
            return x, config.size_m[1] - y
        case Convention.MOSFLM:
            return y + half, x + half
        case Convention.DENZO:
            return y, x
    return x, y


def keeps_closest_point(config: DetectorConfig, pivot: Pivot) -> bool:
    """Tell whether the pivot keeps the point closest to the sample, whatever beam centre is given."""
    return config.convention in {Convention.XDS, Convention.DIALS} and pivot is Pivot.SAMPLE
