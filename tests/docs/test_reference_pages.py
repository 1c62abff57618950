"""The documentation: what is generated holds everything, each page says whom it is for, and links lead somewhere."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.core import TyperGroup, TyperOption

from docs.built_links import faults
from docs.reference_pages import generated_pages, target, word_files, write_all
from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.commands import TABLE, Commands
from nbtrace.glossary.word_pages import sections_of
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.report.documents.models.catalogue import DOCUMENTS, schema_of
from simulator.defects import Defect
from tests.places import ROOT

DOCS = ROOT / "docs"


def written() -> Iterator[tuple[str, str]]:
    """Yield the pages of the repository."""
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).as_posix()
        if not name.startswith(("generated/", "_build/")):
            yield name, path.read_text(encoding="utf-8")


WRITTEN = dict(written())


@pytest.fixture(scope="module")
def generated() -> Mapping[str, str]:
    return {f"generated/{name}.md": text for name, text in generated_pages()}


def test_every_page_says_whom_it_is_for(generated: Mapping[str, str]) -> None:
    for name, text in {**WRITTEN, **generated}.items():
        title, blank, reader = text.split("\n")[:3]
        assert title.startswith("# "), name
        assert (blank, bool(re.fullmatch(r"\*For .*\*", reader))) == ("", True), name


def test_every_page_is_in_the_tree(generated: Mapping[str, str]) -> None:
    listed = set(re.findall(r"^[\w/-]+$", WRITTEN["index.md"], re.MULTILINE))
    assert listed == {name.removesuffix(".md") for name in {**WRITTEN, **generated}} - {"index"}


def test_every_command_and_option_is_told(generated: Mapping[str, str]) -> None:
    text, commands = generated["generated/commands.md"], Commands()
    for name in TABLE:
        assert f"## nbtrace {'A B' if name == UNNAMED else name}\n" in text
        found = commands[name]
        members = list(found.commands.values()) if isinstance(found, TyperGroup) else [found]
        for command in members:
            for item in command.params:
                if isinstance(item, TyperOption) and item.opts[0] != "--help" and not item.hidden:
                    assert f"`{', '.join(item.opts)}" in text, (name, item.opts)


def test_every_key_of_every_document_is_told(generated: Mapping[str, str]) -> None:
    text = generated["generated/documents.md"]
    for name in DOCUMENTS:
        schema = schema_of(name)
        part = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for model in (schema, *schema.get("$defs", {}).values()):
            for key in model.get("properties", {}):
                assert f"| `{key}` |" in part, (name, key)


def test_every_quantity_tolerance_and_word_is_told(generated: Mapping[str, str]) -> None:
    assert all(f"| `{name}` |" in generated["generated/quantities.md"] for name in VOCABULARY.quantities)
    assert all(defect.value in generated["generated/tolerances.md"] for defect in Defect)
    assert "1e-06 relative" in generated["generated/tolerances.md"]
    for section, file in zip(sections_of(VOCABULARY), word_files(), strict=True):
        text = generated[f"generated/{file}.md"]
        for page in section.pages:
            assert f"({target(page.word, file)})=" in text
            assert page.what in text


def test_links_to_words_lead_somewhere(generated: Mapping[str, str]) -> None:
    text = "\n".join((*WRITTEN.values(), *generated.values()))
    anchors = re.findall(r"^\((word-[\w-]+)\)=$", text, re.MULTILINE)
    links = set(re.findall(r"\]\(#(word-[\w-]+)\)", text))
    assert len(anchors) == len(set(anchors))
    assert links <= set(anchors)
    assert len(links) > 100


def test_links_to_pages_lead_somewhere(generated: Mapping[str, str]) -> None:
    names = {**WRITTEN, **generated}
    for name, text in WRITTEN.items():
        for link in re.findall(r"\]\(([^)#:\s]+\.md)", text):
            place = (DOCS / name).parent / link
            assert place.resolve().relative_to(DOCS).as_posix() in names, (name, link)


def test_what_was_generated_before_is_gone(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("old", encoding="utf-8")
    write_all(tmp_path)
    assert not (tmp_path / "old.md").exists()
    assert (tmp_path / "commands.md").is_file()


def test_links_of_built_pages_are_held(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>', encoding="utf-8")
    page = '<a href="b.html#there"></a><a href="b.html#gone"></a><a href="c.html"></a><a href="https://example.org">'
    (tmp_path / "a.html").write_text(page + '<script src="https://example.org/x.js"></script>', encoding="utf-8")
    assert [fault.partition(" ")[2] for fault in faults(tmp_path)] == [
        "links to b.html#gone, which has no such anchor",
        "links to c.html, which is not there",
        "loads https://example.org/x.js",
    ]
