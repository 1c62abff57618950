"""Two causes on one value: a simple mistake on top of another one."""

import math
from collections.abc import Sequence
from dataclasses import replace

from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, Signature, Trait

_NEAR = 1e-3
"""Relative difference from the logged value within which a compound is looked at more closely."""

_MOST_COMPLEX = 4
"""Complexity up to which a cause can have another one on top; a changed input with a change on top undoes itself."""

_ROUND_DIGITS = 2
"""Significant digits of a number that is equal to some compound or other."""


def compounds(
    case: Case, catalogue: Sequence[Signature], candidates: Sequence[tuple[Signature, Candidate]]
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
    simple = [signature for signature in catalogue if Trait.ON_TOP in signature.traits]
    found, tried = [], 0
    for first, candidate in candidates:
        if first.complexity > _MOST_COMPLEX or not any(candidate.value):
            continue
        on_top = replace(case, right=candidate.value)
        for second in simple:
            if Trait.ON_TOP in first.traits and catalogue.index(second) <= catalogue.index(first):
                continue  # the other order of two such mistakes gives the same
            for further in second.candidates(on_top):
                tried += candidate.among
                if _near(further.value, case.logged):
                    found.append((_both(first, second), replace(further, text=f"{candidate.text}; and {further.text}")))
    return found, tried


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
