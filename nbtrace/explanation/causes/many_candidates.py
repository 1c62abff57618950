"""Single numbers that a cause predicts by the thousand, weighed at once.

What is found of them is what is found of one after the other: how many there are, which of them fit or come closest,
and which come close with another mistake on top.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.kinds_of_cause import PARTIAL, Candidate

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_SLACK = 1.01
"""Times as far as a fitting value may be from the logged one within which one is looked at by itself."""


@dataclass(frozen=True, eq=False)
class ManyCandidates:
    """Candidates for a single number, in the order in which a cause has them.

    Attributes
    ----------
    values : array of float
    at : array of int
        The number of each among all that the cause has.
    text : callable
        The cause in words, by that number.
    """

    values: _Floats
    at: _Ints
    text: Callable[[int], str]

    @classmethod
    def of(cls, values: _Floats, text: Callable[[int], str]) -> "ManyCandidates":
        """Return all that a cause has."""
        return cls(values, np.arange(values.size), text)

    def __len__(self) -> int:
        return int(self.values.size)

    def other_than(self, right: Vector, allowed: Vector) -> "ManyCandidates":
        """Return those that are anything but the right value itself."""
        (value,), (bound,) = right, allowed
        which = np.flatnonzero(np.abs(self.values - value) > bound)
        return ManyCandidates(self.values[which], self.at[which], self.text)

    def telling(self, logged: Vector, right: Vector, allowed: Vector) -> Iterator[Candidate]:
        """Yield those that may fit, and of all others the one that comes closest; the first of several."""
        (own,), (value,), (bound,) = logged, right, allowed
        with np.errstate(all="ignore"):
            residual = np.abs(own - self.values)
            growth = np.abs(self.values) / abs(value) if value else np.ones(self.values.size)
            may_fit = ~(residual > _SLACK * np.maximum(2 * bound * growth, PARTIAL * abs(own - value)))
        others = np.flatnonzero(~may_fit)
        may_fit[others[residual[others].argmin()] if others.size else others] = True
        yield from map(self._candidate, np.flatnonzero(may_fit).tolist())

    def near_multiples(self, logged: Vector, multiples: Sequence[float], reach: float) -> tuple[int, list[Candidate]]:
        """Return how many have no multiple within so much of a value, relatively, and all others but 0."""
        (own,) = logged
        rows = np.flatnonzero(self.values)
        known = np.array(multiples)
        with np.errstate(all="ignore"):
            wanted = own / self.values[rows]
            within = reach * np.abs(wanted)
            low, high = wanted - within, wanted + within
        first, behind = known.searchsorted(low, "left"), known.searchsorted(high, "right")
        far = (wanted != 0) & np.isfinite(wanted) & (first == behind) & bool(known.size)
        return int(np.count_nonzero(far)), [self._candidate(at) for at in rows[~far].tolist()]

    def _candidate(self, at: int) -> Candidate:
        return Candidate((float(self.values[at]),), self.text(int(self.at[at])))
