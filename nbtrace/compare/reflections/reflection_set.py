"""A table of structure factors by Miller indices, from a list or from a box with a default."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Indices: TypeAlias = npt.NDArray[np.int64]
Amplitudes: TypeAlias = npt.NDArray[np.float64]

_MOST_DECIMALS = 6
_FEWEST_DECIMALS = 2
"""Decimals from which on numbers with as many count as rounded; whole numbers may well be exact."""

_ENOUGH = 8
_GAP_SHARE = 0.05
"""Share of the entries of a box from which on the commonest value is the one that fills its gaps."""


class ReflectionForm(StrEnum):
    """The form of a file of structure factors."""

    LIST = "list of h k l F"
    CACHE = "binary cache of F"


@dataclass(frozen=True, eq=False)
class ReflectionSet:
    """The structure factors of one file.

    Attributes
    ----------
    source : str
    form : ReflectionForm
    indices : ndarray
        Miller indices, shape (n, 3), each row once; of a box without the entries that hold its default.
    F : ndarray
        Amplitudes in electrons, shape (n,).
    repeated : int
        Lines that give a reflection again; the last one counts.
    limits : tuple of (int, int) or None
        Lowest and highest h, k, l of a box, both inclusive.
    default : float or None
        What fills the gaps of a box; None for a list, and for a box without gaps.
    entries : int
        Lines of a list, entries of a box.
    decimals : int or None
        Decimals to which F is rounded; None where it is not, or where there are too few numbers to tell.
    """

    source: str
    form: ReflectionForm
    indices: Indices
    F: Amplitudes
    repeated: int = 0
    limits: tuple[tuple[int, int], ...] | None = None
    default: float | None = None
    entries: int = 0
    decimals: int | None = None

    def within(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Return which Miller indices, shape (n, 3), lie in the box; none of a list."""
        if self.limits is None or self.default is None:
            return np.zeros(len(indices), dtype=bool)
        low, high = np.array(self.limits).T
        inside: npt.NDArray[np.bool_] = ((indices >= low) & (indices <= high)).all(axis=1)
        return inside


def of_list(source: str, numbers: Amplitudes) -> ReflectionSet:
    """Return the set of a list, rows of h k l F; of a reflection that is given twice the last value counts."""
    indices = numbers[:, :3].astype(np.int64)
    order = np.lexsort((indices[:, 2], indices[:, 1], indices[:, 0]))  # stable: of equal rows the last stays behind
    ordered = indices[order]
    last = np.append((ordered[1:] != ordered[:-1]).any(axis=1), np.True_)
    unique, amplitudes = ordered[last], numbers[order, 3][last]
    return ReflectionSet(
        source,
        ReflectionForm.LIST,
        unique,
        amplitudes,
        repeated=len(numbers) - len(unique),
        entries=len(numbers),
        decimals=decimals_of(amplitudes),
    )


def of_box(source: str, values: Amplitudes, low: tuple[int, int, int]) -> ReflectionSet:
    """Return the set of a box of F, shape (n_h, n_k, n_l), whose first entry has the indices `low`."""
    found, counts = np.unique(values, return_counts=True)
    most = int(counts.argmax())
    default = float(found[most]) if counts[most] >= max(2.0, _GAP_SHARE * values.size) else None
    explicit = np.ones(values.shape, dtype=bool) if default is None else values != default
    indices = np.argwhere(explicit).astype(np.int64) + np.array(low)
    limits = tuple((start, start + size - 1) for start, size in zip(low, values.shape, strict=True))
    amplitudes = values[explicit]
    decimals = decimals_of(amplitudes)
    return ReflectionSet(
        source,
        ReflectionForm.CACHE,
        indices,
        amplitudes,
        limits=limits,
        default=default,
        entries=int(values.size),
        decimals=decimals,
    )


def decimals_of(amplitudes: Amplitudes) -> int | None:
    """Return the fewest decimals with which all numbers are exact; None where they are too few, or not rounded."""
    if len(amplitudes) < _ENOUGH or not np.isfinite(amplitudes).all():
        return None
    for decimals in range(_MOST_DECIMALS + 1):
        scaled = amplitudes * 10.0**decimals
        if np.allclose(scaled, np.round(scaled), rtol=1e-12, atol=1e-9):
            return decimals if decimals >= _FEWEST_DECIMALS else None
    return None
