"""Quantities that the two logs print in different units under one key."""

from collections.abc import Iterator

from nbtrace.compare.artefacts import power_of_ten
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.verdicts.notices import Notice, Subject, Weight


def different_units(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each power of ten that lies between values of the two, with the quantities that show it."""
    by_power: dict[int, dict[str, str]] = {}
    for row in logs.rows:
        if power := power_of_ten(row):
            by_power.setdefault(power, {})[row.quantity] = row.known.unit if row.known is not None else ""
    for power, quantities in by_power.items():
        usual = logs.known.units_apart(abs(power), frozenset(quantities.values()))
        hint = f" ({usual})" if usual else ""
        keys = "one key" if len(quantities) == 1 else "the same keys"
        ratio = f"{', '.join(quantities)}: {logs.names.ratio} is 10^{power}"
        text = f"{ratio}, so the two logs use different units under {keys}{hint}"
        yield Notice(Subject.UNIT, Weight.WARNING, text)
