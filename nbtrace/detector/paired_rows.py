"""The rows of two whole-detector traces side by side: which of one belongs to which of the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nbtrace.detector.detector_file import Flags, Numbers, Ordinals, PixelRows
from nbtrace.detector.pixel_columns import PixelQuantity

_MOST_CODE = 1 << 60


@dataclass(frozen=True, eq=False)
class QuantityValues:
    """A quantity in rows: a row of numbers for each component, and where all or some of them are missing."""

    components: tuple[Numbers, ...]
    absent: Flags | None
    partial: Flags | None


@dataclass(frozen=True, eq=False)
class PairedRows:
    """A portion of both sides.

    Attributes
    ----------
    c, py : PixelRows
    of_c, of_py : ndarray or None
        Rows that belong together, in the order of execution; None where all do as they stand.
    pixels : ndarray
        All pixels of the portion, ascending.
    pixel : ndarray
        Of each pair, which of them.
    sample, turn : ndarray
        Of each pair, the ordinal of its sampled point in its pixel, and of its turn of the outermost loop.
    """

    c: PixelRows
    py: PixelRows
    of_c: Ordinals | None
    of_py: Ordinals | None
    pixels: Ordinals
    pixel: Ordinals
    sample: Ordinals
    turn: Ordinals

    def __len__(self) -> int:
        return len(self.pixel)

    @cached_property
    def rows_of_pixels(self) -> tuple[Ordinals, Ordinals, Ordinals]:
        """How many rows each pixel has in C, in Py and in pairs."""
        size = len(self.pixels)
        of_c, of_py = (
            np.bincount(np.searchsorted(self.pixels, rows.pixels), minlength=size) for rows in (self.c, self.py)
        )
        return of_c, of_py, np.bincount(self.pixel, minlength=size)

    def values_c(self, quantity: PixelQuantity) -> QuantityValues:
        """Return a quantity of C in the pairs."""
        return _values(self.c, quantity, self.of_c)

    def values_py(self, quantity: PixelQuantity) -> QuantityValues:
        """Return a quantity of Py in the pairs."""
        return _values(self.py, quantity, self.of_py)

    def first_apart(self, title: str) -> int | None:
        """Return the first pair in which a column that holds no plain numbers is not the same; None if it is in all."""
        c, py = (
            side.table.column(title).combine_chunks() if rows is None else side.table.column(title).take(rows)
            for side, rows in ((self.c, self.of_c), (self.py, self.of_py))
        )
        if c.equals(py):
            return None
        pairs = zip(c.to_pylist(), py.to_pylist(), strict=True)
        return next((number for number, (own, other) in enumerate(pairs) if own != other), None)

    def place(self, title: str) -> Ordinals:
        """Return the ordinals of a loop or of points in the pairs."""
        column = self.c.place(title)
        return column if self.of_c is None else column[self.of_c]


def _values(rows: PixelRows, quantity: PixelQuantity, chosen: Ordinals | None) -> QuantityValues:
    components, missing = [], []
    for title in quantity.columns:
        numbers, without = rows.file.column(rows.table, title)
        if chosen is not None:
            numbers = numbers[chosen]
            without = None if without is None else without[chosen]
        components.append(numbers if quantity.scale == 1.0 else numbers * quantity.scale)
        missing.append(without)
    if all(without is None for without in missing):
        return QuantityValues(tuple(components), None, None)
    flags = np.array([np.zeros(len(components[0]), dtype=bool) if one is None else one for one in missing])
    absent = np.asarray(flags.all(axis=0))
    partial = np.asarray(flags.any(axis=0)) & ~absent
    return QuantityValues(tuple(components), absent, partial if partial.any() else None)


def paired(c: PixelRows, py: PixelRows) -> PairedRows:
    """Pair the rows of a portion by pixel, sampled point and turns of loops; what comes again there, in turn."""
    points, loops = c.file.columns.points, c.file.columns.loops
    columns = [
        (c.place(own), py.place(other))
        for own, other in zip(c.file.columns.places, py.file.columns.places, strict=True)
    ]
    coded_c, coded_py = _coded((c.pixels, py.pixels), columns)
    order_c, again_c = _ordered(coded_c)
    order_py, again_py = _ordered(coded_py)
    often = int(max(np.max(again_c, initial=0), np.max(again_py, initial=0))) + 1
    if often > 1:
        coded_c, coded_py = coded_c * often, coded_py * often
    sorted_c = (coded_c if order_c is None else coded_c[order_c]) + again_c
    sorted_py = (coded_py if order_py is None else coded_py[order_py]) + again_py
    if len(sorted_c) == len(sorted_py) and np.array_equal(sorted_c, sorted_py):
        of_c, of_py, again = order_c, order_py, again_c
    else:
        _, at_c, at_py = np.intersect1d(sorted_c, sorted_py, assume_unique=True, return_indices=True)
        of_c = at_c if order_c is None else order_c[at_c]
        of_py = at_py if order_py is None else order_py[at_py]
        again = again_c[at_c]
    pixels = _distinct(c.pixels, py.pixels)
    own = c.pixels if of_c is None else c.pixels[of_c]

    def in_pairs(title: str) -> Ordinals:
        column = c.place(title)
        return column if of_c is None else column[of_c]

    sample = _samples(own, [in_pairs(title) for title in points]) if points else np.zeros(len(own), dtype=np.int64)
    turn = in_pairs(loops[0][1]) if loops else np.zeros(len(own), dtype=np.int64)
    if not points and not loops and often > 1:
        sample = again
    return PairedRows(c, py, of_c, of_py, pixels, np.searchsorted(pixels, own), sample, turn)


def _distinct(c: Ordinals, py: Ordinals) -> Ordinals:
    """Return the pixels of both, ascending, as those of either are."""
    of_c, of_py = (
        pixels[np.concatenate([[True], np.diff(pixels) != 0])] if len(pixels) else pixels for pixels in (c, py)
    )
    return of_c if np.array_equal(of_c, of_py) else np.union1d(of_c, of_py)


def _coded(
    pixels: tuple[Ordinals, Ordinals], columns: Sequence[tuple[Ordinals, Ordinals]]
) -> tuple[Ordinals, Ordinals]:
    """Return a number for each row that orders rows by pixel and then by these columns, on both sides alike."""
    size = len(pixels[0])
    both = np.concatenate(pixels)
    code: npt.NDArray[np.int64] = both - int(np.min(both, initial=0))
    most = int(np.max(code, initial=0)) + 1
    for pair in columns:
        column = np.concatenate(pair)
        low = int(np.min(column, initial=0))
        width = int(np.max(column, initial=0)) - low + 1
        if most * width > _MOST_CODE:
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            most = int(np.max(code, initial=0)) + 1
        code = code * width + (column - low)
        most *= width
    return code[:size], code[size:]


def _ordered(code: Ordinals) -> tuple[Ordinals | None, Ordinals]:
    """Return the order of rows (None where they have it), and for each in that order how often it came before."""
    steps = np.diff(code)
    again = np.zeros(len(code), dtype=np.int64)
    if (steps > 0).all():
        return None, again
    order = None if (steps >= 0).all() else np.argsort(code, kind="stable")
    sorted_code = code if order is None else code[order]
    same = np.concatenate([[False], np.diff(sorted_code) == 0])
    if same.any():
        numbers = np.arange(len(code))
        again = numbers - np.maximum.accumulate(np.where(same, 0, numbers))
    return order, again


def _samples(pixels: Ordinals, points: Sequence[Ordinals]) -> Ordinals:
    """Return of each row, sorted by pixel and point, the ordinal of its point in its pixel."""
    if not len(pixels):
        return np.zeros(0, dtype=np.int64)
    new_pixel = np.concatenate([[True], np.diff(pixels) != 0])
    new_point = new_pixel.copy()
    for column in points:
        new_point[1:] |= np.diff(column) != 0
    number = np.cumsum(new_point)
    rows = np.diff(np.concatenate([np.flatnonzero(new_pixel), [len(pixels)]]))
    samples: Ordinals = number - np.repeat(number[new_pixel], rows)
    return samples
