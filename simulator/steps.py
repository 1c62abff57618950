"""How the reference completes a (count, range, step) triple of which some members are not given."""

import math
from dataclasses import dataclass

from simulator.c_numbers import LARGEST_INTEGER


@dataclass(frozen=True)
class SampleRange:
    """Equidistant samples; `range` and `step` have the unit of the input."""

    count: int
    range: float
    step: float


SENSOR_M = 0.5e-6
"""Thickness that the reference takes for a sensor of which only a number of layers is left."""

SINGLE = SampleRange(1, 0.0, 0.0)


def sampling_steps(count: int | None, range_: float | None, step: float | None, *, sensor: bool = False) -> SampleRange:
    """Complete a triple for divergence, dispersion or the sensor.

    Parameters
    ----------
    count, range_, step
        None, a count or step ≤ 0 and a negative range are not given.
    sensor : bool
        The sensor's rules: a range alone is cut into two layers of half the range, not two steps of the whole, and a
        count alone divides 0.5 µm, not 1.
    """
    number = count if count is not None and count > 0 else 0
    extent = range_ if range_ is not None and range_ >= 0.0 else None
    width = step if step is not None and step > 0.0 else None
    match number > 0, extent, width:
        case False, None, None:
            return SINGLE
        case _, None, float(width):
            completed = SampleRange(2, width, width)
        case False, float(extent), None:
            completed = SampleRange(2, extent, extent / 2.0 if sensor else extent)
        case False, float(extent), float(width):
            completed = SampleRange(_count(extent, width), extent, width)
        case True, None, None:
            whole = SENSOR_M if sensor else 1.0
            completed = SampleRange(number, whole, whole / number)
        case True, float(extent), None:
            number = max(number, 2)
            completed = SampleRange(number, extent, extent / (number - 1))
        case _:
            completed = SampleRange(number, extent or 0.0, width or 0.0)
    return completed if completed.range > 0.0 and completed.step > 0.0 and completed.count > 0 else SINGLE


def phi_steps(count: int | None, range_: float | None, step: float | None, *, default_range: float) -> SampleRange:
    """Complete the triple of the spindle rotation.

    Negative members are not given; a given count of 0 is 1; a count alone divides `default_range`.
    """
    number = max(count, 1) if count is not None and count >= 0 else None
    extent = range_ if range_ is not None and range_ >= 0.0 else None
    if number is not None and extent is not None and step is not None and step >= 0.0:
        return SampleRange(number, extent, step)
    width = step if step is not None and step > 0.0 else None
    match number, extent, width:
        case None, None, None:
            return SINGLE
        case _, None, float(width):
            return SampleRange(2, width, width)
        case None, float(extent), None:
            return SampleRange(2, extent, extent / 2.0)
        case _, float(extent), float(width):
            return SampleRange(max(_count(extent, width), 1), extent, width)
        case int(number), None, None:
            return SampleRange(number, default_range, default_range / number)
    return SampleRange(number or 1, extent or 0.0, (extent or 0.0) / (number or 1))


def _count(extent: float, width: float) -> int:
    """Return how many steps of a width an extent takes; what no integer of the reference holds is the largest one."""
    count = extent / width
    return math.ceil(count) if count < LARGEST_INTEGER else LARGEST_INTEGER
