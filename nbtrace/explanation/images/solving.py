"""One number of a configuration solved for, so that a run has an image: first on a grid, then by secants."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nbtrace.explanation.images.image_simulator import Doubles
from nbtrace.explanation.images.reproduced import FAINT, MOST_TELLING, Target, fit_of
from nbtrace.explanation.simulations.run import Change

Made: TypeAlias = Callable[[tuple[Change, ...]], Doubles | None]

_TURNS = 8
_ROUND = 7
"""Most digits of a number that a person has typed."""


@dataclass(frozen=True)
class Unknown:
    """A number of a configuration.

    Attributes
    ----------
    name : str
    value : float
        As configured.
    steps : tuple of float
        Other values to begin with.
    step : float
        A difference over which a run changes little.
    change : callable
        Returns the change to a value.
    whole : bool
        Only the values of the grid are possible.
    """

    name: str
    value: float
    steps: tuple[float, ...]
    step: float
    change: Callable[[float], Change]
    whole: bool = False


def likelihood(target: Target, unknown: Unknown, made: Made) -> float:
    """Return which share of an image's difference from a run goes along with the slope of a number, from 0 to 1."""
    if unknown.whole:
        return 0.0
    logs = _Logs.of(target)
    here, ahead = made(()), made((unknown.change(unknown.value + unknown.step),))
    if here is None or ahead is None:
        return 0.0
    off, slope = logs.off(here), logs.off(ahead) - logs.off(here)
    size = float((off * off).sum() * (slope * slope).sum())
    share = float((off * slope).sum()) ** 2 / size if size > 0 else 0.0
    return share if math.isfinite(share) else 0.0


@dataclass(frozen=True)
class Solution:
    """A value that was solved for."""

    unknown: Unknown
    value: float

    @property
    def change(self) -> Change:
        """The change to it."""
        return self.unknown.change(self.value)


def best_of_grid(target: Target, unknown: Unknown, made: Made) -> tuple[float, float]:
    """Return the value, of the configured one and the grid, with which a run comes nearest, and how near it comes."""
    logs = _Logs.of(target)
    best, least = unknown.value, logs.distance(made(()))
    for value in unknown.steps:
        distance = logs.distance(made((unknown.change(value),)))
        if distance < least:
            best, least = value, distance
    return best, least


def solved(target: Target, unknown: Unknown, made: Made, *, begin: float | None = None) -> Solution | None:
    """Return the value with which a run comes nearest; None if none does better than the configured one.

    Parameters
    ----------
    target : Target
    unknown : Unknown
    made : callable
        Returns the values of a run with changes, None if it cannot be made.
    begin : float, optional
        Where to begin, in place of the configured value.
    """
    logs = _Logs.of(target)
    first = logs.distance(made(()))
    best = unknown.value if begin is None else begin
    least = first if begin is None else logs.distance(made((unknown.change(best),)))
    if not unknown.whole:
        best, least = _refined(best, least, unknown, logs, made)
    return Solution(unknown, best) if best != unknown.value and least < first else None


def rounded(target: Target, solution: Solution, made: Made) -> Solution:
    """Return a solution with few digits, where a run with that has the image as well."""
    unknown, value = solution.unknown, solution.value
    for digits in range(1, _ROUND + 1) if not unknown.whole else ():
        number = float(f"{value:.{digits}g}")
        if abs(number - value) > 0.5 * abs(unknown.step):
            continue
        values = made((unknown.change(number),))
        if values is not None and fit_of(target, values).held >= MOST_TELLING:
            return Solution(unknown, number)
    return solution


@dataclass(frozen=True)
class _Logs:
    """Logarithms of an image, above a floor that keeps faint pixels from deciding."""

    values: Doubles
    floor: float

    @classmethod
    def of(cls, target: Target) -> "_Logs":
        floor = max(FAINT * target.largest, 1e-300)
        return cls(np.log(np.maximum(target.values, 0.0) + floor), floor)

    def off(self, made: Doubles) -> Doubles:
        return np.log(np.maximum(made, 0.0) + self.floor) - self.values

    def distance(self, made: Doubles | None) -> float:
        if made is None:
            return math.inf
        off = float(np.mean(np.abs(self.off(made))))
        return off if math.isfinite(off) else math.inf


def _refined(best: float, least: float, unknown: Unknown, logs: _Logs, made: Made) -> tuple[float, float]:
    """Return a value improved by the slope of the logarithms, as long as that brings it nearer."""
    step = unknown.step
    for _ in range(_TURNS):
        here, ahead = made((unknown.change(best),)), made((unknown.change(best + step),))
        if here is None or ahead is None:
            break
        off, slope = logs.off(here), (logs.off(ahead) - logs.off(here)) / step
        weight = 1.0 / (1.0 + np.square(slope * unknown.step * 10))
        square = float((weight * slope * slope).sum())
        if not square > 0:
            break
        move = -float((weight * off * slope).sum()) / square
        for share in (1.0, 0.5, 0.25):
            distance = logs.distance(made((unknown.change(best + share * move),)))
            if distance < least:
                best, least = best + share * move, distance
                step = min(step, max(abs(move) / 4, abs(unknown.step) * 1e-4))
                break
        else:
            break
    return best, least
