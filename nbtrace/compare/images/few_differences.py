"""Images that are alike but for some pixels: how many these are, and what they have in common."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.rounding import HALF

Values: TypeAlias = npt.NDArray[Any]
Doubles: TypeAlias = npt.NDArray[np.float64]

AGREES = 1e-6
"""Relative difference up to which two pixels are said to be the same."""

_FEW = 0.1
"""Share of the pixels, 0 in both left aside, up to which those that differ are few."""
_SOME = 0.9
"""The same where all are whole numbers and differ by one number alone."""


@dataclass(frozen=True)
class FewDifferences:
    """What two images that are alike but for some pixels differ by.

    Attributes
    ----------
    steps : tuple of RelationStep
        Rounding, where one of them is of whole numbers, and the pixels that differ.
    left : float
        The largest difference of the pixels that are alike.
    left_relative : float
        The same as a share of the larger value.
    alike : int
        Pixels that are alike.
    saturated : bool
        Whether the pixels that differ all hold the largest value of the made image.
    """

    steps: tuple[RelationStep, ...]
    left: float
    left_relative: float
    alike: int
    saturated: bool


def pixels_words(count: int) -> str:
    """Return a number of pixels in words."""
    return f"{count} pixel{'s'[: count != 1]}"


def few_differences(source: Values, made: Values, side: str) -> FewDifferences | None:
    """Return how the made image differs from its source in a few pixels; None if it does in none, or in many.

    Parameters
    ----------
    source, made : ndarray
        Flat, of one shape, finite.
    side : str
        Name of the made image.
    """
    x, y = source.astype(np.float64), made.astype(np.float64)
    apart, size = np.abs(y - x), np.maximum(np.abs(x), np.abs(y))
    alike = apart <= AGREES * size
    rounds = made.dtype.kind in "ui" and source.dtype.kind == "f" and not bool((np.rint(x) == x).all())
    if rounds:
        alike |= apart <= HALF
    differing = ~alike
    count = int(np.count_nonzero(differing))
    lit = int(np.count_nonzero(size > 0))
    base = np.rint(x[differing]) if rounds else x[differing]
    common, saturated = _common(base, y, differing, side)
    whole = bool((x == np.rint(x)).all() and (y == np.rint(y)).all())
    shifted = whole and count > 0 and bool((y[differing] - base == y[differing][0] - base[0]).all())
    if count == 0 or count > (_SOME if shifted else _FEW) * lit:
        return None
    words = f"{count} of {x.size} pixels, which {'are' if count != 1 else 'is'} {common}"
    largest = float(apart[differing].max())
    few = RelationStep(RelationKind.FEW, words, {"pixels": float(count), "largest": largest})
    rounding = (RelationStep(RelationKind.ROUNDED, "rounded to whole numbers"),) if rounds else ()
    relative = np.divide(apart, size, out=np.zeros_like(apart), where=size > 0)[alike]
    return FewDifferences(
        (*rounding, few),
        float(apart[alike].max(initial=0.0)),
        float(relative.max(initial=0.0)),
        x.size - count,
        saturated,
    )


def _common(x: Doubles, y: Doubles, differing: npt.NDArray[np.bool_], side: str) -> tuple[str, bool]:
    """Return in words what the pixels that differ have in common, and whether they are saturated."""
    own = y[differing]
    if own.size == 0:
        return "", False
    by = own - x
    if own.size > 1 and bool((own == own[0]).all()):
        saturated = own[0] > 0 and own[0] == y.max() and bool((x > own[0]).all())
        return f"{own[0]:.10g} in {side}{' (saturation)' if saturated else ''}", bool(saturated)
    if bool((np.abs(by - by[0]) <= AGREES * abs(by[0])).all()):
        return f"{abs(by[0]):.6g} {'higher' if by[0] > 0 else 'lower'}", False
    if not (x == 0).any():
        ratio = own / x
        if bool((np.abs(ratio - ratio[0]) <= AGREES * abs(ratio[0])).all()):
            return f"multiplied by {ratio[0]:.6g} in {side}", False
    way = "off" if by.min() < 0 < by.max() else "higher" if by.min() > 0 else "lower"
    return f"{way} by at most {np.abs(by).max():.3g}", False
