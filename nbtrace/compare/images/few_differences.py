"""Images that are alike but for some pixels: how many these are, and what they have in common."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import few_apart, in_parts
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.rounding import HALF
from nbtrace.compare.images.value_pair import is_whole
from nbtrace.frozen import frozen

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


@frozen
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


def are_alike(source: Values, made: Values) -> bool:
    """Tell whether all pixels of two flat images are said to be the same."""
    for start in range(0, source.size, _CHUNK):
        x, y = (values[start : start + _CHUNK].astype(np.float64) for values in (source, made))
        if not bool((np.abs(x - y) <= AGREES * np.maximum(np.abs(x), np.abs(y))).all()):
            return False
    return True


def few_differences(
    source: Values, made: Values, side: str, seen: dict[bool, "DifferenceTally"] | None = None
) -> FewDifferences | None:
    """Return how the made image differs from its source in a few pixels; None if it does in none, or in many.

    Parameters
    ----------
    source, made : ndarray
        Flat, of one shape, finite.
    side : str
        Name of the made image.
    seen : dict, optional
        What looking at the pixels gave, with rounding or without: kept here, as it is the same from either side.
    """
    whole = is_whole(source)
    rounds = made.dtype.kind in "ui" and not whole
    most = _SOME if whole and is_whole(made) else _FEW
    tally = _looked_at(source, made, most, {} if seen is None else seen, rounds=rounds)
    if tally.differing > most * tally.lit:
        return None
    count = tally.differing
    if count == 0:
        return None
    places = np.concatenate(tally.places)
    x, own = source[places].astype(np.float64), made[places].astype(np.float64)
    base = np.rint(x) if rounds else x
    if count > _FEW * tally.lit and not bool((own - base == own[0] - base[0]).all()):
        return None
    common, saturated = _common(base, own, float(made.max()), side)
    words = f"{count} of {source.size} pixels, which {'are' if count != 1 else 'is'} {common}"
    few = RelationStep(RelationKind.FEW, words, {"pixels": float(count), "largest": float(np.abs(own - x).max())})
    rounding = (RelationStep(RelationKind.ROUNDED, "rounded to whole numbers"),) if rounds else ()
    return FewDifferences((*rounding, few), tally.left, tally.left_relative, source.size - count, saturated)


def _looked_at(
    source: Values, made: Values, most: float, seen: dict[bool, "DifferenceTally"], *, rounds: bool
) -> "DifferenceTally":
    """Return which pixels differ; not of all of them where there are too many by far."""

    def tallied(first: int, end: int) -> DifferenceTally:
        tally = DifferenceTally(rounds)
        for start in range(first, end, _CHUNK):
            last = min(start + _CHUNK, end)
            tally.add(source[start:last], made[start:last], start)
            if tally.differing > most * (tally.lit + source.size - (last - first)):
                break
        return tally

    if rounds not in seen:
        seen[rounds], *others = in_parts(source.size, _CHUNK, tallied)
        for other in others:
            seen[rounds].merge(other)
    return seen[rounds]


class DifferenceTally:
    """The pixels that were looked at so far: which differ, how many are not 0 in both, what the others leave."""

    def __init__(self, rounds: bool) -> None:  # noqa: FBT001 - its only setting
        self._rounds = rounds
        self.differing = self.lit = 0
        self.left = self.left_relative = 0.0
        self.places: list[npt.NDArray[np.intp]] = []

    def add(self, source: Values, made: Values, start: int) -> None:
        """Look at the pixels from the flat place `start` on."""
        differ = few_apart(source, made)
        if differ is None:
            self._add(source, made, start, None)
            return
        self._add(source[differ], made[differ], start, differ)
        self.lit += int(np.count_nonzero(source)) - int(np.count_nonzero(source[differ]))

    def _add(self, source: Values, made: Values, start: int, at: npt.NDArray[np.intp] | None) -> None:
        """Look at pixels at places from `start` on; None stands for all."""
        x, y = source.astype(np.float64), made.astype(np.float64)
        apart, size = np.abs(y - x), np.maximum(np.abs(x), np.abs(y))
        alike = apart <= AGREES * size
        if self._rounds:
            alike |= apart <= HALF
        lit = size > 0
        self.lit += int(np.count_nonzero(lit))
        places = np.flatnonzero(~alike)
        self.differing += places.size
        if places.size:
            self.places.append((places if at is None else at[places]) + start)
        self.left = max(self.left, float(apart.max(initial=0.0, where=alike)))
        relative = np.divide(apart, size, out=apart, where=lit)
        self.left_relative = max(self.left_relative, float(relative.max(initial=0.0, where=alike & lit)))

    def merge(self, later: "DifferenceTally") -> None:
        """Take over what was seen of later pixels."""
        self.differing += later.differing
        self.lit += later.lit
        self.left = max(self.left, later.left)
        self.left_relative = max(self.left_relative, later.left_relative)
        self.places += later.places


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
