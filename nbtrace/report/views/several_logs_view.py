"""The view of several logs against one: a line for each, what some have in common, then each in short."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs, SharedDivergence
from nbtrace.report.next_steps import next_section, why
from nbtrace.report.view import (
    Column,
    Line,
    Section,
    SectionKind,
    Table,
    View,
    listed,
    log_fact,
    pixel_text,
    signed,
    tolerance_facts,
)
from nbtrace.report.views.diff_view import diff_view, headline, lack_words, shown_value
from nbtrace.report.views.in_common import (
    IN_FULL,
    NAMED,
    VERDICT_CELLS,
    divergence_together,
    names_together,
    notices_of_each,
)
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict

_EXPLAINED = 3
"""Commands that explain one of them."""


def several_logs_view(result: SeveralLogs, *, brief: bool = False) -> View:
    """Return the view; a brief one leaves the quantities that agree out of the table of each log."""
    reference = result.labels[result.reference.source]
    return View(
        title=f"Several traces against {reference}",
        verdict=result.verdict,
        headline=_headline(result),
        facts=tuple(_facts(result)),
        notices=tuple(notices_of_each(_told(result))),
        sections=tuple(section for section in _sections(result, brief=brief) if section.says_something),
    )


def _facts(result: SeveralLogs) -> Iterator[str]:
    yield f"{result.names.reference}: {log_fact(result.reference)}"
    for log in result.logs:
        yield log.source if log.diff is None else log_fact(log.diff.py)
    yield from tolerance_facts(result.policy)


def _headline(result: SeveralLogs) -> str:
    reference, labels, total = result.labels[result.reference.source], result.labels, len(result.logs)
    agree, differ, neither = (result.of(verdict) for verdict in (Verdict.AGREE, Verdict.DIFFER, Verdict.NOT_COMPARABLE))
    if len(agree) == total:
        return f"all {total} logs agree with {reference}"
    if len(neither) == total:
        return f"none of the {total} logs can be compared with {reference}"
    parts = []
    if differ:
        many = f"{len(differ)} of {total} logs differ from {reference}" if len(differ) < total else "every log differs"
        parts.append(f"{many}: {'; '.join(_divergence_words(result))}")
    if agree:
        parts.append(
            f"{len(agree)} of {total} agree"
            if len(agree) > NAMED
            else f"{_names(result, [log.source for log in agree])} agree{'s' * (len(agree) == 1)}"
        )
    if neither:
        parts.append(f"not compared: {listed((labels[log.source] for log in neither), NAMED)}")
    return "; ".join(parts)


def _divergence_words(result: SeveralLogs) -> Iterator[str]:
    """Yield where logs leave the reference, those together that leave it with the same value."""
    told: set[str] = set()
    words = []
    for log in result.of(Verdict.DIFFER):
        if log.source in told:
            continue
        row = log.leaves_at
        names = _together(result, log) or [log.source]
        told.update(names)
        where = f"first in {row.label}" if row is not None else _lacking(log)
        words.append(f"{_names(result, names)} {where}" + (", with the same value" if len(names) > 1 else ""))
    yield from words[:NAMED]
    if len(words) > NAMED:
        yield f"and {len(words) - NAMED} more ways"


def _together(result: SeveralLogs, log: LogAgainstReference) -> Sequence[str]:
    """Return the logs that leave the reference with one at the same value; none if it does so alone."""
    shared = (item.logs for item in result.shared if item.same_value and item.is_first and log.source in item.logs)
    return next(shared, ())


def _lacking(log: LogAgainstReference) -> str:
    """Return why a log differs that has no diverging value."""
    said = "" if log.diff is None else lack_words(log.diff).removeprefix("; ")
    return said or "one side alone has values (--strict), or a line cannot be read"


def _names(result: SeveralLogs, sources: Sequence[str]) -> str:
    """Return short names as a sentence has them."""
    return names_together([result.labels[source] for source in sources])


def _told(result: SeveralLogs) -> list[tuple[str, Sequence[Notice]]]:
    return [(result.labels[log.source], log.diff.notices) for log in result.logs if log.diff is not None]


def _sections(result: SeveralLogs, *, brief: bool) -> Iterator[Section]:
    yield Section("Logs", table=_table(result))
    yield Section("In common", items=tuple(_shared_words(result, item) for item in result.shared))
    left_out = result.of(Verdict.NOT_COMPARABLE)
    yield Section("Not compared", items=tuple(f"{result.labels[log.source]}: {log.reason}" for log in left_out))
    differing = result.of(Verdict.DIFFER)
    for log in differing:
        if log.diff is not None:
            yield Section(result.labels[log.source], sentences=(headline(log.diff),), detail=len(differing) > IN_FULL)
    for log in result.logs:
        yield from _whole(result, log, brief=brief)
    yield from _next(result)


def _whole(result: SeveralLogs, log: LogAgainstReference, *, brief: bool) -> Iterator[Section]:
    """Yield the sections of a comparison that a short report leaves out."""
    if log.diff is None:
        return
    name = result.labels[log.source]
    for section in diff_view(log.diff, brief=brief).sections:
        if section.kind is not SectionKind.NEXT:
            yield replace(section, title=f"{name}: {section.title}", detail=True, kind=SectionKind.OTHER)


def _table(result: SeveralLogs) -> Table:
    names = result.names
    explained = any(log.side or log.cause for log in result.logs)
    columns = (
        Column("log"),
        Column("verdict"),
        Column("first divergence"),
        Column(names.reference, numeric=True, rank=2, rounds=True, named=True),
        Column("the log", numeric=True, rank=2, rounds=True),
        Column("Δ rel", numeric=True, rank=1),
        *((Column("side", rank=3), Column("cause", rank=3)) if explained else ()),
        Column("pixel", rank=5),
        Column("agree", numeric=True, rank=4),
    )
    return Table(columns, tuple(_line(result, log, explained=explained) for log in result.logs))


def _line(result: SeveralLogs, log: LogAgainstReference, *, explained: bool) -> Line:
    row, blank = log.leaves_at, "–"
    values: tuple[str, ...] = (blank, blank, blank)
    if row is not None:
        relative = blank if row.difference is None else signed(row.difference.relative)
        values = shown_value(row, row.c), shown_value(row, row.py), relative
    component = f".{row.component}" if row is not None and row.component else ""
    cells = (
        result.labels[log.source],
        VERDICT_CELLS[log.verdict],
        f"{row.label}{component}" if row is not None else _why(log),
        *values,
        *((log.side or blank, log.cause or blank) if explained else ()),
        _pixel(log) or blank,
        f"{log.agreeing}/{log.compared}" if log.diff is not None else blank,
    )
    return Line(cells, _status(log), kept=True)


def _status(log: LogAgainstReference) -> Status:
    row = log.leaves_at
    if log.verdict is Verdict.DIFFER:
        return Status.CRITICAL if row is None else row.status
    return Status.PASS if log.verdict is Verdict.AGREE else Status.MISSING


def _why(log: LogAgainstReference) -> str:
    """Return what stands in place of a divergence."""
    if log.verdict is Verdict.DIFFER:
        return _lacking(log)
    return "none" if log.verdict is Verdict.AGREE else "–"


def _pixel(log: LogAgainstReference) -> str:
    if log.diff is None:
        return ""
    return pixel_text(log.diff.py).removeprefix(f"{log.diff.py.vocabulary.block} ")


def _shared_words(result: SeveralLogs, item: SharedDivergence) -> str:
    reference = result.labels[result.reference.source]
    names = [result.labels[source] for source in item.logs]
    told = divergence_together(names, item, line=f" (line {item.row.c.line} of {reference})")
    return f"{told}{_beyond(result, item, reference)}" if item.same_value else told


def _beyond(result: SeveralLogs, item: SharedDivergence, reference: str) -> str:
    """Return how far logs that leave the reference together agree with each other."""
    if not item.common or not item.is_first:
        return ""
    if not item.agree_with_each_other:
        return f"; in {item.apart} of the {item.common} values that all of them have they differ from each other"
    compared = [log for log in result.logs if log.verdict is not Verdict.NOT_COMPARABLE]
    alone = f"{reference} stands alone" if len(item.logs) == len(compared) else "they have a common origin"
    more = ", or they have a common origin" if len(item.logs) == len(compared) else f", or {reference} is wrong"
    return f"; they agree with each other in all {item.common} values: {alone}{more}"


def _next(result: SeveralLogs) -> tuple[Section, ...]:
    """Return the commands that explain the logs that differ, one of those that leave the reference together."""
    told: set[str] = set()
    commands = []
    for log in result.of(Verdict.DIFFER):
        if log.diff is None or not log.diff.divergences or log.source in told:
            continue
        told.update(_together(result, log))
        commands.append(why(log.diff.c, log.diff.py))
    return next_section(commands=commands[:_EXPLAINED])
