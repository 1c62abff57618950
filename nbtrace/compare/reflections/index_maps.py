"""Ways in which one table's Miller indices are made from another's: shifted by one, exchanged, of the other sign."""

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product

import numpy as np

from nbtrace.compare.reflections.reflection_set import Indices

_AXES = "hkl"


@dataclass(frozen=True, slots=True)
class IndexMap:
    """A map of Miller indices: axes exchanged, then turned round, then shifted.

    Attributes
    ----------
    order : (int, int, int)
        For each axis of the result, which axis it is taken from.
    signs, shift : (int, int, int)
    """

    order: tuple[int, int, int] = (0, 1, 2)
    signs: tuple[int, int, int] = (1, 1, 1)
    shift: tuple[int, int, int] = (0, 0, 0)

    @property
    def is_identity(self) -> bool:
        """Whether it leaves every reflection where it is."""
        return self == IDENTITY

    def __call__(self, indices: Indices) -> Indices:
        """Return the image of Miller indices, shape (n, 3)."""
        mapped: Indices = indices[:, list(self.order)] * np.array(self.signs) + np.array(self.shift)
        return mapped

    def words(self) -> str:
        """Return the indices of the result in letters: `h+1 k l`."""
        return " ".join(
            f"{'−' if sign < 0 else ''}{_AXES[axis]}{f'{step:+d}'.replace('-', '−') if step else ''}"
            for axis, sign, step in zip(self.order, self.signs, self.shift, strict=True)
        )


IDENTITY = IndexMap()


@cache
def index_maps() -> tuple[IndexMap, ...]:
    """Return every map that is tried: the identity, all shifts by one, all exchanges of axes and signs."""
    shifts = tuple(IndexMap(shift=(h, k, m)) for h, k, m in product((0, -1, 1), repeat=3) if (h, k, m) != (0, 0, 0))
    turned = tuple(
        IndexMap((order[0], order[1], order[2]), (signs[0], signs[1], signs[2]))
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    )
    return tuple(dict.fromkeys((IDENTITY, *sorted(shifts, key=lambda one: sum(map(abs, one.shift))), *turned)))
