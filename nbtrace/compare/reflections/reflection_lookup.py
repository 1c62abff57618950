"""Finding the reflections of one table in another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbtrace.compare.reflections.reflection_set import Indices


@dataclass(frozen=True, eq=False)
class ReflectionLookup:
    """The rows of a table by their indices.

    Parameters
    ----------
    indices : ndarray
        Shape (n, 3), each row once.
    """

    indices: Indices

    def __post_init__(self) -> None:
        axes = [np.unique(self.indices[:, axis]) for axis in range(3)]
        keys = self._keys(self.indices, axes)
        order = np.argsort(keys, kind="stable")
        object.__setattr__(self, "_axes", axes)
        object.__setattr__(self, "_sorted", keys[order])
        object.__setattr__(self, "_order", order)

    @staticmethod
    def _keys(indices: Indices, axes: list[Indices]) -> Indices:
        """Return one number for each row of indices that has all its values on the axes, −1 for any other."""
        keys = np.zeros(len(indices), dtype=np.int64)
        known = np.ones(len(indices), dtype=bool)
        for axis, values in enumerate(axes):
            if not len(values):
                return np.full(len(indices), -1, dtype=np.int64)
            place = np.searchsorted(values, indices[:, axis]).clip(max=len(values) - 1)
            known &= values[place] == indices[:, axis]
            keys = keys * len(values) + place
        keys[~known] = -1
        return keys

    def rows(self, indices: Indices) -> npt.NDArray[np.int64]:
        """Return the row of each of some Miller indices, −1 where the table has none."""
        own: Indices = self.__dict__["_sorted"]
        order: npt.NDArray[np.int64] = self.__dict__["_order"]
        keys = self._keys(indices, self.__dict__["_axes"])
        if not len(own):
            return np.full(len(indices), -1, dtype=np.int64)
        place = np.searchsorted(own, keys).clip(max=len(own) - 1)
        found = (own[place] == keys) & (keys >= 0)
        return np.where(found, order[place], -1)
