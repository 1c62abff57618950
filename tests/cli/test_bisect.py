"""A small repository whose commits are known: which one is found, and that it is left as it was."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.cli.bisect_step import result_of

if TYPE_CHECKING:
    from tests.cli.conftest import Run

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="git is not installed")

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in a repository of six commits: flux is wrong from the second, mean from the fifth; the third fails."""
    folder = tmp_path / "repo"
    folder.mkdir()

    def run(*words: str) -> str:
        own = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(
            [GIT or "", *own, *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    run("init", "-q", "-b", "main")
    (folder / "c.log").write_text("tracked\n")
    for number in range(6):
        if number == 2:
            run("rm", "-q", "result.json")
        else:
            off = {"mean_K": number >= 4, "flux_W": number >= 1}
            (folder / "result.json").write_text(json.dumps(result(off)) + "\n" * number)
        run("add", ".")
        run("commit", "-qm", f"commit {number}")
    return run


def result(off: dict[str, bool]) -> dict[str, object]:
    """Return a document in which some quantities diverge."""
    rows = {
        name: {"c_value": 1, "py_value": 1, "rel_delta": 1e-3 * bad, "status": "DIVERGENT" if bad else "PASS"}
        for name, bad in off.items()
    }
    return {"factors": rows, "first_divergence": next((name for name, bad in off.items() if bad), None)}


COMMAND = ["sh", "-c", "echo built; cat result.json"]


def test_the_commit_that_brought_the_first_divergence_is_found(
    nb: "Run", tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A divergence that was there before, further down, is not taken for it, and the repository is left as it was."""
    monkeypatch.chdir(tmp_path / "repo")
    before = git("rev-parse", "HEAD")
    ended = nb("bisect", "HEAD~5", "HEAD", "--json", tmp_path / "out.json", "--", *COMMAND)
    document = json.loads((tmp_path / "out.json").read_text())
    assert ended.code == 0, ended.err
    assert document["divergence"]["quantity"] == "mean_K"
    assert document["first_bad"] == git("rev-parse", "HEAD~1")
    assert document["subject"] == "commit 4"
    outcomes = {step["commit"]: step["outcome"] for step in document["steps"]}
    assert outcomes.get(git("rev-parse", "HEAD~3"), "failed") == "failed"
    assert ended.out.startswith("FOUND  mean_K")
    assert (git("rev-parse", "HEAD"), git("branch", "--show-current")) == (before, "main")
    assert git("status", "--porcelain") == ""
    assert not (tmp_path / "repo" / ".git" / "BISECT_START").exists()


def test_what_cannot_be_bisected_is_one_line(
    nb: "Run", tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = tmp_path / "repo"
    monkeypatch.chdir(repo)
    (repo / "c.log").write_text((repo / "c.log").read_text() + "# a note\n")
    dirty = nb("bisect", "HEAD~5", "HEAD", "--", *COMMAND)
    assert (dirty.code, dirty.err.count("\n")) == (2, 1)
    assert "c.log" in dirty.err
    assert (repo / "c.log").read_text().endswith("# a note\n")
    git("checkout", "-q", "c.log")
    for good, bad, code in (("HEAD", "HEAD~5", 2), ("HEAD~1", "HEAD", 2), ("nosuch", "HEAD", 2)):
        ended = nb("bisect", good, bad, "--", *COMMAND)
        assert (ended.code, ended.err.count("\n"), ended.out) == (code, 1, "")
    failing = nb("bisect", "HEAD~5", "HEAD", "--", "sh", "-c", "exit 7")
    assert (failing.code, failing.err.count("\n")) == (5, 1)
    assert git("branch", "--show-current") == "main"


def test_a_file_that_git_does_not_know_is_not_overwritten(
    nb: "Run", tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = tmp_path / "repo"
    monkeypatch.chdir(repo)
    git("rm", "-q", "--cached", "c.log")
    git("commit", "-qm", "without the reference")
    ended = nb("bisect", "HEAD~6", "HEAD", "--", *COMMAND)
    assert (ended.code, ended.err.count("\n")) == (5, 1)
    assert "c.log" in ended.err
    assert (repo / "c.log").exists()
    assert git("branch", "--show-current") == "main"


def test_a_command_does_not_read_what_is_meant_for_bisect(tmp_path: Path) -> None:
    read, write = os.pipe()
    before = os.dup(0)
    os.write(write, b"said to bisect")
    os.close(write)
    try:
        os.dup2(read, 0)
        told = result_of(["sh", "-c", """printf '{"read": "%s"}' "$(cat)" """], tmp_path)
    finally:
        os.dup2(before, 0)
        for descriptor in (read, before):
            os.close(descriptor)
    assert told == {"read": ""}
