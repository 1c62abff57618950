"""How a process of nbtrace ends where not the command alone decides it: faults, signals, streams, terminals."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nbtrace.errors import ExitCode
from tests.places import PAIRS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = pytest.mark.slow  # each case starts a process

STARTS = {
    "module": ["-m", "nbtrace"],
    "script": ["-c", "import sys; from nbtrace.cli import main; sys.exit(main())"],  # what pip writes
}

CUSTOM = """
import nbtrace.cli.check

def stand_in():
    {body}

nbtrace.cli.check.check_command = stand_in
"""


def ends(folder: Path, body: str, start: str = "module", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `nbtrace check` through a real start, with a command of that body in its place."""
    (folder / "sitecustomize.py").write_text(CUSTOM.format(body=body))
    path = os.pathsep.join(filter(None, (str(folder), *sys.path)))
    return subprocess.run(
        [sys.executable, *STARTS[start], "check"],
        env=os.environ | {"PYTHONPATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


FAULTS = {
    "print('begun'); 1 / 0": (ExitCode.BROKEN, "ZeroDivisionError: division by zero"),
    "print('begun'); stand_in()": (ExitCode.BROKEN, "RecursionError: maximum recursion depth exceeded"),
    "print('begun'); raise EOFError('end')": (ExitCode.BROKEN, "EOFError: end"),
    "print('begun'); import atexit; atexit.register(int, 'x')": (ExitCode.BROKEN, "ValueError: invalid literal"),
    "print('begun'); raise MemoryError": (ExitCode.INPUT, "nbtrace: not enough memory for this input"),
    "print('begun'); raise KeyboardInterrupt": (130, ""),
    "print('begun'); raise BrokenPipeError(32, 'Broken pipe')": (141, ""),
    "print('begun'); open('/nosuch/file')": (ExitCode.INPUT, "nbtrace: /nosuch/file cannot be used: No such file"),
    "print('begun'); import os; os.read(999, 1)": (ExitCode.USAGE, "nbtrace: output cannot be written"),
}


@pytest.mark.parametrize(
    ("body", "start"), [*((body, "module") for body in FAULTS), *((body, "script") for body in list(FAULTS)[:2])]
)
def test_no_fault_ends_as_a_difference_would(tmp_path: Path, body: str, start: str) -> None:
    done = ends(tmp_path, body, start)
    status, said = FAULTS[body]
    assert done.returncode == status, done.stderr
    last = done.stderr.splitlines()[-1] if done.stderr else ""
    assert last.startswith(said)
    assert bool(last) == bool(said)
    assert ("Traceback" in done.stderr) == (status == ExitCode.BROKEN and "atexit" not in body)
    if "BrokenPipe" not in body and "os.read" not in body:
        assert done.stdout.startswith("begun\n")


def test_what_a_command_returns_is_no_fault(tmp_path: Path) -> None:
    assert ends(tmp_path, "import atexit; atexit.register(int, '1')").returncode == 0


def test_warnings_of_libraries_are_not_shown_to_users(tmp_path: Path) -> None:
    body = (
        "import warnings, logging; warnings.simplefilter('always'); warnings.warn('for programmers'); "
        "logging.getLogger('PIL').warning('for programmers'); logging.getLogger('nbtrace').warning('for\\x1b users')"
    )
    done = ends(tmp_path, body)
    assert (done.returncode, done.stderr) == (0, "for\\x1b users\n")
    assert "for programmers" in ends(tmp_path, body, PYTHONWARNINGS="default").stderr


def test_tests_still_see_warnings_as_errors(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    nb("--version")
    import warnings  # noqa: PLC0415

    with pytest.raises(UserWarning):
        warnings.warn("an error in tests", stacklevel=1)


def shell(folder: Path, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `nb` is nbtrace."""
    nb = f'nb() {{ {sys.executable} -m nbtrace "$@"; }}; '
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        ["bash", "-c", nb + line],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"PYTHONPATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
    )


def python(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, without a terminal."""
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"PYTHONPATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
    )


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("nb diff c.log py.log >&-", 2, "nbtrace: output cannot be written: standard output is closed\n"),
        ("nb diff c.log py.log >&- 2>&-", 2, ""),
        ("nb diff c.log py.log 2>&- >/dev/null", 1, ""),
        ("nb diff c.log py.log <&- >/dev/null", 1, ""),
        ("nb diff c.log - <&-", 3, "nbtrace: - holds no trace values: it is empty\n"),
        ("nb diff c.log missing 2>&-", 3, ""),
        ("nb diff c.log missing >&-", 3, "nbtrace: missing cannot be read: No such file or directory\n"),
        ("nb --version >&-", 2, "nbtrace: output cannot be written: standard output is closed\n"),
        ("nb diff c.log c.log >&- -o out.txt", 2, "nbtrace: output cannot be written: standard output is closed\n"),
    ],
)
def test_a_closed_stream_has_its_exit_code_and_message(logs: Path, line: str, status: int, said: str) -> None:
    done = shell(logs, line)
    assert (done.returncode, done.stderr, done.stdout) == (status, said, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("line", ["diff c.log py.log", "diff c.log py.log --json -", "--help", "check c.log"])
def test_a_full_disk(logs: Path, line: str) -> None:
    done = shell(logs, f"nb {line} >/dev/full")
    assert (done.returncode, done.stderr) == (2, "nbtrace: output cannot be written: No space left on device\n")
    assert shell(logs, f"nb {line} >/dev/full 2>/dev/full").returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_run_is_filed_though_nobody_can_see_its_output(tmp_path: Path) -> None:
    done = shell(tmp_path, "nb bundle run b -- echo text >/dev/full")
    assert (done.returncode, done.stderr) == (0, "")  # as with a reader that has gone: the evidence is whole
    assert (tmp_path / "b" / "stdout.txt").read_text() == "text\n"
    done = shell(tmp_path, "nb bundle run b -- sh -c 'echo text; exit 7' >/dev/full")
    assert done.returncode == ExitCode.PROGRAM
    assert done.stderr.startswith("nbtrace: sh: exit 7; its output is in ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_told_by_the_status_of_its_signal(logs: Path) -> None:
    done = shell(logs, "nb diff c.log py.log | true; echo ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) == ("141\n", "")


def named(variables: dict[str, str]) -> str:
    return " ".join(f"{name}={value:.9}" for name, value in variables.items())


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=named,
)
def test_whatever_the_streams_are_said_to_be(logs: Path, variables: dict[str, str]) -> None:
    done = python(logs, BOTH.format(each=[{}]), **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout.splitlines()[-1]) == [[0, True, 1, True]]


TERMINALS = [
    {"COLUMNS": "1"},
    {"COLUMNS": "0"},
    {"COLUMNS": "-5"},
    {"COLUMNS": "junk"},
    {"COLUMNS": "1" * 5000},
    {"COLUMNS": "٥٥"},
    {"LINES": "junk"},
    {"TERM": "junk"},
    {"TERM": ""},
    {"MPLBACKEND": "junk"},
    {"FORCE_COLOR": "1", "COLUMNS": "1"},
    {"HOME": "/nosuch"},
]


@pytest.fixture(scope="module")
def told_terminals(tmp_path_factory: pytest.TempPathFactory) -> list[list[object]]:
    """How help and a comparison end, and whether they print, by what the terminal says.

    One start serves all, since the terminal is asked anew by each call.
    """
    folder = tmp_path_factory.mktemp("terminals")
    for name in ("c.log", "py.log"):
        shutil.copy(PAIRS / "supervisor__685_1039" / name, folder / name)
    done = python(folder, BOTH.format(each=TERMINALS))
    assert (done.returncode, done.stderr) == (0, "")
    answers: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) == len(TERMINALS)
    return answers


@pytest.mark.parametrize("number", range(len(TERMINALS)), ids=lambda number: named(TERMINALS[number]))
def test_whatever_the_terminal_says_of_itself(number: int, told_terminals: list[list[object]]) -> None:
    assert told_terminals[number] == [0, True, 1, True]


BOTH = """
import contextlib, io, json, os, sys
from nbtrace.cli import main

def run(words):
    sys.argv = ["nbtrace", *words.split()]
    printed = io.TextIOWrapper(io.BytesIO(), encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    with contextlib.redirect_stdout(printed):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    printed.seek(0)
    return [code, bool("".join(printed.read().split()))]

answers, before = [], dict(os.environ)
for variables in {each}:
    os.environ.clear()
    os.environ.update(before | variables)
    answers.append([*run("diff --help"), *run("diff c.log py.log")])
print(json.dumps(answers))
"""


def test_an_empty_environment(logs: Path) -> None:
    code = f"import sys; sys.path[:0] = {sys.path!r}; from nbtrace.cli import main; main()"
    words = "diff c.log py.log --json out.json --bundle bundle"
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        cwd=logs,
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert (logs / "out.json").exists()


def test_a_plot_is_drawn_whatever_the_backend(logs: Path) -> None:
    pytest.importorskip("matplotlib")
    done = shell(logs, "nb phi c.log py.log --plot new.png", MPLBACKEND="junk")
    assert (done.returncode, done.stderr) == (1, "")
    assert (logs / "new.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("nb diff c.log py.log", 3, "nbtrace: c.log cannot be read: No such file or directory\n"),
        ("nb diff $LOGS/c.log $LOGS/py.log >/dev/null", 1, ""),
        ("nb diff $LOGS/c.log $LOGS/py.log --json $LOGS/new.json >/dev/null", 1, ""),
        (
            "nb diff $LOGS/c.log $LOGS/py.log --json new.json",
            2,
            "nbtrace: the current folder has been removed; change to one that exists\n",
        ),
        ("nb check $LOGS/c.log >/dev/null", 0, ""),
        ("nb bundle verify", 2, "nbtrace: the current folder has been removed; change to one that exists\n"),
        ("nb --version >/dev/null", 0, ""),
    ],
)
def test_a_folder_that_has_been_removed(logs: Path, line: str, status: int, said: str) -> None:
    done = shell(logs, f"mkdir gone; cd gone; rmdir ../gone; {line}", LOGS=str(logs))
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@pytest.mark.parametrize("name", ["x" * 5000, "x" * 300, "x/" * 3000], ids=["path", "name", "folders"])
@pytest.mark.parametrize(
    "line",
    [
        "diff c.log NAME",
        "diff NAME c.log",
        "phi c.log NAME",
        "scaling c.log NAME",
        "explain c.log NAME",
        "check NAME",
        "images NAME NAME",
        "report NAME",
        "bundle verify NAME",
        "bundle list NAME",
        "bundle add b NAME",
        "compare --archived NAME",
        "compare --suite NAME",
        "diff c.log py.log --noise NAME",
        "diff c.log py.log --policy NAME",
        "explain c.log py.log --config NAME.toml",
        "images c.npy c.npy --mask NAME",
    ],
)
def test_an_input_whose_name_is_too_long(
    nb: "Run", logs: Path, monkeypatch: pytest.MonkeyPatch, line: str, name: str
) -> None:
    monkeypatch.chdir(logs)
    np.save("c.npy", np.arange(16.0).reshape(4, 4))
    ended = nb(*(word.replace("NAME", name) for word in line.split()))
    assert ended.code == 3, ended
    assert "File name too long" in ended.err
    assert ended.err.count("\n") == 1
