"""Workflow commands, read back as GitHub's runner reads them."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff
from nbtrace.evidence.contents import Contents
from nbtrace.report.ci import render_ci
from nbtrace.report.ci.github import data, prop
from nbtrace.report.documents.trace_documents import diff_document
from tests.report.commands_0_1 import document_0_1

Made = Callable[..., Contents]
LEVELS = {"error", "warning", "notice"}


def command(line: str) -> tuple[str, dict[str, str], str] | None:
    """Return name, properties and message of a line that the runner takes for a command, None for any other."""
    match = re.match(r"\s*::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)", line)
    if match is None:
        assert "##[" not in line, "the older form of a command"
        return None
    pairs = (part.split("=", 1) for part in (match[2] or "").split(",") if part)
    return match[1], {name: unescaped(value) for name, value in pairs}, unescaped(match[3])


def unescaped(text: str) -> str:
    for code, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    return [found for line in text.splitlines() if (found := command(line)) is not None]


def test_verdicts_first_then_roots_as_errors_and_consequences_as_warnings(
    everything: Contents, traces: tuple[Trace, Trace]
) -> None:
    found = commands(render_ci(everything, "github"))
    assert [name for name, _, _ in found[:8]] == [*["error"] * 4, "notice", "error", "error", "notice"]
    assert found[0][2].startswith("differ: first divergence rot_a_angstroms z")
    result = diff(*traces)
    roots = {item.group.quantity for item in result.roots}
    of_diff = {
        properties["title"].removeprefix("nbtrace diff: ").split()[0]: (name, properties)
        for name, properties, _ in found
        if properties.get("title", "").startswith("nbtrace diff: ")
    }
    assert of_diff.keys() == {group.quantity for group in result.groups if group.status.diverges}
    assert {name for name, (level, _) in of_diff.items() if level == "error"} == roots
    row = next(group.shown for group in result.groups if group.quantity == "rot_a_angstroms")
    assert of_diff["rot_a_angstroms"][1]["file"] == traces[1].source
    assert of_diff["rot_a_angstroms"][1]["line"] == str(row.py.line)


def test_groups_are_closed_and_hold_everything(everything: Contents) -> None:
    text = render_ci(everything, "github")
    names = [name for name, _, _ in commands(text)]
    assert names.count("group") == names.count("endgroup") == 8
    assert "::group::nbtrace diff: 99 passed, 15 failed" in text.splitlines()
    assert sum(line.startswith("passed ") for line in text.splitlines()) > 100


def test_hostile_logs(hostile_pair: tuple[Trace, Trace], file: Made) -> None:
    found = commands(render_ci(file(("diff", diff_document(diff(*hostile_pair)))), "github"))
    assert {name for name, _, _ in found} <= LEVELS | {"group", "endgroup"}
    assert all(set(properties) <= {"title", "file", "line"} for _, properties, _ in found)


@pytest.mark.parametrize(
    "text",
    ["a\n::set-output name=x::y", "##[add-mask]x", "a,line=1::b", "100%", "%0A::error::x", "\u2028::error::x", "::x::"],
)
def test_text_is_never_a_command(invented: Made, text: str) -> None:
    document = document_0_1("diff-heat")
    row = next(iter(document["factors"].values())) | {"status": "CRITICAL", "reason": text, "c_line": 1, "py_line": 2}
    document |= {
        "verdict": "differ",
        "answer": text,
        "c": document["c"] | {"source": text},
        "py": document["py"] | {"source": text},
        "coverage": document["coverage"] | {"missing_c": [], "missing_py": []},
        "roots": [],
        "factors": {text: row | {"index": ""}, f"{text}2": row | {"status": "PASS"}},
    }
    plain = text.replace("\n", " ").replace("\u2028", "\ufffd")
    found = commands(render_ci(invented(document, name=text), "github"))
    assert [name for name, _, _ in found] == ["error", "warning", "group", "endgroup"]
    assert found[0][1:] == ({"title": f"nbtrace {plain}", "file": plain, "line": "2"}, f"differ: {plain}")
    assert found[1][1]["title"] == f"nbtrace {plain}: {plain}"


@given(st.text())
def test_escaping_reads_back(text: str) -> None:
    assert unescaped(data(text)) == text
    assert unescaped(prop(text)) == text
    assert not set(data(text)) & {"\n", "\r"}
    assert not set(prop(text)) & set("\n\r:,")
