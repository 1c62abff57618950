"""A view as a JSON document, for whoever shows it later."""

from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.view import (
    ViewColumn,
    ViewCommand,
    ViewDocument,
    ViewLine,
    ViewSection,
    ViewTable,
)
from nbtrace.report.documents.parts import Document, notice_entries
from nbtrace.report.view import Section, Table, View


def view_document(view: View) -> Document:
    """Return what a report says."""
    return ViewDocument(
        format="nbtrace view",
        format_version=FORMAT_VERSION,
        title=view.title,
        verdict=view.verdict.value,
        headline=view.headline,
        facts=view.facts,
        notices=notice_entries(view.notices),
        sections=tuple(map(_section, view.sections)),
    ).written()


def _section(section: Section) -> ViewSection:
    return ViewSection(
        title=section.title,
        kind=section.kind.value,
        sentences=section.sentences,
        items=section.items,
        commands=tuple(ViewCommand(line=item.line, question=item.question) for item in section.commands),
        table=None if section.table is None else _table(section.table),
    )


def _table(table: Table) -> ViewTable:
    return ViewTable(
        columns=tuple(ViewColumn(title=column.title, numeric=column.numeric) for column in table.columns),
        lines=tuple(
            ViewLine(cells=line.cells, status=None if line.status is None else line.status.value)
            for line in table.lines
        ),
    )
