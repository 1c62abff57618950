"""The logger of Python: what it prints is read back as it was, and it does nothing where it is off."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrace
from nbtrace.loggers import Language, logger_file, nbtrace_log
from nbtrace.parsers import read_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import check_format
from nbtrace.parsers.source import read_lines
from nbtrace.records import Record, Shape
from nbtrace.vocabulary import registry

ALONE = logger_file(Language.PYTHON)


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    nbtrace.log_to(None)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "py.log"
    nbtrace.log_to(path)
    return path


def records(path: Path) -> tuple[Record, ...]:
    """Read a log that is valid from its first line to its last."""
    result = check_format(read_lines(str(path)), str(path), dialect_of(registry.default()))
    assert (result.faults, result.other) == ((), 0)
    return read_trace(path).records


class Untouchable:
    """Fails where anything is asked of it."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked for")


def test_where_tracing_is_off_nothing_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nbtrace.log("no name at all", Untouchable(), unit="K", over="x", step=-1)
    with nbtrace.log_index(step=-1):
        pass
    assert list(tmp_path.iterdir()) == []


@given(numbers=st.lists(st.floats(), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_bit_of_a_number_comes_back(numbers: list[float], tmp_path: Path) -> None:
    with nbtrace.log_to(tmp_path / "x.log"):
        nbtrace.log("own", numbers)
    (record,) = records(tmp_path / "x.log")
    assert list(map(repr, record.value.numbers)) == list(map(repr, numbers))


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1.5, "1.5"),
        (0.1, "0.10000000000000001"),
        (True, "1"),
        (2**40, "1099511627776"),
        (5e-324, "4.9406564584124654e-324"),
        (1 + 2j, "1 2"),
        ("a word", "a word"),
        ("two\nlines = one", "two_lines _ one"),
        ("", "empty"),
        (None, "None"),
        ([], "empty"),
        ([1, 2.5], "1 2.5"),
        (((1, 0), (0, 1)), "[1 0; 0 1]"),
        (range(3), "0 1 2"),
        (np.float32(0.1), "0.10000000149011612"),
        (np.int64(3), "3"),
        (np.bool_(True), "1"),
        (np.longdouble(1.5), "1.5"),
        (np.array(1.5), "1.5"),
        (np.array([1.0, np.nan, -np.inf]), "1 nan -inf"),
        (np.eye(2), "[1 0; 0 1]"),
        (np.array([[1.0, 2.0]]), "1 2"),
        (np.array([1 + 2j, 3j]), "1 2 0 3"),
        (torch.tensor(1.5, requires_grad=True), "1.5"),
        (torch.tensor([1.0, 2.0], dtype=torch.bfloat16), "1 2"),
        (torch.tensor([True, False]), "1 0"),
        ([torch.tensor(1.0), torch.tensor(2.0)], "1 2"),
    ],
)
def test_a_value_of_any_kind_is_a_line(log_file: Path, value: object, printed: str) -> None:
    nbtrace.log("own", value)
    assert log_file.read_text() == f"TRACE_FORMAT 1\nTRACE_PY: own {printed}\n"
    records(log_file)


def test_a_unit_stands_behind_numbers_alone(log_file: Path) -> None:
    nbtrace.log("own", np.eye(2), unit="W/(m K)")
    nbtrace.log("word", "m", unit="m")
    matrix, word = records(log_file)
    assert (matrix.unit, matrix.value.shape, word.value.text) == ("W/(m K)", Shape.MATRIX, "m")


def test_an_index_adds_up_and_ends_with_its_block(log_file: Path) -> None:
    with nbtrace.log_index(step=3):
        nbtrace.log("own", 1)
        with nbtrace.log_index(cell=7):
            nbtrace.log("own", 2)
            nbtrace.log("own", 3, step=4, side=np.int32(1))
        nbtrace.log("own", 4)
    nbtrace.log("own", 5)
    assert [record.index.loops for record in records(log_file)] == [
        (("step", 3),),
        (("step", 3), ("cell", 7)),
        (("step", 4), ("cell", 7), ("side", 1)),
        (("step", 3),),
        (),
    ]


def test_an_array_is_a_line_for_each_element_of_the_loops_that_it_is_over(log_file: Path) -> None:
    nbtrace.log("own", np.arange(4.0).reshape(2, 2), over=("step", "cell"), unit="K")
    nbtrace.log("row", np.arange(4.0).reshape(2, 2), over="step")
    lines = log_file.read_text().splitlines()[1:]
    assert lines[:2] == ["TRACE_PY: step=0 cell=0 own 0 K", "TRACE_PY: step=0 cell=1 own 1 K"]
    assert lines[4:] == ["TRACE_PY: step=0 row 0 1", "TRACE_PY: step=1 row 2 3"]
    assert [record.index.loops for record in records(log_file)][3] == (("step", 1), ("cell", 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nbtrace.log("a b", 1), ValueError, "no name"),
        (lambda: nbtrace.log("nan", 1), ValueError, "no name"),
        (lambda: nbtrace.log("own", 1, step=-1), ValueError, "no ordinal"),
        (lambda: nbtrace.log("own", 1, step=2**31), ValueError, "no ordinal"),
        (lambda: nbtrace.log("own", 1, step=1.5), TypeError, "float"),  # type: ignore[arg-type]
        (lambda: nbtrace.log("own", [1, [2]]), ValueError, "no vector and no matrix"),
        (lambda: nbtrace.log("own", np.zeros((2, 2, 2))), ValueError, "name the loops"),
        (lambda: nbtrace.log("own", np.zeros(5000)), ValueError, "over='...'"),
        (lambda: nbtrace.log("own", 1.0, over="cell"), ValueError, "no axis for the loop cell"),
        (lambda: nbtrace.log("own", {"a": 1}), TypeError, "a dict is no value"),
    ],
)
def test_what_no_line_can_hold_is_refused_and_prints_nothing(
    log_file: Path, call: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()  # type: ignore[operator]
    assert log_file.read_text() == "TRACE_FORMAT 1\n"


def test_a_prefix_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix, begins in (("mine>", "mine> own 1"), ("MINE", "MINE: own 1")):
        with nbtrace.log_to(tmp_path / "x.log", prefix=prefix):
            nbtrace.log("own", 1)
        assert (tmp_path / "x.log").read_text().splitlines()[1] == begins
    monkeypatch.setenv("NBTRACE_PREFIX", "JAX")
    with nbtrace.log_to(tmp_path / "x.log"):
        nbtrace.log("own", 1)
    assert (tmp_path / "x.log").read_text().splitlines()[1] == "JAX: own 1"


def test_a_file_that_is_no_trace_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match="no trace log"):
        nbtrace.log_to(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_lines_of_threads_do_not_mix(log_file: Path) -> None:
    def run(thread: int) -> None:
        with nbtrace.log_index(thread=thread):
            for step in range(200):
                nbtrace.log("own", [thread * 1e6 + step] * 10, step=step)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = records(log_file)
    assert len(read) == 1600
    for record in read:
        places = dict(record.index.loops)
        assert set(record.value.numbers) == {places["thread"] * 1e6 + places["step"]}


def run(source: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process without nbtrace, with the logger beside it."""
    (folder / "nbtrace_log.py").write_text(ALONE.read_text())
    (folder / "program.py").write_text(source)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NBTRACE", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_stands_alone_and_is_turned_on_by_the_environment(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom nbtrace_log import log, log_index\nprint('prose')\n"
        "with log_index(step=1):\n    log('own', 2.5, unit='K')\n"
        "assert not {'nbtrace', 'numpy', 'torch'} & set(sys.modules)\n"
    )
    assert run(program, tmp_path).stdout == "prose\n"
    assert not list(tmp_path.glob("*.log"))
    done = run(program, tmp_path, NBTRACE_LOG="x.%p.log")
    assert (done.returncode, done.stderr) == (0, "")
    (written,) = tmp_path.glob("*.log")
    assert written.name[2:-4].isdigit()
    assert written.read_text() == "TRACE_FORMAT 1\nTRACE_PY: step=1 own 2.5 K\n"
    assert run(program, tmp_path, NBTRACE_LOG="-").stdout == "prose\nTRACE_FORMAT 1\nTRACE_PY: step=1 own 2.5 K\n"


@pytest.mark.parametrize("name", ["missing/x.log", "program.py", "/dev/full"])
def test_a_log_that_cannot_be_written_stops_no_program(tmp_path: Path, name: str) -> None:
    done = run(
        "from nbtrace_log import log\nlog('own', 1)\nlog('own', 2)\nprint('ended')\n", tmp_path, NBTRACE_LOG=name
    )
    assert (done.returncode, done.stdout) == (0, "ended\n")
    assert done.stderr.count("nbtrace_log: ") == 1


def test_a_forked_process_has_its_own_log_by_its_id(tmp_path: Path) -> None:
    program = (
        "import os\nfrom nbtrace_log import log\nlog('own', 1)\n"
        "child = os.fork()\nlog('own', 3 if child else 2)\n"
        "if child:\n    os.waitpid(child, 0)\n"
    )
    assert run(program, tmp_path, NBTRACE_LOG="%p.log").returncode == 0
    logs = sorted(path.read_text().count("own") for path in tmp_path.glob("*.log"))
    assert logs == [1, 2]


def test_the_package_has_the_same_functions() -> None:
    assert (nbtrace.log, nbtrace.log_index, nbtrace.log_to) == (
        nbtrace_log.log,
        nbtrace_log.log_index,
        nbtrace_log.log_to,
    )
