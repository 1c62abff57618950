"""Which few pixels of two images tell one cause from another."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.explanation.images.image_simulator import Doubles, Places

Pixels: TypeAlias = npt.NDArray[Any]

_BLOCKS = 8
"""Parts of the detector along each axis; each gives the same number of pixels."""
_OF_RATIO = 100
_LOUD = 1e-3
"""Share of the largest value of a part from which on a ratio tells."""


def telling_pixels(c: Pixels, py: Pixels, usable: npt.NDArray[np.bool_]) -> Places:
    """Return a few hundred pixels, as flat indices, ascending.

    They are spread over the detector: of each part the brightest of either image, those that differ most and least,
    and some that are not chosen for anything; and over the ratio of the images.

    Parameters
    ----------
    c, py : ndarray
        Shape (slow, fast).
    usable : ndarray
        Pixels that count, shape (slow, fast).
    """
    x, y = (values.astype(np.float64).ravel() for values in (c, py))
    usable_flat = usable.ravel()
    chosen = [part for part in _parts(c.shape, x, y, usable_flat) if part.size]
    if not chosen:
        return np.zeros(0, np.int64)
    chosen.append(_over_ratio(x, y, np.flatnonzero(usable_flat)))
    places: Places = np.unique(np.concatenate(chosen)).astype(np.int64)
    return places


def _parts(shape: tuple[int, ...], x: Doubles, y: Doubles, usable: npt.NDArray[np.bool_]) -> Iterator[Places]:
    rows = np.array_split(np.arange(shape[0]), min(_BLOCKS, shape[0]))
    columns = np.array_split(np.arange(shape[1]), min(_BLOCKS, shape[1]))
    for row in rows:
        for column in columns:
            places = (row[:, None] * shape[1] + column[None, :]).ravel()
            places = places[usable[places]]
            if places.size:
                yield _of_part(places, x[places], y[places])


def _of_part(places: Places, x: Doubles, y: Doubles) -> Places:
    larger = np.maximum(np.abs(x), np.abs(y))
    apart = np.abs(y - x)
    loud = larger >= _LOUD * larger.max()
    relative = np.where(loud, apart / np.maximum(larger, 1e-300), -1.0)
    quiet = np.where(loud, relative, np.inf)
    at = {int(np.argmax(x)), int(np.argmax(y)), int(np.argmax(apart)), int(np.argmax(relative)), int(np.argmin(quiet))}
    at.update((places.size // 3, 2 * places.size // 3))
    return places[sorted(at)]


def _over_ratio(x: Doubles, y: Doubles, places: Places) -> Places:
    """Return pixels at evenly spaced ranks of the ratio, among those that are not faint."""
    stride = max(1, places.size // 50_000)
    some = places[::stride]
    u, v = x[some], y[some]
    floor = _LOUD * max(float(np.abs(u).max()), float(np.abs(v).max())) * _LOUD
    loud = (u > floor) & (v > floor)
    some, ratio = some[loud], v[loud] / u[loud]
    if not some.size:
        return some
    order = np.argsort(ratio)
    return some[order[:: max(1, order.size // _OF_RATIO)]]
