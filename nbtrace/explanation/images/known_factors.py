"""The ratio of two images as a product of known factors of a pixel: which powers of which, and what is left of it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from nbtrace.explanation.images.image_simulator import Doubles

POWERS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
"""Powers that a mistake gives a factor."""

MOST_FACTORS = 2
_LEFT = 3e-6
"""Difference of logarithms up to which nothing is left: single precision of two images."""
_VARIES = 1e-5
"""Spread of the logarithm of a factor from which on it can be told from a number."""
_NAMED = 1e-5
_SHARE = 0.99
"""Share of the spread of the logarithm of the ratio from which on factors that leave something are told."""
_PARTS = 8


@dataclass(frozen=True)
class Power:
    """A factor of the ratio.

    Attributes
    ----------
    name : str
    exponent : float
    share : float
        Share of the mean square of the logarithm of the ratio that it explains, beyond those before it.
    """

    name: str
    exponent: float
    share: float

    @property
    def words(self) -> str:
        """It as it is written."""
        return self.name if self.exponent == 1 else f"{self.name}^{self.exponent:g}"


@dataclass(frozen=True)
class RatioFactors:
    """log(Py/C) as a sum of powers of factors and a number.

    Attributes
    ----------
    powers : tuple of Power
    number : float
        What the product is multiplied by.
    number_share : float
        Its share of the mean square.
    named : str
        What it is; empty if no number of the configuration is the same.
    left : float
        Root mean square of what is left of the logarithm.
    worst : float
        The largest of it.
    before : float
        Root mean square of the logarithm itself.
    pixels : int
    rest : tuple of tuple of float or None
        Median of what is left in each part of the detector, slow and fast; None where a part has no pixel.
    """

    powers: tuple[Power, ...]
    number: float
    number_share: float
    named: str
    left: float
    worst: float
    before: float
    pixels: int
    rest: tuple[tuple[float | None, ...], ...]

    @property
    def exact(self) -> bool:
        """Whether nothing is left."""
        return self.worst <= 10 * _LEFT and self.left <= _LEFT

    @property
    def explained(self) -> float:
        """Share of the mean square of the logarithm that is gone."""
        return 1 - (self.left / self.before) ** 2 if self.before else 0.0


def ratio_factors(
    ratio: Doubles, factors: Mapping[str, Doubles], constants: Mapping[str, float], where: tuple[Doubles, Doubles]
) -> RatioFactors | None:
    """Return the product of at most two factors and a number that leaves least of a ratio; None if none is worth it.

    Parameters
    ----------
    ratio : ndarray
        Py/C of some pixels, above 0.
    factors : mapping of str to ndarray
        Factors of their values, above 0.
    constants : mapping of str to float
        Numbers that the product may be multiplied by.
    where : (ndarray, ndarray)
        Place of each pixel as a share of the detector, slow and fast, from 0 to less than 1.
    """
    goal = np.log(ratio)
    before = float(np.sqrt(np.mean(goal * goal)))
    if not before > _LEFT or goal.size < 30:
        return None
    logs = {name: np.log(values) for name, values in factors.items()}
    logs = {name: values for name, values in logs.items() if np.isfinite(values).all() and values.std() > _VARIES}
    spread = float(goal.std())
    best: tuple[float, tuple[tuple[str, float], ...]] = (spread, ())
    for count in range(1, MOST_FACTORS + 1):
        found = min(_left_by(goal, logs, count), default=best)
        # One more factor is worth it if it takes most of what is left.
        if found[0] < 0.3 * best[0]:
            best = found
        if best[0] <= _LEFT:
            break
    left, terms = best
    if left > _LEFT and 1 - (left / spread) ** 2 < _SHARE:
        return None
    told = _told(goal, logs, terms, constants, where)
    # Shares of both signs are factors that undo each other: a fit, and no cause.
    return told if told.exact or all(power.share > 0 for power in told.powers) else None


def _left_by(
    goal: Doubles, logs: Mapping[str, Doubles], count: int
) -> Iterator[tuple[float, tuple[tuple[str, float], ...]]]:
    for names in combinations(logs, count):
        for exponents in product(POWERS, repeat=count):
            terms = tuple(zip(names, exponents, strict=True))
            rest = goal - sum(exponent * logs[name] for name, exponent in terms)
            yield float(rest.std()), terms


def _told(
    goal: Doubles,
    logs: Mapping[str, Doubles],
    terms: tuple[tuple[str, float], ...],
    constants: Mapping[str, float],
    where: tuple[Doubles, Doubles],
) -> RatioFactors:
    total = float(np.mean(goal * goal))
    rest, powers = goal, []
    for name, exponent in terms:
        after = rest - exponent * logs[name]
        gone = float(np.mean((rest - rest.mean()) ** 2) - np.mean((after - after.mean()) ** 2))
        powers.append(Power(name, exponent, gone / total))
        rest = after
    constant = float(np.median(rest))
    rest = rest - constant
    square = float(np.mean(rest * rest))
    number = math.exp(constant)
    return RatioFactors(
        powers=tuple(powers),
        number=number,
        number_share=1 - square / total - sum(power.share for power in powers),
        named=named_number(number, constants),
        left=math.sqrt(square),
        worst=float(np.abs(rest).max()),
        before=math.sqrt(total),
        pixels=goal.size,
        rest=_map(rest, where),
    )


def named_number(number: float, constants: Mapping[str, float]) -> str:
    """Return which number of a configuration, or which quotient or product of two, a factor is; empty if none."""
    if abs(number - 1) < _NAMED:
        return ""
    for name, value in constants.items():
        for text, power in ((name, 1), (f"1/{name}", -1), (f"{name}²", 2), (f"1/{name}²", -2), (f"√{name}", 0.5)):
            if value > 0 and abs(number / value**power - 1) < _NAMED:
                return text
    for (name, value), (other, divisor) in combinations(constants.items(), 2):
        for text, quotient in ((f"{name}/{other}", value / divisor), (f"{other}/{name}", divisor / value)):
            if abs(number / quotient - 1) < _NAMED:
                return text
    return ""


def _map(rest: Doubles, where: tuple[Doubles, Doubles]) -> tuple[tuple[float | None, ...], ...]:
    slow, fast = ((at * _PARTS).astype(int) for at in where)
    return tuple(
        tuple(_median(rest[(slow == row) & (fast == column)]) for column in range(_PARTS)) for row in range(_PARTS)
    )


def _median(values: Doubles) -> float | None:
    return float(np.median(values)) if values.size else None
