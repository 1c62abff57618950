"""Lines that cannot be read, may be cut, or say one thing twice."""

from collections.abc import Iterator

from nbtrace.compare.align import conflicting
from nbtrace.compare.notices.compared import ComparedLogs, LoggedSide, SideKind, some
from nbtrace.records import Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight


def unreadable_lines(side: LoggedSide) -> Iterator[Notice]:
    """Yield how many lines of a log cannot be read, and the first."""
    unreadable = side.trace.account.unreadable
    if unreadable:
        first, many = unreadable[0], len(unreadable)
        lines = "1 unreadable line" if many == 1 else f"{many} unreadable lines, the first"
        text = f"{side.name} log: {lines} {side.trace.source}:{first.line}: {first.reason}"
        yield Notice(Subject.LINES, Weight.WARNING, text)


def cut_line(side: LoggedSide) -> Iterator[Notice]:
    """Yield that the last line of a log is cut, or may be."""
    trace = side.trace
    if trace.account.torn:
        text = f"{side.name} log ends in the middle of line {trace.account.total}: it seems cut off there"
        yield Notice(Subject.LINES, Weight.WARNING, text)
    if trace.account.cut and trace.records and trace.records[-1].line == trace.account.total:
        text = f"{side.name} log ends without a line end; its last value may be cut"
        yield Notice(Subject.LINES, Weight.WARNING, text)


def how_read(c: Trace, py: Trace) -> Iterator[Notice]:
    """Yield how files were read that could be read otherwise; once of a file that holds both traces."""
    for source, text in dict.fromkeys((trace.source, text) for trace in (c, py) for text in trace.how_read):
        yield Notice(Subject.LOG, Weight.INFO, f"{source}: {text}")


def readings(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield how the two logs were read."""
    yield from how_read(logs.c, logs.py)


LINE_KINDS: tuple[SideKind, ...] = (unreadable_lines, cut_line)
"""What is asked of the lines of every log, in whatever comparison."""


def lines_notices(c: Trace, py: Trace) -> Iterator[Notice]:
    """Yield how either log was read, what of it could not be, and where it may have been cut."""
    yield from how_read(c, py)
    reference, candidate = c.vocabulary.names.pair
    for side in (LoggedSide(reference, candidate, c), LoggedSide(candidate, reference, py)):
        for kind in LINE_KINDS:
            yield from kind(side)


def duplicates(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield what each log prints more than once with different values."""
    by_side: dict[tuple[str, bool], dict[str, tuple[int, int]]] = {}
    conflicts = {id(loser) for loser, _ in conflicting(logs.alignment)}
    for loser, winner in logs.alignment.duplicates:
        group = by_side.setdefault((logs.names.of(winner.side), id(loser) in conflicts), {})
        group.setdefault(winner.key, (loser.line, winner.line))
    for (side, conflict), keys in by_side.items():
        key, lines = next(iter(keys.items()))
        text = (
            f"{side} prints {some([*keys])} more than once with different values "
            f"({key}: lines {lines[0]} and {lines[1]}); the later ones are compared"
        )
        yield Notice(Subject.LINES, Weight.WARNING if conflict else Weight.INFO, text)


def printed_again(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield what both logs print again on lines of another prefix, and not alike: no row of the table shows it."""
    again = logs.alignment.again
    if again:
        (c, py), (reference, candidate) = again[0], logs.names.pair
        text = (
            f"the logs print {some(list(dict.fromkeys(mine.key for mine, _ in again)))} again, with values that differ "
            f"({c.key}: {reference} {c.value.text}, line {c.line}; {candidate} {py.value.text}, line {py.line})"
        )
        yield Notice(Subject.LINES, Weight.WARNING, text)
