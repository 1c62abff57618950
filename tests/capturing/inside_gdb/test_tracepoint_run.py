"""Tracepoints read what breakpoints read, or breakpoints do it and the report says why."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.capturing import gdb_run
from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun
from nbtrace.capturing.gdb_run import TracepointsDeclinedError, has_tracepoints, run_captured
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.session import captured_run
from nbtrace.errors import UsageError
from nbtrace.report.views.capture_view import capture_view
from tests.capturing.programs import need
from tests.capturing.test_session import numbers

if TYPE_CHECKING:
    from tests.capturing.conftest import Request


def read_by(
    back_end: BackEnd,
    program: Path,
    folder: Path,
    at: dict[str, int],
    file: Path | None = None,
    arguments: tuple[str, ...] = (),
) -> BackEndRun:
    need("gdbserver")
    work = folder / "work"
    work.mkdir(exist_ok=True)
    probes = read_probe_file(file or next(program.parent.glob("*.toml")))
    streams = Streams(Path("/dev/null"), work / "stdout", work / "stderr")
    return run_captured(Launch(program, arguments, folder, work, 20.0), probes, at, streams, (), back_end)


@pytest.mark.parametrize("at", [{}, {"row": 2, "column": 3}])
def test_tracepoints_read_what_breakpoints_read(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: dict[str, int]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    stopped = read_by(BackEnd.GDB, rows, tmp_path, at)
    image = (tmp_path / "image.bin").read_bytes()
    collected = read_by(BackEnd.TRACEPOINTS, rows, tmp_path, at)
    assert (tmp_path / "image.bin").read_bytes() == image
    assert (stopped.back_end, collected.back_end) == (BackEnd.GDB, BackEnd.TRACEPOINTS)
    assert len(collected.hits) == (14 if at else 14 * 48)
    assert collected.hits == stopped.hits
    assert (collected.counts, collected.arrivals) == (stopped.counts, stopped.arrivals)
    assert (collected.seen, collected.width, collected.run.status) == (stopped.seen, stopped.width, 0)


def test_a_whole_run_is_read_by_tracepoints(odd: Path, request_of: "Request") -> None:
    need("gdbserver")
    result = captured_run(request_of(odd))
    assert result.back_end is BackEnd.TRACEPOINTS
    assert [value.numbers for _, value in result.values] == [("0",), ("0.5",), ("1.5",)]


def test_a_program_with_threads_is_read_by_breakpoints_and_the_report_says_so(
    rows: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch
) -> None:
    need("gdbserver")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    result = captured_run(request_of(rows, at={"row": 2, "column": 3}, back_end=BackEnd.TRACEPOINTS))
    assert result.back_end is BackEnd.GDB
    assert result.declined == "several of its threads come to the probes"
    said = " ".join(notice.text for notice in capture_view(result).notices)
    assert "read by breakpoints, since tracepoints cannot be relied on here: several of its threads" in said
    assert numbers(result, "weights")[1] == (0, 2, 4, 6)


@pytest.mark.parametrize("size", [512, 2048])
def test_hits_that_the_buffer_does_not_hold_are_not_passed_over(
    odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(gdb_run, "BUFFER_BYTES", size)
    with pytest.raises(TracepointsDeclinedError, match="more hits than the buffer for them holds"):
        read_by(BackEnd.TRACEPOINTS, odd, tmp_path, {})


def test_what_has_as_many_elements_as_a_variable_says_is_declined_in_words(rows: Path, tmp_path: Path) -> None:
    text = rows.with_name("rows.toml").read_text()
    assert "weight[0..3]*2" in text
    probes = tmp_path / "probes.toml"
    probes.write_text(text.replace("weight[0..3]*2", "weight[0..step]*2"))
    with pytest.raises(TracepointsDeclinedError, match="how many elements weights has is known only as it runs"):
        read_by(BackEnd.TRACEPOINTS, rows, tmp_path, {}, probes)


def test_a_program_that_comes_to_no_probe_is_not_run_again_for_it(odd: Path, tmp_path: Path) -> None:
    collected = read_by(BackEnd.TRACEPOINTS, odd, tmp_path, {}, arguments=("skips",))
    assert (collected.hits, collected.counts, collected.run.status) == ((), {1: 0}, 0)


def test_a_program_that_borrows_its_memory_to_another_is_declined(odd: Path, tmp_path: Path) -> None:
    with pytest.raises(TracepointsDeclinedError, match="it starts other processes"):
        read_by(BackEnd.TRACEPOINTS, odd, tmp_path, {}, arguments=("borrows",))


def test_without_gdbserver_breakpoints_read_the_values(
    odd: Path, request_of: "Request", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "gdb").symlink_to(str(shutil.which("gdb")))
    monkeypatch.setenv("PATH", str(folder))
    assert not has_tracepoints()
    result = captured_run(request_of(odd, back_end=BackEnd.TRACEPOINTS))
    assert (result.back_end, result.declined) == (BackEnd.GDB, "gdbserver is not installed")


def test_a_python_program_has_no_such_back_end(tmp_path: Path, request_of: "Request") -> None:
    probes = tmp_path / "probes.toml"
    probes.write_text('[[probe]]\nfunction = "f"\nafter = "x"\nquantities = { x = "x" }\n')
    with pytest.raises(UsageError, match="--back-end is of compiled programs"):
        captured_run(request_of(Path(sys.executable), "port.py", probes=probes, back_end=BackEnd.GDB))
