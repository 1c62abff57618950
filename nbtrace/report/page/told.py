"""What the report of a result says, for its section of the page: its view, or the Markdown of older bundles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nbtrace.report.documents.models.parts import NoticeEntry
from nbtrace.report.documents.models.view import ViewDocument, ViewSection, ViewTable
from nbtrace.report.page.prose import Body, Heading, Items, Paragraph, Quote, Span, Tabular, plain, read_markdown
from nbtrace.report.page.tables import MOST_ROWS, PageCell, PageColumn, PageTable, TextRow
from nbtrace.report.view import WEIGHT_WORDS, Column, SectionKind
from nbtrace.verdicts.notices import Weight
from nbtrace.vocabulary.sides import Names

_TITLE, _PART = 3, 4
"""Levels of the headings of a result and of its parts in a summary."""

_ELSEWHERE = frozenset({"Provenance"})
"""Parts of a summary that the page has among the provenance."""

_DIVERGENT = frozenset({"All divergent quantities", "All divergent factors"})
"""Headings by which a summary tells the parts that only repeat the rows of a table."""


@dataclass(frozen=True)
class PagePart:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Body, ...]
    kind: SectionKind = SectionKind.OTHER


@dataclass(frozen=True)
class ReportText:
    """What a report says.

    Attributes
    ----------
    title : str
        What was compared; empty where it is not told.
    headline : str
        The answer; empty where there is none.
    facts : tuple of tuple of Span
    lead : tuple of Body
        What else stands before the first part: the notices.
    parts : tuple of PagePart
    """

    title: str
    headline: str
    facts: tuple[tuple[Span, ...], ...]
    lead: tuple[Body, ...]
    parts: tuple[PagePart, ...]


def told_by_view(view: ViewDocument) -> ReportText:
    """Return what a view says."""
    notices = tuple(map(_notice, view.notices))
    return ReportText(
        title=view.title,
        headline=view.headline,
        facts=tuple(map(_text, view.facts)),
        lead=(Quote(notices),) if notices else (),
        parts=tuple(PagePart(part.title, tuple(_blocks(part)), _kind(part.kind)) for part in view.sections),
    )


def _text(text: str) -> tuple[Span, ...]:
    return (Span("text", text),)


def _notice(notice: NoticeEntry) -> tuple[Span, ...]:
    return Span("strong", WEIGHT_WORDS[Weight[notice.weight.upper()]]), Span("text", f" {notice.text}")


def _kind(word: str) -> SectionKind:
    """Return a kind of section; one that only a later version knows is nothing special."""
    return SectionKind(word) if word in set(SectionKind) else SectionKind.OTHER


def _blocks(part: ViewSection) -> Iterator[Body]:
    yield from (Paragraph(_text(sentence)) for sentence in part.sentences)
    if part.items:
        yield Items(tuple(map(_text, part.items)))
    if part.commands:
        yield Items(tuple((Span("text", f"{item.question}: "), Span("code", item.line)) for item in part.commands))
    if part.table is not None and part.table.lines:
        yield Tabular(_table(part.table, part.title))


def _table(table: ViewTable, caption: str) -> PageTable:
    return PageTable(
        caption,
        tuple(PageColumn(column.title, column.numeric) for column in table.columns),
        tuple(TextRow(line.cells) for line in table.lines)
        if len(table.lines) > MOST_ROWS
        else tuple(tuple(map(PageCell, line.cells)) for line in table.lines),
    )


def told_by_summary(summary: str, names: Names) -> ReportText:
    """Return what a summary in Markdown says, its parts by their headings and the columns of their tables.

    Parameters
    ----------
    summary : str
        The section of a result in `summary.md`.
    names : Names
        What its tables call the two sides.
    """
    title, heading, blocks = "", "", []
    parts: list[PagePart] = []
    for block in [*read_markdown(summary), Heading(_PART, "")]:
        if not isinstance(block, Heading):
            blocks.append(block)
        elif block.level == _TITLE and not title:
            title = block.text
        else:
            parts.append(PagePart(heading, tuple(blocks), _kind_of(heading, blocks, names)))
            heading, blocks = block.text, []
    lead = parts[0].blocks
    answer = next((block for block in lead if isinstance(block, Paragraph)), None)
    return ReportText(
        title=title,
        headline=_headline(answer),
        facts=tuple(item for block in lead if isinstance(block, Items) for item in block.items),
        lead=tuple(block for block in lead if block is not answer and not isinstance(block, Items)),
        parts=tuple(part for part in parts[1:] if part.title not in _ELSEWHERE),
    )


def _headline(answer: Paragraph | None) -> str:
    if answer is None:
        return ""
    rest = answer.spans[1:] if answer.spans and answer.spans[0].kind == "strong" else answer.spans
    return plain(rest).lstrip(": ")


def _kind_of(heading: str, blocks: Sequence[Body], names: Names) -> SectionKind:
    """Return what a part of a summary is."""
    from nbtrace.report.views.diff_view import columns  # noqa: PLC0415 - of what has no view alone
    from nbtrace.report.views.explain_view import PROOF_COLUMNS, ROOT_COLUMNS  # noqa: PLC0415

    if heading in _DIVERGENT:
        return SectionKind.DIVERGENT
    known = {
        _titles(columns(names)): SectionKind.QUANTITIES,
        _titles(ROOT_COLUMNS): SectionKind.ROOTS,
        _titles(PROOF_COLUMNS): SectionKind.PROOF,
    }
    tables = (block.table for block in blocks if isinstance(block, Tabular))
    found = (known.get(_titles(table.columns)) for table in tables)
    return next((kind for kind in found if kind is not None), SectionKind.OTHER)


def _titles(columns: Sequence[Column | PageColumn]) -> tuple[str, ...]:
    return tuple(column.title for column in columns)
