"""Relations between the values of two images, pixel for pixel: offset, scale, root, rounding, clipping, overflow.

A value y that was made from u by an operation lies in a band [low, high] that the number format, or rounding to whole
numbers, leaves open. A relation y = k·u + b holds where one k and one b meet the bands of all pixels.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.bands import FORMS, Band, Doubles, LineForm
from nbtrace.compare.images.image_parts import few_apart, in_parts
from nbtrace.compare.images.order_statistics import distinct, median, outermost
from nbtrace.compare.images.relation import RelationKind, RelationStep, offset_step
from nbtrace.compare.images.value_pair import Ends, ValuePair
from nbtrace.frozen import frozen

Values: TypeAlias = npt.NDArray[Any]
Places: TypeAlias = npt.NDArray[np.intp]

_ENDS = 500
_SPREAD = 4_000
_LOOKED_AT = 500_000
_CHUNK = 1 << 16
"""Pixels at a time."""
_STEPS = 4.0
"""Steps of the number format that an operation may leave."""
_LEVELS = 4
"""Values, besides one for each fitted number, that the made image must have between its limits."""
_PIXELS = 12
"""The same of pixels."""
_DECIMALS = 6
_SAME = 1e-2
"""Of the unit, up to which a number is a multiple of it."""
_MET = 0.99
"""Share of pixels that going to whole numbers must give, but for the last digits of the number before."""
_MET_EXACTLY = 0.75
"""The same with these digits."""
_DOUBLE = 1e-15
"""Steps of float64 are smaller."""
_NEARLY = 1e-9
_CLIPPED = 3
"""Different values that a limit must cut off."""
_LIMITS = ((False, False), (False, True), (True, False), (True, True))
"""Whether the lowest and the highest value of the made image are limits."""


@frozen
class ValueRelation:
    """Steps from x to y, and the prediction of y."""

    steps: tuple[RelationStep, ...]
    predicted: Doubles


@frozen
class _Quantiser:
    """A way to whole numbers: y − k·u − b lies between `low` and `high`, in units of the last digit that is kept."""

    kind: RelationKind | None
    words: str
    low: float
    high: float
    rules: tuple[Callable[[Doubles], Doubles], ...]
    """Ways to do it; rounding may take halves up, down, to the even number or away from 0."""


_NONE = _Quantiser(None, "", 0.0, 0.0, ())
_ROUND: tuple[Callable[[Doubles], Doubles], ...] = (
    np.rint,
    lambda a: np.floor(a + 0.5),
    lambda a: np.ceil(a - 0.5),
    lambda a: np.trunc(a + np.copysign(0.5, a)),
)
_QUANTISERS = (
    _Quantiser(RelationKind.ROUNDED, "rounded to {}", -0.5, 0.5, _ROUND),
    _Quantiser(RelationKind.CUT, "cut to {} (the rest dropped, not rounded)", -1.0, 0.0, (np.floor,)),
    _Quantiser(RelationKind.RAISED, "raised to the next of {}", 0.0, 1.0, (np.ceil,)),
)
_TRANSFORMS: tuple[tuple[RelationStep | None, Callable[[Doubles], Doubles]], ...] = (
    (None, lambda a: a),
    (RelationStep(RelationKind.SQUARE_ROOT, "the square root of"), lambda a: np.sqrt(np.maximum(a, 0.0))),
    (RelationStep(RelationKind.SQUARE, "the square of"), np.square),
)


def step_of(values: Values) -> float:
    """Return the relative step of the numbers that an array holds: that of float32 where all of them are such."""
    if values.dtype.kind != "f":
        return 0.0
    narrow = values.dtype.itemsize <= 4 or _is_single(values)
    return float(np.finfo(np.float32 if narrow else np.float64).eps) if values.dtype.itemsize > 2 else 2.0**-10


def _is_single(values: Values) -> bool:
    with np.errstate(over="ignore", under="ignore"):
        return all(bool((part.astype(np.float32) == part).all()) for part in (values[:_SPREAD], values))


class FewPlaces:
    """The few pixels of two images by which relations are tried first, the same from either side.

    They are looked for only where evenly spread ones leave a relation open.
    """

    def __init__(self, x: Values, y: Values) -> None:
        self._values = x, y

    @cached_property
    def places(self) -> Places:
        """What :func:`few_places` gives."""
        return few_places(*self._values)


def value_relation(
    x: Values, y: Values, few: FewPlaces | None = None, known: ValuePair | None = None
) -> ValueRelation | None:
    """Return the simplest relation by which y is made from x to the last digit; None if there is none.

    Parameters
    ----------
    x, y : ndarray
        Flat, of one shape, finite.
    few : FewPlaces, optional
        Of these two, in any order.
    known : ValuePair, optional
        Both, with what is known of them.
    """
    if np.array_equal(x[:_SPREAD], y[:_SPREAD]) and np.array_equal(x, y):
        return None  # as where only pixels differ that are no numbers
    pair = ValuePair.of(x, y) if known is None else known
    special = _narrowed(x, y) or _wrapped(x, y, pair)
    if special is not None:
        return special
    epsilon = max(step_of(x), step_of(y), float(np.finfo(np.float64).eps))
    own = max(step_of(y), float(np.finfo(np.float64).eps))
    ends = pair.y.ends
    # Finding the few pixels that tell most takes long; mostly some that are evenly spread rule out all lines.
    lines = _open_lines(x, y, epsilon, _quantum(y[_spread(y.size)], own, ends.largest), ends)
    if not lines:
        return None
    places = (FewPlaces(x, y) if few is None else few).places
    some = x[places].astype(np.float64), y[places].astype(np.float64)
    quantum = _quantum(y, own, ends.largest)
    quantisers = (_NONE,) if quantum is None else (_NONE, *_QUANTISERS)
    every: tuple[Doubles, Doubles] | None = None
    for (form, (first, transform)), limits in product(lines, _LIMITS):
        found = []
        for quantiser in quantisers:
            problem = _Problem(transform, quantiser, limits, ends, epsilon, quantum or 1.0, form)
            if problem.fitted(*some) is None:
                continue
            # Few pairs come so far: only for them are all pixels taken as float64.
            every = every or (x.astype(np.float64), y.astype(np.float64))
            source, made = every
            fitted = problem.fitted(source, made)
            steps = () if fitted is None else problem.steps(first, fitted, source)
            if fitted is not None and not steps and not any(limits):
                return None  # The same numbers, as far as their format holds them.
            if fitted is not None and steps and problem.holds(fitted, source, made):
                found.append((problem, fitted, steps))
        if found:
            problem, fitted, steps = min(found, key=lambda item: not _is_multiple(item[1][1], item[0].unit))
            return ValueRelation(steps, problem.predicted(fitted, source))
    return None


def _spread(count: int) -> slice:
    return slice(0, count, max(1, count // _SPREAD))


def _open_lines(
    x: Values, y: Values, epsilon: float, unit: float | None, ends: Ends
) -> list[tuple[LineForm, tuple[RelationStep | None, Callable[[Doubles], Doubles]]]]:
    """Return the forms and transforms of a line that evenly spread pixels leave open, whatever else is done.

    The bands hold those of each way to whole numbers, and of any limits, so none is ruled out that :class:`_Problem`
    would let through.
    """
    every = list(product(FORMS, _TRANSFORMS))
    if x.size <= _SPREAD:
        return every
    source, made = (values[_spread(x.size)].astype(np.float64) for values in (x, y))
    order = np.argsort(source, kind="stable")
    source, made = source[order], made[order]
    at_end = (made == ends.low) | (made == ends.high)
    reach = 0.0 if unit is None else unit
    found = []
    for form, (first, transform) in every:
        u = transform(source)
        width = _STEPS * epsilon * _sizes(form, u, made, ends.largest)
        low, high = made - reach - width, made + reach + width
        low[at_end], high[at_end] = -math.inf, math.inf
        if not form.rules_out(Band(u, low, high, reach, unit is not None), ends.largest):
            found.append((form, (first, transform)))
    return found


def _sizes(form: LineForm, u: Doubles, y: Doubles, typical: float) -> Doubles:
    """Return the sizes of numbers of whose format an operation may leave some steps."""
    size = np.abs(y)
    if not form.scales:
        return np.maximum(size, np.abs(u))
    return size + typical if form.moves else size


def few_places(x: Values, y: Values) -> Places:
    """Return places of a few pixels: the ends of both images and of what lies between them, some evenly spread.

    Exchanging the images changes nothing.
    """
    count = x.size
    evenly = _spread(count)
    spread = np.arange(evenly.start, evenly.stop, evenly.step)
    if count <= _SPREAD:
        return spread
    # Among very many pixels, the ends of some of them, and those of all.
    some = np.arange(0, count, max(1, count // _LOOKED_AT))
    ends = [np.array([values.argmin(), values.argmax()]) for values in (x, y)]
    for values in (x[:: some[1]], y[:: some[1]]):
        ends += [some[outermost(values, _ENDS, lowest=lowest)] for lowest in (True, False)]
    return distinct(np.concatenate((spread, *ends, *_far_apart(x, y))))


def _far_apart(x: Values, y: Values) -> list[Places]:
    """Return places at which x and y are far apart, absolutely or as a share of one: few lines meet these by chance."""

    def looked_for(first: int, end: int) -> list[Places]:
        places = []
        with np.errstate(all="ignore"):
            for start in range(first, end, _CHUNK):
                left, right = (values[start : min(start + _CHUNK, end)] for values in (x, y))
                places.append(start + np.array(_farthest(left, right, few_apart(left, right))))
        return places

    return [places for part in in_parts(x.size, _CHUNK, looked_for) for places in part]


def _farthest(x: Values, y: Values, few: Places | None) -> list[int]:
    """Return where y − x is least and most, and where it is as a share of either; of equal places the first.

    `few` are the places where the two differ, if these are few: no others are then computed.
    """
    if few is not None:
        x, y = x[few], y[few]
        others = np.flatnonzero(few != np.arange(few.size))
        alike = int(others[0]) if others.size else few.size
    left, right = x.astype(np.float64), y.astype(np.float64)
    found = []
    for size in (None, left, right):
        if size is None:
            values = apart = right - left
        else:
            values = apart / np.abs(size)
            values[size == 0] = 0.0
        if few is None:
            found += [int(values.argmin()), int(values.argmax())]
            continue
        zeros = few[values == 0]
        nowhere = min(alike, int(zeros[0])) if zeros.size else alike
        found.append(int(few[values.argmin()]) if values.min(initial=0.0) < 0 else nowhere)
        found.append(int(few[values.argmax()]) if values.max(initial=0.0) > 0 else nowhere)
    return found


def _quantum(y: Values, epsilon: float, largest: float) -> float | None:
    """Return the decimal unit of which all values are multiples, 1 or a part of it; None if there is none.

    No value of the whole image is larger than `largest`.
    """
    some = y[_spread(y.size)]
    for decimals in range(_DECIMALS + 1):
        unit = 10.0**-decimals
        allowed = 0.0 if decimals == 0 else 4 * epsilon * largest
        if allowed >= unit / 100:
            return None
        if all(_are_multiples(values, unit, allowed) for values in (some, y)):
            return unit
    return None


def _are_multiples(values: Values, unit: float, allowed: float) -> bool:
    for start in range(0, values.size, _CHUNK):
        part = values[start : start + _CHUNK].astype(np.float64)
        if not bool((np.abs(part - np.rint(part / unit) * unit) <= allowed).all()):
            return False
    return True


@dataclass(frozen=True)
class _Problem:
    """A transform, a way to whole numbers, a form of line, and which ends of y are limits alone."""

    transform: Callable[[Doubles], Doubles]
    quantiser: _Quantiser
    limits: tuple[bool, bool]
    ends: tuple[float, float]
    epsilon: float
    unit: float
    form: LineForm

    def fitted(self, x: Doubles, y: Doubles) -> tuple[float, float] | None:
        """Return k and b; None if none meet the bands, or too little lies between the limits to tell."""
        u = self.transform(x)
        typical = abs(median(y)) if self.form.scales and self.form.moves else 0.0
        width = _STEPS * self.epsilon * _sizes(self.form, u, y, typical)
        low = y - self.unit * self.quantiser.high - width
        high = y - self.unit * self.quantiser.low + width
        inside = np.ones(y.shape, bool)
        for used, end, bound, open_ in zip(self.limits, self.ends, (low, high), (-math.inf, math.inf), strict=True):
            if used:
                at_end = y == end
                if np.count_nonzero(at_end) < 2:
                    return None
                bound[at_end] = open_
                inside &= ~at_end
        if np.count_nonzero(inside) < _PIXELS or not _varies(y[inside], _LEVELS + self.form.free):
            return None
        return self.form.fit(Band(u, low, high, self.unit, self.quantiser.kind is not None))

    def predicted(self, fitted: tuple[float, float], x: Doubles) -> Doubles:
        """Return what y would be without rounding."""
        predicted = fitted[0] * self.transform(x) + fitted[1]
        low = self.ends[0] if self.limits[0] else -math.inf
        high = self.ends[1] if self.limits[1] else math.inf
        return predicted if (low, high) == (-math.inf, math.inf) else np.clip(predicted, low, high)

    def holds(self, fitted: tuple[float, float], x: Doubles, y: Doubles) -> bool:
        """Tell whether going to whole numbers gives y, and gives it in more pixels than x itself does.

        The bands are closed, so that they alone allow either neighbour of a number that is whole already.
        """
        if self.quantiser.kind is None:
            return True
        k, b = fitted
        some = slice(None, None, max(1, x.size // _LOOKED_AT))
        x, y = x[some], y[some]
        exact = k * self.transform(x) + b
        slack = _STEPS * self.epsilon * np.abs(exact) if self.form.scales or self.epsilon > _DOUBLE else np.zeros(1)
        low = self.ends[0] if self.limits[0] else -math.inf
        high = self.ends[1] if self.limits[1] else math.inf
        best = close = 0
        for rule, base in product(self.quantiser.rules, {0.0, b} if _is_multiple(b, self.unit) else {0.0}):
            met, near = (
                np.logical_or.reduce(
                    [
                        np.abs(np.clip(rule((exact + by - base) / self.unit) * self.unit + base, low, high) - y)
                        <= self.unit * _SAME
                        for by in moved
                    ]
                )
                for moved in ((0.0,), (0.0, slack, -slack))
            )
            best, close = max(best, int(np.count_nonzero(met))), max(close, int(np.count_nonzero(near)))
        same = int(np.count_nonzero(np.abs(x - y) <= self.unit * _SAME))
        return close >= _MET * y.size and best >= _MET_EXACTLY * y.size and best - same >= _PIXELS

    def steps(self, first: RelationStep | None, fitted: tuple[float, float], x: Doubles) -> tuple[RelationStep, ...]:
        """Return the steps in the order in which they are done; none if nothing is done."""
        k, b = fitted
        steps = [] if first is None else [first]
        if self.form.scales:
            steps.append(RelationStep(RelationKind.SCALED, f"times {k:.10g}", {"factor": k}))
        offset = [offset_step(b)] if b else []
        kind = self.quantiser.kind
        words = "whole numbers" if self.unit == 1.0 else f"{-round(math.log10(self.unit))} decimals"
        rounding = [] if kind is None else [RelationStep(kind, self.quantiser.words.format(words))]
        whole = _is_multiple(b, self.unit)
        steps += [*rounding, *offset] if whole else [*offset, *rounding]
        clips = list(self._clips(k * self.transform(x) + b))
        return (*steps, *clips) if len(clips) == sum(self.limits) else ()

    def _clips(self, predicted: Doubles) -> Iterator[RelationStep]:
        """Yield the limits that cut off enough different values to be limits."""
        bottom, top = self.ends
        above, below = predicted[predicted > top], predicted[predicted < bottom]
        if self.limits[1] and _varies(above, _CLIPPED):
            yield RelationStep(RelationKind.CLIPPED, f"clipped at {top:.10g} ({above.size} pixels)", {"most": top})
        if self.limits[0] and _varies(below, _CLIPPED):
            words = f"not below {bottom:.10g} ({below.size} pixels)"
            yield RelationStep(RelationKind.CLIPPED, words, {"least": bottom})


def _is_multiple(value: float, unit: float) -> bool:
    return abs(value / unit - round(value / unit)) < _NEARLY


def _varies(values: Doubles, least: int) -> bool:
    """Tell whether an array has at least so many different values."""
    if len(distinct(values[:_SPREAD])) >= least:
        return True
    return len(distinct(values)) >= least


def _narrowed(source: Values, y: Values) -> ValueRelation | None:
    """Return y as x in half precision."""
    with np.errstate(over="ignore"):
        if not np.array_equal(source[:_SPREAD].astype(np.float64).astype(np.float16), y[:_SPREAD]):
            return None
        x = source.astype(np.float64)
        half = x.astype(np.float16)
    if not np.array_equal(half, y) or len(distinct(half)) < _LEVELS or np.array_equal(x, y):
        return None
    return ValueRelation((RelationStep(RelationKind.NARROWED, "in half precision"),), half.astype(np.float64))


_WRAPS: Sequence[tuple[int, bool]] = ((8, False), (16, False), (32, False), (8, True), (16, True), (32, True))


def _wrapped(source: Values, y: Values, known: ValuePair) -> ValueRelation | None:
    """Return y as x in whole numbers of which only the lowest bits are left."""
    if not bool((np.rint(y[:_SPREAD]) == y[:_SPREAD]).all()):
        return None
    ends = known.x.ends
    largest = max(ends.high, -ends.low)
    if largest >= 2.0**53:
        return None
    some = _spread(source.size)
    few = source[some].astype(np.float64)
    for (bits, signed), (function, words) in product(_WRAPS, ((np.rint, "rounded"), (np.trunc, "cut"))):
        if largest < 2.0 ** (bits - signed):
            continue
        # Some pixels tell where it is not so: remainders of all of them take long.
        if not np.array_equal(_lowest_bits(function(few), bits, signed=signed), y[some]) or not known.y.are_whole:
            continue
        whole = function(source.astype(np.float64))
        wrapped = _lowest_bits(whole, bits, signed=signed)
        beyond = int(np.count_nonzero(wrapped != whole))
        if beyond and beyond * 2 < source.size and np.array_equal(wrapped, y):
            kind = "signed " if signed else ""
            text = f"{words} to {kind}integers of {bits} bits, which {beyond} pixels overflow"
            return ValueRelation((RelationStep(RelationKind.WRAPPED, text),), wrapped)
    return None


def _lowest_bits(whole: Doubles, bits: int, *, signed: bool) -> Doubles:
    wrapped: Doubles = np.mod(whole, 2.0**bits)
    return np.where(wrapped >= 2.0 ** (bits - 1), wrapped - 2.0**bits, wrapped) if signed else wrapped
