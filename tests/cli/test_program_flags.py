"""`--lenient` beside the flags, and the precision of the environment, in the commands that take flags."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.cli.program_flags import with_leniency
from nbtrace.embedded import choice
from nbtrace.errors import UsageError
from tests.places import GOLDEN_SUITE

if TYPE_CHECKING:
    from tests.cli.conftest import Run

FLAGS = shlex.split("-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8")
UNKNOWN = [*FLAGS, "-bogus"]


def test_the_word_stands_among_the_flags_once() -> None:
    assert with_leniency(["-N", "5", "--lenient"], lenient=True) == ["--lenient", "-N", "5"]
    assert with_leniency(["-N", "5"], lenient=False) == ["-N", "5"]
    with pytest.raises(UsageError, match="put them after --"):
        with_leniency([], lenient=True)


@pytest.mark.parametrize(
    "words",
    [
        ["harness", "--pixel", "3", "4", "--output", "t.log"],
        ["simulate"],
        ["explain", "c.log", "c.log"],
    ],
    ids=["harness", "simulate", "explain"],
)
def test_a_flag_that_the_reference_ignores_is_an_error_or_a_warning(
    nb: "Run", tmp_path: Path, supervisor: Path, words: list[str]
) -> None:
    (tmp_path / "c.log").write_bytes((supervisor / "c.log").read_bytes())
    strict = nb(*words, "--", *UNKNOWN)
    assert strict.code == 2
    assert "-bogus" in strict.err
    for call in ([*words, "--lenient", "--", *UNKNOWN], [*words, "--", "--lenient", *UNKNOWN]):
        lenient = nb(*call, *(["-nopgm"] if words == ["simulate"] else []))
        assert lenient.code == 0, lenient
        assert "warning" in lenient.err
        assert "-bogus" in lenient.err
        (tmp_path / "t.log").unlink(missing_ok=True)
        for path in tmp_path.glob("t_*"):
            path.unlink()


def test_lint_takes_the_option(nb: "Run") -> None:
    assert nb("lint", "--lenient", "--", *UNKNOWN).out == nb("lint", "--", *UNKNOWN).out


def test_the_precision_of_the_environment_is_used_and_said(
    nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NB_PYTORCH_DTYPE", "float32")
    choice._say_once.cache_clear()
    ended = nb("harness", "--pixel", "3", "4", "--output", "t.log", "--", *FLAGS)
    assert "float32 on cpu" in ended.out
    assert "computed in float32, as NB_PYTORCH_DTYPE says" in ended.err
    assert json.loads((tmp_path / "t_env.json").read_text())["dtype"] == "float32"
    named = nb("harness", "--pixel", "3", "4", "--dtype", "float64", "--output", "u.log", "--", *FLAGS)
    assert "float64 on cpu" in named.out
    flagged = nb("harness", "--pixel", "3", "4", "--output", "v.log", "--", *FLAGS, "-dtype", "float64")
    assert "float64 on cpu" in flagged.out


@pytest.mark.parametrize(
    "words",
    [
        ["harness", "--pixel", "3", "4", "--", *FLAGS],
        ["sweep", "--pixel", "3", "4", "--", *FLAGS],
        ["simulate", "--", *FLAGS],
        ["compare", "--archived", str(GOLDEN_SUITE / "cubic_default")],
        ["compare", "--suite", str(GOLDEN_SUITE / "suite.toml"), "--only", "cubic_default"],
    ],
    ids=["harness", "sweep", "simulate", "compare", "suite"],
)
def test_a_wrong_precision_of_the_environment_is_one_line(
    nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("NB_PYTORCH_DTYPE", "float16")
    monkeypatch.delenv("NB_PY_BIN", raising=False)
    ended = nb(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "NB_PYTORCH_DTYPE is float16; set it to float64 or float32" in ended.err
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
