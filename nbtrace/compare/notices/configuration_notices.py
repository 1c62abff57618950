"""Configurations that are not the same."""

from collections.abc import Iterator

from nbtrace.compare.judge import Row
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import MINOR_BELOW, Status

_SHOWN = 6


def different_things(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each quantity by whose difference the two logs are of different things."""
    for name, words in logs.known.elsewhere.items():
        row = next((row for row in logs.rows if row.quantity == name and row.status.diverges), None)
        if row is not None:
            names = logs.names
            values = f"{names.reference} {row.c.value.text}, {names.candidate} {row.py.value.text}"
            yield Notice(Subject.CONFIGURATION, Weight.WARNING, f"the two logs are of different {words}: {values}")


def different_settings(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield the settings that differ, those that logged values show before those that the logs state."""
    known = logs.known
    different = [
        f"{row.label} {row.c.value.text} against {row.py.value.text}"
        for row in logs.rows
        if row.quantity in known.configured and row.status.diverges and _matters(row)
    ]
    for name, words in known.settings.items():
        left, right = logs.c.settings.get(name), logs.py.settings.get(name)
        if left is not None and right is not None and left.value != right.value:
            different.append(f"{words} {left.value} against {right.value}")
    if different:
        more = f"; and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        text = f"the configurations differ ({logs.names.against}): {'; '.join(different[:_SHOWN])}{more}"
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, text)


def _matters(row: Row) -> bool:
    if row.difference is None:
        return row.status is not Status.MISSING
    return abs(row.difference.relative) > MINOR_BELOW
