"""Whether two images are counts of one expected image, each with counting noise of its own: two seeds, two exposures.

Of two Poisson variables of one mean whose sum is n, each count fell to either with even odds. So their difference d has
the mean 0 and the variance n, and d² the variance 2n(n − 1), whatever the mean was.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.counting_noise import CLEARLY, LEAST_PIXELS, SIGMAS, chi_squared_words
from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.value_pair import ValuePair

Values: TypeAlias = npt.NDArray[Any]

_LEAST_COUNTS = 1000.0
_MOST_COUNTS = 2.0**53
"""From here on float64 holds whole numbers alone, so that any number would be a count."""
_LEAST_WIDTH = 0.5
"""Standard deviation up to which the whole number of an offset can be told."""


@dataclass(frozen=True)
class TwofoldNoise:
    """Two images with counting noise about one expectation.

    Attributes
    ----------
    offset : float
        Added to the counts of both.
    chi_squared : float
        Mean of d²/n, weighted by n: 1 for Poisson's distribution.
    deviation : float
        Standard deviation of that mean.
    """

    offset: float
    chi_squared: float
    deviation: float

    @property
    def step(self) -> RelationStep:
        """The step from either image to the other."""
        above = f", above {self.offset:.10g} (an offset, -adc)" if self.offset else ""
        chi_squared = chi_squared_words(self.chi_squared, self.deviation)
        words = f"with other counting noise, as of another seed ({chi_squared}){above}"
        found = {"chi_squared": self.chi_squared, **({"offset": self.offset} if self.offset else {})}
        return RelationStep(RelationKind.NOISE, words, found)


def twofold_noise(x: Values, y: Values, known: ValuePair | None = None) -> TwofoldNoise | None:
    """Return how x and y are counts about one expectation; None if they are not, or too few to tell.

    Means of d and of d² are held against what they must be, bright pixels foremost and every pixel alike.

    Parameters
    ----------
    x, y : ndarray
        Flat.
    known : ValuePair, optional
        Both, with what is known of them.
    """
    pair = ValuePair.of(x, y) if known is None else known
    least = min(pair.x.ends.low, pair.y.ends.low)
    largest = max(pair.x.ends.high, pair.y.ends.high)
    if least < 0 or largest >= _MOST_COUNTS or not pair.x.are_whole or not pair.y.are_whole:
        return None
    offset = _offset(x, y, least)
    if offset is None or offset > least:
        return None
    left = _Left.of(x, y, offset)
    if left.counts < _LEAST_COUNTS or left.lit < LEAST_PIXELS or not left.squares_by > 0:
        return None
    tests = (
        left.apart / math.sqrt(left.counts),
        left.shares / math.sqrt(left.shares_by),
        left.products / math.sqrt(left.thirds),
        left.squares / math.sqrt(left.squares_by),
        left.alike / math.sqrt(left.alike_by),
    )
    if not all(abs(test) <= SIGMAS for test in tests):
        return None
    deviation = math.sqrt(left.squares_by) / left.counts
    return TwofoldNoise(offset, 1 + left.squares / left.counts, deviation)


def _offset(x: Values, y: Values, least: float) -> float | None:
    """Return the whole number that was added to the counts of both; None if the scatter does not tell it."""

    def summed(first: int, end: int) -> tuple[float, ...]:
        counts = x[first:end].astype(np.float64) + y[first:end] - 2 * least
        apart = np.subtract(y[first:end], x[first:end], dtype=np.float64)
        weight = 1 / np.maximum(counts, 1.0) ** 2
        found = weight * (counts - apart * apart) / 2
        squares = weight * weight, weight * found, found * found
        return float(weight.sum()), float(found.sum()), *(float(part.sum()) for part in squares)

    sums = zip(*of_leaves(x.size, summed), strict=True)
    weights, below, own, crossed, scatter = (total(x.size, part) for part in sums)
    mean = below / weights
    width = math.sqrt(max(0.0, scatter - 2 * mean * crossed + mean * mean * own)) / weights
    found = least + mean
    if abs(found) <= CLEARLY * width:
        return 0.0
    return float(np.rint(found)) if width < _LEAST_WIDTH else None


@dataclass(frozen=True)
class _Left:
    """Sums over differences d of pixels and their counts n, each with the variance that it must have."""

    counts: float
    lit: float
    apart: float
    shares: float
    shares_by: float
    products: float
    thirds: float
    squares: float
    squares_by: float
    alike: float
    alike_by: float

    @classmethod
    def of(cls, x: Values, y: Values, offset: float) -> "_Left":
        def summed(first: int, end: int) -> tuple[float, ...]:
            n = x[first:end].astype(np.float64) + y[first:end] - 2 * offset
            d = np.subtract(y[first:end], x[first:end], dtype=np.float64)
            excess = d * d - n
            by = 2 * n * np.maximum(n - 1, 0.0)
            weight = 1 / np.maximum(n, 1.0)
            squared = weight * weight
            parts = n, n > 0, d, d * weight, n * squared, d * n, n**3, excess, by, excess * weight, by * squared
            return tuple(float(part.sum()) for part in parts)

        return cls(*(total(x.size, part) for part in zip(*of_leaves(x.size, summed), strict=True)))
