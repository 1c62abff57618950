"""Arrays that grow while a log is read: one piece of memory each, not hundreds that are joined in the end."""

from typing import Any

import numpy as np
import numpy.typing as npt

_LEAST = 1024
_SHARE = 8
"""An array that is full grows by this part of itself; the system moves large ones without a copy."""


class GrownArray:
    """An array to which others are added.

    Parameters
    ----------
    dtype : data type
        Of its elements, and of what is added.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._held = np.empty(0, dtype=dtype)
        self.size = 0

    def add(self, more: npt.NDArray[Any]) -> None:
        """Add an array; nobody has a view of this one, since :meth:`taken` ends it."""
        stop = self.size + more.size
        if stop > self._held.size:
            self._held.resize(max(stop, self._held.size + self._held.size // _SHARE, _LEAST), refcheck=False)
        self._held[self.size : stop] = more
        self.size = stop

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        return self._held.dtype

    def begun(self, size: int) -> "GrownArray":
        """Return another one that begins with the first elements of this one."""
        other = GrownArray(self._held.dtype)
        other.add(self._held[:size])
        return other

    def widened(self, dtype: npt.DTypeLike) -> "GrownArray":
        """Return another one with the same elements as another type."""
        other = GrownArray(dtype)
        other.add(self._held[: self.size])
        return other

    def taken(self) -> npt.NDArray[Any]:
        """Return the array, and be empty from then on."""
        held, size = self._held, self.size
        self._held, self.size = np.empty(0, dtype=held.dtype), 0
        held.resize(size, refcheck=False)
        return held
