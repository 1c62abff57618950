"""`nbtrace` without the name of a command: the inputs say what is called for."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nbtrace.cli.routing import positional, routed
from nbtrace.errors import InputError, UsageError

if TYPE_CHECKING:
    from tests.cli.conftest import Run

OPTIONS = {"--json": 1, "--shape": 2, "--brief": 0, "-t": 1}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("c.log", "py.log", "diff", "-odd.log"):
        (tmp_path / name).write_text("TRACE_C: polar 1\n")
    for name in ("a.hkl", "b.hkl"):
        (tmp_path / name).write_text("1 2 3 100.5\n")
    pixels = np.random.default_rng(2).random((20, 20))
    for name in ("a.npy", "b.npy"):
        np.save(tmp_path / name, pixels)
    (tmp_path / "evidence").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def route(*words: str) -> list[str]:
    return routed(words, answer="A B", commands=("diff", "images", "compare"), options=OPTIONS)


@pytest.mark.parametrize(
    ("words", "inputs"),
    [
        ("c.log py.log", ["c.log", "py.log"]),
        ("--json x c.log --brief py.log", ["c.log", "py.log"]),
        ("--json=x c.log - -- -cell 100", ["c.log", "-"]),
        ("--shape 3 4 a.npy", ["a.npy"]),
        ("--json", []),
    ],
)
def test_values_of_options_are_no_inputs(words: str, inputs: list[str]) -> None:
    assert positional(words.split(), OPTIONS) == inputs


@pytest.mark.parametrize(
    ("call", "command"),
    [
        ("c.log py.log", ["A B"]),
        ("c.log", ["A B"]),
        ("- py.log", ["A B"]),
        ("--json x.json c.log py.log -- -cell 100", ["A B"]),
        ("./diff c.log", ["A B"]),
        ("a.npy b.npy --shape 20 20", ["images"]),
        ("a.hkl b.hkl -t 1e-3", ["diff"]),
        ("evidence", ["bundle", "verify"]),
    ],
)
@pytest.mark.usefixtures("inputs")
def test_the_inputs_call_for_a_command(call: str, command: list[str]) -> None:
    assert route(*call.split()) == [*command, *call.split()]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("c.log a.npy", "c.log is a trace and a.npy is an image; nbtrace diff compares two traces, nbtrace images"),
        ("c.log a.npy", "nbtrace images C PY --geometry c.log"),
        ("c.log evidence", "evidence is a folder"),
        ("evidence evidence", "nbtrace bundle verify evidence and nbtrace bundle verify evidence"),
        ("a.npy", "a.npy is one image; give the other, too: nbtrace images a.npy OTHER"),
        ("a.hkl", "a.hkl holds structure factors; give the others, too: nbtrace diff a.hkl OTHER"),
        (
            "a.hkl c.log",
            "structure factors and c.log is a trace; nbtrace diff compares two of a kind",
        ),
        ("juxtapose c.log", "'juxtapose' is neither a command nor a file (nbtrace --help lists the commands)"),
        ("c.log py.log c.log", "3 inputs: c.log, py.log, c.log"),
        ("c.log py.log diff", "the command comes first: nbtrace diff c.log py.log (a file of that name is ./diff)"),
        ("--brief diff c.log py.log", "the command comes first: nbtrace diff --brief c.log py.log"),
        ("juxtapose c.log py.log", "'juxtapose' is neither a command nor a file; nbtrace c.log py.log does what"),
        ("c.log py.log -lambda 1", "flags of a run stand after --: nbtrace c.log py.log -- -lambda 1"),
    ],
)
@pytest.mark.usefixtures("inputs")
def test_what_fits_no_command_names_one(call: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        route(*call.split())
    assert message in str(refused.value)


@pytest.mark.parametrize("call", ["c.log missing.log", "missing.log", "some/where c.log"])
@pytest.mark.usefixtures("inputs")
def test_a_missing_file_is_no_unknown_command(call: str) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        route(*call.split())


@pytest.mark.parametrize("call", ["dif c.log py.log", "imges", "nosuch", "--brief"])
@pytest.mark.usefixtures("inputs")
def test_a_slip_of_the_pen_is_left_to_the_list_of_commands(call: str) -> None:
    assert route(*call.split()) == call.split()


def test_a_command_wins_over_a_file_of_its_name(nb: "Run", inputs: Path) -> None:
    assert "nbtrace diff --help" in nb("diff", "c.log").err
    assert nb("./diff", "c.log", "--json", "-").code == 0
    assert nb("dif", inputs / "c.log").err == "nbtrace: No such command 'dif'. Did you mean 'diff'? (nbtrace --help)\n"


@pytest.mark.usefixtures("inputs")
def test_images_and_folders_go_to_their_commands(nb: "Run") -> None:
    ended = nb("a.npy", "b.npy")
    assert (ended.code, ended.out.split()[0]) == (0, "AGREE")
    assert nb("a.npy", "b.npy", "--shape", "9", "9").code == 4
    ended = nb("a.hkl", "b.hkl")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "AGREE  the reflection agrees in F")
    ended = nb("evidence")
    assert ended.code == 3
    assert "evidence: nothing to verify" in ended.err


@pytest.mark.parametrize("call", ["A B --help", "c.log py.log --help", "c.log -h"])
@pytest.mark.usefixtures("inputs")
def test_the_help_of_two_inputs(nb: "Run", call: str) -> None:
    ended = nb(*call.split())
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: nbtrace A B [OPTIONS] [-- FLAGS]" in ended.out
