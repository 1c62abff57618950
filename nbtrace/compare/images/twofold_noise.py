"""Whether two images are counts of one expected image, each with counting noise of its own: two seeds, two exposures.

Of two Poisson variables of one mean whose sum is n, each count fell to either with even odds. So their difference d has
the mean 0 and the variance n, and d² the variance 2n(n − 1), whatever the mean was.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.counting_noise import CLEARLY, LEAST_PIXELS, SIGMAS, chi_squared_words
from nbtrace.compare.images.image_metrics import number
from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.sums import Moments
from nbtrace.compare.images.value_pair import ValuePair
from nbtrace.frozen import frozen

Values: TypeAlias = npt.NDArray[Any]

_LEAST_COUNTS = 1000.0
_MOST_COUNTS = 2.0**53
"""From here on float64 holds whole numbers alone, so that any number would be a count."""
_LEAST_WIDTH = 0.5
"""Standard deviation up to which the whole number of an offset can be told."""


@frozen
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


def twofold_noise(x: Values, y: Values, *, known: ValuePair | None = None) -> TwofoldNoise | None:
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
    looked = _Look.of(x, y, least)
    offset = looked.offset
    if offset is None or offset > least:
        return None
    if offset != least:
        looked = _Look.of(x, y, offset)
    counts, apart, products, squares, squares_by = _whole_sums(pair.sums, offset)
    if counts < _LEAST_COUNTS or looked.lit < LEAST_PIXELS or not squares_by > 0:
        return None
    tests = (
        apart / math.sqrt(counts),
        looked.shares / math.sqrt(looked.shares_by),
        products / math.sqrt(looked.thirds),
        squares / math.sqrt(squares_by),
        looked.alike / math.sqrt(looked.alike_by),
    )
    if not all(abs(test) <= SIGMAS for test in tests):
        return None
    deviation = math.sqrt(squares_by) / counts
    return TwofoldNoise(offset, 1 + squares / counts, deviation)


def _whole_sums(sums: Moments, offset: float) -> tuple[float, ...]:
    """Return the sums over d, n, d·n, d² − n and 2n(n − 1) of all pixels, n first, from those over both images."""
    both, apart = sums.x + sums.y - 2 * int(offset) * sums.count, sums.y - sums.x
    squares = sums.xx + sums.yy - 2 * sums.xy
    products = sums.yy - sums.xx - 2 * int(offset) * apart
    own = sums.xx + sums.yy + 2 * sums.xy - 4 * int(offset) * (sums.x + sums.y) + 4 * int(offset) ** 2 * sums.count
    return number(both), number(apart), number(products), number(squares - both), number(2 * (own - both))


@frozen
class _Look:
    """Sums over differences d of pixels and their counts n above a number, each count of a pixel alike.

    With w = 1/n, or 1 where n is 0, they are over w², w⁴, f = (n − d²)·w²/2, f·w² and f², which tell an offset; and
    over d·w and (d² − n)·w, the variances that these must have, and n³.
    """

    above: float
    lit: int
    weights: float
    weights_squared: float
    below: float
    crossed: float
    scatter: float
    shares: float
    shares_by: float
    alike: float
    alike_by: float
    thirds: float

    @property
    def offset(self) -> float | None:
        """The whole number that was added to the counts of both; None if the scatter does not tell it."""
        mean = self.below / self.weights
        spread = self.scatter - 2 * mean * self.crossed + mean * mean * self.weights_squared
        width = math.sqrt(max(0.0, spread)) / self.weights
        found = self.above + mean
        if abs(found) <= CLEARLY * width:
            return 0.0
        return float(np.rint(found)) if width < _LEAST_WIDTH else None

    @classmethod
    def of(cls, x: Values, y: Values, above: float) -> "_Look":
        """Return what two images of whole numbers give, of which none is below the number."""

        def summed(first: int, end: int) -> tuple[float, ...]:
            n, d = x[first:end].astype(np.float64), y[first:end].astype(np.float64)
            n += d
            d *= 2
            d -= n  # y − x
            n -= 2 * above
            weight = np.maximum(n, 1.0)
            np.divide(1.0, weight, out=weight)
            shared = d * weight
            lit, weights, shares = np.count_nonzero(n), weight.sum(), shared.sum()
            room = n * n
            room *= n
            thirds = room.sum()
            alike = np.multiply(shared, d, out=room).sum()
            np.multiply(weight, weight, out=weight)
            np.multiply(shared, shared, out=d)
            n *= weight
            shares_by = n.sum()
            n -= d
            n /= 2
            below, squared = n.sum(), weight.sum()
            crossed = np.multiply(n, weight, out=room).sum()
            weight *= weight
            n *= n
            return tuple(
                map(
                    float,
                    (lit, weights, shares, thirds, shares_by, alike, below, squared, crossed, weight.sum(), n.sum()),
                )
            )

        columns = zip(*of_leaves(x.size, summed), strict=True)
        lit, weights, shares, thirds, shares_by, alike, below, squared, crossed, fourth, scatter = (
            total(x.size, part) for part in columns
        )
        return cls(
            above=above,
            lit=int(lit),
            weights=squared,
            weights_squared=fourth,
            below=below,
            crossed=crossed,
            scatter=scatter,
            shares=shares,
            shares_by=shares_by,
            alike=alike - lit,
            alike_by=2 * (x.size - weights),
            thirds=thirds,
        )
