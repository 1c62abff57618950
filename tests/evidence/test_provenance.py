import hashlib
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from nbtrace.documents import utc_text
from nbtrace.errors import InputError
from nbtrace.evidence import FileRecord, Provenance, git_state
from nbtrace.files import sha256_of

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("GIT_DIR", raising=False)
    monkeypatch.delenv("GIT_INDEX_FILE", raising=False)


@NEEDS_GIT
def test_commit_and_dirtiness(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path).reason == "the repository has no commit yet"
    (tmp_path / "a").write_text("one")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "new").write_text("untracked files do not make it dirty")
    clean = git_state(tmp_path)
    assert (clean.commit, clean.dirty, clean.reason) == (commit, False, None)
    assert clean.text == f"{commit}\n"
    (tmp_path / "a").write_text("two")
    dirty = git_state(tmp_path)
    assert (dirty.commit, dirty.dirty) == (commit, True)
    assert dirty.text.splitlines() == [commit, "with uncommitted changes in tracked files"]


@NEEDS_GIT
def test_outside_a_repository_there_is_no_commit_and_a_reason(tmp_path: Path) -> None:
    state = git_state(tmp_path)
    assert (state.commit, state.dirty) == (None, None)
    assert state.reason is not None
    assert "not a git repository" in state.reason
    assert state.text.startswith("no commit: not a git repository")


def test_without_git_there_is_no_commit_and_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path).reason == "git is not installed"


def test_a_git_that_fails_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "git"
    script.write_text("#!/bin/sh\nexit 7\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path).reason == "git exited with 7"


def test_times_are_utc_and_end_in_z() -> None:
    moment = datetime(2025, 10, 8, 14, 26, 30, 890_999, tzinfo=timezone(timedelta(hours=-7)))
    assert utc_text(moment) == "2025-10-08T21:26:30.890Z"
    assert utc_text(moment.replace(microsecond=0)) == "2025-10-08T21:26:30.000Z"


@NEEDS_GIT
def test_the_document_of_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NB_C_BIN", "/opt/nanoBragg")
    for name in ("c.log", "nanoBragg", "metrics.json"):
        (tmp_path / name).write_text(name)
    before = datetime.now(UTC)
    made = Provenance.collect(
        command=["nbtrace", "diff", "c.log", "my py.log"],
        inputs=[Path("c.log"), Path("-")],
        reference=Path("nanoBragg"),
        device="cpu",
        dtype="float64",
    )
    document = made.document([FileRecord.of(Path("metrics.json"))])
    assert before <= made.time <= datetime.now(UTC)
    assert document["timestamp"] == utc_text(made.time)
    assert document["command"] == "nbtrace diff c.log 'my py.log'"
    assert (document["git_sha"], document["git_dirty"]) == (None, None)
    assert "not a git repository" in str(document["git_reason"])
    assert (document["device"], document["dtype"], document["folder"]) == ("cpu", "float64", str(tmp_path))
    assert isinstance(document["variables"], dict)
    assert document["variables"]["NB_C_BIN"] == "/opt/nanoBragg"
    assert document["inputs"] == [
        {"path": "c.log", "sha256": hashlib.sha256(b"c.log").hexdigest(), "size": 5},
        {"path": "-", "sha256": None, "size": None, "reason": "standard input was not kept"},
    ]
    assert document["reference_binary"] == {
        "path": "nanoBragg",
        "sha256": hashlib.sha256(b"nanoBragg").hexdigest(),
        "size": 9,
    }
    assert str(document["python_version"]).startswith(sys.version.split(" ", maxsplit=1)[0])


def test_a_missing_input_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.log cannot be read: No such file"):
        Provenance.collect(command=[], inputs=[tmp_path / "gone.log"])


def test_the_digest_is_that_of_hashlib_and_folders_have_none(tmp_path: Path) -> None:
    data = os.urandom(1_000_003)
    (tmp_path / "big").write_bytes(data)
    assert sha256_of(tmp_path / "big") == hashlib.sha256(data).hexdigest()
    with pytest.raises(InputError, match="not a regular file"):
        sha256_of(tmp_path)
    with pytest.raises(InputError, match="no name that a file can have"):
        sha256_of(tmp_path / "nul\0")


def test_evidence_needs_no_heavy_import() -> None:
    heavy = "{'torch', 'pandas', 'matplotlib', 'rich', 'numpy', 'typer'}"
    code = f"import sys, nbtrace.evidence; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
