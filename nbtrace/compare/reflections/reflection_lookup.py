"""Finding the reflections of one table in another."""

import numpy as np
import numpy.typing as npt

from nbtrace.compare.reflections.reflection_set import Indices


class ReflectionLookup:
    """The rows of a table by their indices.

    Parameters
    ----------
    indices : ndarray
        Shape (n, 3), each row once.
    """

    def __init__(self, indices: Indices) -> None:
        self._axes = [np.unique(indices[:, axis]) for axis in range(3)]
        keys = self._keys(indices)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]

    def _keys(self, indices: Indices) -> Indices:
        """Return one number for each row of indices that has all its values on the axes, −1 for any other."""
        keys = np.zeros(len(indices), dtype=np.int64)
        known = np.ones(len(indices), dtype=bool)
        for axis, values in enumerate(self._axes):
            if not len(values):
                return np.full(len(indices), -1, dtype=np.int64)
            place = np.searchsorted(values, indices[:, axis]).clip(max=len(values) - 1)
            known &= values[place] == indices[:, axis]
            keys = keys * len(values) + place
        keys[~known] = -1
        return keys

    def rows(self, indices: Indices) -> npt.NDArray[np.int64]:
        """Return the row of each of some Miller indices, −1 where the table has none."""
        if not len(self._sorted):
            return np.full(len(indices), -1, dtype=np.int64)
        keys = self._keys(indices)
        place = np.searchsorted(self._sorted, keys).clip(max=len(self._sorted) - 1)
        found = (self._sorted[place] == keys) & (keys >= 0)
        return np.where(found, self._order[place], -1)
