"""Which pixel a trace is of: what the log states, and what its geometry says."""

import math
from dataclasses import dataclass

from nbtrace.compare.metrics import dot
from nbtrace.quantities import equivalents
from nbtrace.records import Index, Pixel, Record, Trace

_ON_THE_EDGE = 1e-6
"""Pixels by which a rounded coordinate may fall short of a pixel's lower edge."""

_OFF_PLANE = 0.1
"""Pixels off the detector plane from which on the point is not on a flat detector (a curved one, or other values)."""

_FARTHEST = 1e7
"""Coordinates beyond this many pixels come from no detector but from values that do not belong together."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The pixel of one block of a trace.

    Attributes
    ----------
    stated : Pixel or None
        As the log states it.
    position : (float, float) or None
        (slow, fast) coordinates of the sampled point in pixels, from pixel_pos, pix0 and the axes.
    pixel_size : float or None
        Metres.
    """

    stated: Pixel | None
    position: tuple[float, float] | None
    pixel_size: float | None

    @property
    def derived(self) -> Pixel | None:
        """The pixel in which the sampled point lies."""
        if self.position is None:
            return None
        slow, fast = (math.floor(coordinate + _ON_THE_EDGE) for coordinate in self.position)
        return slow, fast

    @property
    def pixel(self) -> Pixel | None:
        """What the geometry says, else what the log states."""
        return self.derived or self.stated

    @property
    def contradicts_itself(self) -> bool:
        """Whether the log states another pixel than its own geometry says."""
        return self.stated is not None and self.derived is not None and self.stated != self.derived


def whereabouts(trace: Trace, block: int = 0) -> Whereabouts:
    """Return which pixel a block of a trace is of."""
    size = pixel_size(trace, block)
    return Whereabouts(trace.pixels.get(block), _position(trace, block, size), size)


def blocks(trace: Trace) -> tuple[int, ...]:
    """Return the numbers of the pixel blocks of a trace."""
    return tuple(sorted({record.index.block for record in trace.records} | set(trace.pixels))) or (0,)


def stated_pixel_size(trace: Trace) -> float | None:
    """Return the pixel size in metres that a log states in its banner or with its beam centre."""
    stated = trace.settings.get("pixel_m")
    if stated is not None:
        return float(stated.value)
    centre = trace.get("beam_center_m")
    if centre is not None and "pixel_mm" in centre.value.names:
        return centre.value.numbers[centre.value.names.index("pixel_mm")] * 1e-3
    return None


def pixel_size(trace: Trace, block: int = 0) -> float | None:
    """Return the pixel size in metres: as stated, else from Ω = p²·close/R³; None if the log tells neither."""
    stated = stated_pixel_size(trace)
    if stated is not None:
        return stated
    omega, radius, close = (
        trace.number(name, block) for name in ("omega_pixel_sr", "R_distance_meters", "close_distance_meters")
    )
    if omega is None or radius is None or close is None or not omega * radius * close > 0:
        return None
    return math.sqrt(omega * radius * radius * radius / close)


def _position(trace: Trace, block: int, size: float | None) -> tuple[float, float] | None:
    records = [
        _first(trace, name, block) for name in ("pixel_pos_meters", "pix0_vector_meters", "fdet_vec", "sdet_vec")
    ]
    vectors = [record.numbers for record in records if record is not None and len(record.numbers) == 3]
    if len(vectors) < 4 or not size:
        return None
    point, corner, fast, slow = vectors
    offset = tuple(x - o for x, o in zip(point, corner, strict=True))
    if abs(dot(offset, _cross(fast, slow))) > _OFF_PLANE * size:
        return None
    coordinates = dot(offset, slow) / size, dot(offset, fast) / size
    return coordinates if all(abs(coordinate) < _FARTHEST for coordinate in coordinates) else None


def _cross(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _first(trace: Trace, name: str, block: int) -> Record | None:
    """Return the block's first record of a quantity, or of another name for the same value."""
    at_block = trace.get(name, Index(block=block))
    if at_block is not None:
        return at_block
    return next((found for other in sorted(equivalents(name)) if (found := trace.get(other))), None)
