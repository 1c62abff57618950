"""What two logs say of the whole result beside their traces, and logs that hold no trace at all."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import ComparedLogs, LoggedSide, some
from nbtrace.compare.precision import NumberFormat
from nbtrace.records import STATISTICS, Record
from nbtrace.verdicts.notices import Notice, Subject, Weight

_OWN = NumberFormat(0, own=True)
_LEAST = 1e-6
"""Relative difference from which on two statistics differ, where more digits are printed."""


def no_trace(side: LoggedSide) -> Iterator[Notice]:
    """Yield that a log holds no trace, and what is compared of it."""
    if any(record.family == STATISTICS for record in side.trace.records) and not side.trace.has_values:
        text = f"the {side.name} log holds no trace: what it states and its closing statistics are compared"
        yield Notice(Subject.LOG, Weight.WARNING, text)


def different_statistics(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield the statistics of the whole result that differ beyond the digits printed, where the traces are compared."""
    if any(row.c.family == STATISTICS for row in logs.rows):
        return
    mine = {record.quantity: record for record in logs.c.statistics}
    pairs = ((mine[record.quantity], record) for record in logs.py.statistics if record.quantity in mine)
    different = [_told(c, py) for c, py in pairs if _differ(c, py)]
    if different:
        text = f"the statistics of the two images differ ({logs.names.ratio}): {some(different)}"
        yield Notice(Subject.LOG, Weight.INFO, text)


def _differ(c: Record, py: Record) -> bool:
    printed = sum(_OWN.resolution(record.value.tokens[0]) for record in (c, py)) / 2
    apart = abs(c.numbers[0] - py.numbers[0])
    return not apart <= max(printed, _LEAST * abs(c.numbers[0])) * (1 + 1e-9)


def _told(c: Record, py: Record) -> str:
    ratio = f"{py.numbers[0] / c.numbers[0]:.4g}" if c.numbers[0] else f"{py.value.text} / {c.value.text}"
    return f"{c.quantity} {ratio}"
