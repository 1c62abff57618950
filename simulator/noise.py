"""Photon counting noise as the reference draws it, bit for bit.

The algorithms are those of W. H. Press et al., Numerical Recipes in C, 2nd edition, §7.2 and §7.3, in single precision:
products of uniform deviates for means below 12, rejection under a Lorentzian above, a normal deviate above 10⁶. Each
pixel goes on where the one before stopped in one sequence of uniform deviates, so pixels cannot be drawn independently.
What can be computed without knowing where a pixel starts is computed for many at once; the rest in double precision,
and in single precision only where the two could decide differently.
"""

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt

from simulator.arrays import Float32, Int8, Uint16
from simulator.images import LARGEST_INTEGER, WHOLE, Region, low_bits, running_sum
from simulator.random import Generator, Stream

REJECTION_FROM = 12.0
NORMAL_ABOVE = 1e6

_ROUNDING = 2.0**-24
"""What rounding to single precision may change, relative."""
_DOUBT = 1e-5
"""How near −ln of a product of deviates and a mean below 12 may come before single precision has to decide."""
_FAR = 128
"""Deviates that a mean below 12 practically never needs; where it does, single precision decides too."""
_SPARSE = 0.1
"""Share of pixels with a count above which each is looked at by itself."""
_PIECE = 4096
_WINDOW = 1 << 16
_RESERVE = 2 * _FAR
_LANCZOS = (
    76.18009172947146,
    -86.50532032941677,
    24.01409824083091,
    -1.231739572450155,
    0.1208650973866179e-2,
    -0.5395239384953e-5,
)


def log_gamma(x: npt.ArrayLike) -> Float32:
    """Return ln Γ(x) by Lanczos' approximation with the reference's coefficients; argument and result are float32."""
    argument = np.asarray(x, dtype=np.float32).astype(np.float64)
    series = np.full_like(argument, 1.000000000190015)
    for step, coefficient in enumerate(_LANCZOS, start=1):
        series += coefficient / (argument + step)
    shifted = argument + 5.5
    shifted -= (argument + 0.5) * np.log(shifted)
    return np.asarray(-shifted + np.log(2.5066282746310005 * series / argument), dtype=np.float32)


@dataclass(frozen=True)
class NoiseImage:
    """An image with counting noise.

    Attributes
    ----------
    pixels : ndarray
        uint16, shape (slow, fast): counts plus offset, at most 65535; 0 outside the region of interest.
    photons : float
        Sum of the counts.
    overloads : int
        How many pixels were cut to 65535.
    """

    pixels: Uint16
    photons: float
    overloads: int


def noise_image(
    image: Float32, generator: Generator, stream: Stream, adc: float = 40.0, region: Region = WHOLE
) -> NoiseImage:
    """Draw the counts of every pixel of `region`, in row order; masked pixels hold 0 and consume a deviate too.

    Parameters
    ----------
    image : ndarray
        Expected photons, float32, shape (slow, fast).
    generator, stream : Generator, Stream
        Source of the deviates; both are left where the reference would leave them.
    adc : float
        Offset added to each count.
    region : (slice, slice)
        The region of interest.
    """
    part = image[region]
    counts = poisson_deviates(part.ravel(), generator, stream)
    pixels = np.zeros(image.shape, dtype=np.uint16)
    shifted = counts.astype(np.float64) + adc
    overloads = int(np.count_nonzero(shifted > LARGEST_INTEGER))
    pixels[region] = low_bits(np.minimum(shifted, LARGEST_INTEGER)).astype(np.uint16).reshape(part.shape)
    with np.errstate(invalid="ignore"):
        return NoiseImage(pixels, running_sum([counts]), overloads)


def poisson_deviates(means: Float32, generator: Generator, stream: Stream) -> Float32:
    """Return one Poisson deviate for each of `means`, float32 of shape (n,), drawn one after another.

    An infinite mean has one that is infinite or, below the mean, not a number; so has what is not a number.
    """
    means = np.asarray(means, dtype=np.float32)
    counts = np.zeros(means.shape, dtype=np.float32)
    if means.size:
        sampler = _Sampler(_Deviates(generator, stream, means.size))
        for start in range(0, means.size, _PIECE):
            sampler.fill(means[start : start + _PIECE], counts[start : start + _PIECE])
        sampler.deviates.finish()
    return counts


class _Deviates:
    """A window on the sequence of uniform deviates.

    Attributes
    ----------
    values : ndarray
        The window, float32; a pixel reads on from `position`.
    position : int
        The next deviate that nobody has used.
    """

    def __init__(self, generator: Generator, stream: Stream, expected: int) -> None:
        self._generator, self._stream = generator, stream
        self._size = min(max(expected, 4 * _RESERVE), _WINDOW)
        self._marks: deque[tuple[int, Generator, Stream]] = deque(maxlen=4)
        self._dropped = 0
        self.values: Float32 = np.empty(0, dtype=np.float32)
        self.position = 0
        self.advance(_RESERVE)

    def advance(self, needed: int) -> None:
        """Make sure of `needed` deviates from `position` on; where that moves the window, `position` becomes 0."""
        if self.position + needed <= len(self.values):
            return
        left = self.values[self.position :]
        self._dropped += self.position
        self._marks.append((self._dropped + len(left), self._generator.copy(), Stream(self._stream.state)))
        drawn = self._generator.draws(self._stream, max(self._size, needed))
        self.values = np.concatenate([left, drawn])
        self.position = 0
        for name in ("decay", "tangents", "hurdles"):
            self.__dict__.pop(name, None)

    def finish(self) -> None:
        """Set the generator back to the first deviate that nobody has used."""
        used = self._dropped + self.position
        first, generator, stream = [mark for mark in self._marks if mark[0] <= used][-1]
        generator.draws(stream, used - first)
        self._generator.adopt(generator)
        self._stream.state = stream.state

    @cached_property
    def decay(self) -> list[float]:
        """Minus the logarithm of the product of the first i deviates of the window, for i from 0."""
        sums = np.cumsum(-np.log(self.values.astype(np.float64)))
        return [0.0, *_numbers(sums)]

    @cached_property
    def tangents(self) -> list[float]:
        """Lorentzian deviates tan(π u), single precision."""
        return _numbers(np.tan(np.pi * self.values.astype(np.float64)).astype(np.float32))

    @cached_property
    def hurdles(self) -> list[float]:
        """Logarithm of u / (0.9 (1 + y²)) for each Lorentzian deviate y and the uniform deviate u behind it."""
        y = np.array(self.tangents[:-1])
        return _numbers(np.log(self.values[1:].astype(np.float64)) - np.log(0.9 * (1.0 + y * y)))


@dataclass(frozen=True)
class _Piece:
    """Some pixels of an image that follow each other, and what can be computed of them beforehand.

    Attributes
    ----------
    means : ndarray
        Expected counts, shape (n,).
    """

    means: Float32

    @cached_property
    def kinds(self) -> Int8:
        """Which method draws each pixel: 0 products, 1 rejection, 2 normal deviate, 3 for what is not a number."""
        lost = np.isnan(self.means).astype(np.int8)
        return (self.means >= REJECTION_FROM).astype(np.int8) + (self.means > NORMAL_ABOVE) + np.int8(3) * lost

    @cached_property
    def limits(self) -> Float32:
        """The product at which a count ends, exp(−mean); a mean below 0 gives the same count as 0."""
        return np.exp(-np.clip(self.means, 0.0, REJECTION_FROM).astype(np.float64)).astype(np.float32)

    @cached_property
    def reach(self) -> int:
        """How many pixels to pass over at a time where most end with their first deviate, else 0."""
        hits = 1.0 - float(self.limits.mean())
        return int(2.0 / max(hits, 2.0 / _PIECE)) if hits < _SPARSE else 0

    @cached_property
    def expected(self) -> list[float]:
        """The means as Python numbers."""
        return _numbers(self.means)

    @cached_property
    def hats(self) -> list[tuple[float, ...]]:
        """For rejection, per pixel: mean x, √(2x), ln x, x ln x − ln Γ(x + 1), each rounded to single precision."""
        means = np.clip(self.means, REJECTION_FROM, NORMAL_ABOVE)
        x = means.astype(np.float64)
        logs = np.log(x).astype(np.float32)
        peaks = means * logs - log_gamma(means + np.float32(1.0))
        columns = means, np.sqrt(2.0 * x).astype(np.float32), logs, peaks
        return list(zip(*map(_numbers, columns), strict=True))


def _numbers(values: npt.NDArray[np.floating]) -> list[float]:
    """Return `values` as Python numbers."""
    return cast("list[float]", values.tolist())


class _Sampler:
    """Draws the counts of one image, pixel after pixel."""

    def __init__(self, deviates: _Deviates) -> None:
        self.deviates = deviates
        self._spare: float | None = None
        self._log_factorials = _log_factorials(0)

    def fill(self, means: Float32, counts: Float32) -> None:
        """Put a deviate for each of `means` into `counts`, both of shape (n,)."""
        piece = _Piece(means)
        edges = [0, *(np.flatnonzero(np.diff(piece.kinds)) + 1).tolist(), len(means)]
        for start, stop in pairwise(edges):
            kind = piece.kinds[start]
            if kind == 3:
                self._pass_over(stop - start)
                counts[start:stop] = np.nan
            elif kind == 2:
                counts[start:stop] = self._normal(means[start:stop])
            elif kind == 1:
                counts[start:stop] = [self._reject(*hat) for hat in piece.hats[start:stop]]
            elif piece.reach:
                self._count_sparse(piece.limits[start:stop], counts[start:stop], piece.reach)
            else:
                counts[start:stop] = self._count_dense(piece, start, stop)

    def _pass_over(self, pixels: int) -> None:
        """Use up the two deviates of each pixel with which the reference finds no reason to reject a count."""
        for _ in range(pixels):
            self.deviates.advance(2)
            self.deviates.position += 2

    def _count_sparse(self, limits: Float32, counts: Float32, reach: int) -> None:
        """Pass over the pixels that end with their first deviate, `reach` of them at a time; the others get counts."""
        deviates, index = self.deviates, 0
        while index < len(limits):
            deviates.advance(_RESERVE)
            ahead = deviates.values[deviates.position : deviates.position + reach]
            more = ahead[: len(limits) - index] > limits[index : index + len(ahead)]
            first = int(more.argmax())
            if more[first]:
                deviates.position += first
                counts[index + first] = self._product(limits[index + first])
                index += first + 1
            else:
                deviates.position += len(more)
                index += len(more)

    def _count_dense(self, piece: _Piece, start: int, stop: int) -> list[int]:
        """Look each mean up in the running sum of −ln u, from where the pixel before stopped."""
        deviates = self.deviates
        counts: list[int] = []
        while len(counts) < stop - start:
            deviates.advance(_RESERVE)
            decay, first = deviates.decay, deviates.position
            last = len(decay) - _FAR
            for mean in piece.expected[start + len(counts) : stop]:
                if first >= last:
                    break
                target = decay[first] + mean
                end = bisect_left(decay, target, first + 1, first + _FAR)
                if decay[end] - target < _DOUBT or (end > first + 1 and target - decay[end - 1] < _DOUBT):
                    break
                counts.append(end - first - 1)
                first = end
            deviates.position = first
            if len(counts) < stop - start:
                counts.append(self._product(piece.limits[start + len(counts)]))
        return counts

    def _product(self, limit: np.float32) -> int:
        """Return the count of one pixel in single precision throughout."""
        product = np.float32(1.0)
        count = -1
        while product > limit or count < 0:
            self.deviates.advance(1)
            product *= self.deviates.values[self.deviates.position]
            self.deviates.position += 1
            count += 1
        return count

    def _reject(self, x: float, width: float, log_x: float, peak: float) -> int:
        """Return a count under a Lorentzian of centre `x` and `width` that the Poisson distribution accepts."""
        deviates = self.deviates
        while True:
            deviates.advance(2)
            place = deviates.position
            y = deviates.tangents[place]
            total = width * y + x
            count = math.floor(total)
            doubt = 4 * _ROUNDING * (abs(total) + x)
            if not doubt < total - count < 1.0 - doubt:
                count = math.floor(np.float32(width * y) + np.float32(x))
            if count < 0:
                deviates.position = place + 1
                continue
            deviates.position = place + 2
            power = count * log_x
            log_factorial = self._log_factorials[count] if count < _PIECE else _log_factorial(count)
            spare = power - log_factorial - peak - deviates.hurdles[place]
            if abs(spare) < 6 * _ROUNDING * (power + log_factorial + peak + 1.0):
                spare = _bound_in_single(y, power, log_factorial, peak) - deviates.values[place + 1]
            if spare >= 0.0:
                return count

    def _normal(self, means: Float32) -> Float32:
        """Add normal deviates, which come in pairs; the second of a pair may have to wait for the next call."""
        waiting = [] if self._spare is None else [self._spare]
        normals = np.array(waiting, dtype=np.float32)
        while len(normals) < len(means):
            pairs = (len(means) - len(normals) + 1) // 2
            normals = np.concatenate([normals, self._polar(pairs)])
        self._spare = float(normals[-1]) if len(normals) > len(means) else None
        x = means.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray(x + np.sqrt(x) * normals[: len(means)].astype(np.float64), dtype=np.float32)

    def _polar(self, pairs: int) -> Float32:
        """Return normal deviates from the next `pairs` points of a square, two for each that lies inside the circle."""
        deviates = self.deviates
        deviates.advance(2 * pairs)
        drawn = deviates.values[deviates.position : deviates.position + 2 * pairs].astype(np.float64)
        deviates.position += 2 * pairs
        points = (2.0 * drawn - 1.0).astype(np.float32).reshape(-1, 2)
        radii = points[:, 0] * points[:, 0] + points[:, 1] * points[:, 1]
        inside = (radii > 0.0) & (radii < 1.0)
        square = radii[inside].astype(np.float64)
        factors = np.sqrt(-2.0 * np.log(square) / square).astype(np.float32)
        return np.asarray(points[inside, ::-1] * factors[:, None], dtype=np.float32).ravel()


def _bound_in_single(y: float, power: float, log_factorial: float, peak: float) -> float:
    """Return 0.9 (1 + y²) exp(power − log_factorial − peak), rounded as the reference rounds it."""
    height = np.float32(power) - np.float32(log_factorial) - np.float32(peak)
    square = np.float32(y) * np.float32(y)
    return float(np.float32(0.9 * (1.0 + float(square)) * math.exp(float(height))))


def _log_factorial(count: int) -> float:
    return _log_factorials(count // _PIECE)[count % _PIECE]


@lru_cache(maxsize=256)
def _log_factorials(block: int) -> list[float]:
    """Return ln Γ(n + 1) for 4096 counts n from 4096 `block` on."""
    counts = np.arange(block * _PIECE, (block + 1) * _PIECE, dtype=np.float64).astype(np.float32)
    return _numbers(log_gamma(counts + np.float32(1.0)))
