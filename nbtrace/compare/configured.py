"""What two logs say of the configuration and say differently, by their values."""

import math
from collections.abc import Iterator, Sequence

from nbtrace.compare.judge import Row
from nbtrace.compare.logs import logs_of
from nbtrace.frozen import frozen
from nbtrace.records import Trace
from nbtrace.verdicts.status import MINOR_BELOW, Status


@frozen
class ConfiguredApart:
    """A configuration value that the two logs state differently.

    Attributes
    ----------
    name : str
        The quantity that shows it, or the setting in words.
    c, py : str
        What either log says, as printed.
    log_ratio : float or None
        log(Py/C); None unless both are single positive numbers.
    """

    name: str
    c: str
    py: str
    log_ratio: float | None


def configured_apart(rows: Sequence[Row], c: Trace, py: Trace) -> tuple[ConfiguredApart, ...]:
    """Return the configuration values that differ, those that logged values show before those that the logs state."""
    return (*_shown(rows, c), *_stated(c, py))


def _shown(rows: Sequence[Row], c: Trace) -> Iterator[ConfiguredApart]:
    configured = logs_of(c.vocabulary).configured
    for row in rows:
        if row.quantity in configured and row.status.diverges and matters(row):
            yield _apart(row.label, row.c.value.text, row.py.value.text)


def _stated(c: Trace, py: Trace) -> Iterator[ConfiguredApart]:
    logs = logs_of(c.vocabulary)
    for name, words in logs.settings.items():
        left, right = c.settings.get(name), py.settings.get(name)
        if left is None or right is None:
            continue
        meant = (logs.same_words.get(item.value, item.value) for item in (left, right))
        if not _same(*meant):
            yield _apart(words, left.value, right.value)


def _apart(name: str, c: str, py: str) -> ConfiguredApart:
    left, right = _number(c), _number(py)
    both = left is not None and right is not None and left > 0 and right > 0
    return ConfiguredApart(name, c, py, math.log(right) - math.log(left) if both and left and right else None)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _same(c: str, py: str) -> bool:
    left, right = _number(c), _number(py)
    return c == py or (left is not None and left == right)


def matters(row: Row) -> bool:
    """Whether a configuration value that diverges is another one, and not the same in fewer digits."""
    if row.difference is None:
        return row.status is not Status.MISSING
    return abs(row.difference.relative) > MINOR_BELOW
