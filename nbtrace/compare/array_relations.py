"""How one array is made from another, where that is simple: a factor, an offset, other axes, conjugate numbers."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from nbtrace.compare.array_tolerances import ArrayTolerance
from nbtrace.vocabulary.sides import Names

_FEWEST = 4
"""Different values from which on a relation is no chance."""

_CLOSE = 1e-9
"""Relative difference that a relation may leave, where the tolerance is finer."""

_MOST_AXES = 4


def relation_words(c: npt.NDArray[Any], py: npt.NDArray[Any], limits: ArrayTolerance, names: Names) -> str:
    """Return how Py is made from C, in words; empty where nothing simple does it for every element.

    Parameters
    ----------
    c, py : ndarray
        Finite numbers of one shape.
    limits : ArrayTolerance
        What a relation may leave.
    names : Names
    """
    if np.unique(c).size < _FEWEST or np.unique(py).size < _FEWEST:
        return ""
    close = max(limits.relative, _CLOSE)
    for words, made in _candidates(c, py):
        if made.shape == py.shape and np.all(np.abs(made - py) <= close * np.abs(py) + limits.absolute):
            return f"{names.candidate} is {names.reference} {words}"
    return ""


def _candidates(c: npt.NDArray[Any], py: npt.NDArray[Any]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield what may have been done to C, in words, and what it then is."""
    with np.errstate(all="ignore"):
        at = np.unravel_index(int(np.argmax(np.abs(c))), c.shape)
        factor = py[at] / c[at]
        if np.isfinite(factor):
            yield f"times {factor:.9g}", c * factor
        offset = py[at] - c[at]
        yield f"{'+' if np.real(offset) >= 0 else '−'} {abs(offset):.9g}", c + offset
    if np.iscomplexobj(c):
        yield "conjugate", c.conj()
    yield from ((f"reversed along axis {axis}", np.flip(c, axis)) for axis in range(c.ndim) if c.ndim <= _MOST_AXES)
    if 1 < c.ndim <= _MOST_AXES:
        for axes in permutations(range(c.ndim)):
            if axes != tuple(range(c.ndim)):
                yield f"with axes {axes}", c.transpose(axes)
