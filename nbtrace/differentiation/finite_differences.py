"""The derivative of a function of which only values are known, with an error bar; what it computes is not told here.

Central differences D(h) = (f(x+h) − f(x−h)) / 2h at steps h, h/3, h/9, … have an error in even powers of h.
Richardson's extrapolation takes those powers off one by one, and Ridders' choice keeps the entry of the tableau whose
neighbours agree best. Each entry also carries what the rounding of the values makes of it, which grows as the step
shrinks: no step is tried of which that alone is more than the best error bar found.

The same values tell where there is no derivative. The second difference over h tends to 0 where the function is
smooth, and to the difference of the one-sided derivatives at a kink; half the difference of the values tends to 0, and
at a jump to half its height.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

RATIO = 3.0
"""How much smaller each step is than the one before."""

MOST_STEPS = 14
LEAST_STEPS = 3
"""An error bar that rests on fewer would be luck."""

_SIGNIFICANT = 4.0
"""Error bars that a kink or a jump must exceed, twice in a row."""

_FELT = 1e-3
"""The part of the derivative, or of the change over the step, that a kink or a jump must make up."""

NEIGHBOURS = (-3, -2, -1, 0, 1, 2, 3)
"""The points with which the rounding of a function is measured, in steps."""

_ORDERS = (2, 3, 4)
_ROUNDING = 2.0**-52


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A value of a function, and how far rounding can have moved it."""

    value: float
    noise: float


class OutOfRangeError(Exception):
    """The function has no value there."""


Function: TypeAlias = Callable[[float], Evaluated]


class Smoothness(StrEnum):
    """What the values say of the function at the point."""

    SMOOTH = "smooth"
    KINK = "kink"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """A measured derivative.

    Attributes
    ----------
    value : float
    error : float
        Bound of how far it is off: what is left of the step's effect, and rounding.
    noise : float
        The part of `error` that rounding has.
    step : float
        The smallest step that the value rests on.
    smoothness : Smoothness
    sides : (float, float) or None
        Derivatives from below and from above where these differ, or the values just below and above a jump.
    evaluations : int
    """

    value: float
    error: float
    noise: float
    step: float
    smoothness: Smoothness
    sides: tuple[float, float] | None
    evaluations: int


@dataclass(frozen=True, slots=True)
class _Entry:
    value: float
    error: float
    noise: float
    row: int

    @property
    def total(self) -> float:
        return self.error + self.noise


class _Tableau:
    """Richardson's extrapolation to h = 0 of values whose error has the powers `first`, `first` + `every`, … of h."""

    def __init__(self, first: int, every: int) -> None:
        self._first, self._every = first, every
        self._rows: list[list[_Entry]] = []

    def add(self, value: float, noise: float) -> None:
        """Add the value at the next step, RATIO times smaller than the one before."""
        number = len(self._rows)
        row = [_Entry(value, math.inf, noise, number)]
        if self._rows:
            last = self._rows[-1]
            for column in range(1, number + 1):
                power = RATIO ** (self._first + self._every * (column - 1))
                coarse, fine = last[column - 1], row[column - 1]
                best = (power * fine.value - coarse.value) / (power - 1.0)
                own = (power * fine.noise + coarse.noise) / (power - 1.0)
                # Twice the distance: the neighbours of an entry can agree by chance.
                off = 2.0 * max(abs(best - fine.value), abs(best - coarse.value))
                row.append(_Entry(best, off, own, number))
        self._rows.append(row)

    @property
    def best(self) -> _Entry:
        """The entry with the smallest error bar, of those that rest on enough steps."""
        return self._best_of(self._rows)

    @property
    def best_of_rows(self) -> tuple[_Entry, _Entry]:
        """The best of the last row, and of the one before it."""
        return self._best_of(self._rows[-1:]), self._best_of(self._rows[-2:-1])

    @staticmethod
    def _best_of(rows: Sequence[Sequence[_Entry]]) -> _Entry:
        entries = [entry for row in rows for entry in row[1:] if entry.row >= LEAST_STEPS - 1]
        return min(entries or [row[-1] for row in rows], key=lambda entry: entry.total)


def finite_difference(
    function: Function, at: float, first_step: float, *, wanted: float = 1e-9, resolution: float = 0.0
) -> FiniteDifference:
    """Measure the derivative of a function at a point.

    Parameters
    ----------
    function : callable
        From an argument to an :class:`Evaluated`; it raises :class:`OutOfRangeError` where it has no value.
    at : float
    first_step : float
        The largest step; where the function has no value so far off, a smaller one is taken.
    wanted : float
        Relative error bar with which the search ends.
    resolution : float
        How far the argument itself is rounded by what computes the function.

    Raises
    ------
    OutOfRangeError
        If there is no step at which the function has values on both sides.
    """
    search = _Search(function, at, first_step, resolution)
    while search.goes_on(wanted):
        search.take_step()
    return search.result()


class _Search:
    """Steps that shrink, and what they say."""

    def __init__(self, function: Function, at: float, step: float, resolution: float) -> None:
        self._function, self._at, self._resolution = function, at, resolution
        self._middle = function(at)
        self._slopes, self._kinks, self._jumps = _Tableau(2, 2), _Tableau(1, 2), _Tableau(1, 2)
        self._sides: tuple[Evaluated, Evaluated] = self._middle, self._middle
        self._steps: list[float] = []
        self._noises: list[float] = []
        self._next = step
        self._evaluations = 1

    def goes_on(self, wanted: float) -> bool:
        """Whether a smaller step may tell more."""
        if len(self._steps) <= LEAST_STEPS:  # a kink must stand in two rows
            return True
        if len(self._steps) >= MOST_STEPS or not self._at + self._next > self._at - self._next:
            return False
        best = self._slopes.best
        return best.total > wanted * abs(best.value) and self._noises[-1] * RATIO < best.total

    def take_step(self) -> None:
        """Evaluate on both sides, a step apart."""
        low, high = self._values()
        below, above = self._at - low, high - self._at
        span = high - low
        if not span > 0.0 or not below > 0.0 or not above > 0.0:
            raise OutOfRangeError
        minus, plus, middle = self._sides[0], self._sides[1], self._middle
        slope = (plus.value - minus.value) / span
        moved = self._resolution * abs(slope)
        noise = (plus.noise + minus.noise + 2.0 * moved) / span
        self._slopes.add(slope, noise)
        bend = (plus.value - middle.value) / above - (middle.value - minus.value) / below
        self._kinks.add(bend, 2.0 * noise + 4.0 * (middle.noise + moved) / span)
        self._jumps.add((plus.value - minus.value) / 2.0, noise * span)
        self._steps.append(span / 2.0)
        self._noises.append(noise)
        self._next = span / 2.0 / RATIO

    def _values(self) -> tuple[float, float]:
        """Evaluate at the next step, or at the first smaller one that there are values for; return where."""
        for _ in range(MOST_STEPS):
            low, high = self._at - self._next, self._at + self._next
            try:
                self._sides = self._function(low), self._function(high)
            except OutOfRangeError:
                if self._steps:  # the steps of a tableau keep their ratio
                    raise
                self._next /= RATIO
                continue
            self._evaluations += 2
            return low, high
        raise OutOfRangeError

    def result(self) -> FiniteDifference:
        """Return what the steps say."""
        best = self._slopes.best
        smoothness, sides = self._smoothness(best)
        return FiniteDifference(
            best.value, best.total, best.noise, self._steps[best.row], smoothness, sides, self._evaluations
        )

    def _smoothness(self, best: _Entry) -> tuple[Smoothness, tuple[float, float] | None]:
        jump = self._jumps.best_of_rows
        change = abs(self._sides[1].value - self._sides[0].value)
        if _stands(jump) and 2.0 * abs(jump[0].value) > 0.5 * change:
            return Smoothness.JUMP, (self._sides[0].value, self._sides[1].value)
        kink = self._kinks.best_of_rows
        if _stands(kink) and abs(kink[0].value) > _FELT * abs(best.value):
            half = kink[0].value / 2.0
            return Smoothness.KINK, (best.value - half, best.value + half)
        return Smoothness.SMOOTH, None


def _stands(pair: tuple[_Entry, _Entry]) -> bool:
    """Whether a limit is no 0: far beyond its error bar in two rows, which agree."""
    last, before = pair
    agree = abs(last.value - before.value) < 0.1 * abs(last.value)
    return agree and all(abs(entry.value) > _SIGNIFICANT * entry.total for entry in pair)


def measured_noise(function: Function, at: float, step: float) -> float:
    """Return how far rounding moves the values of a function near a point, a bound.

    Parameters
    ----------
    function, at
        As in :func:`finite_difference`.
    step : float
        The distance of the points that are looked at, so small that the function is a straight line among them.
    """
    return rounding_of([function(at + place * step).value for place in NEIGHBOURS])


def rounding_of(values: Sequence[float]) -> float:
    """Return how far values at equal distances, so near that they should be a straight line, are moved by rounding.

    What their second to fourth differences are is rounding (R. W. Hamming; J. J. Moré and S. M. Wild call it ECnoise).
    """
    largest = max(map(abs, values))
    differences, estimates = list(values), [0.0]
    for order in range(1, max(_ORDERS) + 1):
        differences = [after - before for before, after in pairwise(differences)]
        if order in _ORDERS:
            mean = sum(value * value for value in differences) / len(differences)
            estimates.append(math.sqrt(mean / math.comb(2 * order, order)))
    return max(3.0 * max(estimates), _ROUNDING * largest)
