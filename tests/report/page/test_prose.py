import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.report import markdown
from nbtrace.report.page.prose import Code, Heading, Items, Paragraph, Quote, Span, Tabular, plain, read_markdown
from nbtrace.report.view import Column, Command, Line, Section, Table, View, clean
from nbtrace.verdicts.status import Verdict


def test_the_blocks_of_a_summary() -> None:
    text = "### T\n\n**DIFFER**: a `b`\n\n- one\n- two\n\n> **NOTE** n\n\n| q | v |\n| --- | ---: |\n| k | 1 |\n"
    title, lead, items, quote, table, code = read_markdown(f"{text}\n    x < y\n")
    assert title == Heading(3, "T")
    assert lead == Paragraph((Span("strong", "DIFFER"), Span("text", ": a "), Span("code", "b")))
    assert items == Items(((Span("text", "one"),), (Span("text", "two"),)))
    assert quote == Quote(((Span("strong", "NOTE"), Span("text", " n")),))
    assert isinstance(table, Tabular)
    assert [(column.title, column.numeric) for column in table.table.columns] == [("q", False), ("v", True)]
    assert [[cell.text for cell in row] for row in table.table.rows] == [["k", "1"]]
    assert code == Code(("x < y",))


@pytest.mark.parametrize(
    "text",
    ["[a](javascript:alert(1))", "![a](http://example.invalid/x)", "<b>x</b>", "<http://example.invalid>", "&lt;b&gt;"],
)
def test_links_images_and_html_are_text(text: str) -> None:
    (block,) = read_markdown(text)
    assert isinstance(block, Paragraph)
    assert {span.kind for span in block.spans} == {"text"}
    assert plain(block.spans) == text.replace("&lt;", "<").replace("&gt;", ">")


words = st.text(min_size=1, max_size=40).filter(lambda text: clean(text).strip())


@given(words, words, words, words, words)
def test_what_a_view_says_comes_back_from_its_markdown(
    title: str, fact: str, sentence: str, cell: str, line: str
) -> None:
    table = Table((Column(title), Column("n", numeric=True)), (Line((cell, "1")),))
    section = Section(title, sentences=(sentence,), items=(fact,), commands=(Command(line, "why"),), table=table)
    view = View(title, Verdict.AGREE, sentence, (fact,), (), (section,))
    blocks = read_markdown(markdown.render(view))
    said = {
        "headings": [block.text for block in blocks if isinstance(block, Heading)],
        "paragraphs": [plain(block.spans) for block in blocks if isinstance(block, Paragraph)],
        "items": [plain(item) for block in blocks if isinstance(block, Items) for item in block.items],
        "cells": [row[0].text for block in blocks if isinstance(block, Tabular) for row in block.table.rows],
    }
    shown = {text: " ".join(clean(text).split()) for text in (title, fact, sentence, cell, line)}

    def same(found: str, text: str) -> bool:
        return " ".join(found.split()) == shown[text]

    assert all(same(found, title) for found in said["headings"])
    assert same(said["paragraphs"][1], sentence)
    assert same(said["items"][0], fact)
    assert same(said["cells"][0], cell)
