"""Which point of the detector a trace is of, as its geometry says."""

import math

from nbtrace.compare.metrics import dot
from nbtrace.records import Index, Record, Trace

_COARSE = 0.1
"""Pixels: positions printed with a step of more than this tell no pixel."""

_OFF_PLANE = 0.1
"""Pixels off the detector plane from which on the point is not on a flat detector (a curved one, or other values)."""

_FARTHEST = 1e7
"""Coordinates beyond this many pixels come from no detector but from values that do not belong together."""


def located(trace: Trace, block: int = 0) -> tuple[tuple[float, float] | None, float | None]:
    """Return the sampled point of a block, (slow, fast) in pixels, and the pixel size in metres, None if unknown."""
    size = pixel_size(trace, block)
    return _position(trace, block, size), size


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
        _number(trace, name, block) for name in ("omega_pixel_sr", "R_distance_meters", "close_distance_meters")
    )
    if omega is None or radius is None or close is None or not omega * radius * close > 0:
        return None
    return math.sqrt(omega * radius * radius * radius / close)


def _number(trace: Trace, name: str, block: int) -> float | None:
    """Return a scalar at the first sampled point of a block, whose place is looked for; None if it is not logged."""
    own = (record for record in trace.by_block.get((name, block), ()) if record.index.sample == 0)
    scalars = [record for record in own if len(record.numbers) == 1]
    return max(scalars, key=lambda record: record.rank).numbers[0] if scalars else None


def _position(trace: Trace, block: int, size: float | None) -> tuple[float, float] | None:
    records = [
        _first(trace, name, block) for name in ("pixel_pos_meters", "pix0_vector_meters", "fdet_vec", "sdet_vec")
    ]
    vectors = [record.numbers for record in records if record is not None and len(record.numbers) == 3]
    if len(vectors) < 4 or not size:
        return None
    if _coarseness(_tokens(records)) > _COARSE * size:
        return None
    point, corner, fast, slow = vectors
    offset = tuple(x - o for x, o in zip(point, corner, strict=True))
    if not abs(dot(offset, _cross(fast, slow))) <= _OFF_PLANE * size:
        return None
    coordinates = dot(offset, slow) / size, dot(offset, fast) / size
    return coordinates if all(abs(coordinate) < _FARTHEST for coordinate in coordinates) else None


def _tokens(records: list[Record | None]) -> list[str]:
    """Return the numbers of the sampled point and of the corner as they were printed."""
    return [token for record in records[:2] if record is not None for token in record.value.tokens]


def _coarseness(tokens: list[str]) -> float:
    """Return the step of positions printed with one fixed number of decimals; 0 where the decimals vary."""
    decimals = {len(token.partition(".")[2]) if "e" not in token.lower() else -1 for token in tokens}
    return 10.0 ** -decimals.pop() if len(decimals) == 1 and min(decimals) > 0 else 0.0


def _cross(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _first(trace: Trace, name: str, block: int) -> Record | None:
    """Return the block's first record of a quantity, or of another name for the same value."""
    at_block = trace.get(name, Index(block=block))
    if at_block is not None:
        return at_block
    return next(
        (record for other in sorted(trace.vocabulary.equivalent_names(name)) if (record := trace.get(other))), None
    )
