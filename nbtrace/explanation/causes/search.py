"""Causes as data: each signature is a name, words, and one small function that says what the value would then be.

A cause is reported only with the residual that it leaves, and only if a catalogue of this size would not hit the value
by chance anyway.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import field

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.compounds import compounds
from nbtrace.explanation.causes.kinds_of_cause import (
    PARTIAL,
    Candidate,
    Candidates,
    Case,
    Signature,
    Trait,
    distance,
    has_formula,
)
from nbtrace.frozen import frozen
from nbtrace.vocabulary.formula import UnloggedError

__all__ = ["Candidate", "Case", "Cause", "Search", "Signature", "Trait", "distance", "has_formula", "search"]

_BY_CHANCE = 0.05
"""Largest expected number of chance matches among causes as simple at which a cause is reported."""

_AMONG_ALL = 0.5
"""The same among all candidates that were tried."""

_FLOOR = 1e-15
"""Closest relative agreement that counts."""

_CLOSE = 1e-3
"""Largest relative residual of a cause that leaves more than digits and precision explain."""


@frozen
class Cause:
    """A cause that fits.

    Attributes
    ----------
    signature : Signature
    text : str
    predicted : tuple of float
    residual : float
        |logged − predicted|, in the record unit.
    residual_rel : float
        The same over |logged|.
    left : float
        Share of the deviation that it leaves.
    exact : bool
        It leaves no more than digits and precision explain.
    chance : float
        Expected number of candidates that come as close by chance, over all that were tried.
    tried : int
        Candidates that were tried, with every value that one was solved from.
    simpler : float
        Share of them that are as simple as it.
    """

    signature: Signature
    text: str
    predicted: Vector
    residual: float
    residual_rel: float
    left: float
    exact: bool
    chance: float
    tried: int = 0
    simpler: float = 1.0

    @property
    def odds(self) -> str:
        """How unlikely it is that one of the candidates tried comes as close by chance, in words."""
        if self.chance <= 0:
            return f"no other of {self.tried} candidates comes as close"
        return f"1 in {1 / self.chance:.0e} by chance over {self.tried} candidates".replace("e+0", "e").replace(
            "e+", "e"
        )


@frozen
class Search:
    """What became of a search for causes.

    Attributes
    ----------
    causes : tuple of Cause
        The best first.
    tried : int
        Candidates that were tested.
    nearest : tuple of Cause
        The closest of those that do not fit.
    """

    causes: tuple[Cause, ...]
    tried: int
    nearest: tuple[Cause, ...] = field(default=())


def search(case: Case, catalogue: tuple[Signature, ...]) -> Search:
    """Return the causes that explain a value, ranked by what they leave, then by simplicity."""
    candidates = list(_candidates(case, catalogue))
    tried = sum(map(_count, candidates))
    simpler = sorted(signature.complexity for signature, item in candidates for _ in range(_number(item)))
    judged = [
        _judged(case, signature, candidate, tried, bisect_right(simpler, signature.complexity) / len(simpler))
        for signature, item in candidates
        for candidate in _telling(case, item)
    ]
    if not any(map(_fits, judged)):
        doubled, further = compounds(case, catalogue, candidates)
        tried += further
        # Two mistakes that undo each other leave the right value, and explain nothing.
        telling = ((signature, candidate) for signature, candidate in doubled if _differs(case, candidate))
        exact = (_judged(case, signature, candidate, tried) for signature, candidate in telling)
        judged += [cause for cause in exact if cause.exact]
    fitting = [cause for cause in judged if _fits(cause)]
    fitting.sort(key=lambda cause: (not cause.exact, 0.0 if cause.exact else cause.left, cause.signature.complexity))
    others = sorted((cause for cause in judged if not _fits(cause)), key=lambda cause: cause.residual)
    return Search(_distinct(fitting), tried, _distinct(others)[:3])


def _count(pair: tuple[Signature, Candidates]) -> int:
    """Return of how many values candidates were chosen."""
    _, item = pair
    return item.among if isinstance(item, Candidate) else len(item)


def _number(item: Candidates) -> int:
    return 1 if isinstance(item, Candidate) else len(item)


def _telling(case: Case, item: Candidates) -> Iterable[Candidate]:
    """Return the candidates that are weighed: of many those that may fit, and the closest of all others."""
    return (item,) if isinstance(item, Candidate) else item.telling(case.logged, case.right, case.allowed)


def _candidates(case: Case, catalogue: tuple[Signature, ...]) -> Iterator[tuple[Signature, Candidates]]:
    for signature in catalogue:
        stream = signature.candidates(case)
        while True:
            try:
                candidate = next(stream)
            except StopIteration:
                break
            except (UnloggedError, ZeroDivisionError, OverflowError, ValueError):
                break
            if isinstance(candidate, Candidate):
                if len(candidate.value) == len(case.logged) and _differs(case, candidate):
                    yield signature, candidate
            elif len(case.logged) == 1:
                yield signature, candidate.other_than(case.right, case.allowed)


def _differs(case: Case, candidate: Candidate) -> bool:
    """Whether a candidate is anything but the right value itself."""
    return any(abs(x - y) > bound for x, y, bound in zip(candidate.value, case.right, case.allowed, strict=True))


def _judged(case: Case, signature: Signature, candidate: Candidate, tried: int, simpler: float = 1.0) -> Cause:
    """Weigh a candidate; `tried` is the number of all candidates, `simpler` the share of those as simple as it."""
    residual = distance(case.logged, candidate.value)
    deviation = case.deviation
    scale = norm(case.logged)
    sizes = zip(case.logged, candidate.value, case.allowed, strict=True)
    growth = norm(candidate.value) / norm(case.right) if norm(case.right) else 1.0
    exact = all(abs(x - y) <= 2 * bound * growth for x, y, bound in sizes)
    left = residual / deviation if deviation else float("inf")
    # A value much smaller than the right one is not explained by being close to 0: its own size is the measure.
    reach = residual / min(deviation, scale) if deviation and scale else 0.0 if residual == 0 else 1.0
    dimensions = sum(x != y for x, y in zip(case.logged, case.right, strict=True))
    chance = tried * min(max(reach, _FLOOR), 1.0) ** max(dimensions, 1)
    relative = residual / scale if scale else residual
    return Cause(signature, candidate.text, candidate.value, residual, relative, left, exact, chance, tried, simpler)


def _fits(cause: Cause) -> bool:
    close = cause.left <= PARTIAL and cause.residual_rel <= _CLOSE
    return (cause.exact or (close and not cause.signature.copies)) and _is_unlikely(cause)


def _is_unlikely(cause: Cause) -> bool:
    """Whether hardly any candidate comes as close by chance: of those as simple, and of all."""
    return cause.chance * cause.simpler <= _BY_CHANCE and cause.chance <= _AMONG_ALL


def _distinct(causes: list[Cause]) -> tuple[Cause, ...]:
    """Return one cause per signature, the first."""
    best: dict[str, Cause] = {}
    for cause in causes:
        best.setdefault(cause.signature.name, cause)
    return tuple(best.values())
