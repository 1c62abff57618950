"""The file of a history: what is added, what is merged, and what is refused."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from nbtrace.errors import InputError, UsageError
from nbtrace.history.history_file import MERGED, add_lines, read_history, text_of
from nbtrace.history.history_line import headroom_of, measured_digits
from nbtrace.vocabulary.quantity import Basis
from tests.history.lines_of_histories import line


def test_lines_are_read_as_they_were_added_and_each_once(tmp_path: Path) -> None:
    file, lines = tmp_path / "history.jsonl", [line(run, name) for run in range(3) for name in "FG"]
    assert add_lines(file, lines) == 6
    before = file.read_bytes()
    assert add_lines(file, [*lines, line(3)]) == 1
    assert file.read_bytes().startswith(before)
    assert read_history(file) == (*lines, line(3))


def test_the_order_of_lines_does_not_matter_and_lines_that_stand_twice_are_one(tmp_path: Path) -> None:
    texts = [text_of(line(run, name)) for run in range(4) for name in "FG"]
    texts += [text_of(line(1, "F", digits=4.0)), texts[0]]
    read = set()
    for seed in range(5):
        random.Random(seed).shuffle(texts)  # noqa: S311 - a test
        (tmp_path / "history.jsonl").write_text("".join(f"{text}\n" for text in texts))
        found = read_history(tmp_path / "history.jsonl")
        assert len(found) == 8
        read.add(found[2].digits)
    assert len(read) == 1


def test_a_pipe_in_place_of_the_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(UsageError, match=r"history\.jsonl is not a regular file; give another name"):
        add_lines(tmp_path / "history.jsonl", [line(0)])


GOOD = text_of(line(0))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{GOOD}\n{GOOD[:50]}", ":2 ends in the middle of a line"),
        (f"{GOOD}\n{GOOD[:50]}\n", ":2 is no line of a history: it is not JSON"),
        (f"{GOOD}\n<<<<<<< ours\n", ":2 is a mark of a merge"),
        (f"=======\n{GOOD}\n", ":1 is a mark of a merge"),
        ("[1]\n", ":1 is no line of a history"),
        ("{}\n", ":1 is no line of a history"),
        ("[" * 50_000 + "\n", ":1 is no line of a history"),
        (GOOD.replace('"digits":9.0', '"digits":"many"') + "\n", "digits"),
        (GOOD.replace('"digits":9.0', '"digits":1e308') + "\n", "digits: Input should be at most 14 digits"),
        (GOOD.replace('"digits":9.0', '"digits":NaN') + "\n", "digits: Input should be at most 14 digits"),
        (
            GOOD.replace('"tolerance":1e-06', '"tolerance":Infinity') + "\n",
            "tolerance: Input should be a finite number",
        ),
        (GOOD.replace("2026-01-01T", "2026-01-01 ") + "\n", "time"),
        ("\0\1\2\n", ":1 is no line of a history"),
        (f"{{{'x' * 2**21}}}\n", "has more than 1 MB"),
    ],
    ids=[
        "torn",
        "cut",
        "ours",
        "middle",
        "list",
        "empty",
        "deep",
        "digits",
        "huge",
        "nan",
        "infinite",
        "time",
        "binary",
        "long",
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number_and_nothing_is_lost(
    tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(content)
    for call in (lambda: read_history(file), lambda: add_lines(file, [line(1)])):
        with pytest.raises(InputError) as raised:
            call()
        assert said in str(raised.value)
        assert "\n" not in str(raised.value)
    assert file.read_text() == content


@pytest.mark.parametrize(
    ("size", "tolerance", "digits", "headroom"),
    [
        (1e-3, 1e-1, 3.0, 2.0),
        (10**400, 1e-6, 0.0, None),
        (1e10, 1e-320, 0.0, -14.0),
        (5e-324, 1e300, 14.0, 14.0),
        (1e-3, -1.0, 3.0, None),
        (1e-3, float("inf"), 3.0, None),
        (float("nan"), 1e-6, 0.0, None),
    ],
)
def test_numbers_of_foreign_documents_have_digits_or_none(
    size: float, tolerance: float, digits: float, headroom: float | None
) -> None:
    assert measured_digits("MINOR", size, None, tolerance, Basis.RELATIVE) == digits
    assert headroom_of(size, tolerance) == headroom


def test_keys_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(json.dumps({**json.loads(GOOD), "later": 1}) + "\n")
    assert read_history(file) == (line(0),)


def test_git_merges_the_lines_of_two_branches(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    file = tmp_path / "history.jsonl"

    def run(*words: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run([git, "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    (tmp_path / ".gitattributes").write_text(f"{MERGED}\n")
    for branch, runs in (("main", [0]), ("left", [1, 2]), ("right", [3])):
        run("checkout", "-q", *(["-b"] if branch != "main" else ["--orphan"]), branch) if branch != "main" else None
        add_lines(file, [line(number) for number in runs])
        run("add", ".")
        run("commit", "-qm", branch)
        run("checkout", "-q", "main")
    run("merge", "-q", "left")
    run("merge", "-q", "right", "-m", "both")
    assert read_history(file) == tuple(line(number) for number in range(4))
