"""Whether one image is the other moved by a part of a pixel, or blurred: each pixel a sum over its neighbours."""

import math
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.order_statistics import distinct, outermost
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.value_relations import step_of
from nbtrace.frozen import frozen, frozen_apart
from nbtrace.images.image import Mask

Values: TypeAlias = npt.NDArray[Any]
Doubles: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.intp]

_RADII = (1, 2, 4)
_EQUATIONS = 2_500
"""Pixels from which the weights are solved."""
_LOOKED_AT = 300_000
"""Pixels among which bright ones are looked for."""
_PER_WEIGHT = 8
_TRIED = 20_000
"""Pixels that are tried before all are."""
_PIXELS = 1 << 14
"""Pixels at a time, in whole rows: their working arrays stay in the processor's cache."""
_AT_ONCE = 1 << 16
"""Most pixels of which what is left is taken at a time."""
_CERTAIN = 1 - 1e-9
"""What bounds a sum that was rounded."""
_STEPS = 64.0
"""Steps of the number format that the sum over neighbours may leave, of the sum of their sizes."""
_SOLVED = 1e-10
"""The same for what solving for many weights leaves."""
_ROUNDING = 1.001
"""Room for the rounding of what is left."""
_LEAST = 1e-7
_KEPT = 0.1
"""By how much a blur or shift that leaves something may change the sum."""
_WORTH = 0.9
"""Share of the squared difference that must be gone in the pixels of the equations."""


@frozen_apart
class Spread:
    """An image as a weighted sum over the neighbours of the other one.

    Attributes
    ----------
    weights : ndarray
        Shape (2r + 1, 2r + 1): of the pixels from −r to r, slow and fast.
    exact : bool
        Whether no more is left than the number format leaves.
    left, left_relative : float
    explained : float
        Share of the squared difference that is gone.
    pixels : int
    """

    weights: Doubles
    exact: bool
    left: float
    left_relative: float
    explained: float
    pixels: int

    @property
    def shift(self) -> tuple[float, float]:
        """Pixels (slow, fast) by which the source has moved in what is made of it."""
        slow, fast, total = self._moments()
        return -float((slow * self.weights).sum()) / total, -float((fast * self.weights).sum()) / total

    @property
    def width(self) -> float:
        """Root of the mean square distance, per axis, of the weights from their centre, in pixels; 0 if not real."""
        slow, fast, total = self._moments()
        at = self.shift
        square = float((((slow + at[0]) ** 2 + (fast + at[1]) ** 2) * self.weights).sum()) / total / 2
        return math.sqrt(max(square, 0.0))

    def _moments(self) -> tuple[Doubles, Doubles, float]:
        radius = self.weights.shape[0] // 2
        offsets = np.arange(-radius, radius + 1, dtype=np.float64)
        return offsets[:, None], offsets[None, :], float(self.weights.sum())

    @property
    def step(self) -> RelationStep:
        """The step."""
        (slow, fast), width, total = self.shift, self.width, float(self.weights.sum())
        parameters = {"slow": slow, "fast": fast, "width": width, "factor": total}
        scale = "" if abs(total - 1) < 1e-4 else f", times {total:.6g}"
        if math.hypot(slow, fast) < 0.02:
            return RelationStep(RelationKind.SPREAD, f"blurred, {width:.3g} pixels wide (σ){scale}", parameters)
        words = f"moved by {slow:+.3g} along slow and {fast:+.3g} along fast, in pixels{scale}"
        return RelationStep(RelationKind.MOVED, words, parameters)


@frozen_apart
class Spreads:
    """An image as sums over neighbours of another one: the smallest neighbourhood that leaves nothing, or some.

    Attributes
    ----------
    exact : Spread or None
    """

    exact: Spread | None
    _inexact: "tuple[_Sums, ...]" = ()

    def best(self) -> Spread | None:
        """Return the one that leaves least, a larger neighbourhood only if it leaves far less."""
        best: Spread | None = None
        for found in (sums.spread(exact=False) for sums in self._inexact):
            if found is not None and (best is None or 1 - found.explained < (1 - best.explained) / 4):
                best = found
        return best


def spread_over_neighbours(x: Values, y: Values, compared: Mask | None) -> Spreads:
    """Return y as sums over neighbours of x.

    Parameters
    ----------
    x, y : ndarray
        Shape (slow, fast).
    compared : ndarray or None
        Pixels that count; None if all do.
    """
    inexact: list[_Sums] = []
    for radius in _RADII:
        sums = _solved(x, y, compared, radius)
        if sums is not None and sums.leave_nothing():
            exact = sums.spread(exact=True)
            if exact is not None:
                return Spreads(exact)
        elif sums is not None and abs(float(sums.weights.sum()) - 1) < _KEPT:
            inexact.append(sums)
            continue
        if radius > 1:
            break
    return Spreads(None, tuple(inexact))


def _solved(x: Values, y: Values, compared: Mask | None, radius: int) -> "_Sums | None":
    size = 2 * radius + 1
    inner = tuple(slice(radius, length - radius) for length in x.shape)
    target = y[inner]
    if target.size < _PER_WEIGHT * size * size:
        return None
    wanted = None if compared is None else _with_neighbours(compared, target.shape, size)
    places = None if wanted is None else np.flatnonzero(wanted)
    count = target.size if places is None else places.size
    if count < _PER_WEIGHT * size * size:
        return None
    some = _every(places, count, max(1, count // _LOOKED_AT))
    half = min(_EQUATIONS // 2, some.size)
    sizes = np.abs(_at(target, some))
    bright = some[outermost(sizes, half)]
    spread = _every(places, count, max(1, count // (_EQUATIONS // 2)))
    chosen = distinct(np.concatenate((bright, spread)))
    rows, columns = np.divmod(chosen, target.shape[1])
    near = np.stack([x[rows + s, columns + f] for s in range(size) for f in range(size)], 1).astype(np.float64)
    goal = _at(target, chosen)
    before = float(((goal - near[:, near.shape[1] // 2]) ** 2).sum())
    if not _solvable(near, goal, (1 - _WORTH) * before):
        return None
    solved: Doubles = np.linalg.lstsq(near, goal, rcond=None)[0].astype(np.float64)
    if not float(((goal - near @ solved) ** 2).sum()) <= (1 - _WORTH) * before:
        return None
    if abs(float(solved.sum())) < _LEAST:
        return None
    epsilon = max(step_of(x), step_of(y), float(np.finfo(np.float64).eps))
    others = _every(places, count, max(1, count // _TRIED))
    return _Sums(x, y, solved.reshape(size, size), places, max(_STEPS * epsilon, _SOLVED), (chosen, others))


def _solvable(near: Doubles, goal: Doubles, most: float) -> bool:
    """Tell whether any weights may leave so little, the last number of a QR decomposition: far faster than solving."""
    triangle: Doubles = np.asarray(np.linalg.qr(np.column_stack((near, goal)), mode="r"))
    left = float(triangle[-1, -1])
    return left * left <= most * _ROUNDING


def _every(places: Places | None, count: int, step: int) -> Places:
    """Return one of so many places; None stands for all from 0 on."""
    return np.arange(0, count, step) if places is None else places[::step]


def _with_neighbours(compared: Mask, shape: tuple[int, ...], size: int) -> Mask:
    """Return which pixels count with all of their neighbours, the border left out."""
    wanted = np.ones(shape, bool)
    for slow in range(size):
        for fast in range(size):
            wanted &= compared[slow : slow + shape[0], fast : fast + shape[1]]
    return wanted


def _at(values: Values, places: Places) -> Doubles:
    """Return the values at flat places of an array that may be a part of another one."""
    rows, columns = np.divmod(places, values.shape[1])
    found: Doubles = values[rows, columns].astype(np.float64)
    return found


@frozen
class _Left:
    """What sums over neighbours leave of some pixels, with the squares of it and of the difference before."""

    largest: float
    relative: float
    squares: float
    before: float
    nothing: bool


@frozen_apart
class _Sums:
    """Weighted sums over the neighbours of each pixel of x, held against y.

    Attributes
    ----------
    x, y : ndarray
        Shape (slow, fast).
    weights : ndarray
        Shape (2r + 1, 2r + 1).
    places : ndarray or None
        Flat places, the border left out, of the pixels that count; None if all do.
    share : float
        What may be left, of the sum of the sizes of what is summed.
    some : tuple of ndarray
        A few of these places, those from which the weights are solved, and others.
    """

    x: Values
    y: Values
    weights: Doubles
    places: Places | None
    share: float
    some: tuple[Places, ...]

    @property
    def _shape(self) -> tuple[int, int]:
        rows, columns = (length - len(self.weights) + 1 for length in self.x.shape)
        return rows, columns

    @property
    def _count(self) -> int:
        return math.prod(self._shape) if self.places is None else self.places.size

    def leave_nothing(self) -> bool:
        """Tell whether no more is left than the number format leaves."""
        return self._nothing is not None

    @cached_property
    def _nothing(self) -> list[_Left] | None:
        """What is left where that is nothing; None if it is more, which a few pixels mostly tell."""
        if not all(self._leave_nothing_at(places) for places in self.some):
            return None
        failed = False

        def left_nothing(first: int, end: int) -> _Left | None:
            nonlocal failed
            part = None if failed else self._left_of(first, end)
            failed = failed or part is None or not part.nothing
            return part

        parts = of_leaves(self._count, left_nothing, _AT_ONCE)
        return None if failed else [part for part in parts if part is not None]

    def _leave_nothing_at(self, places: Places) -> bool:
        rows, columns = np.divmod(places, self._shape[1])
        predicted, reach = np.zeros((2, rows.size))
        for slow, fast in np.ndindex(self.weights.shape):
            weight, values = float(self.weights[slow, fast]), self.x[rows + slow, columns + fast].astype(np.float64)
            predicted += weight * values
            reach += abs(weight) * np.abs(values)
        radius = len(self.weights) // 2
        left = np.abs(self.y[rows + radius, columns + radius].astype(np.float64) - predicted)
        return bool((left <= self.share * reach).all())

    def spread(self, *, exact: bool) -> Spread | None:
        """Return them with what they leave; None if there was no difference before."""
        parts, count = self._left, self._count
        before = total(count, [part.before for part in parts], _AT_ONCE)
        if before == 0:
            return None
        return Spread(
            weights=self.weights,
            exact=exact,
            left=max(part.largest for part in parts),
            left_relative=max(part.relative for part in parts),
            explained=1 - total(count, [part.squares for part in parts], _AT_ONCE) / before,
            pixels=count,
        )

    @cached_property
    def _left(self) -> list[_Left]:
        return self._nothing or of_leaves(self._count, self._left_of, _AT_ONCE)

    def _left_of(self, first: int, end: int) -> _Left:
        """Return what is left of the pixels that count from the `first` one on."""
        columns, radius = self._shape[1], len(self.weights) // 2
        flat = (first, end) if self.places is None else (int(self.places[first]), int(self.places[end - 1]) + 1)
        rows = flat[0] // columns, -(-flat[1] // columns)
        own: Places | slice = slice(flat[0] - rows[0] * columns, flat[1] - rows[0] * columns)
        if self.places is not None:
            own = self.places[first:end] - rows[0] * columns

        def used(values: Values) -> Doubles:
            found: Doubles = values[rows[0] : rows[1]].ravel()[own].astype(np.float64)  # never a part of the image
            return found

        inner = slice(radius, self.x.shape[0] - radius), slice(radius, radius + columns)
        predicted = sums_over_neighbours(self.x, self.weights, *rows).ravel()[own]
        target = used(self.y[inner])
        before = target - used(self.x[inner])
        left = target - predicted
        np.abs(left, out=left)
        np.abs(predicted, out=predicted)
        # The sum of the sizes is no smaller than the size of the sum, so it is mostly not looked at.
        nothing = bool((left <= predicted * (self.share * _CERTAIN)).all())
        if not nothing:
            reach = sums_over_neighbours(self.x, self.weights, *rows, sizes=True).ravel()[own]
            nothing = bool((left <= self.share * reach).all())
        sizes = np.maximum(np.abs(target, out=target), predicted, out=predicted)
        if float(sizes.min()) > 0:
            relative = np.divide(left, sizes, out=sizes)
        else:
            relative = np.divide(left, sizes, out=np.zeros_like(left), where=sizes > 0)
        before *= before
        largest = float(left.max())
        left *= left
        return _Left(largest, float(relative.max()), float(left.sum()), float(before.sum()), nothing)


def sums_over_neighbours(x: Values, weights: Doubles, first: int, end: int, *, sizes: bool = False) -> Doubles:
    """Return the weighted sums over neighbours, or over their sizes, of pixels of some rows, the border left out."""
    size, width = len(weights), x.shape[1]
    columns, at_once = width - size + 1, max(1, _PIXELS // width)
    predicted = np.empty((end - first, columns))
    # Rows one behind the other: a neighbour is so many places on, and what runs over the end of a row is left out.
    sums = np.zeros(at_once * width)
    across = np.abs(weights) if sizes else weights
    for start in range(first, end, at_once):
        last = min(start + at_once, end)
        part = x[start : last + size - 1].astype(np.float64).ravel()
        if sizes:
            np.abs(part, out=part)
        count = (last - start) * width - (size - 1)
        own = sums[:count]
        for slow, row in enumerate(across):
            place = slow * width
            # For up to eleven weights, numpy adds the products of a row in one pass over the pixels.
            term = np.correlate(part[place : place + count + size - 1], row)
            if slow:
                np.add(own, term, out=own)
            else:
                own[:] = term
        predicted[start - first : last - first] = sums[: (last - start) * width].reshape(-1, width)[:, :columns]
    return predicted
