"""What a report says of waivers: the verdict, the first line, and a table."""

from dataclasses import replace

from nbtrace.report.view import Column, Line, Section, Table, View, listed, waiver_word
from nbtrace.verdicts.waivers import JudgedWaiver, WaiverOutcome, WaiverReport, status_of_waiver, waiver_notes

_COLUMNS = (
    Column("waived quantity"),
    Column("case", rank=4),
    Column("bound", numeric=True, rank=3),
    Column("owner", rank=6),
    Column("until", rank=2),
    Column("why"),
    Column("outcome"),
)


def waived_view(view: View, report: WaiverReport | None) -> View:
    """Return the view of a result with what its waivers say; without waivers as it is."""
    if report is None:
        return view
    notes = "; ".join(waiver_notes(report))
    return replace(
        view,
        headline=f"{notes}; {view.headline}" if notes else view.headline,
        word=waiver_word(view.verdict, passes=report.passes) or view.word,
        facts=(*view.facts, _fact(report)),
        sections=(*_sections(report), *view.sections),
    )


def _fact(report: WaiverReport) -> str:
    elsewhere = sum(item.outcome is WaiverOutcome.ELSEWHERE for item in report.waivers)
    rest = f", {elsewhere} of what is not compared here" if elsewhere else ""
    return f"Waivers: {report.source}, {len(report.waivers)}{rest}"


def _sections(report: WaiverReport) -> tuple[Section, ...]:
    shown = [item for item in report.waivers if item.outcome is not WaiverOutcome.ELSEWHERE]
    sentences = [
        f"{name + ': ' if name and len(report.waived) > 1 else ''}{listed(quantities)}: "
        "follow from waived quantities, their formulas hold on both sides"
        for name, quantities in report.follows.items()
        if quantities
    ]
    items = [f"not waived: {item.case + ': ' if len(report.waived) > 1 else ''}{item.what}" for item in report.left]
    table = Table(_COLUMNS, tuple(map(_line, shown))) if shown else None
    section = Section("Waivers", sentences=tuple(sentences), items=tuple(items), table=table)
    return (section,) if section.says_something else ()


def _line(item: JudgedWaiver) -> Line:
    waiver = item.waiver
    bound = f"{waiver.bound.value:g} {waiver.bound.basis.value[:3]}"
    link = f" ({waiver.link})" if waiver.link and item.outcome is WaiverOutcome.WAIVED else ""
    cells = (waiver.quantity, waiver.case or "any", bound, waiver.owner, waiver.expiry.isoformat())
    return Line((*cells, item.reason + link, item.outcome.value), status_of_waiver(item.outcome), kept=True)
