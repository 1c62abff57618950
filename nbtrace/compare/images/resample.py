"""Bringing two images of different shapes to one grid."""

from dataclasses import replace

import numpy as np

from nbtrace.images.image import Floats, Geometry, Image, Mask
from nbtrace.vocabulary.sides import Names


def resampled(c: Image, py: Image, names: Names) -> tuple[Image, Image, tuple[str, ...]]:
    """Return both images on the coarser grid along each axis, and what was done to them.

    Both are taken to cover the same detector. Each pixel is spread over the area it covers, so that sums are kept:
    photons move, none is made.
    """
    shape = min(c.shape[0], py.shape[0]), min(c.shape[1], py.shape[1])
    images = [_to_shape(image, shape) for image in (c, py)]
    notes = tuple(
        f"{side} is resampled from {old.shape[0]} x {old.shape[1]} to {shape[0]} x {shape[1]} pixels (slow x fast), "
        "each pixel spread over the area it covers"
        for side, old in zip(names.pair, (c, py), strict=True)
        if old.shape != shape
    )
    return images[0], images[1], notes


def _to_shape(image: Image, shape: tuple[int, int]) -> Image:
    if image.shape == shape:
        return image
    with np.errstate(over="ignore", invalid="ignore"):  # a sum beyond float64 is inf, and said to be
        pixels = _rebinned(_rebinned(image.pixels.astype(np.float64), shape[0]).T, shape[1]).T
    geometry = image.geometry
    return replace(
        image,
        pixels=np.ascontiguousarray(pixels),
        format=f"{image.format}, resampled",
        geometry=None if geometry is None else _coarser(geometry, image.shape, shape),
        mask=None if image.mask is None else _covered(image.mask, shape),
    )


def _covered(mask: Mask, shape: tuple[int, int]) -> Mask:
    """Return the coarser pixels of which no part lies on a pixel that does not count."""
    left_out = _rebinned(_rebinned((~mask).astype(np.float64), shape[0]).T, shape[1]).T
    covered: Mask = left_out == 0
    return covered


def _rebinned(values: Floats, size: int) -> Floats:
    """Return the rows of `values` gathered into `size` rows by the length that each covers."""
    old = values.shape[0]
    if old == size:
        return values
    # Cut at the borders of old and new rows, a piece lies in one of each: bright and missing pixels stay local.
    edges = np.arange(size + 1) * old / size
    cuts = np.unique(np.concatenate([np.arange(old + 1.0), edges]))
    pieces = values[cuts[:-1].astype(np.intp)] * np.diff(cuts)[:, None]
    rebinned: Floats = np.add.reduceat(pieces, np.searchsorted(cuts, edges[:-1]), axis=0)
    return rebinned


def _coarser(geometry: Geometry, old: tuple[int, int], new: tuple[int, int]) -> Geometry | None:
    """Return the geometry of larger pixels, None where they are no longer square."""
    factors = [before / after for before, after in zip(old, new, strict=True)]
    return replace(geometry, pixel_size=geometry.pixel_size * factors[0]) if factors[0] == factors[1] else None
