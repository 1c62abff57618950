"""Broken references, each through `nbtrace compare` and `nbtrace trust`: one line, its exit status, nothing left."""

import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from nbtrace.evidence.orphans import unwatch
from nbtrace.evidence.program import Surroundings
from nbtrace.explanation.images.image_causes import ImageCauses
from tests.cli.conftest import Run
from tests.cli.conftest import nb as nb  # noqa: PLC0414 - a fixture
from tests.programs import broken
from tests.programs.conftest import FLAGS

pytestmark = pytest.mark.slow  # each case starts programs

FLOOD = 2**16
"""Limit of output in these tests, which is a matter of seconds otherwise."""

ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Expected:
    """How both commands end, and words of the line that says why."""

    compare: int
    trust: int
    said: str


FAILS = {
    "no_file": Expected(5, 5, "it wrote no image"),
    "no_file_but_exit_1": Expected(5, 5, "exit 1"),
    "empty_file": Expected(5, 5, "float.bin is empty"),
    "half_a_file": Expected(4, 4, "float.bin has 124 bytes; 8 x 8 pixels"),
    "other_shape": Expected(4, 4, "float.bin has 1024 bytes; 8 x 8 pixels"),
    "huge_sparse": Expected(5, 5, "which nbtrace does not read"),
    "sparse_by_one": Expected(4, 4, "257 bytes"),
    "all_nan": Expected(3, 3, "is nan or inf in every computed pixel"),
    "all_inf": Expected(3, 3, "is nan or inf in every computed pixel"),
    "hangs": Expected(5, 5, "not done after 0.5 s and killed"),
    "hangs_deaf": Expected(5, 5, "not done after 0.5 s and killed"),
    "hangs_silent": Expected(5, 5, "not done after 0.5 s and killed"),
    "busy": Expected(5, 5, "not done after 0.5 s and killed"),
    "floods_stdout": Expected(5, 5, "printed more than"),
    "floods_stderr": Expected(5, 5, "printed more than"),
    "killed": Expected(5, 5, "killed by SIGKILL"),
    "aborts": Expected(5, 5, "killed by SIGABRT"),
    "binary_junk": Expected(5, 5, "it wrote no image"),
    "deletes_folder": Expected(5, 5, "it wrote no image"),
    "elsewhere": Expected(5, 5, "it wrote no image"),
    "symlink": Expected(5, 5, "it wrote no image"),
    "dangling": Expected(5, 5, "it wrote no image"),
    "fifo": Expected(5, 5, "it wrote no image"),
    "folder_as_file": Expected(5, 5, "it wrote no image"),
    "socket": Expected(5, 5, "it wrote no image"),
    "older": Expected(5, 5, "older than the run"),
    "exit_7_with_image": Expected(5, 5, "exit 7; its last words: reached"),
    "text": Expected(5, 5, "is text"),
    "other_pixel": Expected(4, 4, "traces another pixel: -trace_pixel 0 6 asks for slow 0 fast 6"),
    "transposed_pixel": Expected(4, 4, "traces the transposed pixel: -trace_pixel 0 6 asks for slow 0 fast 6"),
    "two_pixels": Expected(4, 4, "traces 2 pixels (0 6, 1 6)"),
}
if not ROOT:
    FAILS |= {"unreadable": Expected(5, 5, "cannot be read"), "changes_mode": Expected(5, 5, "it wrote no image")}

ANSWERS = {
    "good": Expected(0, 0, "agree"),
    "stdin": Expected(0, 0, "no pixel was traced on both sides"),
    "hard_link": Expected(0, 0, "printed no TRACE_ lines"),
    "outlived": Expected(0, 0, "printed no TRACE_ lines"),
    "constant": Expected(1, 0, "C is 3 in all 64 compared pixels"),
    "moves": Expected(1, 1, "pixel 0 5 (worst"),
    "junk_trace": Expected(0, 0, "no "),
    "half_a_trace": Expected(0, 0, "no "),
    "nan_trace": Expected(0, 1, "diverge first in I_before_scaling"),
    "binary_trace": Expected(0, 0, "is binary"),
}
ZERO = {"all_zero": Expected(1, 3, "0")}


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files, short limits, and what the scripts ask of the environment."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    unwatch(os.getpid())  # the shell that watches programs is started with the first of them, and stays
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("ELSEWHERE", str(tmp_path / "elsewhere.bin"))
    monkeypatch.setenv("CHILD", str(tmp_path / "child"))
    monkeypatch.setattr("nbtrace.programs.program_source.Surroundings", partial(Surroundings, most_bytes=FLOOD))
    # Runs of the simulator are searched for the cause of each broken image, in vain and for up to a minute.
    monkeypatch.setattr("nbtrace.cli.compare_runs.causes_of_images", lambda *_: ImageCauses(refused="not asked"))
    return temporary


def test_every_script_has_its_answer() -> None:
    assert {*FAILS, *ANSWERS, *ZERO} | {"unreadable", "changes_mode"} == set(broken.BODIES)


def words_of(command: str, name: str, folder: Path, seconds: str) -> list[str | Path]:
    (folder / "good").mkdir()
    side: list[str | Path] = ["--cand", broken.make("good", folder / "good")] if command == "compare" else []
    few: list[str | Path] = ["--repeat", "2", "--threads", "1"] if command == "trust" else []
    return [command, "--ref", broken.make(name, folder), *side, *few, "--timeout", seconds, "--", *FLAGS.split()]


@pytest.mark.parametrize("command", ["compare", "trust"])
@pytest.mark.parametrize("name", FAILS)
def test_what_fails_is_one_line_and_leaves_nothing(
    nb: Run, surroundings: Path, tmp_path: Path, name: str, command: str
) -> None:
    expected = FAILS[name]
    before = broken.own_processes(os.getpid())  # such as the browser of other tests
    clock = time.monotonic()
    late = "not done" in expected.said
    ended = nb(*words_of(command, name, tmp_path, "0.5" if late else "60"))
    assert time.monotonic() - clock < 60
    assert ended.code == getattr(expected, command)
    assert expected.said in ended.err
    assert "nanoBragg (--ref)" in ended.err
    assert (ended.out, ended.err.count("\n")) == ("", 1)
    assert not list(surroundings.iterdir())
    assert broken.own_processes(os.getpid()) == before


@pytest.mark.parametrize("command", ["compare", "trust"])
@pytest.mark.parametrize("name", [*ANSWERS, *ZERO])
def test_what_can_be_judged_is(nb: Run, surroundings: Path, tmp_path: Path, name: str, command: str) -> None:
    expected = (ANSWERS | ZERO)[name]
    before = broken.own_processes(os.getpid())
    ended = nb(*words_of(command, name, tmp_path, "60"))
    assert ended.code == getattr(expected, command), ended
    assert "Traceback" not in ended.err
    if command == "compare":
        assert expected.said in " ".join(ended.out.split())
    assert "\x1b" not in ended.out + ended.err
    assert not list(surroundings.iterdir())
    assert broken.own_processes(os.getpid()) == before


@pytest.mark.parametrize("command", ["compare", "trust"])
def test_what_cannot_be_started_is_one_line(nb: Run, tmp_path: Path, command: str) -> None:
    cases: list[tuple[str, bytes, int]] = [
        ("script", b"#!/no/such/interpreter\n", 0o755),
        ("nothing", b"", 0o755),
        ("locked", b"#!/bin/sh\n", 0o644),
        ("noise", bytes(range(256)), 0o755),
    ]
    for name, content, mode in cases:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        ended = nb(command, "--ref", path, "--", *FLAGS.split())
        assert (ended.code, ended.out, ended.err.count("\n")) == (5, "", 1)
        assert name in ended.err
    (tmp_path / "folder").mkdir()
    ended = nb(command, "--ref", tmp_path / "folder", "--", *FLAGS.split())
    assert (ended.code, ended.err.count("\n")) == (5, 1)
    assert "is not a program that can be executed" in ended.err


def test_a_broken_candidate_is_named_as_the_candidate(nb: Run, surroundings: Path, tmp_path: Path) -> None:
    for name, code, said in (
        ("all_nan", 3, "Py ("),
        ("transposed_pixel", 4, "Py ("),
        ("exit_7_with_image", 5, "nanoBragg (--cand): exit 7"),
    ):
        for folder in (tmp_path / name, tmp_path / f"good-{name}"):
            folder.mkdir()
        bad, good = broken.make(name, tmp_path / name), broken.make("good", tmp_path / f"good-{name}")
        ended = nb("compare", "--ref", good, "--cand", str(bad), "--", *FLAGS.split())
        assert (ended.code, ended.err.count("\n")) == (code, 1)
        assert said in ended.err
        assert str(bad) in ended.err or "--cand" in ended.err


def test_two_sides_without_numbers_are_both_named(nb: Run, surroundings: Path, tmp_path: Path) -> None:
    bad = broken.make("all_nan", tmp_path)
    ended = nb("compare", "--ref", bad, "--cand", str(bad), "--", *FLAGS.split())
    assert ended.code == 3
    assert "C (" in ended.err
    assert "and Py (" in ended.err
    assert "are nan or inf in every computed pixel" in ended.err
    assert "no experiment" in ended.err
