"""How the reference completes a (count, range, step) triple of which some members are not given."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
    """Equidistant samples; `range` and `step` have the unit of the input."""

    count: int
    range: float
    step: float


SINGLE = Steps(1, 0.0, 0.0)


def sampling_steps(count: int | None, range_: float | None, step: float | None, *, halved: bool = False) -> Steps:
    """Complete a triple for divergence, dispersion or the sensor.

    Parameters
    ----------
    count, range_, step
        None, a count or step ≤ 0 and a negative range are not given.
    halved : bool
        The sensor's rule: a range alone is cut into two layers of half the range, not two steps of the whole.
    """
    number = count if count is not None and count > 0 else 0
    extent = range_ if range_ is not None and range_ >= 0.0 else None
    width = step if step is not None and step > 0.0 else None
    match number > 0, extent, width:
        case False, None, None:
            return SINGLE
        case _, None, float(width):
            completed = Steps(2, width, width)
        case False, float(extent), None:
            completed = Steps(2, extent, extent / 2.0 if halved else extent)
        case False, float(extent), float(width):
            completed = Steps(math.ceil(extent / width), extent, width)
        case True, None, None:
            completed = Steps(number, 1.0, 1.0 / number)
        case True, float(extent), None:
            number = max(number, 2)
            completed = Steps(number, extent, extent / (number - 1))
        case _:
            completed = Steps(number, extent or 0.0, width or 0.0)
    return completed if completed.range > 0.0 and completed.step > 0.0 and completed.count > 0 else SINGLE


def phi_steps(count: int | None, range_: float | None, step: float | None, *, default_range: float) -> Steps:
    """Complete the triple of the spindle rotation.

    Negative members are not given; a given count of 0 is 1; a count alone divides `default_range`.
    """
    number = max(count, 1) if count is not None and count >= 0 else None
    extent = range_ if range_ is not None and range_ >= 0.0 else None
    if number is not None and extent is not None and step is not None and step >= 0.0:
        return Steps(number, extent, step)
    width = step if step is not None and step > 0.0 else None
    match number, extent, width:
        case None, None, None:
            return SINGLE
        case _, None, float(width):
            return Steps(2, width, width)
        case None, float(extent), None:
            return Steps(2, extent, extent / 2.0)
        case _, float(extent), float(width):
            return Steps(max(math.ceil(extent / width), 1), extent, width)
        case int(number), None, None:
            return Steps(number, default_range, default_range / number)
    return Steps(number or 1, extent or 0.0, (extent or 0.0) / (number or 1))
