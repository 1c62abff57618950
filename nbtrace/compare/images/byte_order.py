"""Which of two images holds its numbers in the other byte order: the one whose numbers are the less plausible."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.images.image import Mask, Pixels

Values: TypeAlias = npt.NDArray[Any]

_SAMPLE = 4_000
_LOOKED_AT = 500_000
_CHUNK = 1 << 16
"""Pixels at a time."""
_CLEARLY = 0.9
"""Share of pixels that must speak for one reading."""
_WIDER = 1.5
"""How much wider the sizes of floats must be strewn in the wrong reading."""
_FACTOR = 16.0


def reads_swapped(image: Pixels, wanted: Mask | None) -> bool | None:
    """Tell whether an image is the more plausible with the bytes of its numbers reversed; None if it is undecided.

    Whole numbers are mostly small, and then alike in neighbouring pixels; the wrong reading has neither. Of floats the
    wrong reading strews the exponents.

    Parameters
    ----------
    image : ndarray
        Shape (slow, fast).
    wanted : ndarray or None
        Pixels that count, of its shape; None if all do.
    """
    rows = slice(None, None, max(1, image.size // _LOOKED_AT))
    own = image[rows]
    used = np.ones(own.shape, bool) if wanted is None else wanted[rows]
    swapped = own.byteswap()
    if own.dtype.kind == "f":
        strewn = _disorder(own[used]), _disorder(swapped[used])
        if max(strewn) == 0:
            strewn = _distance(own[used]), _distance(swapped[used])
        return None if max(strewn) <= _WIDER * min(strewn) else strewn[0] > strewn[1]
    by_size = _smaller(np.abs(swapped[used].astype(np.float64)), np.abs(own[used].astype(np.float64)))
    if by_size is not None:
        return by_size
    both = used[:, 1:] & used[:, :-1]
    steps = [np.abs(np.diff(values.astype(np.float64), axis=1))[both] for values in (swapped, own)]
    return _smaller(*steps)


def _smaller(first: Values, second: Values) -> bool | None:
    """Tell whether the first numbers are the smaller ones nearly wherever the two differ; None if neither are."""
    apart = first != second
    if not apart.any():
        return None
    share = float((first < second)[apart].mean())
    if share > _CLEARLY:
        return True
    return False if share < 1 - _CLEARLY else None


def _digits(values: Values) -> Values:
    """Return log₂ of the sizes of some numbers."""
    with np.errstate(all="ignore"):
        sizes = np.abs(values[:: max(1, values.size // _SAMPLE)].astype(np.float64))
        digits: Values = np.log2(sizes[(sizes > 0) & np.isfinite(sizes)])
    return digits


def _disorder(values: Values) -> float:
    """Return how widely the sizes of numbers are strewn, in binary digits."""
    digits = _digits(values)
    return float(digits.std()) if digits.size else 0.0


def _distance(values: Values) -> float:
    """Return how far the sizes of numbers are from 1, in binary digits."""
    digits = _digits(values)
    return float(np.abs(digits).mean()) if digits.size else 0.0


def is_swapped(image: Values, other: Values) -> bool:
    """Tell whether the numbers of one image, flat, are those of the other one with their bytes reversed."""
    nan = image.dtype.kind == "f"
    return all(
        np.array_equal(image[start : start + _CHUNK].byteswap(), other[start : start + _CHUNK], equal_nan=nan)
        for start in range(0, image.size, _CHUNK)
    )


def more_alike(image: Values, other: Values) -> bool:
    """Tell whether numbers are of the size of the other image's with their bytes reversed, and not as they are.

    Both images are flat.
    """
    stride = max(1, other.size // _SAMPLE)
    some = image[::stride]
    near = [_near(values, other[::stride]) for values in (some.byteswap(), some)]
    return near[0] > 0.5 and near[0] > near[1] + 0.25


def _near(values: Values, other: Values) -> float:
    """Return the share of pixels, 0 in neither image, that are within a factor of 16."""
    with np.errstate(all="ignore"):
        x, y = np.abs(values.astype(np.float64)), np.abs(other.astype(np.float64))
        used = (y > 0) & np.isfinite(y)
        within = (x[used] * _FACTOR >= y[used]) & (x[used] <= _FACTOR * y[used])
    return float(within.mean()) if used.any() else 0.0
