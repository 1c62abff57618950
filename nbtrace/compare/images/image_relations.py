"""The relation between two images that differ: how one is made from the other, and what that leaves.

Each kind of relation is one entry of :data:`SEARCHES`, with one function; the first that leaves no more than the
number format must leave is the answer. A relation that fits numbers is taken only where far more pixels than numbers
meet it, so none is found by chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.byte_order import is_swapped, more_alike, reads_swapped
from nbtrace.compare.images.counting_noise import counting_noise
from nbtrace.compare.images.few_differences import (
    AGREES,
    DifferenceTally,
    FewDifferences,
    are_alike,
    few_differences,
    pixels_words,
)
from nbtrace.compare.images.image_pair import ImagePair
from nbtrace.compare.images.image_parts import of_leaves, total
from nbtrace.compare.images.mask_values import left_out_step, marked_pixels, mask_step
from nbtrace.compare.images.orientation import PLACEMENTS
from nbtrace.compare.images.relation import ImageRelation, RelationKind, RelationStep, free_numbers
from nbtrace.compare.images.spread import Spread, spread_over_neighbours
from nbtrace.compare.images.twofold_noise import twofold_noise
from nbtrace.compare.images.value_relations import FewPlaces, value_relation
from nbtrace.records import Side

Values: TypeAlias = npt.NDArray[Any]

_LEAST_PIXELS = 12
_LARGEST = 1e150
"""Numbers whose squares, and sums of squares, are far from the largest float64."""

_LIKE = 0.9
"""Share of the squared difference from which on a relation that leaves something is worth telling."""


Search: TypeAlias = Callable[[ImagePair], Iterator[ImageRelation]]


def image_relation(pair: ImagePair) -> ImageRelation | None:
    """Return the relation that leaves nothing, else one that explains most of the difference; None if there is none."""
    inexact: list[ImageRelation] = []
    # In swapped bytes, and in squares, there are numbers that no float holds; none of them is near anything.
    with np.errstate(all="ignore"):
        for search in SEARCHES if _moderate(pair) else (_of_byte_order,):
            for found in search(pair):
                if found.exact:
                    return found
                inexact.append(found)
    told = [item for item in inexact if (item.explained or 0.0) >= _LIKE or item.has(RelationKind.MANY)]
    return max(told, key=lambda item: item.explained or 0.0) if told else None


def _moderate(pair: ImagePair) -> bool:
    """Tell whether the numbers that count have squares and sums: neither infinite ones nor ones that vanish."""
    largest = [values.ends.largest for values in (pair.flat.x, pair.flat.y)]
    return max(largest) < _LARGEST and max(largest) > 1 / _LARGEST


def _of_values(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield what makes the values of one image from those of the other, pixel for pixel."""
    c, py = pair.values()
    if c.size < _LEAST_PIXELS:
        return
    few = FewPlaces(c, py)
    for made, known in ((Side.PY, pair.flat), (Side.C, pair.flat.exchanged())):
        source, target = known.arrays
        found = value_relation(source, target, few, known)
        if found is not None:
            yield _relation(made, found.steps, target, found.predicted, source)


def _relation(
    made: Side,
    steps: tuple[RelationStep, ...],
    target: Values,
    predicted: Values,
    source: Values,
    offset: float = 0.0,
) -> ImageRelation:
    """Return a relation with what it leaves of the target, where so much is added to what is predicted."""
    unchanged = predicted is source and not offset

    def summed(first: int, end: int) -> tuple[float, float, float, float]:
        goal, own = target[first:end].astype(np.float64), source[first:end].astype(np.float64)
        apart = goal - own
        room = apart * apart
        before = float(room.sum())
        if unchanged:
            expected, left = own, np.abs(apart, out=apart)
        else:
            expected = predicted[first:end].astype(np.float64)
            expected += offset
            left = np.abs(np.subtract(goal, expected, out=apart), out=apart)
        largest = float(left.max(initial=0.0))
        if largest == 0.0:
            return before, 0.0, 0.0, 0.0
        size = np.maximum(np.abs(goal, out=goal), np.abs(expected, out=expected), out=goal)
        if float(size.min()) > 0:
            relative = np.divide(left, size, out=size)
        else:
            relative = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
        squares = before if unchanged else float(np.multiply(left, left, out=room).sum())
        return before, squares, largest, float(relative.max())

    befores, squares, left, relative = zip(*of_leaves(target.size, summed), strict=True)
    before = total(target.size, befores)
    return ImageRelation(
        made=made,
        steps=steps,
        exact=True,
        left=max(left),
        left_relative=max(relative),
        explained=1 - total(target.size, squares) / before if before else None,
        pixels=target.size,
        free=free_numbers(step for step in steps if step.kind is not RelationKind.CLIPPED),
    )


def _after_masks(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield what holds where neither image has a mark in place of an intensity."""
    own = {Side.C: pair.flat.x, Side.PY: pair.flat.y}
    marks = {
        side: marked_pixels(own[side].array, own[side.other].array, mostly=True, ends=own[side].ends)
        for side in (Side.PY, Side.C)
    }
    steps = []
    left_out = np.zeros(pair.c.shape, bool)
    for side, marked in marks.items():
        if marked is not None:
            steps.append((side, mask_step(marked, pair.names.of(side))))
            left_out[pair.counted] |= marked.where
    if steps:
        found = [*_rest(pair.without(left_out), steps)] or [*_beside(pair, pair.without(left_out), steps)]
        yield from found


def _beside(pair: ImagePair, rest: ImagePair, steps: list[tuple[Side, RelationStep]]) -> Iterator[ImageRelation]:
    """Yield the marks alone, with how much else differs."""
    c, py = (values.astype(np.float64) for values in rest.values())
    if c.size < _LEAST_PIXELS:
        return
    left, size = np.abs(py - c), np.maximum(np.abs(c), np.abs(py))
    count = int(np.count_nonzero(left > AGREES * size))
    every = np.subtract(*(values.astype(np.float64) for values in pair.values()))
    words = f"{count} of {pixels_words(c.size)} differ, by at most {left.max():.4g}"
    yield ImageRelation(
        made=steps[0][0],
        steps=(*(step for _, step in steps), RelationStep(RelationKind.MANY, words, {"pixels": float(count)})),
        exact=False,
        left=float(left.max()),
        left_relative=float(np.divide(left, size, out=np.zeros_like(left), where=size > 0).max()),
        explained=1 - float((left * left).sum()) / float((every * every).sum()),
        pixels=c.size,
        free=0,
    )


def _where_computed(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield what holds where neither image alone is 0."""
    if not any(values.ends.low <= 0 <= values.ends.high for values in (pair.flat.x, pair.flat.y)):
        return
    zero = {side: pair.image(side) == 0 for side in (Side.C, Side.PY)}
    if not pair.all_count:
        zero = {side: where & pair.counted for side, where in zero.items()}
    alone = {side: zero[side] & ~zero[side.other] for side in zero}
    counts = {side: int(np.count_nonzero(where)) for side, where in alone.items()}
    for side in (Side.PY, Side.C):
        if counts[side.other] or not 0 < counts[side] < pair.flat.x.array.size:
            continue
        nowhere = (zero[side], zero[side.other])
        if not pair.all_count:
            nowhere = (nowhere[0] | ~pair.counted, nowhere[1] | ~pair.counted)
        step = left_out_step(*nowhere, pair.names.of(side))
        yield from _rest(pair.without(alone[side]), [(side, step)])


def _rest(rest: ImagePair, steps: list[tuple[Side, RelationStep]]) -> Iterator[ImageRelation]:
    """Yield a relation of pixels that are left with the steps that left out others."""
    c, py = rest.values()
    if c.size < _LEAST_PIXELS or not rest.flat.x.ends.high > rest.flat.x.ends.low:
        return
    made = steps[0][0]
    source, target = (c, py) if made is Side.PY else (py, c)
    own = tuple(step for _, step in steps)
    if are_alike(source, target):
        yield replace(_relation(made, own, target, source, source), free=0)
        return
    for search in (_of_values, _of_noise):
        for found in search(rest):
            yield replace(found, steps=(*found.steps, *own))
            return
    for found in _of_few(rest):
        if found.made is made or len(steps) == 1:
            yield replace(found, steps=(*found.steps[:-1], *own, found.steps[-1]))
            return


def _of_few(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield that the images are alike but for some pixels, as that side's work that says most of them."""
    c, py = pair.values()
    if c.size < _LEAST_PIXELS:
        return
    sides = ((Side.PY, c, py), (Side.C, py, c))
    found: list[tuple[Side, FewDifferences]] = []
    seen: dict[bool, DifferenceTally] = {}
    for made, source, target in sides:
        few = few_differences(source, target, pair.names.of(made), seen)
        if few is not None:
            found.append((made, few))
        elif (c.dtype.kind in "ui") == (py.dtype.kind in "ui"):
            break  # Neither is rounded, so too many are too many from either side.
    for made, few in sorted(found, key=lambda item: (not item[1].saturated, len(item[1].steps) == 1)):
        yield ImageRelation(
            made=made,
            steps=few.steps,
            exact=True,
            left=few.left,
            left_relative=few.left_relative,
            explained=None,
            pixels=few.alike,
            free=0,
        )


def _of_byte_order(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield what holds after the bytes of one image's numbers are reversed."""
    wanted = None if pair.wanted is None or bool(pair.wanted.all()) else pair.wanted
    wide = [side for side in (Side.PY, Side.C) if pair.image(side).dtype.itemsize > 1]
    likely = {side: reads_swapped(pair.image(side), wanted) for side in wide}
    for side in sorted(wide, key=lambda side: (likely[side] is not True, likely[side] is False)):
        both = pair.image(side), pair.image(side.other)
        image, other = both if wanted is None else (pixels[wanted] for pixels in both)
        if is_swapped(image.ravel(), other.ravel()):
            kind = RelationKind.EITHER_ORDER if likely[side] is None else RelationKind.BYTE_ORDER
            own = RelationStep(kind, "in the other byte order")
            yield ImageRelation(
                side, (own,), exact=True, left=0.0, left_relative=0.0, explained=1.0, pixels=image.size, free=0
            )
            return
        if not more_alike(image.ravel(), other.ravel()):
            continue
        step = RelationStep(RelationKind.BYTE_ORDER, "in the other byte order")
        swapped = pair.image(side).byteswap()
        c, py = (swapped, pair.py) if side is Side.C else (pair.c, swapped)
        turned = replace(pair, c=c, py=py, known=None, finite=False)
        for search in (_of_values, _after_masks, _of_noise):
            for found in search(turned):
                if found.made is side and found.exact:
                    yield replace(found, steps=(step, *found.steps))
                    return


def _of_noise(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield counting noise."""
    if pair.flat.x.array.size < _LEAST_PIXELS:
        return
    for made, known in ((Side.PY, pair.flat), (Side.C, pair.flat.exchanged())):
        source, target = known.arrays
        found = counting_noise(source, target, known=known)
        if found is not None:
            yield _relation(made, found.steps, target, source, source, found.offset)


def _of_twofold_noise(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield that both are counts about one expectation."""
    c, py = pair.values()
    found = twofold_noise(c, py, known=pair.flat) if c.size >= _LEAST_PIXELS else None
    if found is not None:
        yield _relation(Side.PY, (found.step,), py, c, c)


def _of_placement(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield what holds where Py is laid on C otherwise."""
    if pair.placement is None:
        return
    place = PLACEMENTS[pair.placement.name]
    slow, fast = pair.placement.shift
    turned = np.ascontiguousarray(place(pair.py))
    own = tuple(slice(max(0, by), size - max(0, -by)) for by, size in zip((slow, fast), turned.shape, strict=True))
    its = tuple(slice(max(0, -by), size - max(0, by)) for by, size in zip((slow, fast), pair.c.shape, strict=True))
    wanted = None if pair.wanted is None else place(pair.wanted)[own] & pair.wanted[its]
    words = pair.placement.name if pair.placement.is_turned else ""
    if (slow, fast) != (0, 0):
        words += f"{', ' if words else ''}moved by {slow:+d} along slow and {fast:+d} along fast, in pixels"
    step = RelationStep(RelationKind.PLACED, words, {"slow": float(slow), "fast": float(fast)})
    laid = ImagePair(pair.c[its], turned[own], wanted, pair.names)
    # Where all pixels of the overlap count, they need not be copied to be the same.
    c, py = (laid.c, laid.py) if laid.all_count else laid.values()
    if c.size < _LEAST_PIXELS:
        return
    if np.array_equal(c, py):
        yield ImageRelation(
            Side.PY, (step,), exact=True, left=0.0, left_relative=0.0, explained=1.0, pixels=py.size, free=0
        )
        return
    for found in _of_values(laid):
        if found.made is Side.PY:
            yield replace(found, steps=(step, *found.steps))
            return


def _of_neighbours(pair: ImagePair) -> Iterator[ImageRelation]:
    """Yield a blur, or a shift by a part of a pixel."""
    compared = None if pair.all_count else pair.counted
    found = [
        (made, spread_over_neighbours(source, target, compared))
        for made, source, target in ((Side.PY, pair.c, pair.py), (Side.C, pair.py, pair.c))
    ]
    yield from _by_weights([(made, spreads.exact) for made, spreads in found])
    yield from _by_weights([(made, spreads.best()) for made, spreads in found if spreads.exact is None])


def _by_weights(found: list[tuple[Side, Spread | None]]) -> Iterator[ImageRelation]:
    """Yield blurs and shifts, those of small weights first: what undoes a blur takes large ones of either sign."""
    spreads = [(made, spread) for made, spread in found if spread is not None]
    for made, spread in sorted(spreads, key=lambda item: float(np.abs(item[1].weights).sum())):
        yield ImageRelation(
            made=made,
            steps=(spread.step,),
            exact=spread.exact,
            left=spread.left,
            left_relative=spread.left_relative,
            explained=spread.explained,
            pixels=spread.pixels,
            free=spread.weights.size,
        )


SEARCHES: tuple[Search, ...] = (
    _of_byte_order,
    _after_masks,
    _of_values,
    _of_noise,
    _of_twofold_noise,
    _where_computed,
    _of_placement,
    _of_neighbours,
    _of_few,
)
"""The kinds of relation, in the order in which they are looked for."""
