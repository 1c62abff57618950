"""Whether one image is the other with counting noise: χ² per pixel of Poisson's distribution."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.few_differences import is_whole
from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.relation import RelationKind, RelationStep, offset_step

Values: TypeAlias = npt.NDArray[Any]

SIGMAS = 4.5
"""Standard deviations up to which a sum is what it must be of noise."""
CLEARLY = 5.0
"""Standard deviations from which on an offset is one."""
LEAST_PIXELS = 30
"""Pixels with counts that tell noise."""
_LEAST_COUNTS = 100.0


@dataclass(frozen=True)
class CountingNoise:
    """One image with the counting noise of the other.

    Attributes
    ----------
    offset : float
        Added to the counts.
    chi_squared : float
        Mean of (y − x)²/x, weighted by x: 1 for Poisson's distribution.
    deviation : float
        Standard deviation of that mean.
    """

    offset: float
    chi_squared: float
    deviation: float

    @property
    def steps(self) -> tuple[RelationStep, ...]:
        """The steps."""
        words = f"with counting noise ({chi_squared_words(self.chi_squared, self.deviation)})"
        noise = RelationStep(RelationKind.NOISE, words, {"chi_squared": self.chi_squared})
        return (noise, offset_step(self.offset)) if self.offset else (noise,)


def chi_squared_words(chi_squared: float, deviation: float) -> str:
    """Return how far noise is that of Poisson's distribution, in words."""
    return f"χ² per pixel {chi_squared:.4g} ± {deviation:.2g}"


def counting_noise(x: Values, y: Values) -> CountingNoise | None:
    """Return how y is x with counting noise; None if it is not, or there are too few counts to tell.

    Of a Poisson variable of mean m the second central moment is m and the fourth m + 3m², so Σ (y − x)² − x has mean 0
    and variance Σ x + 2x². The mean of y − x, and of (y − x)·x, are held against theirs as well.

    Parameters
    ----------
    x, y : ndarray
        Expected and observed counts, flat.
    """
    if x.min() < 0 or not is_whole(y):
        return None
    expected = _Expected.of(x, y)
    if expected.total < _LEAST_COUNTS or expected.lit < LEAST_PIXELS or not float(x.max()) > float(x.min()):
        return None
    offset = expected.offset
    if float(y.min()) < offset:
        return None
    left = _Left.of(x, y, offset)
    tests = (
        (left.squares - expected.total) / math.sqrt(expected.total + 2 * left.second),
        left.total / math.sqrt(expected.total),
        left.products / math.sqrt(left.third),
    )
    if not all(abs(test) <= SIGMAS for test in tests) or left.noise_in_quiet:
        return None
    deviation = math.sqrt(expected.total + 2 * left.second) / expected.total
    return CountingNoise(offset, left.squares / expected.total, deviation)


@dataclass(frozen=True)
class _Expected:
    """Sums over the expected counts, of which each weighs as its variance has it, and at most as one count.

    So bright pixels do not hide the others.
    """

    total: float
    lit: int
    weights: float
    apart: float
    variances: float

    @classmethod
    def of(cls, x: Values, y: Values) -> "_Expected":
        def summed(first: int, end: int) -> tuple[float, int, float, float, float]:
            expected, counts = x[first:end].astype(np.float64), y[first:end].astype(np.float64)
            weight = 1 / np.maximum(expected, 1.0)
            counts -= expected
            counts *= weight
            variance = weight * weight
            variance *= expected
            lit = int(np.count_nonzero(expected > 0))
            return float(expected.sum()), lit, float(weight.sum()), float(counts.sum()), float(variance.sum())

        sums, lit, weights, apart, variances = zip(*of_leaves(x.size, summed), strict=True)
        own, weight, by, variance = (total(x.size, values) for values in (sums, weights, apart, variances))
        return cls(own, sum(lit), weight, by, variance)

    @property
    def offset(self) -> float:
        """The whole number that was added to counts; 0 where the mean difference is no more than noise."""
        mean = self.apart / self.weights
        deviation = math.sqrt(self.variances) / self.weights
        return float(np.rint(mean)) if abs(mean) > CLEARLY * deviation else 0.0


@dataclass(frozen=True)
class _Left:
    """Sums over what counts are more than expected, and over powers of what is expected."""

    squares: float
    second: float
    total: float
    products: float
    third: float
    noise_in_quiet: bool

    @classmethod
    def of(cls, x: Values, y: Values, offset: float) -> "_Left":
        def summed(first: int, end: int) -> tuple[float, float, float, float, float, bool]:
            expected, apart = x[first:end].astype(np.float64), y[first:end].astype(np.float64)
            apart -= expected
            apart -= offset
            squares = expected * expected
            second = float(squares.sum())
            squares *= expected
            third = float(squares.sum())
            own = float(np.multiply(apart, apart, out=squares).sum())
            products = float(np.multiply(apart, expected, out=squares).sum())
            noisy = bool(apart[expected == 0].any())
            return own, second, float(apart.sum()), products, third, noisy

        *columns, noisy = zip(*of_leaves(x.size, summed), strict=True)
        squares, second, own, products, third = (total(x.size, values) for values in columns)
        return cls(squares, second, own, products, third, any(noisy))
