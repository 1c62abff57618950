"""A page says what the report said: by its view, which is filed, or by the summary of bundles that have none."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbtrace.evidence import Bundle, Integrity, Provenance, read_contents, verify
from nbtrace.evidence.contents import Contents
from nbtrace.report import markdown
from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.view import ViewDocument
from nbtrace.report.documents.view_document import view_document
from nbtrace.report.page.page import render_page
from nbtrace.report.page.prose import Items, Paragraph, Span, Tabular
from nbtrace.report.page.told import told_by_view
from nbtrace.report.view import SectionKind
from tests.report.commands_0_1 import BUNDLED, file_all, workplace
from tests.report.page.conftest import page_of
from tests.report.page.hostile import HOSTILE, hostile_view
from tests.report.page.markup import Markup
from tests.report.page.test_page import as_shown, problems_of


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contents]:
    """The bundle of all commands that report."""
    with workplace():
        folder = tmp_path_factory.mktemp("told") / "bundle"
        file_all(folder)
        yield read_contents(Bundle.open(folder))


@pytest.mark.slow
def test_every_report_files_its_view(contents: Contents) -> None:
    assert len(contents.results) == len(BUNDLED)
    for result in contents.results:
        (name,) = [file.name for file in result.files if file.name.endswith("view.json")]
        assert name in (contents.root / "sha256.txt").read_text()
        assert name not in {file.name for file in result.outputs}
        assert result.view is not None
        assert result.document is not None
        view = read_as(ViewDocument, result.view)
        assert view.written() == result.view
        assert (view.verdict, view.headline) == (
            {"REF_UNSTABLE": "differ"}.get(result.document["verdict"], result.document["verdict"]),
            result.document["answer"],
        )
    assert verify(contents.root).outcome() is Integrity.INTACT


def test_a_page_is_the_same_by_views_and_by_summaries(contents: Contents) -> None:
    older = replace(contents, results=tuple(replace(result, view=None) for result in contents.results))
    by_view, by_summary = (re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", render_page(item)) for item in (contents, older))
    assert by_view == by_summary


def test_the_headings_of_a_view_decide_nothing(contents: Contents) -> None:
    (result,) = contents.of("diff")
    assert result.view is not None
    document: dict[str, Any] = json.loads(json.dumps(result.view))
    for section in document["sections"]:
        section["title"] = "Title"
    again = replace(contents, results=(replace(result, view=document, summary=""),))
    text = Markup(render_page(again)).visible()
    assert text.count("Quantities in execution order") > 0  # the table that sorts, in place of that of the view
    assert text.count("rot_a_angstroms z [") == Markup(render_page(contents)).visible().count("rot_a_angstroms z [")
    assert "summary.md has no section" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_view_becomes_markup(bundle: Bundle, text: str) -> None:
    view = hostile_view(text)
    bundle.add_result(
        "new",
        metrics={"verdict": "differ"},
        summary_md="# other\n\nnothing\n",
        view=view_document(view),
        provenance=Provenance.collect(command=["nbtrace"]),
    )
    html = page_of(bundle)
    assert problems_of(html) == []
    assert as_shown(text) in Markup(html).visible()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": 5}, "title: Input should be a valid string"),
        ({"format": "nbtrace diff"}, "format: Input should be 'nbtrace view'"),
        ({"sections": [{"title": "t"}]}, "sections.0.kind: Field required"),
        ({"notices": [{"weight": "none", "text": ""}]}, "notices.0.weight: Input should be"),
    ],
)
def test_a_view_that_cannot_be_used_leaves_the_summary(bundle: Bundle, change: dict[str, Any], message: str) -> None:
    view = hostile_view("plain")
    bundle.add_result(
        "new",
        metrics={},
        summary_md=markdown.render(view).replace("plain", "by its summary"),
        view={**view_document(view), **change},
        provenance=Provenance.collect(command=["nbtrace"]),
    )
    text = Markup(page_of(bundle)).visible()
    assert f"its view cannot be shown, so this is its summary: {message}" in text
    assert "by its summary" in text


def test_a_table_has_a_cell_per_column(bundle: Bundle) -> None:
    document: dict[str, Any] = {**view_document(hostile_view("plain"))}
    table = {"columns": [{"title": "a", "numeric": True}], "lines": [{"cells": ["1", "2"], "status": None}]}
    document["sections"][0]["table"] = table
    bundle.add_result("new", metrics={}, summary_md="# t\n", view=document, provenance=Provenance.collect())
    assert "sections.0.table: Value error, a row has not one cell per column" in Markup(page_of(bundle)).visible()


def test_a_section_has_sentences_items_commands_and_a_table_in_this_order() -> None:
    section = {
        "title": "t",
        "kind": "of a later version",
        "sentences": ["one"],
        "items": ["two"],
        "commands": [{"line": "nbtrace x", "question": "three?"}],
        "table": {"columns": [{"title": "a", "numeric": True}], "lines": [{"cells": ["4"], "status": "PASS"}]},
    }
    document = {**view_document(hostile_view("plain")), "sections": [section], "notices": []}
    (part,) = told_by_view(read_as(ViewDocument, document)).parts
    sentence, items, commands, table = part.blocks
    assert part.kind is SectionKind.OTHER
    assert sentence == Paragraph((Span("text", "one"),))
    assert items == Items(((Span("text", "two"),),))
    assert commands == Items(((Span("text", "three?: "), Span("code", "nbtrace x")),))
    assert isinstance(table, Tabular)
    assert (table.table.caption, table.table.columns[0].numeric, table.table.rows[0][0].text) == ("t", True, "4")


def test_a_changed_view_is_told(contents: Contents, tmp_path: Path) -> None:
    for file in contents.root.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "diff_view.json").write_text((tmp_path / "diff_view.json").read_text().replace("differ", "agree "))
    assert "diff_view.json is not what was filed" in Markup(page_of(Bundle.open(tmp_path))).visible()
