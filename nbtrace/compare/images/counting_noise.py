"""Whether one image is the other with counting noise: χ² per pixel of Poisson's distribution."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.few_differences import is_whole
from nbtrace.compare.images.relation import RelationKind, RelationStep

Values: TypeAlias = npt.NDArray[Any]
Doubles: TypeAlias = npt.NDArray[np.float64]

_SIGMAS = 4.5
_CLEARLY = 5.0
"""Standard deviations from which on an offset is one."""
_LEAST_COUNTS = 100.0
_LEAST_PIXELS = 30


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
        words = f"with counting noise (χ² per pixel {self.chi_squared:.4g} ± {self.deviation:.2g})"
        noise = RelationStep(RelationKind.NOISE, words, {"chi_squared": self.chi_squared})
        if not self.offset:
            return (noise,)
        return noise, RelationStep(
            RelationKind.OFFSET, f"plus {self.offset:g} (an offset, -adc)", {"offset": self.offset}
        )


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
    expected, counts = x.astype(np.float64), y.astype(np.float64)
    total = float(expected.sum())
    if total < _LEAST_COUNTS or np.count_nonzero(expected > 0) < _LEAST_PIXELS or not np.ptp(expected) > 0:
        return None
    offset = _offset(expected, counts)
    apart = counts - expected - offset
    if bool((counts < offset).any()):
        return None
    squares = float((apart * apart).sum())
    second = float((expected * expected).sum())
    third = float((expected**3).sum())
    tests = (
        (squares - total) / math.sqrt(total + 2 * second),
        float(apart.sum()) / math.sqrt(total),
        float((apart * expected).sum()) / math.sqrt(third),
    )
    quiet = expected == 0
    if any(abs(test) > _SIGMAS for test in tests) or bool(apart[quiet].any()):
        return None
    return CountingNoise(offset, squares / total, math.sqrt(total + 2 * second) / total)


def _offset(expected: Doubles, counts: Doubles) -> float:
    """Return the whole number that was added to counts; 0 where the mean difference is no more than noise.

    Each pixel weighs as its variance has it, and at most as one count, so that bright ones do not hide the others.
    """
    weight = 1 / np.maximum(expected, 1.0)
    total = float(weight.sum())
    mean = float((weight * (counts - expected)).sum()) / total
    deviation = math.sqrt(float((weight * weight * expected).sum())) / total
    return float(np.rint(mean)) if abs(mean) > _CLEARLY * deviation else 0.0
