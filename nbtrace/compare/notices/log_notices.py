"""What is known of a log as a log: habits of printing, precision, what it says against itself."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import ComparedLogs, LoggedSide
from nbtrace.verdicts.notices import Notice, Subject, Weight


def habits(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield the diverging quantities that logs are known to print otherwise than their names say."""
    known = logs.known.habits
    by_habit: dict[str, dict[str, None]] = {}
    for row in logs.rows:
        if row.quantity in known and row.status.diverges:
            by_habit.setdefault(known[row.quantity], {})[row.quantity] = None
    for habit, quantities in by_habit.items():
        text = f"{', '.join(quantities)}: {habit}; a difference here may be the log's alone"
        yield Notice(Subject.LOG, Weight.INFO, text)


def single_precision(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield which sides printed float32 values with more digits than they have."""
    singles = [side for side, check in zip(logs.names.pair, logs.checks, strict=True) if check.single_precision]
    if singles:
        text = f"{' and '.join(singles)} printed single-precision values (1.2e-7 relative) with up to 15 digits"
        yield Notice(Subject.PRECISION, Weight.INFO, text)


def contradictions(side: LoggedSide) -> Iterator[Notice]:
    """Yield what a log says against itself."""
    for remark in side.remarks:
        yield Notice(Subject.LOG, Weight.WARNING, f"{side.name} log against itself: {remark}")
