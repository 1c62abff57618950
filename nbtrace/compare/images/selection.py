"""Which pixels of two images are compared, and why the others are not."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from nbtrace.compare.images.mask_values import marked_pixels
from nbtrace.compare.images.options import ImageOptions
from nbtrace.compare.images.value_pair import ValuePair
from nbtrace.errors import InputError, MismatchError
from nbtrace.frozen import frozen_apart
from nbtrace.images.image import Image, Mask, Pixels


@frozen_apart
class ComparedPixels:
    """The compared pixels.

    Attributes
    ----------
    c, py : ndarray
        Their values, flat, in row order.
    compared : ndarray or None
        Mask of the compared pixels, shape (slow, fast); None if all are.
    indices : ndarray or None
        Flat index of each compared pixel; None if all are compared.
    shape : (int, int)
        Of the images.
    outside : int
        Pixels outside region and mask.
    lonely : tuple of (int, int)
        (slow, fast) of the first pixels that are finite on one side only, or unlike.
    c_not_finite, py_not_finite, both_not_finite : int
        Pixels inside region and mask that are nan or inf in C, in Py, in both.
    marked : tuple of int
        Pixels inside region and mask that C, and Py, hold a mask's value in.
    masked : tuple of int
        Pixels inside region and mask that the mask in C's own file, and in Py's, leaves out.
    wanted : ndarray or None
        Mask of the pixels inside region and mask, numbers or not; None if all are.
    unlike : int
        Those in both that are nan in one and inf in the other, or inf of either sign.
    """

    c: Pixels
    py: Pixels
    compared: Mask | None
    indices: np.ndarray[tuple[int], np.dtype[np.intp]] | None
    shape: tuple[int, int]
    outside: int
    lonely: tuple[tuple[int, int], ...]
    c_not_finite: int
    py_not_finite: int
    both_not_finite: int
    unlike: int
    marked: tuple[int, int] = (0, 0)
    masked: tuple[int, int] = (0, 0)
    wanted: Mask | None = None

    @property
    def lonely_count(self) -> int:
        """Pixels that are finite on one side only."""
        return self.c_not_finite + self.py_not_finite - 2 * self.both_not_finite

    @cached_property
    def values(self) -> ValuePair:
        """Their values with what is known of them."""
        return ValuePair.of(self.c, self.py).with_sums()

    def place(self, position: int) -> tuple[int, int]:
        """Return (slow, fast) of the compared pixel at a position of the flat arrays."""
        flat = position if self.indices is None else int(self.indices[position])
        slow, fast = divmod(flat, self.shape[1])
        return slow, fast


_SHOWN = 3


def select(c: Image, py: Image, options: ImageOptions) -> ComparedPixels:
    """Return the pixels that lie in region and mask and are finite in both images.

    Raises
    ------
    MismatchError
        If shapes differ, or region or mask do not fit.
    InputError
        If no pixel is left.
    """
    _check_shapes(c, py)
    wanted = _wanted(c.shape, options)
    own = [_own_mask(image, wanted) for image in (c, py)]
    for mask in own:
        if mask is not None:
            wanted = ~mask if wanted is None else wanted & ~mask
    marks = [_marks(image.pixels, other.pixels, wanted, options) for image, other in ((c, py), (py, c))]
    for mark in marks:
        if mark is not None:
            wanted = ~mark if wanted is None else wanted & ~mark
    outside = 0 if wanted is None else int(wanted.size - np.count_nonzero(wanted))
    bad_c, bad_py = (_not_finite(image.pixels, wanted) for image in (c, py))
    both = None if bad_c is None or bad_py is None else bad_c & bad_py
    unlike = None if both is None else both & _unlike(c.pixels, py.pixels)
    lonely = _lonely(bad_c, bad_py, unlike)
    compared = wanted
    for bad in (bad_c, bad_py):
        if bad is not None:
            compared = ~bad if compared is None else compared & ~bad
    if compared is not None and not compared.any():
        raise InputError(_nothing_left(c, py, (bad_c, bad_py), outside, options))
    indices = None if compared is None else np.flatnonzero(compared)
    values = [image.pixels.ravel() if indices is None else image.pixels.ravel()[indices] for image in (c, py)]
    return ComparedPixels(
        c=values[0],
        py=values[1],
        compared=compared,
        indices=indices,
        shape=c.shape,
        outside=outside,
        lonely=lonely,
        c_not_finite=_count(bad_c),
        py_not_finite=_count(bad_py),
        both_not_finite=_count(both),
        unlike=_count(unlike),
        marked=(_count(marks[0]), _count(marks[1])),
        masked=(_count(own[0]), _count(own[1])),
        wanted=wanted,
    )


def _count(mask: Mask | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _own_mask(image: Image, wanted: Mask | None) -> Mask | None:
    """Return the wanted pixels that an image's own mask leaves out; None if there are none."""
    if image.mask is None:
        return None
    left_out: Mask = ~image.mask if wanted is None else wanted & ~image.mask
    return left_out if left_out.any() else None


def _marks(pixels: Pixels, other: Pixels, wanted: Mask | None, options: ImageOptions) -> Mask | None:
    """Return the wanted pixels of an image that hold a mask's value; None if there are none, or none is asked for."""
    if options.mask_values is None:
        return None
    if options.mask_values:
        found: Mask = np.isin(pixels, np.array(options.mask_values))
    else:
        counted = np.isfinite(pixels) & np.isfinite(other)
        counted = counted if wanted is None else counted & wanted
        found = np.zeros(pixels.shape, bool)
        marked = marked_pixels(pixels[counted], other[counted])
        if marked is not None:
            found[counted] = marked.where
    found = found if wanted is None else found & wanted
    return found if found.any() else None


def _check_shapes(c: Image, py: Image) -> None:
    if c.shape == py.shape:
        return
    hint = (
        "slow and fast are exchanged in one of them"
        if c.shape == py.shape[::-1]
        else "give --resample to compare them on the coarser grid"
    )
    raise MismatchError(
        f"the images differ in shape (slow x fast): {c.source} {c.shape[0]} x {c.shape[1]}, "
        f"{py.source} {py.shape[0]} x {py.shape[1]}; {hint}"
    )


def _wanted(shape: tuple[int, int], options: ImageOptions) -> Mask | None:
    wanted = None
    if options.mask is not None:
        if options.mask.shape != shape:
            size, own = (f"{slow} x {fast}" for slow, fast in (options.mask.shape, shape))
            raise MismatchError(f"the mask has {size} pixels (slow x fast), the images have {own}")
        wanted = options.mask.astype(bool)
    if options.roi is not None:
        roi = options.roi
        if roi.fast_last >= shape[1] or roi.slow_last >= shape[0]:
            raise MismatchError(
                f"the region ({roi.words}, from 0 and ends included) leaves the image of "
                f"{shape[0]} x {shape[1]} pixels (slow x fast)"
            )
        inside = np.zeros(shape, bool)
        inside[roi.slices] = True
        wanted = inside if wanted is None else wanted & inside
    return wanted


def _not_finite(pixels: Pixels, wanted: Mask | None) -> Mask | None:
    """Return the wanted pixels that are nan or inf, None if there are none."""
    if pixels.dtype.kind != "f":
        return None
    finite = np.isfinite(pixels)
    if finite.all():
        return None
    bad: Mask = ~finite if wanted is None else wanted & ~finite
    return bad if bad.any() else None


def _unlike(c: Pixels, py: Pixels) -> Mask:
    """Return where two images have other values, and not nan both."""
    apart: Mask = (c != py) & ~(np.isnan(c) & np.isnan(py))
    return apart


def _lonely(bad_c: Mask | None, bad_py: Mask | None, unlike: Mask | None) -> tuple[tuple[int, int], ...]:
    first_bad = [bad for bad in (bad_c, bad_py) if bad is not None]
    if not first_bad:
        return ()
    alone = first_bad[0] if unlike is None else (first_bad[0] ^ first_bad[1]) | unlike
    places = np.argwhere(alone)[:_SHOWN]
    return tuple((int(slow), int(fast)) for slow, fast in places)


def _nothing_left(c: Image, py: Image, bad: Sequence[Mask | None], outside: int, options: ImageOptions) -> str:
    """Return why no pixel is left, the side with fewer numbers first."""
    inside = c.pixels.size - outside
    if not inside:
        mask = "mask" if options.mask_values is None else "mask, or hold a value of a mask"
        mask += "" if c.mask is None and py.mask is None else ", the mask of a file included"
        return f"no pixel to compare: all {outside} lie outside region and {mask}"
    where = f"{inside} pixels" + (" inside region and mask" if outside else "")
    counts = [0 if mask is None else int(np.count_nonzero(mask)) for mask in bad]
    reasons = [
        f"{side}, {image.source}, is {_what(image.pixels, mask)} in {_how_many(count, inside, where)}"
        for side, image, mask, count in zip(options.names.pair, (c, py), bad, counts, strict=True)
    ]
    told = ", ".join(reasons if counts[0] >= counts[1] else reversed(reasons))
    likely = "; likely a build with -ffast-math" if sorted(counts) == [0, inside] else ""
    return f"no pixel to compare: {told}{likely}"


def _how_many(count: int, inside: int, where: str) -> str:
    return f"all {where}" if count == inside else f"{count} of {where}" if count else "none"


def _what(pixels: Pixels, bad: Mask | None) -> str:
    return "nan" if bad is None or np.isnan(pixels[bad]).all() else "nan or inf"
