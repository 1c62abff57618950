"""Whether two images that differ are the same image transposed, flipped, turned or shifted."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import beside, in_parts
from nbtrace.compare.images.order_statistics import median
from nbtrace.frozen import frozen, frozen_apart
from nbtrace.images.image import Floats, Mask, Pixels

_COARSE = 512
"""Pixels along each axis of the binned images in which all placements are searched."""

_IN_TURN = 8
"""Numbers from which on numpy adds several at a time."""
_BLOCKS = 16
"""Rows of blocks at a time: they stay in the processor's cache."""

_CROP = 512
_SAMPLE = 50_000
"""Pixels, evenly spread, from which the typical intensity is taken."""

_AT_ONCE = 1 << 15
"""Pixels at a time, in whole rows: their working arrays stay in the processor's cache."""

_SOME_ROWS = 100
"""Rows that tell whether the images are likely to be alike as they are."""
_DOUBT = 0.02
"""By how much an estimated correlation may be off."""
_CANCELLED = 0.02
"""Share of a mean square that the variance must be, for sums in single precision to tell it."""

_LEAST = 0.5
_GAIN = 0.1
"""A placement is told if it correlates this well, and by so much better than the images as they are."""
_ALIKE = 1 - _GAIN

_AS_IT_IS = "as it is"

PLACEMENTS: Mapping[str, Callable[[Pixels], Pixels]] = {
    _AS_IT_IS: lambda a: a,
    "with slow reversed": lambda a: a[::-1],
    "with fast reversed": lambda a: a[:, ::-1],
    "turned by 180°": lambda a: a[::-1, ::-1],
    "with slow and fast exchanged": lambda a: a.T,
    "turned by 90°": lambda a: a.T[::-1],
    "turned by 270°": lambda a: a.T[:, ::-1],
    "with slow and fast exchanged and both reversed": lambda a: a.T[::-1, ::-1],
}
"""The eight ways to lay an image on another."""


@frozen
class Orientation:
    """A better way to lay Py on C.

    Attributes
    ----------
    name : str
        What is done to Py first.
    shift : (int, int)
        Pixels (slow, fast) by which it is then moved against C: Py[i + shift] is C[i].
    correlation : float
        Of log(1 + I/typical) in the overlap, where the typical intensity is the median of those above 0.
    as_given : float
        The same of the images as they are.
    """

    name: str
    shift: tuple[int, int]
    correlation: float
    as_given: float

    @property
    def is_turned(self) -> bool:
        """Whether Py is more than moved."""
        return self.name != _AS_IT_IS


def better_placement(c: Pixels, py: Pixels, compared: Mask | None) -> Orientation | None:
    """Return the placement of Py in which it is like C and was not before; None if there is none.

    Logarithms keep a few bright pixels, such as the direct beam, from deciding alone. All eight placements are tried
    at every shift on binned images, the best one is then placed to the pixel.
    """
    images = [_Compressed.of(pixels, compared) for pixels in (c, py)]
    if _likely_alike(images) and _estimated_correlation([image.rows for image in images], c.shape) > _ALIKE + _DOUBT:
        return None
    left, right = beside(lambda image: image.whole(), images, c.size)
    estimate = _estimated_correlation([_rows_of(image) for image in (left, right)], c.shape)
    as_given = None if estimate < _ALIKE - _DOUBT else _correlation(left, right)
    if as_given is not None and as_given > _ALIKE:
        return None
    bins = min(-(-max(left.shape) // _COARSE), *left.shape)
    small_left, small_right = beside(lambda image: _binned(image, bins), (left, right), left.size)
    spectrum = _spectrum(small_left)
    names = [name for name, place in PLACEMENTS.items() if place(small_right).shape == small_left.shape]
    better = beside(lambda name: _best_shift(spectrum, PLACEMENTS[name](small_right)), names, left.size)
    (_, coarse), name = max(zip(better, names, strict=True), key=lambda item: item[0][0])
    placed = PLACEMENTS[name](right)
    shift = _refined(left, placed, (coarse[0] * bins, coarse[1] * bins)) if bins > 1 else coarse
    if name == _AS_IT_IS and shift == (0, 0):
        return None  # as they are given
    if as_given is None:
        as_given = _correlation(left, right)
    achieved = _correlation(*_overlap(left, placed, shift))
    if achieved < _LEAST or achieved < as_given + _GAIN:
        return None
    return Orientation(name, shift, achieved, as_given)


@frozen_apart
class _Compressed:
    """An image as log(1 + |I|/typical) with the sign of I, in single precision; 0 where pixels do not count."""

    pixels: Pixels
    compared: Mask | None
    typical: float

    @classmethod
    def of(cls, pixels: Pixels, compared: Mask | None) -> "_Compressed":
        step = max(1, pixels.size // _SAMPLE)
        some = np.abs(pixels.ravel()[::step].astype(np.float64))
        if compared is not None:
            some = some[compared.ravel()[::step]]
        some = some[some > 0]
        with np.errstate(over="ignore"):
            typical = min(median(some), float(np.finfo(np.float64).max)) if some.size else 1.0
        return cls(pixels, compared, typical)

    def rows(self, start: int, stop: int, out: Floats | None = None) -> Floats:
        """Return some of its rows; they may be put where they are wanted."""
        rows = self.pixels[start:stop]
        if self.compared is not None:
            rows = np.where(self.compared[start:stop], rows, 0)
        kind = np.result_type(rows.dtype, np.float32)
        with np.errstate(over="ignore"):  # what is too large for a number is taken as the largest one
            sizes: Floats = np.divide(rows, self.typical, dtype=kind, out=out if kind == np.float32 else None)
            negative = rows.dtype.kind != "u" and float(rows.min(initial=0)) < 0
            if negative:
                np.abs(sizes, out=sizes)
            np.log1p(np.minimum(sizes, np.finfo(kind).max, out=sizes), out=sizes)
            if negative:
                sizes *= np.sign(rows)
            if out is None or sizes is out:
                return sizes.astype(np.float32, copy=False)
            out[...] = sizes
            return out

    def whole(self) -> Floats:
        """Return all of it."""
        compressed: Floats = np.empty(self.pixels.shape, np.float32)
        columns: int = self.pixels.shape[1]

        def done(first: int, end: int) -> None:
            for start, stop in _few_rows(first, end, columns):
                self.rows(start, stop, compressed[start:stop])

        in_parts(compressed.size, columns, done)
        return compressed


_RowsOf: TypeAlias = Callable[[int, int], Floats]


def _rows_of(image: Floats) -> _RowsOf:
    return lambda start, stop: image[start:stop]


def _few_rows(first: int, end: int, columns: int) -> Iterator[tuple[int, int]]:
    """Yield the first of a few rows at a time and the one behind the last, of those from one flat place to another."""
    rows = max(1, _AT_ONCE // columns)
    for start in range(first // columns, end // columns, rows):
        yield start, min(start + rows, end // columns)


def _likely_alike(images: Sequence[_Compressed]) -> bool:
    """Tell whether two images correlate so well as they are, as far as some of their rows tell."""
    rows, columns = images[0].pixels.shape
    step = max(1, rows // _SOME_ROWS)
    some = [np.concatenate([image.rows(row, row + 1) for row in range(0, rows, step)]) for image in images]
    return not _estimated_correlation([_rows_of(image) for image in some], (len(some[0]), columns)) < _ALIKE


def _estimated_correlation(images: Sequence[_RowsOf], shape: tuple[int, ...]) -> float:
    """Return the correlation of two images, off by :data:`_DOUBT` at most; nan if it cannot be told like this.

    It takes no room, and is found far faster than :func:`_correlation`.
    """
    rows, columns = shape
    origins = [of(0, 1).mean() for of in images]

    def summed(first: int, end: int) -> Floats:
        sums = np.zeros(5)
        for start, stop in _few_rows(first, end, columns):
            a, b = ((of(start, stop) - origin).ravel() for of, origin in zip(images, origins, strict=True))
            sums += (a.sum(), b.sum(), np.dot(a, a), np.dot(b, b), np.dot(a, b))
        return sums

    x, y, xx, yy, xy = np.sum(in_parts(rows * columns, columns, summed), axis=0) / (rows * columns)
    variances = xx - x * x, yy - y * y
    if not (variances[0] > _CANCELLED * xx and variances[1] > _CANCELLED * yy):
        return math.nan
    return float((xy - x * y) / np.sqrt(variances[0] * variances[1]))


def _binned(values: Floats, bins: int) -> Floats:
    if bins == 1:
        return values
    rows, columns = (size // bins * bins for size in values.shape)
    inner = values[:rows, :columns]
    if bins >= _IN_TURN:
        means: Floats = inner.reshape(rows // bins, bins, columns // bins, bins).mean(axis=(1, 3))
        return means
    # As numpy adds so few, and faster.
    sums = np.zeros((rows // bins, columns // bins), np.float32)
    for start in range(0, len(sums), _BLOCKS):
        block = inner[start * bins : (start + _BLOCKS) * bins]
        for slow in range(bins):
            across = block[slow::bins, ::bins].copy()
            for fast in range(1, bins):
                across += block[slow::bins, fast::bins]
            sums[start : start + _BLOCKS] += across
    return sums / np.float32(bins * bins)


@frozen_apart
class _Spectrum:
    """What an image is correlated by: its Fourier transform, conjugate, without its mean, and its length."""

    conjugate: npt.NDArray[np.complexfloating[Any, Any]]
    norm: np.floating[Any]


def _spectrum(values: Floats) -> _Spectrum:
    a = values - values.mean()
    return _Spectrum(np.conj(np.fft.rfft2(a)), np.linalg.norm(a))


def _best_shift(left: _Spectrum, right: Floats) -> tuple[float, tuple[int, int]]:
    """Return the largest circular correlation of two images and the shift (slow, fast) that has it."""
    b = right - right.mean()
    norm = float(left.norm * np.linalg.norm(b))
    if norm == 0:
        return 0.0, (0, 0)
    products = np.fft.irfft2(left.conjugate * np.fft.rfft2(b), s=b.shape)
    peak = np.unravel_index(int(np.argmax(products)), products.shape)
    slow, fast = (int((at + size // 2) % size - size // 2) for at, size in zip(peak, b.shape, strict=True))
    return float(products[peak]) / norm, (slow, fast)


def _refined(left: Floats, right: Floats, shift: tuple[int, int]) -> tuple[int, int]:
    """Return the shift to the pixel, from the part of the overlap around its brightest pixel."""
    a, b = _overlap(left, right, shift)
    if not a.size:
        return shift
    # The first of the largest in row order, found by rows: of a part of an image np.argmax makes a copy.
    row = int(np.argmax(a.max(axis=1)))
    middle = row, int(np.argmax(a[row]))
    starts = [min(max(at - _CROP // 2, 0), max(size - _CROP, 0)) for at, size in zip(middle, a.shape, strict=True)]
    crop = tuple(slice(start, start + _CROP) for start in starts)
    _, (slow, fast) = _best_shift(_spectrum(a[crop]), b[crop])
    return shift[0] + slow, shift[1] + fast


def _overlap(left: Floats, right: Floats, shift: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return the parts of both images that lie on each other if right[i + shift] is left[i]."""
    crop_left = tuple(slice(max(0, -by), size - max(0, by)) for by, size in zip(shift, left.shape, strict=True))
    crop_right = tuple(slice(max(0, by), size - max(0, -by)) for by, size in zip(shift, left.shape, strict=True))
    return left[crop_left], right[crop_right]


def _correlation(left: Floats, right: Floats) -> float:
    """Return the correlation of two images, of which a few rows at a time are taken as float64."""
    rows = max(1, _AT_ONCE // left.shape[1])

    def of_rows(work: Callable[[Floats, Floats], tuple[float, ...]]) -> Floats:
        """Return the sums of what the work gives of a few rows of both, however many threads share it."""

        def of_few(first: int, end: int) -> list[tuple[float, ...]]:
            starts = range(first // left.shape[1], end // left.shape[1], rows)
            return [
                work(*(image[start : start + rows].astype(np.float64) for image in (left, right))) for start in starts
            ]

        parts = in_parts(left.size, rows * left.shape[1], of_few)
        sums: Floats = np.sum([sums for part in parts for sums in part], axis=0)
        return sums

    means = of_rows(lambda a, b: (float(a.sum()), float(b.sum()))) / left.size

    def products(a: Floats, b: Floats) -> tuple[float, ...]:
        a -= means[0]
        b -= means[1]
        product = a * b
        crossed = float(product.sum())
        return *(float(np.multiply(own, own, out=product).sum()) for own in (a, b)), crossed

    xx, yy, xy = of_rows(products)
    norm = float(np.sqrt(xx * yy))
    return float(xy) / norm if norm > 0 else 0.0
