"""Images and their statistics as the reference makes them from its float image: integer, PGM and float files.

A *region* is a pair of slices (slow, fast) that selects the region of interest in an image of shape (slow, fast).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.arrays import Float32, Float64, Mask, Uint8, Uint16
from simulator.files import write_whole

Region = tuple[slice, slice]

WHOLE: Region = (slice(None), slice(None))
LARGEST_INTEGER = 65535
_INTEGER_TOP = 55000.0
_PGM_TOP = 250.0
_PGM_SIGMAS = 5.0


@dataclass(frozen=True)
class ImageStatistics:
    """What the reference prints of its float image, in photons.

    Attributes
    ----------
    maximum : float
        The largest value above 0, else 0.
    maximum_pixel : (int, int) or None
        Its slow and fast index, the first in row order; None if no value is above 0.
    mean, rms, rmsd : float
        Over the visited pixels; the deviation from the mean is also taken over masked pixels of the region.
    visited : int
        Pixels inside the region and not masked.
    """

    maximum: float
    maximum_pixel: tuple[int, int] | None
    mean: float
    rms: float
    rmsd: float
    visited: int

    def maximum_position(self, pixel_size: float, oversample: int = 1) -> tuple[float, float]:
        """Return (fast, slow) of the maximum's last subpixel from the detector's corner, in units of `pixel_size`."""
        if self.maximum_pixel is None:
            return 0.0, 0.0
        step = pixel_size / oversample
        slow, fast = (step * (pixel * oversample + oversample - 1) + step / 2 for pixel in self.maximum_pixel)
        return fast, slow


def image_statistics(image: Float32, region: Region = WHOLE, mask: Mask | None = None) -> ImageStatistics:
    """Return the statistics of `image`, float32 of shape (slow, fast).

    Parameters
    ----------
    image : ndarray
        Photons; masked pixels hold 0.
    region : (slice, slice)
        The region of interest.
    mask : ndarray, optional
        Boolean, shape of the image; False where a pixel was skipped.
    """
    part = image[region]
    visited = int(part.size if mask is None else np.count_nonzero(mask[region]))
    maximum_pixel = _first_maximum(image, region)
    sums = _Sums.of(part, visited)
    return ImageStatistics(
        maximum=float(image[maximum_pixel]) if maximum_pixel else 0.0,
        maximum_pixel=maximum_pixel,
        mean=sums.mean,
        rms=float(np.sqrt(sums.squares / max(visited - 1, 1))),
        rmsd=float(np.sqrt(sums.squared_deviations / max(part.size - 1, 1))),
        visited=visited,
    )


def _first_maximum(image: Float32, region: Region) -> tuple[int, int] | None:
    part = image[region]
    if not part.size:
        return None
    slow, fast = divmod(int(np.argmax(np.where(np.isnan(part), -np.inf, part))), part.shape[1])
    slow_first, fast_first = (axis.indices(size)[0] for axis, size in zip(region, image.shape, strict=True))
    return (slow_first + slow, fast_first + fast) if part[slow, fast] > 0 else None


@dataclass(frozen=True)
class _Sums:
    mean: float
    squares: float
    squared_deviations: float

    @classmethod
    def of(cls, part: Float32, visited: int) -> "_Sums":
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            mean = running_sum(part) / max(visited, 1)
            # The reference's squares are single precision numbers too.
            return cls(
                mean, running_sum(row * row for row in part), running_sum((row - mean) ** 2 for row in map(_wide, part))
            )


def _wide(row: Float32) -> Float64:
    return row.astype(np.float64)


def running_sum(rows: Iterable[npt.NDArray[np.floating]]) -> float:
    """Return the sum of all values, added one after another as the reference adds them."""
    total = 0.0
    for row in rows:
        total = float(np.cumsum(np.concatenate([[total], row]))[-1])
    return total


def integer_scale(maximum: float, scale: float = 0.0) -> float:
    """Return the factor of the integer image: `scale` if above 0, else what puts `maximum` at 55000."""
    if scale > 0.0:
        return scale
    return _INTEGER_TOP / maximum if maximum > 0.0 else 1.0


def pgm_scale(rmsd: float, integer_factor: float, scale: float = 0.0) -> float:
    """Return the factor of the PGM image: `scale` if above 0, else 250 over 5 `rmsd`, else the integer image's."""
    if scale > 0.0:
        return scale
    return _PGM_TOP / (_PGM_SIGMAS * rmsd) if rmsd > 0.0 else integer_factor


def integer_image(image: Float32, scale: float, adc: float, region: Region = WHOLE) -> Uint16:
    """Return uint16 pixels: `image` times `scale` plus `adc`, rounded, clipped to 0 … 65535; 0 outside `region`."""
    pixels = np.zeros(image.shape, dtype=np.uint16)
    for source, target in zip(image[region], pixels[region], strict=True):
        with np.errstate(invalid="ignore"):
            value = np.clip(source.astype(np.float64) * scale + adc, 0.0, LARGEST_INTEGER)
        # The reference rounds the sum to single precision before it takes the floor; the value is never negative.
        target[:] = low_bits((value + 0.5).astype(np.float32)).astype(np.uint16)
    return pixels


def low_bits(values: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Return what the reference's machine makes of numbers that it turns into integers of fewer than 32 bits.

    They are cut to whole numbers, and one that 32 bits cannot hold is 0, as is what is not a number; of the others,
    also of those below 0, the caller's type keeps the lowest bits.
    """
    held = np.abs(values) < 2.0**31
    return np.where(held, values, 0.0).astype(np.int64)


def pgm_image(image: Float32, scale: float, region: Region = WHOLE) -> Uint8:
    """Return uint8 pixels: `image` times `scale`, at most 255, truncated; 0 outside `region`."""
    pixels = np.zeros(image.shape, dtype=np.uint8)
    for source, target in zip(image[region], pixels[region], strict=True):
        with np.errstate(invalid="ignore"):
            target[:] = low_bits(np.minimum(source.astype(np.float64) * scale, 255.0)).astype(np.uint8)
    return pixels


def write_float_image(path: Path, image: Float32) -> Path:
    """Write `image` row by row as bare float32 in this machine's byte order, without a header.

    Raises
    ------
    ResourceError
        If `path` cannot be written.
    """
    return write_whole(path, [np.ascontiguousarray(image, dtype=np.float32).data])


def write_pgm(path: Path, pixels: Uint8, scale: float) -> Path:
    """Write `pixels`, uint8 of shape (slow, fast), as a binary PGM whose comment states `scale`.

    Raises
    ------
    ResourceError
        If `path` cannot be written.
    """
    slow, fast = pixels.shape
    header = f"P5\n{fast} {slow}\n# pixels scaled by {scale:g}\n255\n".encode()
    return write_whole(path, [header, np.ascontiguousarray(pixels).data])
