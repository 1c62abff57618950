"""Whether two images that differ are the same image transposed, flipped, turned or shifted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nbtrace.images.image import Floats, Mask, Pixels

_COARSE = 512
"""Pixels along each axis of the binned images in which all placements are searched."""

_CROP = 512
_SAMPLE = 50_000
"""Pixels, evenly spread, from which the typical intensity is taken."""

_ROWS = 16
"""Rows at a time: their working arrays stay in the processor's cache."""

_LEAST = 0.5
_GAIN = 0.1
"""A placement is told if it correlates this well, and by so much better than the images as they are."""

_AS_IT_IS = "as it is"

PLACEMENTS: Mapping[str, Callable[[Floats], Floats]] = {
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


@dataclass(frozen=True)
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
    left, right = (_compressed(pixels, compared) for pixels in (c, py))
    as_given = _correlation(left, right)
    if as_given > 1 - _GAIN:
        return None
    bins = -(-max(left.shape) // _COARSE)
    small_left, small_right = _binned(left, bins), _binned(right, bins)
    spectrum = _spectrum(small_left)
    better = [
        (*_best_shift(spectrum, place(small_right)), name)
        for name, place in PLACEMENTS.items()
        if place(small_right).shape == small_left.shape
    ]
    _, coarse, name = max(better, key=lambda item: item[0])
    placed = PLACEMENTS[name](right)
    shift = _refined(left, placed, (coarse[0] * bins, coarse[1] * bins)) if bins > 1 else coarse
    if name == _AS_IT_IS and shift == (0, 0):
        return None  # as they are given
    achieved = _correlation(*_overlap(left, placed, shift))
    if achieved < _LEAST or achieved < as_given + _GAIN:
        return None
    return Orientation(name, shift, achieved, as_given)


def _compressed(pixels: Pixels, compared: Mask | None) -> Floats:
    """Return log(1 + |I|/typical) with the sign of I, in single precision; 0 where pixels do not count."""
    values = pixels if compared is None else np.where(compared, pixels, 0)
    some = np.abs(values.ravel()[:: max(1, values.size // _SAMPLE)].astype(np.float64))
    some = some[some > 0]
    kind = np.result_type(values.dtype, np.float32)
    compressed = np.empty(values.shape, np.float32)
    with np.errstate(over="ignore"):  # what is too large for a number is taken as the largest one
        typical = min(float(np.median(some)), np.finfo(np.float64).max) if some.size else 1.0
        for start in range(0, len(values), _ROWS):
            rows = values[start : start + _ROWS]
            sizes = np.minimum(np.abs(np.divide(rows, typical, dtype=kind)), np.finfo(kind).max)
            compressed[start : start + _ROWS] = np.sign(rows) * np.log1p(sizes)
    return compressed


def _binned(values: Floats, bins: int) -> Floats:
    if bins == 1:
        return values
    rows, columns = (size // bins * bins for size in values.shape)
    blocks = values[:rows, :columns].reshape(rows // bins, bins, columns // bins, bins)
    means: Floats = blocks.mean(axis=(1, 3))
    return means


@dataclass(frozen=True, eq=False)
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
    middle = np.unravel_index(int(np.argmax(a)), a.shape)
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
    a, b = (values.astype(np.float64) - values.mean(dtype=np.float64) for values in (left, right))
    norm = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return float(np.vdot(a, b)) / norm if norm > 0 else 0.0
