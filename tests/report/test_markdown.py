"""Markdown reports, read back with a Markdown parser: what a log prints is text and nothing else."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nbtrace import Trace, check, compare_phi, diff, read_trace, scaling_chain
from nbtrace.documents import plain
from nbtrace.report import markdown
from nbtrace.report.documents.trace_documents import diff_document, phi_document, scaling_document
from nbtrace.report.view import View, clean
from nbtrace.report.views.check_view import check_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.verdicts.tolerance import Policy, parse_option
from tests.places import PAIR_FOLDERS

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"heading", "paragraph", "bullet_list", "list_item", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
INLINE = {"text", "softbreak", "strong_open", "strong_close", "text_special"}


def flat(text: str) -> list[Token]:
    return [inner for token in PARSER.parse(text) for inner in [token, *(token.children or ())]]


def assert_only_our_markup(text: str, view: View) -> None:
    tokens = flat(text)
    kinds = {token.type for token in tokens}
    blocks = {f"{name}_{end}" for name in OURS for end in ("open", "close")} | {"inline"}
    assert kinds <= blocks | INLINE | {"code_inline"}, kinds - blocks - INLINE
    assert sum(token.type == "heading_open" for token in tokens) == 1 + len(view.sections)
    assert sum(token.type == "strong_open" for token in tokens) == 1 + len(view.notices)
    items = len(view.facts) + sum(len(section.items) + len(section.commands) for section in view.sections)
    assert sum(token.type == "code_inline" for token in tokens) == sum(len(s.commands) for s in view.sections)
    assert sum(token.type == "list_item_open" for token in tokens) == items
    tables_told = [section.table for section in view.sections if section.table is not None and section.table.lines]
    told = [[[" ".join(clean(cell).split()) for cell in line.cells] for line in table.lines] for table in tables_told]
    assert [[[" ".join(cell.split()) for cell in row] for row in rows[1:]] for rows in tables(text)] == told
    assert all(letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cf"} for letter in text)


def tables(text: str) -> list[list[list[str]]]:
    """Cells of each table, as a reader sees them."""
    found: list[list[list[str]]] = []
    for token in PARSER.parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4 and token.children is not None:
            found[-1][-1].append("".join(child.content for child in token.children))
    return found


def test_hostile_logs_make_no_markup(hostile_pair: tuple[Trace, Trace]) -> None:
    c, py = hostile_pair
    views = [
        diff_view(diff(c, py)),
        scaling_view(scaling_chain(c, py)),
        phi_view(compare_phi(py, c)),
        check_view(check(c)),
        check_view(check(py)),
    ]
    for view in views:
        assert_only_our_markup(markdown.render(view), view)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_escaped_text_reads_back_as_it_was(text: str) -> None:
    seen = "".join(child.content for child in flat(f"- x{markdown.escape(text)}x\n") if child.type.startswith("text"))
    assert seen.split() == f"x{clean(text)}x".split()


@given(st.text(st.sampled_from("-+=*_~`|<>&[]()#1.) \\$!:/@w"), max_size=12))
def test_a_list_item_stays_one_line_of_text(text: str) -> None:
    kinds = [token.type for token in flat(f"- {markdown.escape(text)}\n")]
    assert set(kinds) <= {
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
        "inline",
        "text",
        "text_special",
        "paragraph_close",
        "list_item_close",
        "bullet_list_close",
    }
    assert kinds.count("bullet_list_open") == 1


@pytest.mark.parametrize("address", ["http://example.org", "https://x.y", "www.example.org", "a@example.org"])
def test_a_bare_address_is_no_link_where_pages_link_them(address: str) -> None:
    escaped = markdown.escape(address)
    assert address not in escaped
    assert "".join(child.content for child in flat(escaped)[1:] if child.type.startswith("text")) == address


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
def test_reports_of_recorded_pairs_are_well_formed(folder: Path) -> None:
    c, py = (read_trace(str(folder / name)) for name in ("c.log", "py.log"))
    for view in (diff_view(diff(c, py)), diff_view(diff(c, py), brief=True), scaling_view(scaling_chain(c, py))):
        assert_only_our_markup(markdown.render(view), view)


def rendered(value: float | None, form: str) -> str:
    return "–" if value is None else "0" if value == 0 and form.startswith("+") else format(value, form)


def component(entry: dict[str, Any], side: str) -> float:
    """The component of a vector that the table shows: the one that differs most."""
    values = entry[f"{side}_value"]
    if not isinstance(values, list):
        return float(values)
    worst = max(range(len(values)), key=lambda i: abs(entry["py_value"][i] - entry["c_value"][i]))
    return float(values[worst])


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
def test_the_table_of_a_diff_shows_the_numbers_of_the_document(folder: Path) -> None:
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    document = plain(diff_document(result))
    head, *lines = tables(markdown.render(diff_view(result)))[0]
    assert head[0] == "quantity"
    assert len(lines) == len(document["factors"])
    for line, (name, entry) in zip(lines, document["factors"].items(), strict=True):
        row = dict(zip(head, line, strict=True))
        assert row["quantity"].split()[0].split(".")[0] == name.split()[0]
        assert row["status"] == entry["status"]
        if entry["abs_delta"] is None:
            continue
        assert row["C"] == rendered(component(entry, "c"), ".9g")
        assert row["Py"] == rendered(component(entry, "py"), ".9g")
        assert row["Δ rel"] == rendered(entry["rel_delta"], "+.3e")
        c, py = component(entry, "c"), component(entry, "py")
        assert row["Py/C"] == rendered(py / c if c else None, ".9g")
    text = markdown.render(diff_view(result)).replace("\\", "")
    assert f"compared {document['coverage']['compared']} of {document['coverage']['expected']} values" in text
    assert f"{document['first_divergence']}" in text.splitlines()[2]


def test_the_table_of_the_chain_shows_the_numbers_of_the_document(pairs: Path) -> None:
    folder = pairs / "polar_09__35_24"
    result = scaling_chain(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    document = plain(scaling_document(result))
    head, *lines = tables(markdown.render(scaling_view(result)))[0]
    assert [line[0] for line in lines] == list(document["factors"])
    for line in lines:
        row, entry = dict(zip(head, line, strict=True)), document["factors"][line[0]]
        assert row["Δ rel"] == rendered(entry["rel_delta"], "+.6e")
        assert row["C"] == rendered(entry["c_value"], ".9g")
        assert row["status"] == entry["status"]
        share = entry["share_of_final_log_ratio"]
        assert row["share"] == ("–" if share is None else f"{100 * share + 0:.2f} %".replace("-0.00", "0.00"))


def test_the_table_of_a_sweep_shows_the_numbers_of_the_document(pairs: Path) -> None:
    folder = pairs / "custom_vectors_mat_hkl_phi__24_51"
    result = compare_phi(read_trace(str(folder / "py.log")), read_trace(str(folder / "c.log")))
    document = plain(phi_document(result))
    head, *lines = tables(markdown.render(phi_view(result)))[0]
    assert len(lines) == len(document["steps"]) == 10
    for line, step in zip(lines, document["steps"], strict=True):
        row = dict(zip(head, line, strict=True))
        assert int(row["phi_tic"].rstrip("*")) == step["phi_tic"]
        assert row["Δk"] == rendered(step["delta_k"], "+.4e")
        assert row["ΔF_latt"] == rendered(step["delta_F_latt"], "+.3e")
        assert row["status"] == step["status"]


def test_overrides_are_marked(read: Callable[..., Trace]) -> None:
    policy = Policy().updated(parse_option("1e-5"), "policy.toml").updated(parse_option("polar=0.5"), "--tolerance x")
    c, py = read("TRACE_C: polar 0.5\nTRACE_C: steps 3\n"), read("TRACE_PY: polar 0.6\nTRACE_PY: steps 3\n")
    result = diff(c, py, policy)
    text = markdown.render(diff_view(result)).replace("\\", "")
    assert "Tolerance: 1e-05 relative [override: policy.toml]" in text
    assert "Tolerance of polar: 0.5 relative [override: --tolerance x]" in text
    (_, steps, polar) = tables(markdown.render(diff_view(result)))[0]
    assert "0.5 relative [--tolerance x]" in polar
    assert "1e-05 relative [policy.toml]" in steps
    entry = plain(diff_document(result))["factors"]["polar"]
    assert (entry["tolerance"], entry["tolerance_origin"], entry["tolerance_basis"]) == (
        0.5,
        "--tolerance x",
        "relative",
    )
    assert "[override" not in markdown.render(diff_view(diff(c, py))).replace("\\", "")
