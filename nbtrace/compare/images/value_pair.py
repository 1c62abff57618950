"""The values that count of two images, flat, with what is asked of them more than once: ends, whole numbers, sums."""

from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import in_parts
from nbtrace.compare.images.sums import Moments, moments
from nbtrace.frozen import frozen_apart

Values: TypeAlias = npt.NDArray[Any]

_CHUNK = 1 << 16
"""Pixels at a time: the second look finds them in the processor's cache."""


class Ends(NamedTuple):
    """The lowest and the highest of some numbers; 0 where there are none."""

    low: float
    high: float

    @property
    def largest(self) -> float:
        """The largest size."""
        return max(self.high, -self.low, 0.0)


@frozen_apart
class FlatValues:
    """Finite numbers, flat."""

    array: Values

    @cached_property
    def ends(self) -> Ends:
        """The lowest and the highest one."""
        values = self.array
        if not values.size:
            return Ends(0.0, 0.0)

        def looked_at(first: int, end: int) -> tuple[float, float]:
            parts = [values[start : min(start + _CHUNK, end)] for start in range(first, end, _CHUNK)]
            ends = [(part.min(), part.max()) for part in parts]
            return float(min(low for low, _ in ends)), float(max(high for _, high in ends))

        lows, highs = zip(*in_parts(values.size, 1, looked_at), strict=True)
        return Ends(min(lows), max(highs))

    @cached_property
    def are_whole(self) -> bool:
        """Whether all of them are whole numbers."""
        return is_whole(self.array)


@frozen_apart
class ValuePair:
    """Values of the same pixels of two images.

    Attributes
    ----------
    x, y : FlatValues
    known_sums : Moments or None
        Where they were taken.
    """

    x: FlatValues
    y: FlatValues
    known_sums: Moments | None = None

    @classmethod
    def of(cls, x: Values, y: Values) -> "ValuePair":
        """Return two flat arrays as such a pair."""
        return cls(FlatValues(x), FlatValues(y))

    @property
    def arrays(self) -> tuple[Values, Values]:
        """Both."""
        return self.x.array, self.y.array

    def exchanged(self) -> "ValuePair":
        """Return the pair with both exchanged; what is known of them stays so."""
        return ValuePair(self.y, self.x, None if self.known_sums is None else self.known_sums.exchanged())

    @cached_property
    def sums(self) -> Moments:
        """Their exact sums."""
        return self.known_sums or moments(
            *self.arrays,
            largest=(self.x.ends.largest, self.y.ends.largest),
            whole=(self.x.are_whole, self.y.are_whole),
        )

    def with_sums(self) -> "ValuePair":
        """Return the pair with its sums known."""
        return ValuePair(self.x, self.y, self.sums)


def is_whole(values: Values) -> bool:
    """Tell whether all numbers are whole."""
    if values.dtype.kind in "ui":
        return True
    parts = (values[start : start + _CHUNK] for start in range(0, values.size, _CHUNK))
    return all(bool((part == np.rint(part)).all()) for part in parts)
