"""Whether one image is the other moved by a part of a pixel, or blurred: each pixel a sum over its neighbours."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.image_parts import in_parts
from nbtrace.compare.images.order_statistics import distinct, outermost
from nbtrace.compare.images.relation import RelationKind, RelationStep
from nbtrace.compare.images.value_relations import step_of
from nbtrace.images.image import Mask

Values: TypeAlias = npt.NDArray[Any]
Doubles: TypeAlias = npt.NDArray[np.float64]

_RADII = (1, 2, 4)
_EQUATIONS = 2_500
"""Pixels from which the weights are solved."""
_LOOKED_AT = 300_000
"""Pixels among which bright ones are looked for."""
_PER_WEIGHT = 8
_ROWS = 8
"""Rows at a time: their working arrays stay in the processor's cache."""
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


@dataclass(frozen=True, eq=False)
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


def spread_over_neighbours(x: Values, y: Values, compared: Mask | None) -> Spread | None:
    """Return y as sums over neighbours of x: the smallest neighbourhood that leaves nothing, else the best.

    Parameters
    ----------
    x, y : ndarray
        Shape (slow, fast).
    compared : ndarray or None
        Pixels that count; None if all do.
    """
    best: Spread | None = None
    for radius in _RADII:
        found = _spread(x, y, compared, radius)
        if found is not None and found.exact:
            return found
        if found is not None and (best is None or 1 - found.explained < (1 - best.explained) / 4):
            best = found
        if found is None and radius > 1:
            break
    return best


def _spread(x: Values, y: Values, compared: Mask | None, radius: int) -> Spread | None:
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
    return _judged(x, y, solved.reshape(size, size), wanted, radius)


def _solvable(near: Doubles, goal: Doubles, most: float) -> bool:
    """Tell whether any weights may leave so little, the last number of a QR decomposition: far faster than solving."""
    triangle: Doubles = np.asarray(np.linalg.qr(np.column_stack((near, goal)), mode="r"))
    left = float(triangle[-1, -1])
    return left * left <= most * _ROUNDING


def _every(places: npt.NDArray[np.intp] | None, count: int, step: int) -> npt.NDArray[np.intp]:
    """Return one of so many places; None stands for all from 0 on."""
    return np.arange(0, count, step) if places is None else places[::step]


def _with_neighbours(compared: Mask, shape: tuple[int, ...], size: int) -> Mask:
    """Return which pixels count with all of their neighbours, the border left out."""
    wanted = np.ones(shape, bool)
    for slow in range(size):
        for fast in range(size):
            wanted &= compared[slow : slow + shape[0], fast : fast + shape[1]]
    return wanted


def _at(values: Values, places: npt.NDArray[np.intp]) -> Doubles:
    """Return the values at flat places of an array that may be a part of another one."""
    rows, columns = np.divmod(places, values.shape[1])
    found: Doubles = values[rows, columns].astype(np.float64)
    return found


def _judged(x: Values, y: Values, weights: Doubles, wanted: Mask | None, radius: int) -> Spread | None:
    inner = tuple(slice(radius, length - radius) for length in x.shape)
    source, target = x.astype(np.float64), y[inner].astype(np.float64)
    predicted, reach = _sums_over_neighbours(source, weights)

    def used(values: Doubles) -> Doubles:
        return values.ravel() if wanted is None else values[wanted]

    left = used(np.abs(target - predicted))
    before = used((target - source[inner]) ** 2).sum()
    epsilon = max(step_of(x), step_of(y), float(np.finfo(np.float64).eps))
    allowed = max(_STEPS * epsilon, _SOLVED) * used(reach)
    exact = bool((left <= allowed).all())
    total = float(weights.sum())
    if before == 0 or abs(total) < _LEAST or not (exact or abs(total - 1) < _KEPT):
        return None
    sizes = used(np.maximum(np.abs(target), np.abs(predicted)))
    relative = np.divide(left, sizes, out=np.zeros_like(left), where=sizes > 0)
    return Spread(
        weights=weights,
        exact=exact,
        left=float(left.max()),
        left_relative=float(relative.max()),
        explained=1 - float((left * left).sum() / before),
        pixels=left.size,
    )


def _sums_over_neighbours(source: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Return the weighted sums over the neighbours of each pixel, the border left out, and those of their sizes."""
    size = len(weights)
    rows, columns = (length - size + 1 for length in source.shape)
    predicted, reach = np.zeros((rows, columns)), np.zeros((rows, columns))

    def summed(first: int, end: int) -> None:
        for start in range(first // columns, end // columns, _ROWS):
            last = min(start + _ROWS, end // columns)
            part = source[start : last + size - 1]
            sizes = np.abs(part)
            for slow, fast in np.ndindex(size, size):
                weight = float(weights[slow, fast])
                crop = slice(slow, slow + last - start), slice(fast, fast + columns)
                predicted[start:last] += weight * part[crop]
                reach[start:last] += abs(weight) * sizes[crop]

    in_parts(rows * columns, columns, summed)
    return predicted, reach
