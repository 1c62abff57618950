"""Configurations that are not the same."""

from collections.abc import Iterator

from nbtrace.compare.configured import configured_apart
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.verdicts.notices import Notice, Subject, Weight

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
    different = [f"{item.name} {item.c} against {item.py}" for item in configured_apart(logs.rows, logs.c, logs.py)]
    if different:
        more = f"; and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        text = f"the configurations differ ({logs.names.against}): {'; '.join(different[:_SHOWN])}{more}"
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, text)
