"""Lines through bands: the k and b for which k·u + b lies between two numbers in every pixel.

Of one number alone the bands give the interval of all that do, without any fit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.frozen import frozen

Doubles: TypeAlias = npt.NDArray[np.float64]

_ENDS = 500
_ROUNDS = 6
_CLEARLY = 1e-6
"""Share of the largest number by which bands must be apart for no solver's tolerance to let a line through."""
_STEEP, _ROUNDED = 1e-3, 1e-8
"""Where u varies by more than that share, rounding a line moves it by less than this one of the largest number."""


@dataclass(frozen=True)
class Band:
    """What k·u + b must lie in, for some pixels or all."""

    u: Doubles
    low: Doubles
    high: Doubles
    unit: float
    quantised: bool


@frozen
class LineForm:
    """Which of k and b is fitted, and how."""

    scales: bool
    moves: bool
    fit: Callable[[Band], tuple[float, float] | None]
    rules_out: Callable[[Band, float], bool]
    """Whether bands of some pixels alone leave no line that `fit` might find; none of y is larger than the number."""

    @property
    def free(self) -> int:
        """How many numbers are fitted."""
        return self.scales + self.moves


def _same(band: Band) -> tuple[float, float] | None:
    return (1.0, 0.0) if bool(((band.low <= band.u) & (band.u <= band.high)).all()) else None


def _moved(band: Band) -> tuple[float, float] | None:
    return _with(1.0, _inside(band.low - band.u, band.high - band.u, band.unit))


def _with(k: float, b: float | None) -> tuple[float, float] | None:
    return None if b is None else (k, b)


def _inside(lows: Doubles, highs: Doubles, unit: float) -> float | None:
    """Return the roundest number above all lows and below all highs."""
    low, high = float(lows.max()), float(highs.min())
    if not low <= high:
        return None
    return roundest(low, high, unit)


def roundest(low: float, high: float, unit: float = 1.0) -> float:
    """Return the number of fewest digits in an interval, a multiple of `unit` first; its middle if it is open."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return low if math.isfinite(low) else high
    middle = (low + high) / 2
    whole = round(middle / unit) * unit
    if low <= whole <= high:
        return whole
    for digits in range(1, 15):
        number = float(f"{middle:.{digits}g}")
        if low <= number <= high:
            return number
    return middle


def _scaled(band: Band) -> tuple[float, float] | None:
    zero, below = band.u == 0, band.u < 0
    if not bool(((band.low <= 0) & (band.high >= 0))[zero].all()) or zero.all():
        return None
    u = band.u[~zero]
    lows, highs = band.low[~zero] / u, band.high[~zero] / u
    swapped = below[~zero]
    k = _inside(np.where(swapped, highs, lows), np.where(swapped, lows, highs), 1.0)
    return None if k is None or k == 0.0 else (k, 0.0)


def _line(band: Band) -> tuple[float, float] | None:
    """Return k and b that meet all bands; where they are narrow, those of least squares."""
    finite = np.isfinite(band.low) & np.isfinite(band.high)
    middle = (band.low[finite] + band.high[finite]) / 2
    if np.ptp(band.u[finite]) == 0:
        return None
    weight = 1.0 / np.maximum((band.high - band.low)[finite], 1e-300)
    weight = weight / weight.max()
    k, b = _least_squares(band.u[finite], middle, np.maximum(weight, 1e-3))
    if band.quantised:
        solved = _within_bands(band, k, b)
        if solved is None:
            return None
        k, b = solved
    found = _rounder(band, k, b)
    return found if found is not None and found[0] != 0.0 else None


def _least_squares(u: Doubles, y: Doubles, weight: Doubles) -> tuple[float, float]:
    total = float(weight.sum())
    mean_u, mean_y = float((weight * u).sum()) / total, float((weight * y).sum()) / total
    spread = u - mean_u
    square = float((weight * spread * spread).sum())
    # Values so small that their squares vanish, or so large that these are infinite, have no slope to speak of.
    k = float((weight * spread * (y - mean_y)).sum()) / square if 0 < square < np.inf else 0.0
    return k, mean_y - k * mean_u


def _rounder(band: Band, k: float, b: float) -> tuple[float, float] | None:
    """Return the line with a whole offset, else the roundest one, then the roundest factor, that the bands allow."""
    whole = round(b / band.unit) * band.unit
    for offset in (whole, _inside(band.low - k * band.u, band.high - k * band.u, band.unit)):
        if offset is not None:
            found = _scaled(Band(band.u, band.low - offset, band.high - offset, band.unit, band.quantised))
            if found is not None:
                return found[0], offset
    return None


def _within_bands(band: Band, k: float, b: float) -> tuple[float, float] | None:
    """Return the line in the middle of all bands, from those of a few pixels that are nearest to breaking it."""
    size = float(np.abs(band.u).max())
    for _ in range(_ROUNDS):
        room = np.minimum(k * band.u + b - band.low, band.high - k * band.u - b)
        if float(room.min()) >= 0:
            return k, b
        nearest = np.argsort(room)[:_ENDS]
        ends = np.concatenate((nearest, np.argsort(band.u)[:: max(1, band.u.size // _ENDS)]))
        u, low, high = band.u[ends] / size, band.low[ends], band.high[ends]
        if _no_line(band.u[ends], low, high, band.unit):
            return None
        from scipy.optimize import linprog  # noqa: PLC0415 - loaded only where two images may differ by a line

        above, below = np.isfinite(high), np.isfinite(low)
        rows = np.concatenate(
            (
                np.stack((u, np.ones_like(u), np.ones_like(u)), 1)[above],
                np.stack((-u, -np.ones_like(u), np.ones_like(u)), 1)[below],
            )
        )
        limits = np.concatenate((high[above], -low[below]))
        solved = linprog((0, 0, -1), A_ub=rows, b_ub=limits, bounds=[(None, None), (None, None), (0, 1)])
        if not solved.success:
            return None
        k, b = float(solved.x[0]) / size, float(solved.x[1])
    return None


def _no_line(u: Doubles, low: Doubles, high: Doubles, unit: float) -> bool:
    """Tell whether no line meets some bands, clearly: neighbours along u leave no slope that all allow.

    Noise does not; solving for the line would tell so as well, and takes long. Near ones are left to that.
    """
    finite = np.concatenate((low[np.isfinite(low)], high[np.isfinite(high)]))
    room = unit + _CLEARLY * float(np.abs(finite).max(initial=0.0))
    order = np.argsort(u, kind="stable")
    u, low, high = u[order], low[order] - room, high[order] + room
    steps = np.diff(u)
    same = steps == 0
    if bool(((low[1:] > high[:-1]) | (low[:-1] > high[1:]))[same].any()):
        return True
    steps = steps[~same]
    least = ((low[1:] - high[:-1])[~same] / steps).max(initial=-np.inf)
    most = ((high[1:] - low[:-1])[~same] / steps).min(initial=np.inf)
    return bool(least > most)


def _not_same(band: Band, _: float) -> bool:
    return bool(((band.low > band.u) | (band.u > band.high)).any())


def _not_moved(band: Band, _: float) -> bool:
    return float((band.low - band.u).max()) > float((band.high - band.u).min())


def _not_scaled(band: Band, _: float) -> bool:
    zero = band.u == 0
    if bool(((band.low > 0) | (band.high < 0))[zero].any()):
        return True
    u = band.u[~zero]
    ends = band.low[~zero] / u, band.high[~zero] / u
    return float(np.minimum(*ends).max(initial=-np.inf)) > float(np.maximum(*ends).min(initial=np.inf))


def _not_on_a_line(band: Band, largest: float) -> bool:
    """Tell whether no line meets the bands, unless u hardly varies: a slope may then be so steep that it is rounded."""
    if not float(np.ptp(band.u)) > _STEEP * float(np.abs(band.u).max()):
        return False
    return _no_line(band.u, band.low, band.high, band.unit + _ROUNDED * largest)


FORMS = (
    LineForm(scales=False, moves=False, fit=_same, rules_out=_not_same),
    LineForm(scales=False, moves=True, fit=_moved, rules_out=_not_moved),
    LineForm(scales=True, moves=False, fit=_scaled, rules_out=_not_scaled),
    LineForm(scales=True, moves=True, fit=_line, rules_out=_not_on_a_line),
)
