"""Pixel by pixel: how many differ by how much, which differ most, and by how many steps of their number format."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import few_apart, in_parts
from nbtrace.compare.images.ulps import BINS, common_format, format_name, step_counts
from nbtrace.frozen import frozen
from nbtrace.images.image import Floats
from nbtrace.verdicts.status import ABSOLUTE_DIVERGENT, ABSOLUTE_MINOR, DIVERGENT_BELOW, MINOR_BELOW, Status

_CHUNK = 1 << 15
_WORST = 10
_NEARLY = 1 - 1e-9

Values: TypeAlias = npt.NDArray[Any]
Places: TypeAlias = npt.NDArray[np.intp]


@frozen
class PixelTolerance:
    """A pixel agrees if |y − x| ≤ max(relative · max(|x|, |y|), absolute, rounding).

    Attributes
    ----------
    relative : float
        Not below one step of the pixels' own number format.
    absolute : float
    rounding : float
        What rounding to whole counts can make of no difference: half a count for each image of integers.
    """

    relative: float
    absolute: float
    rounding: float = 0.0

    @classmethod
    def resolved(cls, x: Values, y: Values, relative: float, absolute: float) -> "PixelTolerance":
        """Return a tolerance that is no finer than the pixels."""
        rounding = sum(0.5 for array in (x, y) if array.dtype.kind in "ui")
        steps = [float(np.finfo(array.dtype).eps) for array in (x, y) if array.dtype.kind == "f"]
        return cls(max(relative, *steps, 0.0), absolute, rounding)

    @property
    def bands(self) -> tuple[tuple[Status, float, float], ...]:
        """What a pixel is called, with the relative and the absolute difference up to which it is."""
        return (
            (Status.PASS, self.relative, max(self.absolute, self.rounding)),
            (Status.MINOR, max(MINOR_BELOW, self.relative), max(ABSOLUTE_MINOR * self.absolute, self.rounding)),
            (
                Status.DIVERGENT,
                max(DIVERGENT_BELOW, self.relative),
                max(ABSOLUTE_DIVERGENT * self.absolute, self.rounding),
            ),
        )

    def status(self, x: float, y: float) -> Status:
        """Return what a pixel is called."""
        apart, size = abs(y - x), max(abs(x), abs(y))
        for status, relative, absolute in self.bands:
            if apart <= max(relative * size, absolute):
                return status
        return Status.CRITICAL


@frozen
class PixelScan:
    """What looking at each compared pixel gives.

    Attributes
    ----------
    max_abs_diff : float
    identical : int
        Pixels with the same value.
    counts : mapping of Status to int
        Pixels by status.
    worst : tuple of int
        Positions of the largest |y − x|, the largest first; pixels without any difference are left out.
    worst_relative : tuple of int
        Positions of the largest |y − x|/max(|x|, |y|) among those beyond the tolerance that are 0 in neither.
    zero_in_x, zero_in_y : int
        Pixels beyond the tolerance that are 0 in one image only.
    steps : tuple of int or None
        Pixels that are 0, 1, 2 to 3, 4 to 7, … steps of the coarser number format apart; None between integers and
        floats.
    step_of : str
        That format; empty if there is none.
    """

    max_abs_diff: float
    identical: int
    counts: dict[Status, int]
    worst: tuple[int, ...]
    worst_relative: tuple[int, ...]
    zero_in_x: int
    zero_in_y: int
    steps: tuple[int, ...] | None
    step_of: str

    @property
    def beyond(self) -> int:
        """Pixels beyond the tolerance."""
        return sum(count for status, count in self.counts.items() if status is not Status.PASS)


def scan(x: Values, y: Values, tolerance: PixelTolerance) -> PixelScan:
    """Look at each pixel of two flat arrays of finite real numbers."""

    def tallied(first: int, end: int) -> _Tally:
        tally = _Tally(tolerance, common_format(x.dtype, y.dtype))
        with np.errstate(over="ignore", invalid="ignore"):  # where both are 0, no share is beyond
            for start in range(first, end, _CHUNK):
                chunk = slice(start, min(start + _CHUNK, end))
                tally.add(x[chunk], y[chunk], start)
        return tally

    total, *others = in_parts(x.size, _CHUNK, tallied)
    for other in others:
        total.merge(other)
    return total.result(x.size)


class _Tally:
    """The scan of the pixels so far."""

    def __init__(self, tolerance: PixelTolerance, format_: np.dtype[Any] | None) -> None:
        self._tolerance = tolerance
        self._format = format_
        self._identical = self._zero_in_x = self._zero_in_y = 0
        self._up_to = [0] * len(tolerance.bands)
        self._steps = np.zeros(BINS, np.int64)
        self._by_size, self._by_share = _Largest(_WORST), _Largest(_WORST)

    def add(self, x: Values, y: Values, start: int) -> None:
        """Look at the pixels from position `start` on."""
        differ = few_apart(x, y)
        if differ is None:
            self._add(x, y, start, None)
            return
        alike = x.size - differ.size
        self._identical += alike
        self._steps[0] += alike
        self._up_to = [count + alike for count in self._up_to]
        if differ.size:
            self._add(x[differ], y[differ], start, differ)

    def _add(self, x: Values, y: Values, start: int, places: Places | None) -> None:
        """Look at pixels, of which most differ, at rising places from position `start` on; None stands for all."""
        if self._format is not None:
            self._steps += step_counts(x, y, self._format)
        u, v = x.astype(np.float64), y.astype(np.float64)
        apart, size = np.abs(v - u), np.maximum(np.abs(u), np.abs(v))
        self._identical += int(np.count_nonzero(apart == 0))
        self._by_size.offer(apart, start, places)
        beyond = self._beyond(apart, size)
        if beyond is None:
            return
        zero_in_x, zero_in_y = beyond & (x == 0), beyond & (y == 0)
        self._zero_in_x += int(np.count_nonzero(zero_in_x))
        self._zero_in_y += int(np.count_nonzero(zero_in_y))
        beyond &= ~(zero_in_x | zero_in_y)
        # Only those are divided that may be among the largest: products are rounded, and sizes of 1e308 need room.
        beyond &= apart > size * (min(self._by_share.least, 1.0) * _NEARLY)
        near = np.flatnonzero(beyond)
        if near.size:
            self._by_share.offer(apart[near] / size[near], start, near if places is None else places[near])

    def _beyond(self, apart: Floats, size: Floats) -> npt.NDArray[np.bool_] | None:
        """Count the pixels up to each limit; return those beyond the first one, None if there are none."""
        beyond = None
        for number, (_, relative, absolute) in enumerate(self._tolerance.bands):
            limit = relative * size
            within = apart <= (np.maximum(limit, absolute, out=limit) if absolute else limit)
            count = int(np.count_nonzero(within))
            if count == apart.size:
                # The later limits are no lower.
                self._up_to[number:] = [upper + count for upper in self._up_to[number:]]
                break
            beyond = ~within if number == 0 else beyond
            self._up_to[number] += count
        return beyond

    def merge(self, later: "_Tally") -> None:
        """Take over what was seen of later pixels."""
        self._identical += later._identical
        self._zero_in_x += later._zero_in_x
        self._zero_in_y += later._zero_in_y
        self._up_to = [own + other for own, other in zip(self._up_to, later._up_to, strict=True)]
        self._steps += later._steps
        self._by_size.merge(later._by_size)
        self._by_share.merge(later._by_share)

    def result(self, count: int) -> PixelScan:
        """Return what `count` pixels gave."""
        edges = [0, *self._up_to, count]
        names = [status for status, _, _ in self._tolerance.bands] + [Status.CRITICAL]
        counts = {name: upper - lower for name, lower, upper in zip(names, edges, edges[1:], strict=False)}
        steps = None if self._format is None else tuple(int(number) for number in np.trim_zeros(self._steps, "b"))
        return PixelScan(
            max_abs_diff=self._by_size.largest,
            identical=self._identical,
            counts=counts,
            worst=self._by_size.positions,
            worst_relative=self._by_share.positions,
            zero_in_x=self._zero_in_x,
            zero_in_y=self._zero_in_y,
            steps=steps,
            step_of="" if self._format is None else format_name(self._format),
        )


class _Largest:
    """The largest numbers offered so far, zeros left out, and their positions; of equal ones the first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: list[tuple[float, int]] = []

    def offer(self, values: Floats, start: int, places: Places | None) -> None:
        """Offer numbers at rising places from position `start` on; None stands for all."""
        if not values.max() > self.least:
            return
        found = np.flatnonzero(values > self.least)
        if found.size > self._most:
            # Stable, so that of equal numbers the first are kept.
            found = found[np.argsort(-values[found], kind="stable")[: self._most]]
        at = found if places is None else places[found]
        offered = [(-float(value), start + int(place)) for value, place in zip(values[found], at, strict=True)]
        self._found = sorted(self._found + offered)[: self._most]

    def merge(self, later: "_Largest") -> None:
        """Take over what was offered of later positions."""
        self._found = sorted(self._found + later._found)[: self._most]

    @property
    def least(self) -> float:
        """What a number must exceed to be among the largest."""
        return -self._found[-1][0] if len(self._found) == self._most else 0.0

    @property
    def largest(self) -> float:
        return -self._found[0][0] if self._found else 0.0

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(position for _, position in self._found)
