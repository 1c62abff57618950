"""Where a series of digits of agreement changes its level, apart from its scatter.

The level of a stretch is its median. Of all ways to cut a series into stretches the one is taken for which the sum of
absolute deviations from the medians, and a penalty for each stretch, is least: levels that are constant but for noise,
which may have outliers. Two neighbours are then joined if their levels differ by no more than their scatter can do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

LOSS = 0.5
"""Digits of agreement whose loss is an alarm."""

_SIGMAS = 5.0
"""How many standard errors a change of level must exceed: far beyond what a thousand series show by chance."""

_DOUBT = 3.0
"""Standard errors by which a loss that is found may fall short of :data:`LOSS`, and still be one."""

_QUIET = 0.07
"""Digits by which a series may scatter although it has not yet: two equal runs do not prove that there is none."""

_MEDIAN_ERROR = 1.2533
"""Standard error of a median over that of a mean, of normal noise: √(π/2)."""

_FEW = 2.0
"""By how much a scatter that few runs tell is taken larger: by this over the number of their differences."""

_TO_SIGMA = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""

_QUANTILE, _NORMAL_QUANTILE = 0.9, 1.6449
"""A quantile of |differences|, and what it is for normal noise of standard deviation 1."""

_NORMAL_THIRD = 0.4307
"""The same of a third."""

_TELLING = 3
"""Differences from which they tell a scatter at all."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs of one level: the first and the last place in the series, and the level in digits."""

    first: int
    last: int
    level: float

    @property
    def count(self) -> int:
        """How many runs it has."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class LevelLoss:
    """A loss of digits that lasts to the end of a series.

    Attributes
    ----------
    place : int
        The first run behind the step that took the most.
    before, now : float
        The best level before, of more than one run where it is not the first, and the level at the end, in digits.
    """

    place: int
    before: float
    now: float

    @property
    def size(self) -> float:
        """Digits that were lost."""
        return self.before - self.now


def stretches(digits: Sequence[float]) -> tuple[Stretch, ...]:
    """Return the stretches of a series, each of one level, in order.

    Parameters
    ----------
    digits : sequence of float
        Finite numbers, the oldest first; the time goes with the square of their number.
    """
    if not digits:
        return ()
    edges = _edges(digits)
    weak = _weakest(digits, edges)
    while weak is not None:
        edges.remove(weak)
        weak = _weakest(digits, edges)
    return tuple(Stretch(first, end - 1, median(digits[first:end])) for first, end in pairwise(edges))


def lasting_loss(digits: Sequence[float]) -> LevelLoss | None:
    """Return a loss of half a digit or more that was not made good; None where there is none."""
    if not digits or (max(digits) - digits[-1] < LOSS / 2 and max(digits) - min(digits) < LOSS):
        return None
    parts = stretches(digits)
    now = parts[-1]
    best = max((part for part in parts if part.count > 1 or part.first == 0), key=lambda part: part.level)
    lost = best.level - now.level
    error = _error(digits[best.first : best.last + 1], digits[now.first : now.last + 1])
    if best.first >= now.first or lost < max(LOSS - _DOUBT * error, LOSS / 2):
        return None
    later = parts[parts.index(best) :]
    steps = [(before.level - after.level, after.first) for before, after in pairwise(later)]
    return LevelLoss(max(steps)[1], best.level, now.level)


def _edges(digits: Sequence[float]) -> list[int]:
    """Return where stretches begin, and the end, for which spread and penalty together are least."""
    count = len(digits)
    if max(digits) - min(digits) < _SIGMAS * _QUIET:
        return [0, count]
    penalty = _SIGMAS * _least_scatter(_steps(digits))
    costs, begins = [0.0], [0]
    for end in range(1, count + 1):
        cost, begin = min((costs[start] + _spread(digits[start:end]) + penalty, start) for start in range(end))
        costs.append(cost)
        begins.append(begin)
    edges = [count]
    while edges[-1] > 0:
        edges.append(begins[edges[-1]])
    return edges[::-1]


def _least_scatter(steps: list[float]) -> float:
    """Return a standard deviation that even many changes of level do not raise: from the lower |differences| alone."""
    if len(steps) < _TELLING:
        return _QUIET
    return max(_QUIET, sorted(steps)[len(steps) // 3] / _NORMAL_THIRD / math.sqrt(2))


def _weakest(digits: Sequence[float], edges: Sequence[int]) -> int | None:
    """Return the edge between the two levels that scatter alone would explain best; None where it explains none."""
    found = []
    for first, edge, end in zip(edges, edges[1:], edges[2:], strict=False):
        before, after = digits[first:edge], digits[edge:end]
        found.append((abs(median(before) - median(after)) / _error(before, after), edge))
    weakest = min(found, default=None)
    return None if weakest is None or weakest[0] >= _SIGMAS * (1 - 1e-9) else weakest[1]


def _spread(digits: Sequence[float]) -> float:
    """Return the sum of absolute deviations from the median."""
    middle = median(digits)
    return math.fsum(abs(item - middle) for item in digits)


def _error(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the standard error of the difference of two levels."""
    sigma = _scatter([*_steps(before), *_steps(after)])
    return sigma * math.hypot(_weight(len(before)), _weight(len(after)))


def _weight(count: int) -> float:
    return (_MEDIAN_ERROR if count > 2 else 1.0) / math.sqrt(count)


def _steps(digits: Sequence[float]) -> list[float]:
    return [abs(after - before) for before, after in pairwise(digits)]


def _scatter(steps: list[float]) -> float:
    """Return the standard deviation of a run, from the |differences| of neighbours within the stretches.

    The larger of two estimates: the median tells the scatter of most runs, the quantile that of a series that is
    steady but for some.
    """
    if not steps:
        return _QUIET
    ordered = sorted(steps)
    high = ordered[min(len(ordered) - 1, int(_QUANTILE * len(ordered)))]
    both = max(_TO_SIGMA * median(ordered), high / _NORMAL_QUANTILE)
    return max(_QUIET, both / math.sqrt(2) * (1.0 + _FEW / len(ordered)))
