"""Two images between which a relation is looked for."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.orientation import Orientation
from nbtrace.compare.images.value_pair import ValuePair
from nbtrace.frozen import frozen_apart
from nbtrace.images.image import Mask, Pixels
from nbtrace.records import Side
from nbtrace.vocabulary.sides import Names

Values: TypeAlias = npt.NDArray[Any]

_RUN = 64
"""Pixels in a row that count, on average, from which on copying each such run is faster than choosing pixels."""


@frozen_apart
class ImagePair:
    """Two images and which of their pixels count.

    Attributes
    ----------
    c, py : ndarray
        Shape (slow, fast).
    wanted : ndarray or None
        Pixels inside region and mask, finite or not; None if all are.
    names : Names
    placement : Orientation or None
        A better way to lay Py on C, where one was found.
    known : ValuePair or None
        The values that count, where they are known.
    finite : bool
        Whether those that are wanted are known to be finite in both images.
    """

    c: Pixels
    py: Pixels
    wanted: Mask | None
    names: Names
    placement: Orientation | None = None
    known: ValuePair | None = None
    finite: bool = False

    @cached_property
    def counted(self) -> Mask:
        """Pixels that count and are finite in both images."""
        if self.finite and self.wanted is not None:
            return self.wanted
        if self.known is not None and self.all_count:
            return np.ones(self.c.shape, bool)
        finite = np.isfinite(self.c) & np.isfinite(self.py)
        return finite if self.wanted is None else finite & self.wanted

    @cached_property
    def all_count(self) -> bool:
        """Whether all pixels do."""
        if self.known is not None:
            return self.known.x.array.size == self.c.size
        return bool(self.counted.all())

    def without(self, left_out: Mask) -> "ImagePair":
        """Return the pair with fewer pixels that count."""
        return replace(self, wanted=self.counted & ~left_out, known=None, finite=True)

    def values(self) -> tuple[Values, Values]:
        """Return the values that count, flat."""
        return self.flat.arrays

    @cached_property
    def flat(self) -> ValuePair:
        """The same with what is known of them."""
        if self.known is not None:
            return self.known
        if self.all_count:
            return ValuePair.of(self.c.ravel(), self.py.ravel())
        return ValuePair.of(*picked((self.c, self.py), self.counted))

    def image(self, side: Side) -> Pixels:
        """Return one image."""
        return self.c if side is Side.C else self.py


def picked(images: Sequence[Pixels], counted: Mask) -> tuple[Values, ...]:
    """Return the pixels of images of one shape that count, flat: `image[counted]`, faster where many in a row do."""
    flat = counted.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if edges.size * _RUN > flat.size or not all(image.flags.c_contiguous for image in images):
        return tuple(image[counted] for image in images)
    runs = [slice(*ends) for ends in pairwise((0, *edges.tolist(), flat.size))]
    those = runs[not flat[:1].all() :: 2] or [slice(0)]
    return tuple(np.concatenate([values[run] for run in those]) for values in (image.ravel() for image in images))
