"""Images that are alike but for some pixels: how many these are, and what they have in common."""

from collections.abc import Iterator
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
_CHUNK = 1 << 16
"""Pixels at a time: their working arrays stay in the processor's cache."""


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
    whole = _is_whole(source)
    rounds = made.dtype.kind in "ui" and not whole
    most = _SOME if whole and _is_whole(made) else _FEW
    count, lit = _counts(source, made, most, rounds=rounds)
    if count == 0 or count > most * lit:
        return None
    x, y = source.astype(np.float64), made.astype(np.float64)
    apart, size = np.abs(y - x), np.maximum(np.abs(x), np.abs(y))
    alike = _alike(apart, size, rounds=rounds)
    differing = ~alike
    base, own = np.rint(x[differing]) if rounds else x[differing], y[differing]
    if count > _FEW * lit and not bool((own - base == own[0] - base[0]).all()):
        return None
    common, saturated = _common(base, own, float(y.max()), side)
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


def _is_whole(values: Values) -> bool:
    """Tell whether all numbers are whole."""
    if values.dtype.kind in "ui":
        return True
    return all(bool((part == np.rint(part)).all()) for (part,) in _chunks(values))


def _chunks(*arrays: Values) -> Iterator[tuple[Values, ...]]:
    for start in range(0, arrays[0].size, _CHUNK):
        yield tuple(values[start : start + _CHUNK] for values in arrays)


def _alike(apart: Doubles, size: Doubles, *, rounds: bool) -> npt.NDArray[np.bool_]:
    alike: npt.NDArray[np.bool_] = apart <= AGREES * size
    return alike | (apart <= HALF) if rounds else alike


def _counts(source: Values, made: Values, most: float, *, rounds: bool) -> tuple[int, int]:
    """Return how many pixels differ, and how many are not 0 in both; up to where it is certain that too many differ.

    `most` is the share of the latter that may.
    """
    count = lit = seen = 0
    for one, other in _chunks(source, made):
        x, y = one.astype(np.float64), other.astype(np.float64)
        apart, size = np.abs(y - x), np.maximum(np.abs(x), np.abs(y))
        count += one.size - int(np.count_nonzero(_alike(apart, size, rounds=rounds)))
        lit += int(np.count_nonzero(size > 0))
        seen += one.size
        if count > most * (lit + source.size - seen):
            break
    return count, lit


def _common(x: Doubles, own: Doubles, top: float, side: str) -> tuple[str, bool]:
    """Return in words what the pixels that differ have in common, and whether they are saturated.

    `own` are their numbers in the made image, whose largest one is `top`, `x` those in its source.
    """
    by = own - x
    if own.size > 1 and bool((own == own[0]).all()):
        saturated = own[0] > 0 and own[0] == top and bool((x > own[0]).all())
        return f"{own[0]:.10g} in {side}{' (saturation)' if saturated else ''}", bool(saturated)
    if bool((np.abs(by - by[0]) <= AGREES * abs(by[0])).all()):
        return f"{abs(by[0]):.6g} {'higher' if by[0] > 0 else 'lower'}", False
    if not (x == 0).any():
        ratio = own / x
        if bool((np.abs(ratio - ratio[0]) <= AGREES * abs(ratio[0])).all()):
            return f"multiplied by {ratio[0]:.6g} in {side}", False
    way = "off" if by.min() < 0 < by.max() else "higher" if by.min() > 0 else "lower"
    return f"{way} by at most {np.abs(by).max():.3g}", False
