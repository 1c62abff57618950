"""Two causes on one value: a simple mistake on top of another one."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Candidates, Case, Signature, Trait

_NEAR = 1e-3
"""Relative difference from the logged value within which a compound is looked at more closely."""

_MOST_COMPLEX = 4
"""Complexity up to which a cause can have another one on top; a changed input with a change on top undoes itself."""

_ROUND_DIGITS = 2
"""Significant digits of a number that is equal to some compound or other."""


def compounds(
    case: Case, catalogue: Sequence[Signature], candidates: Sequence[tuple[Signature, Candidates]]
) -> tuple[list[tuple[Signature, Candidate]], int]:
    """Return the compounds that come close to a value, and how many were tried.

    Parameters
    ----------
    case : Case
    catalogue : sequence of Signature
        Those that can be made on top of others are marked so.
    candidates : sequence of (Signature, Candidate)
        What single causes predict.
    """
    if all(float(f"{x:.{_ROUND_DIGITS}g}") == x for x in case.logged):
        return [], 0
    found, tried = [], 0
    by_first: dict[str, _OnTop] = {}
    for first, item in candidates:
        if first.complexity > _MOST_COMPLEX:
            continue
        if first.name not in by_first:
            by_first[first.name] = _OnTop(case, _on_top_of(first, catalogue))
        above = by_first[first.name]
        far, near = above.divided(item)
        tried += far * len(above.multiples)
        for candidate in near:
            on_top = replace(case, right=candidate.value)
            for second in above.simple:
                for further in second.each(on_top):
                    tried += candidate.among
                    if _near(further.value, case.logged):
                        both = replace(further, text=f"{candidate.text}; and {further.text}")
                        found.append((_both(first, second), both))
    return found, tried


def _on_top_of(first: Signature, catalogue: Sequence[Signature]) -> list[Signature]:
    """Return the mistakes that are tried on top of another one."""
    simple = [signature for signature in catalogue if Trait.ON_TOP in signature.traits]
    if Trait.ON_TOP not in first.traits:
        return simple
    # The other order of two such mistakes gives the same.
    return [second for second in simple if catalogue.index(second) > catalogue.index(first)]


class _OnTop:
    """Simple mistakes that are tried on top of others, and the multiples of a single number that they make.

    Attributes
    ----------
    simple : list of Signature
    multiples : list of float
        In ascending order; empty for a value of several components.
    """

    def __init__(self, case: Case, simple: list[Signature]) -> None:
        self.simple = simple
        self.multiples: list[float] = []
        self._logged = case.logged
        if len(case.logged) == len(case.right) == 1:
            of_one = replace(case, right=(1.0,))
            self.multiples = sorted(further.value[0] for second in simple for further in second.each(of_one))

    def divided(self, item: Candidates) -> tuple[int, Iterable[Candidate]]:
        """Return of how many values no multiple comes close, and the candidates of the others but for 0."""
        if not isinstance(item, Candidate):
            return item.near_multiples(self._logged, self.multiples, 2 * _NEAR)
        if not any(item.value):
            return 0, ()
        return (item.among, ()) if self.is_far(item.value) else (0, (item,))

    def is_far(self, value: Vector) -> bool:
        """Whether no multiple of a value comes close to the logged one, as far as that is known without trying."""
        if not self.multiples or len(value) != 1:
            return False
        wanted = self._logged[0] / value[0]
        if not wanted or not math.isfinite(wanted):
            return False
        reach = 2 * _NEAR * abs(wanted)
        return bisect_left(self.multiples, wanted - reach) == bisect_right(self.multiples, wanted + reach)


def _near(value: Vector, logged: Vector) -> bool:
    return len(value) == len(logged) and all(
        math.isclose(x, y, rel_tol=_NEAR, abs_tol=_NEAR * max(map(abs, logged)))
        for x, y in zip(value, logged, strict=True)
    )


def _both(first: Signature, second: Signature) -> Signature:
    """Return the kind of cause that two make together."""
    return Signature(
        name=f"{first.name} and {second.name}",
        words=f"{first.words} and {second.words}",
        complexity=first.complexity + second.complexity,
        candidates=first.candidates,
        copies=True,
    )
