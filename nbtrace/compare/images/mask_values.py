"""Values of pixels that are no intensities: marks of a mask, and pixels that were never computed."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.order_statistics import distinct
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.frozen import frozen_apart
from nbtrace.images.image import Mask

_MARKS = tuple(float(2**bits - less) for bits in (8, 16, 31, 32) for less in (1, 2))
"""Largest numbers of integer formats, by which detectors mark pixels."""

_EIGHT_BITS = 255.0
"""Largest number that is an intensity as well in a format of more than eight bits."""

_BELOW = frozenset({*map(float, range(-16, 0)), -99.0, -999.0, -9999.0, -32768.0, -2147483648.0})
"""Numbers below 0 by which they do."""

_GAP = 0.9
"""Share of a large mark that no intensity reaches."""

_MOST = 8
"""Different marks of one image."""

Values: TypeAlias = npt.NDArray[Any]
_Where: TypeAlias = npt.NDArray[np.bool_]


@frozen_apart
class MarkedPixels:
    """Pixels of one image that hold a mark.

    Attributes
    ----------
    values : tuple of float
        The marks.
    where : ndarray
        True at these pixels, shape of the values.
    """

    values: tuple[float, ...]
    where: _Where

    @property
    def count(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self.where))


def marked_pixels(
    made: Values, other: Values, *, mostly: bool = False, ends: tuple[float, float] | None = None
) -> MarkedPixels | None:
    """Return the pixels of an image that hold marks: whole numbers below 0, or the largest of an integer format.

    An image that has other numbers below 0, too, has no marks there; the largest number of a format is a limit, and
    no mark, where the other image is as large.

    Parameters
    ----------
    made, other : ndarray
        Values of both images, of one shape.
    mostly : bool
        Whether one negative number may fill more than half of the image, if the other image has none below 0 there.
    ends : (float, float), optional
        The lowest and the highest of `made`, where they are known.
    """
    if not made.size:
        return None
    low, top = ends or (float(made.min()), float(made.max()))
    below = made[made < 0] if low < 0 else made[:0]
    marks = distinct(below)
    too_many = below.size * 2 > made.size and not (mostly and marks.size == 1 and not (other[made < 0] < 0).any())
    if marks.size > _MOST or too_many or not _BELOW.issuperset(marks.tolist()):
        marks = marks[:0]
    found = sorted((float(mark) for mark in marks), key=abs)
    # Marks are held against all pixels only where the largest of these may be one.
    largest = [mark for mark in _MARKS if mark >= top - 1 and _holds(made.dtype, mark) and made.dtype.type(mark) <= top]
    if largest and _has_gap(made, top):
        for mark in largest:
            at = made == made.dtype.type(mark)
            if at.any() and not at.all() and not _is_limit(other, at, mark):
                found.append(mark)
    values = tuple(mark for mark in found if not bool((other[made == mark] == mark).all()))
    if not values:
        return None
    where = np.isin(made, np.array(values))
    return MarkedPixels(values, where) if 0 < np.count_nonzero(where) < made.size else None


def _has_gap(made: Values, top: float) -> bool:
    """Tell whether at most two numbers are near the largest, and others are not."""
    high = made >= _GAP * top
    return not high.all() and distinct(made[high]).size <= 2


def _is_limit(other: Values, at: _Where, mark: float) -> bool:
    """Tell whether the other image is as large as a mark there, or larger there than anywhere else: it is cut off."""
    least = float(other[at].min())
    return bool((other[at] >= mark * 0.99).any()) or least >= float(other[~at].max())


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    return value <= float(np.finfo(dtype).max if dtype.kind == "f" else np.iinfo(dtype).max)


def mask_step(marked: MarkedPixels, side: str) -> RelationStep:
    """Return the step by which one image has marks.

    Parameters
    ----------
    marked : MarkedPixels
    side : str
        The image that has them.
    """
    values = " or ".join(f"{value:.10g}" for value in marked.values)
    count = marked.count
    words = f"{count} pixel{'s'[: count != 1]} that {'are' if count != 1 else 'is'} {values} in {side}"
    parameters = {f"mark_{number}": value for number, value in enumerate(marked.values, start=1)}
    return RelationStep(
        RelationKind.MASKED, f"{words} (a mask, not intensities)", parameters | {"pixels": float(count)}
    )


def left_out_step(zero: Mask, other_zero: Mask, side: str) -> RelationStep:
    """Return the step by which one image is 0 where the other is not.

    Parameters
    ----------
    zero, other_zero : ndarray
        Where each of the two is 0, shape (slow, fast).
    side : str
        The image that is 0 in more pixels.
    """
    count = int(np.count_nonzero(zero & ~other_zero))
    alive = ~zero
    rows, columns = np.flatnonzero(alive.any(1)), np.flatnonzero(alive.any(0))
    words = f"{count} pixels that are 0 in {side} alone"
    if rows.size and columns.size:
        inside = zero[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        other = other_zero[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if not bool((inside & ~other).any()):
            ends = f"{columns[0]} {columns[-1]} {rows[0]} {rows[-1]}"
            return RelationStep(RelationKind.LEFT_OUT, f"{words}: all outside of -roi {ends}", {"pixels": float(count)})
    return RelationStep(RelationKind.LEFT_OUT, f"{words} (masked, or never computed)", {"pixels": float(count)})


def is_mark(value: float, dtype: np.dtype[Any]) -> bool:
    """Tell whether a value marks pixels, and is no intensity: below 0 as marks are, or the largest of a format."""
    limit = float(np.iinfo(dtype).max) if dtype.kind in "ui" else math.inf
    return value in _BELOW or value == limit or (value in _MARKS and value > _EIGHT_BITS)
