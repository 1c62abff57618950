"""Causes by which a configuration value differs: solved for from the value itself, not guessed."""

import math
from collections.abc import Iterator

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, distance
from nbtrace.vocabulary.formula import UnloggedError

_LARGEST = 24
"""Whole number up to which every one is tried."""
_FARTHEST = 10**6
"""Largest whole number that is solved for."""
_STEPS = 12
"""Steps of the secant in which a setting is found."""
_FEW_DIGITS = 4
"""Digits that a user gives of a setting."""
_SETTINGS = 9000 * 20
"""Numbers of so many digits in the decades in which a setting may be."""


def configuration(case: Case) -> Iterator[Candidate]:
    """Yield the formula with a count or a setting that gives the logged value, and with some likely ones."""
    counts, settings = case.physics.counts, case.physics.settings
    for name in case.told:
        fact = case.scene.facts[name]
        words = counts.get(name) or settings.get(name)
        if words is None or len(fact.numbers) != 1:
            continue
        value = fact.numbers[0]
        likely = {value + 1, value - 1, 1.0} - {0.0} if name in counts else {0.0, 1.0, value * 2, value / 2, -value}
        for other in sorted(likely - {value}):
            yield from _with(case, name, other, words)
        solved = _count(case, name, value) if name in counts else _setting(case, name, value)
        if solved is not None and solved not in likely:
            yield from _with(case, name, solved, words, among=_LARGEST if name in counts else _SETTINGS)


def _with(case: Case, name: str, other: float, words: str, *, among: int = 1) -> Iterator[Candidate]:
    value = case.scene.facts[name].numbers[0]
    computed = _value(case, name, other)
    if computed is not None:
        yield Candidate(computed, f"{words} {other:g} instead of {value:g}", among)


def _value(case: Case, name: str, number: float) -> Vector | None:
    try:
        return case.with_facts({name: (number,)})
    except (UnloggedError, ZeroDivisionError, OverflowError, ValueError):
        return None


def _count(case: Case, name: str, value: float) -> float | None:
    """Return the whole number that comes closest: small ones are tried, those that go in as a factor solved for."""
    tried = [float(n) for n in range(1, _LARGEST + 1)] if len(case.inputs) <= _CHEAP else []
    if len(case.right) == 1 and case.right[0] and case.logged[0] / case.right[0] > 0:
        ratio = case.logged[0] / case.right[0]
        for power in (1, -1, 0.5, -0.5):
            whole = float(round(value * ratio**power)) if abs(math.log(ratio)) < _FAR else 0.0
            tried += [whole] if 1 <= whole <= _FARTHEST else []
    best, least = None, math.inf
    for n in dict.fromkeys(tried):
        computed = _value(case, name, n) if n != value else None
        off = distance(computed, case.logged) if computed is not None else math.inf
        if off < least:
            best, least = n, off
    return best


_CHEAP = 8
"""Inputs of a formula up to which it is computed for every small count."""
_FAR = 30.0
"""Logarithm of a ratio beyond which no count is solved for."""


def _setting(case: Case, name: str, value: float) -> float | None:
    """Return the setting of few digits that gives the logged value, by the secant; None if there is none."""
    if len(case.inputs) > _CHEAP or not norm(case.right):
        return None
    axis = max(range(len(case.right)), key=lambda i: abs(case.logged[i] - case.right[i]))
    before, here = value, value * 1.01 if value else 0.01
    off = case.right[axis] - case.logged[axis]
    for _ in range(_STEPS):
        computed = _value(case, name, here)
        if computed is None:
            return None
        now = computed[axis] - case.logged[axis]
        if now == off or not math.isfinite(now):
            return None
        before, here, off = here, here - now * (here - before) / (now - off), now
        if abs(here - before) <= 1e-14 * abs(here):
            break
    return float(f"{here:.{_FEW_DIGITS}g}")
