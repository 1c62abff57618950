"""Tracepoints read what breakpoints read, or breakpoints do it and the report says why."""

import dataclasses
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.capturing import gdb_run
from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult
from nbtrace.capturing.session import captured_run
from nbtrace.errors import UsageError
from nbtrace.report.views.capture_view import capture_view
from tests.capturing.programs import need
from tests.capturing.test_session import numbers

if TYPE_CHECKING:
    from tests.capturing.conftest import Request


def captured(request: CaptureRequest, back_end: BackEnd) -> CaptureResult:
    need("gdbserver")
    return captured_run(dataclasses.replace(request, back_end=back_end))


def notices(result: CaptureResult) -> str:
    return " ".join(notice.text for notice in capture_view(result).notices)


@pytest.mark.parametrize("at", [{}, {"row": 2, "column": 3}])
def test_tracepoints_read_what_breakpoints_read(
    rows: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch, at: dict[str, int]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    request = request_of(rows, at=at)
    stopped, collected = captured(request, BackEnd.GDB), captured(request, BackEnd.TRACEPOINTS)
    assert (stopped.back_end, collected.back_end) == (BackEnd.GDB, BackEnd.TRACEPOINTS)
    assert len(collected.hits) == (14 if at else 14 * 48)
    assert collected.hits == stopped.hits
    assert collected.certificate == stopped.certificate
    assert collected.arrivals == stopped.arrivals
    assert not collected.declined


def test_a_whole_run_is_read_by_tracepoints_and_a_pixel_by_breakpoints(odd: Path, request_of: "Request") -> None:
    need("gdbserver")
    result = captured_run(request_of(odd))
    assert result.back_end is BackEnd.TRACEPOINTS
    assert [value.numbers for _, value in result.values] == [("0",), ("0.5",), ("1.5",)]
    assert captured_run(request_of(odd, back_end=BackEnd.GDB)).back_end is BackEnd.GDB


def test_a_program_with_threads_is_read_by_breakpoints_and_the_report_says_so(
    rows: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    result = captured(request_of(rows, at={"row": 2, "column": 3}), BackEnd.TRACEPOINTS)
    assert result.back_end is BackEnd.GDB
    assert result.declined == "several of its threads come to the probes"
    assert "read by breakpoints, since tracepoints cannot be relied on here: several of its threads" in notices(result)
    assert numbers(result, "weights")[1] == (0, 2, 4, 6)


@pytest.mark.parametrize("size", [512, 2048])
def test_hits_that_the_buffer_does_not_hold_are_read_by_breakpoints(
    odd: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(gdb_run, "BUFFER_BYTES", size)
    result = captured(request_of(odd), BackEnd.TRACEPOINTS)
    assert (result.back_end, result.certificate.hits) == (BackEnd.GDB, 3)
    assert result.declined == "there are more hits than the buffer for them holds"


def test_without_gdbserver_breakpoints_read_the_values(
    odd: Path, request_of: "Request", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "gdb").symlink_to(str(shutil.which("gdb")))
    monkeypatch.setenv("PATH", str(folder))
    chosen = captured_run(request_of(odd))
    assert (chosen.back_end, chosen.declined) == (BackEnd.GDB, "")
    asked = captured_run(request_of(odd, back_end=BackEnd.TRACEPOINTS))
    assert (asked.back_end, asked.declined) == (BackEnd.GDB, "gdbserver is not installed")


def test_a_python_program_has_no_such_back_end(tmp_path: Path, request_of: "Request") -> None:
    probes = tmp_path / "probes.toml"
    probes.write_text('[[probe]]\nfunction = "f"\nafter = "x"\nquantities = { x = "x" }\n')
    python = Path(sys.executable)
    with pytest.raises(UsageError, match="--back-end is of compiled programs"):
        captured_run(request_of(python, "port.py", probes=probes, back_end=BackEnd.GDB))
