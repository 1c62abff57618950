"""Whether one image is the other with counting noise: χ² per pixel of Poisson's distribution."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_metrics import mean_square_difference, number
from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.relation import RelationKind, RelationStep, offset_step
from nbtrace.compare.images.sums import Moments
from nbtrace.compare.images.value_pair import ValuePair
from nbtrace.frozen import frozen

Values: TypeAlias = npt.NDArray[Any]

SIGMAS = 4.5
"""Standard deviations up to which a sum is what it must be of noise."""
CLEARLY = 5.0
"""Standard deviations from which on an offset is one."""
LEAST_PIXELS = 30
"""Pixels with counts that tell noise."""
_LEAST_COUNTS = 100.0
_CLEARLY_BEYOND = 1.001
_ROUNDED = 1e-9
"""Far more than the rounding of a sum, as a share of it or of what is summed."""
_FAR = 1e6
"""Offsets from which on subtracting them may round more than that."""


@frozen
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


def counting_noise(x: Values, y: Values, *, known: ValuePair | None = None) -> CountingNoise | None:
    """Return how y is x with counting noise; None if it is not, or there are too few counts to tell.

    Of a Poisson variable of mean m the second central moment is m and the fourth m + 3m², so Σ (y − x)² − x has mean 0
    and variance Σ x + 2x². The mean of y − x, and of (y − x)·x, are held against theirs as well.

    Parameters
    ----------
    x, y : ndarray
        Expected and observed counts, flat.
    known : ValuePair, optional
        Both, with what is known of them.
    """
    pair = ValuePair.of(x, y) if known is None else known
    if pair.x.ends.low < 0 or not pair.x.ends.high > pair.x.ends.low or not pair.y.are_whole:
        return None
    if pair.known_sums is not None and _is_ruled_out(pair.known_sums):
        return None
    expected, left = _sums(x, y)
    if expected.total < _LEAST_COUNTS or expected.lit < LEAST_PIXELS:
        return None
    offset = expected.offset
    if pair.y.ends.low < offset:
        return None
    if offset:
        left = _sums(x, y, offset)[1]
    tests = (
        (left.squares - expected.total) / math.sqrt(expected.total + 2 * left.second),
        left.total / math.sqrt(expected.total),
        left.products / math.sqrt(left.third),
    )
    if not all(abs(test) <= SIGMAS for test in tests) or left.noise_in_quiet:
        return None
    deviation = math.sqrt(expected.total + 2 * left.second) / expected.total
    return CountingNoise(offset, left.squares / expected.total, deviation)


def _is_ruled_out(sums: Moments) -> bool:
    """Tell whether exact sums leave no whole number as an offset beside which y may be x with counting noise.

    They give two of the tests but for the offset; each has room here for the rounding of the sums that are taken then.
    """
    count, expected = sums.count, number(sums.x)
    if not expected > 0:
        return True
    mean = number((sums.y - sums.x) / count)
    room = _CLEARLY_BEYOND * SIGMAS * math.sqrt(expected) / count
    room += _ROUNDED * (math.sqrt(number(sums.xx / count)) + math.sqrt(number(sums.yy / count)))
    if not (room < 1 and abs(mean) < _FAR):
        return False
    allowed = _CLEARLY_BEYOND * SIGMAS * math.sqrt(expected + 2 * number(sums.xx))
    for offset in range(math.ceil(mean - room), math.floor(mean + room) + 1):
        squares = number(mean_square_difference(sums) * count - 2 * offset * (sums.y - sums.x) + count * offset**2)
        if not abs(squares - expected) > allowed + _ROUNDED * squares:
            return False
    return True


@frozen
class _Expected:
    """Sums over the expected counts, of which each weighs as its variance has it, and at most as one count.

    So bright pixels do not hide the others.
    """

    total: float
    lit: int
    weights: float
    apart: float
    variances: float

    @property
    def offset(self) -> float:
        """The whole number that was added to counts; 0 where the mean difference is no more than noise."""
        mean = self.apart / self.weights
        deviation = math.sqrt(self.variances) / self.weights
        return float(np.rint(mean)) if abs(mean) > CLEARLY * deviation else 0.0


@frozen
class _Left:
    """Sums over what counts are more than expected, and over powers of what is expected."""

    squares: float
    second: float
    total: float
    products: float
    third: float
    noise_in_quiet: bool


def _sums(x: Values, y: Values, offset: float = 0.0) -> tuple[_Expected, _Left]:
    """Return the sums over expected counts, and over what is left of the others above an offset."""

    def summed(first: int, end: int) -> tuple[int, bool, tuple[float, ...]]:
        expected, apart = x[first:end].astype(np.float64), y[first:end].astype(np.float64)
        apart -= expected
        apart -= offset
        weight = np.maximum(expected, 1.0)
        np.divide(1.0, weight, out=weight)
        own, weights = float(expected.sum()), float(weight.sum())
        room = apart * weight
        weighted = float(room.sum())
        np.multiply(weight, weight, out=room)
        room *= expected
        variance = float(room.sum())
        squares = float(np.multiply(apart, apart, out=room).sum())
        products = float(np.multiply(apart, expected, out=room).sum())
        second = float(np.multiply(expected, expected, out=room).sum())
        room *= expected
        third = float(room.sum())
        sums = own, weights, weighted, variance, squares, second, float(apart.sum()), products, third
        lit = int(np.count_nonzero(expected))
        return lit, lit < expected.size and bool(apart[expected == 0].any()), sums

    lit, noisy, sums = zip(*of_leaves(x.size, summed), strict=True)
    columns = zip(*sums, strict=True)
    own, weight, by, variance, squares, second, apart, products, third = (total(x.size, part) for part in columns)
    left = _Left(squares, second, apart, products, third, any(noisy))
    return _Expected(own, sum(lit), weight, by, variance), left
