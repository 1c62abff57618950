"""What README.md shows is what the commands print, where they run on files that come with nbtrace."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.mark import ParameterSet

from tests.places import ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run


README = (ROOT / "README.md").read_text(encoding="utf-8")
LEFT_OUT = "…"


def shown() -> list[list[tuple[str, list[str]]]]:
    """Return the sessions that can be run: commands, each with the lines that are shown of what it prints."""
    sessions = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        calls: list[tuple[str, list[str]]] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                calls.append((line.removeprefix("$ nbtrace "), []))
            else:
                calls[-1][1].append(line)
        if any("examples/" in call for call, _ in calls):
            sessions.append(calls)
    return sessions


def follow(printed: list[str], expected: list[str]) -> str | None:
    """Return the first line that is not printed in its place; `…` stands for any lines."""
    place, anywhere = 0, False
    for line in expected:
        if line == LEFT_OUT:
            anywhere = True
        elif anywhere and line in printed[place:]:
            place, anywhere = printed.index(line, place) + 1, False
        elif not anywhere and printed[place : place + 1] == [line]:
            place += 1
        else:
            return line
    return None


SESSIONS = shown()


def test_there_is_something_to_run() -> None:
    assert sum(len(calls) for calls in SESSIONS) >= 8


def session_of(calls: list[tuple[str, list[str]]]) -> ParameterSet:
    """Return a session as a case, called after its first command; what runs programs takes long."""
    command = next(word for word in (calls[0][0].split()[0], "A B") if "/" not in word)
    return pytest.param(calls, id=command, marks=[pytest.mark.slow] if command in {"compare", "reduce"} else [])


@pytest.mark.parametrize("calls", [session_of(calls) for calls in SESSIONS])
def test_what_is_shown_is_printed(
    nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[str, list[str]]]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for call, expected in calls:
        ended = nb(*shlex.split(call))
        assert ended.code in {0, 1}, ended.err
        assert follow(ended.out.splitlines(), expected) is None, ended.out


@pytest.mark.slow
def test_what_python_is_shown_of_a_suite_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (block,) = (text for text in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "executor=" in text)
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

    for name, _ in commands():
        assert re.search(rf"^\| `nbtrace {name.split()[0]}[ `]", README, re.MULTILINE), name
