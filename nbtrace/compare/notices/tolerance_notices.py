"""Tolerances that apply to nothing."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.nearness import nearest
from nbtrace.verdicts.notices import Notice, Subject, Weight

_SHOWN = 10
"""Tolerances of which each gets a notice of its own."""

_MOST_CANDIDATES = 1000
"""Logged names among which the nearest to a misspelt one is sought."""


def idle_tolerances(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield the tolerances whose name is neither in the vocabulary nor in the logs: a slip of the pen, most likely."""
    compared = {row.quantity for row in logs.rows}
    quantities, overrides = logs.vocabulary.quantities, logs.policy.overrides
    idle = [name for name in overrides if name not in quantities and name not in compared]
    for name in idle[:_SHOWN]:
        close = nearest(name, (*sorted(compared)[:_MOST_CANDIDATES], *quantities))
        applies = f"the tolerance of {name} ({overrides[name].origin}) applies to nothing"
        meant = f"; the nearest is {close}" if close is not None else ""
        text = f"{applies}: no quantity has that name{meant}"
        yield Notice(Subject.TOLERANCE, Weight.WARNING, text, name)
    if len(idle) > _SHOWN:
        origins = ", ".join(dict.fromkeys(overrides[name].origin for name in idle[_SHOWN:]))
        text = f"{len(idle) - _SHOWN} more tolerances ({origins}) apply to nothing: no quantity has their names"
        yield Notice(Subject.TOLERANCE, Weight.WARNING, text)
