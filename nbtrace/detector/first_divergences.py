"""The first divergence of each pixel of a portion, and what a whole detector of them comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nbtrace.detector.detector_file import Flags, Numbers, Ordinals, pixel_of, pixels_of
from nbtrace.detector.detector_result import (
    AGREEING,
    LACKING,
    ONLY_C,
    ONLY_PY,
    UNCOMPARED,
    ApartPixels,
    DivergentPixel,
    FirstQuantity,
    Region,
)
from nbtrace.detector.judged_rows import STATUSES, JudgedRows
from nbtrace.detector.paired_rows import PairedRows
from nbtrace.detector.pixel_columns import OrderedQuantity

_NONE = np.iinfo(np.int64).max
_TURN_BITS, _RANK_BITS, _SAMPLE_BITS = 24, 13, 24
MOST_QUANTITIES = 1 << _RANK_BITS


class PortionFirsts:
    """The first divergence of each pixel of a portion, found quantity by quantity.

    Attributes
    ----------
    quantity : ndarray
        Of each pixel, the number of the first diverging quantity; −1 for none.
    row : ndarray
        The pair in which it diverges first.
    status, component, c, py, relative, severity : ndarray
        Of that value; see :class:`nbtrace.detector.judged_rows.JudgedRows`.
    compared : ndarray
        Whether a value of the pixel was compared.
    """

    def __init__(self, pairs: PairedRows) -> None:
        size = len(pairs.pixels)
        self.pairs = pairs
        self.quantity = np.full(size, -1, dtype=np.int16)
        self.row = np.zeros(size, dtype=np.int64)
        self.status = np.zeros(size, dtype=np.uint8)
        self.component = np.zeros(size, dtype=np.uint8)
        self.c, self.py, self.relative, self.severity = (np.full(size, np.nan) for _ in range(4))
        self.compared = np.zeros(size, dtype=bool)
        self._key = np.full(size, _NONE, dtype=np.int64)
        # A sampled point, and within it the turn of the outermost loop; before both, what is of the run.
        most = (1 << _SAMPLE_BITS) - 1
        self._point = np.minimum(pairs.sample, most) << (_TURN_BITS + _RANK_BITS)
        self._turn = np.minimum(pairs.turn + 1, (1 << _TURN_BITS) - 1) << _RANK_BITS

    def add(self, number: int, item: OrderedQuantity, judged: JudgedRows) -> int:
        """Take a quantity in, of which this is the number in the order; return in how many pixels it diverges."""
        if judged.compared:
            self._note_compared(judged)
        if not len(judged.rows):
            return 0
        pixel = self.pairs.pixel[judged.rows]
        key = np.full(len(pixel), number, dtype=np.int64)
        if item.phase == 1:
            key += self._point[judged.rows]
            if item.turns:
                key += self._turn[judged.rows]
        key += item.phase << (_TURN_BITS + _RANK_BITS + _SAMPLE_BITS)
        # Of several rows of one pixel the one with the smallest key, the first among equals.
        first = np.arange(len(pixel))
        if (pixel[1:] == pixel[:-1]).any():
            order = np.lexsort((key, pixel))
            first = order[np.concatenate([[True], np.diff(pixel[order]) != 0])]
        better = first[key.take(first) < self._key.take(pixel.take(first))]
        at = pixel[better]
        self._key[at] = key[better]
        self.quantity[at] = number
        self.row[at] = judged.rows[better]
        for own, values in (
            (self.status, judged.status),
            (self.component, judged.component),
            (self.c, judged.c),
            (self.py, judged.py),
            (self.relative, judged.relative),
            (self.severity, judged.severity),
        ):
            own[at] = values[better]
        return len(first)

    def _note_compared(self, judged: JudgedRows) -> None:
        if judged.compared_rows is None:
            self.compared[self.pairs.pixel] = True
        else:
            self.compared[self.pairs.pixel[judged.compared_rows]] = True

    def codes(self) -> npt.NDArray[np.int16]:
        """Return what the map says of each pixel; see :class:`nbtrace.detector.detector_result.DivergenceMap`."""
        of_c, of_py, _ = self.pairs.rows_of_pixels
        codes = np.where(self.quantity >= 0, self.quantity + 1, AGREEING).astype(np.int16)
        agreeing = self.quantity < 0
        codes[agreeing & ~self.compared] = UNCOMPARED
        codes[agreeing & self.lacks_rows()] = LACKING
        codes[of_py == 0] = ONLY_C
        codes[of_c == 0] = ONLY_PY
        return codes

    def lacks_rows(self) -> Flags:
        """Return which pixels of both sides have a row that only one of them has."""
        of_c, of_py, both = self.pairs.rows_of_pixels
        lacks: Flags = ((of_c > both) | (of_py > both)) & (of_c > 0) & (of_py > 0)
        return lacks

    def digits(self) -> Numbers:
        """Return how many decimal digits of each first divergence agree; nan where none can."""
        with np.errstate(all="ignore"):
            digits: Numbers = np.maximum(0.0, -np.log10(np.abs(self.relative)))
        digits[~np.isfinite(self.relative)] = np.nan
        return digits


@dataclass
class QuantitySummary:
    """What is known so far of one quantity as the first divergence of pixels."""

    item: OrderedQuantity
    pixels: int = 0
    diverging: int = 0
    compared: int = 0
    expected: int = 0
    statuses: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(STATUSES), dtype=np.int64))
    region: Region | None = None
    worst: DivergentPixel | None = None
    severity: float = -1.0

    def add(self, number: int, firsts: PortionFirsts) -> None:
        """Take in the pixels of a portion in which it is the first."""
        chosen = np.flatnonzero(firsts.quantity == number)
        if not len(chosen):
            return
        self.pixels += len(chosen)
        self.statuses += np.bincount(firsts.status[chosen], minlength=len(STATUSES))
        self.region = around(self.region, firsts.pairs.pixels[chosen])
        at = int(chosen[np.argmax(firsts.severity[chosen])])
        if firsts.severity[at] > self.severity:
            self.severity = float(firsts.severity[at])
            self.worst = _pixel(firsts, at, self.item)

    def told(self, parts: int) -> FirstQuantity:
        """Return it as a result tells it; `parts` that do not touch hold its pixels."""
        return FirstQuantity(
            self.item.quantity.name,
            self.item.quantity.unit if self.item.quantity.known is None else self.item.quantity.known.unit,
            self.pixels,
            self.diverging,
            {status: int(many) for status, many in zip(STATUSES, self.statuses, strict=True) if many},
            self.region,
            parts,
            self.worst,
        )


def _pixel(firsts: PortionFirsts, at: int, item: OrderedQuantity) -> DivergentPixel:
    components = item.quantity.components
    row = int(firsts.row[at])
    places = firsts.pairs.c.file.columns.places
    return DivergentPixel(
        pixel_of(int(firsts.pairs.pixels[at])),
        tuple((title, int(firsts.pairs.place(title)[row])) for title in places),
        components[int(firsts.component[at])] if components else "",
        _told(firsts.c[at]),
        _told(firsts.py[at]),
        float(firsts.relative[at]),
        STATUSES[int(firsts.status[at])],
    )


def _told(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def around(region: Region | None, pixels: Ordinals) -> Region | None:
    """Return the smallest rectangle that holds a region and these pixels."""
    if not len(pixels):
        return region
    slow, fast = pixels_of(pixels)
    own = int(slow.min()), int(slow.max()), int(fast.min()), int(fast.max())
    if region is None:
        return own
    return min(region[0], own[0]), max(region[1], own[1]), min(region[2], own[2]), max(region[3], own[3])


def apart(before: ApartPixels, pixels: Ordinals) -> ApartPixels:
    """Return pixels that are told apart, with these."""
    return ApartPixels(before.pixels + len(pixels), around(before.region, pixels))


def diverging(summaries: Sequence[QuantitySummary]) -> list[int]:
    """Return the numbers of the quantities that diverge somewhere."""
    return [number for number, item in enumerate(summaries) if item.diverging]
