"""Peaks of an image, and which peak of one image is which of the other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.frozen import frozen, frozen_apart
from nbtrace.images.image import Floats, Mask, Pixels

RADIUS = 2
"""A peak is the largest pixel of the square of this half-width around it: the maximum of a 5 × 5 filter."""

REACH = 10.0
"""Distance in pixels up to which two peaks can be the same."""

MOST = 1000
"""Peaks of an image that are looked at, the brightest ones."""

SIGMAS = 3.0
_FAINT = 0.5
_MOST_FAINT = 20 * MOST
_AT_ONCE = 128
"""Peaks whose neighbours are looked for at a time, which bounds the pairs where all lie in a few rows."""

Place: TypeAlias = tuple[float, float]
Indices: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True)
class PeakMatch:
    """Two peaks that are the same: their centroids (slow, fast) in pixel indices, and how far they are apart."""

    c: Place
    py: Place
    distance: float


@frozen
class PeakMatching:
    """How the peaks of two images correspond, one to one.

    Attributes
    ----------
    c_count, py_count : int
        Peaks above the mean by three standard deviations, at most :data:`MOST` each.
    matches : tuple of PeakMatch
        The farthest apart first.
    c_alone, py_alone : tuple of (slow, fast)
        Peaks without a partner within :data:`REACH` pixels that is at least half as high above the mean, the brightest
        first.
    """

    c_count: int
    py_count: int
    matches: tuple[PeakMatch, ...]
    c_alone: tuple[Place, ...]
    py_alone: tuple[Place, ...]

    @property
    def mean_distance(self) -> float | None:
        """Mean distance of matched peaks in pixels, None if none match."""
        distances = [match.distance for match in self.matches]
        return math.fsum(distances) / len(distances) if distances else None

    @property
    def max_distance(self) -> float | None:
        """Largest distance of matched peaks in pixels."""
        return self.matches[0].distance if self.matches else None


@frozen_apart
class Peaks:
    """Peaks of one image, the brightest first; the first `strong` ones are to be matched.

    `places` are centroids of 3 × 3 pixels as (slow, fast), shape (n, 2).
    """

    places: Floats
    strong: int


def match_peaks(c: Peaks, py: Peaks) -> PeakMatching:
    """Pair the peaks of two images, the closest first, each at most once.

    A peak just below the limit can be the partner of one just above it, so that no peak is lost for a rounding.
    """
    matches: list[PeakMatch] = []
    taken_c: set[int] = set()
    taken_py: set[int] = set()
    for distance, _, _, i, j in sorted(_candidates(c, py)):
        if i not in taken_c and j not in taken_py:
            taken_c.add(i)
            taken_py.add(j)
            matches.append(PeakMatch(_place(c, i), _place(py, j), distance))
    matches.sort(key=lambda match: -match.distance)
    return PeakMatching(
        c.strong,
        py.strong,
        tuple(matches),
        tuple(_place(c, i) for i in range(c.strong) if i not in taken_c),
        tuple(_place(py, j) for j in range(py.strong) if j not in taken_py),
    )


def _candidates(c: Peaks, py: Peaks) -> Iterator[tuple[float, float, float, int, int]]:
    """Yield pairs of which one is strong: distance, sums of coordinates (the same from either side), numbers."""
    order = np.argsort(py.places[:, 0], kind="stable")
    rows = py.places[order, 0]
    for start in range(0, len(c.places), _AT_ONCE):
        slow = c.places[start : start + _AT_ONCE, 0]
        first, last = np.searchsorted(rows, slow - REACH), np.searchsorted(rows, slow + REACH, side="right")
        # Every peak of C with each one of Py in the rows within reach.
        counts = last - first
        i = start + np.repeat(np.arange(slow.size), counts)
        j = order[np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)]
        near = (np.abs(py.places[j, 1] - c.places[i, 1]) <= REACH) & ((i < c.strong) | (j < py.strong))
        i, j = i[near], j[near]
        apart = np.hypot(*(py.places[j] - c.places[i]).T)
        sums = py.places[j] + c.places[i]
        for k in np.flatnonzero(apart <= REACH):
            yield float(apart[k]), float(sums[k, 0]), float(sums[k, 1]), int(i[k]), int(j[k])


def _place(peaks: Peaks, number: int) -> Place:
    slow, fast = peaks.places[number]
    return float(slow), float(fast)


def find_peaks(pixels: Pixels, compared: Mask | None, mean: float, deviation: float) -> Peaks:
    """Return the local maxima of an image above its mean by three standard deviations, and those half as high.

    Only pixels above the limit are looked at, which gives what a maximum filter over the whole image gives. Of equal
    neighbours the first in row order counts.

    Parameters
    ----------
    pixels : ndarray
        Shape (slow, fast).
    compared : ndarray or None
        Pixels that count; the others are no peak and hide none.
    mean, deviation : float
        Of the compared pixels.
    """
    if not deviation > 0:
        return Peaks(np.empty((0, 2)), 0)
    limit = mean + _FAINT * SIGMAS * deviation
    if pixels.dtype.kind == "f":
        # A limit that the pixels' own type cannot hold is above all of them.
        limit = min(limit, float(np.finfo(pixels.dtype).max))
    candidates = pixels > limit if compared is None else (pixels > limit) & compared
    # Far faster than np.nonzero of two dimensions, as nearly no pixel is one.
    slow, fast = _maxima(pixels, compared, *np.divmod(np.flatnonzero(candidates), pixels.shape[1]))
    values = pixels[slow, fast].astype(np.float64)
    order = np.lexsort((fast, slow, -values))[:_MOST_FAINT]
    strong = min(int(np.count_nonzero(values > mean + SIGMAS * deviation)), MOST)
    places = _centroids(pixels, compared, slow[order], fast[order], mean)
    return Peaks(places, strong)


def _maxima(pixels: Pixels, compared: Mask | None, slow: Indices, fast: Indices) -> tuple[Indices, Indices]:
    """Return those of the places at which no pixel around is larger."""
    around = range(-RADIUS, RADIUS + 1)
    steps = [(s, f) for s in around for f in around if (s, f) != (0, 0)]
    for step_s, step_f in sorted(steps, key=lambda step: (abs(step[0]) + abs(step[1]), step)):
        values = pixels[slow, fast]
        other = _neighbours(pixels, compared, slow + step_s, fast + step_f)
        kept = other < values if (step_s, step_f) < (0, 0) else other <= values
        slow, fast = slow[kept], fast[kept]
    return slow, fast


def _neighbours(pixels: Pixels, compared: Mask | None, slow: Indices, fast: Indices) -> Floats:
    """Return values at places, -inf outside the image and where pixels do not count."""
    rows, columns = pixels.shape
    inside = (slow >= 0) & (slow < rows) & (fast >= 0) & (fast < columns)
    slow, fast = np.where(inside, slow, 0), np.where(inside, fast, 0)
    if compared is not None:
        inside &= compared[slow, fast]
    return np.where(inside, pixels[slow, fast], -np.inf)


def _centroids(pixels: Pixels, compared: Mask | None, slow: Indices, fast: Indices, mean: float) -> Floats:
    """Return the centroid of what rises above the mean in the 3 × 3 pixels around each maximum."""
    total, moment_s, moment_f = (np.zeros(slow.shape) for _ in range(3))
    for step_s in (-1, 0, 1):
        for step_f in (-1, 0, 1):
            weight = np.maximum(_neighbours(pixels, compared, slow + step_s, fast + step_f) - mean, 0.0)
            total += weight
            moment_s += step_s * weight
            moment_f += step_f * weight
    return np.stack([slow + moment_s / total, fast + moment_f / total], axis=1)
