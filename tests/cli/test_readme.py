"""What README.md and docs/ show is what the commands print, where they run on files that come with nbtrace."""

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.mark import ParameterSet

from tests.console_blocks import follow, sessions
from tests.places import ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run


README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = sessions(README)
PAGES = {
    path.relative_to(ROOT / "docs").with_suffix("").as_posix(): sessions(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if not {"generated", "_build"} & set(path.parts)
}
"""What the pages of docs/ show; of those that are generated `tests/glossary/` holds the examples."""


README_LINES = 150
"""It is the first screen of the project; what takes longer to tell stands in docs/."""


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= README_LINES


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:\s]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_there_is_something_to_run() -> None:
    assert sum(len(calls) for calls in SESSIONS) >= 3
    assert sum(map(bool, PAGES.values())) >= 20


def cases() -> Iterator[ParameterSet]:
    """Yield what is called, once, with all that is shown of it, called after its first place; programs take long."""
    shown: dict[tuple[str, ...], tuple[str, list[list[list[str]]]]] = {}
    for page, blocks in {"README": SESSIONS, **PAGES}.items():
        for block in blocks:
            calls = tuple(call for call, _ in block)
            shown.setdefault(calls, (page, []))[1].append([lines for _, lines in block])
    for calls, (page, answers) in shown.items():
        command = next(word for word in (calls[0].split()[0], "A B") if "/" not in word)
        slow = command in {"compare", "reduce", "sweep"} or (command == "explain" and "--config" in calls[0])
        yield pytest.param(calls, answers, id=f"{page} {command}", marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(("calls", "answers"), list(cases()))
def test_what_is_shown_is_printed(
    nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: tuple[str, ...], answers: list[list[list[str]]]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    # The programs that an install brings lie beside Python.
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for call, *shown in zip(calls, *answers, strict=True):
        ended = nb(*shlex.split(call))
        unfinished = all(lines[:1] and lines[0].startswith("NOT COMPARABLE") for lines in shown)
        assert ended.code in ({3} if unfinished else {0, 1}), ended.err
        for expected in shown:
            assert follow(ended.out.splitlines(), expected) is None, ended.out


@pytest.mark.slow
def test_what_python_is_shown_of_a_suite_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    page = (ROOT / "docs" / "howto" / "suite_on_a_cluster.md").read_text(encoding="utf-8")
    (block,) = (text for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "executor=" in text)
    exec(block, {})  # noqa: S102 - it is ours
    verdict, digest = capsys.readouterr().out.split()
    assert (verdict, len(digest)) == ("agree", 8)
    assert "polar_<wbr>09" in (tmp_path / "suite.html").read_text()
    assert len(list((tmp_path / "kept" / "cases").iterdir())) == 1


def test_the_first_examples_fit_on_a_screen(nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port's log, two images, programs of one's own: each answered by one command, without its name."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    firsts = [calls[0][0] for calls in SESSIONS[:3]]
    assert all(call.startswith("examples/") for call in firsts)
    for width in (80, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        for call in firsts:
            lines = nb(*shlex.split(call)).out.splitlines()
            assert sum(max(1, -(-len(line) // width)) for line in lines) <= 25
            assert lines[0].split()[0] == lines[-1].split()[0] == "DIFFER"


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (["a", "b"], None),
        (["a", "…"], None),
        (["a", "…", "c"], None),
        (["b"], "b"),
        (["a", "c"], "c"),
        (["…", "d"], "d"),
    ],
)
def test_lines_are_looked_for_in_their_place(expected: list[str], missing: str | None) -> None:
    assert follow(["a", "b", "c"], expected) == missing


def test_every_command_is_in_the_table() -> None:
    from tests.cli.test_wrong_calls import commands  # noqa: PLC0415 - beside this file

    page = (ROOT / "docs" / "guide" / "commands.md").read_text(encoding="utf-8")
    for name, _ in commands():
        assert re.search(rf"^\| `nbtrace {name.split()[0]}[ `]", page, re.MULTILINE), name
        assert re.search(rf"`(nbtrace )?{name.split()[0]}[ `]", README), name
