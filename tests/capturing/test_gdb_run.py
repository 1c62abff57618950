"""What is started by gdb, or by its gdbserver, ends with the run whatever ends that."""

import time
from pathlib import Path
from typing import Any

import pytest

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.gdb_run import run_captured
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.evidence import program as evidence_program
from tests.capturing.programs import need
from tests.capturing.test_session import ONE_TURN

NEVER_BEGINS = {"ODD_NEVER_BEGINS": "1"}


def running(odd: Path, folder: Path) -> list[Path]:
    """Return the processes that are the program, or gdbserver with files in a folder."""
    return [place for place in Path("/proc").glob("[0-9]*") if _is_of(place, odd, str(folder))]


def _is_of(place: Path, odd: Path, folder: str) -> bool:
    try:
        own = (place / "exe").readlink()
        return own == odd or (own.name == "gdbserver" and folder in (place / "cmdline").read_text())
    except OSError:
        return False


def _is_going(place: Path, odd: Path, *, let_go: bool) -> bool:
    """Tell whether a process is the program, and no one holds it; `let_go`: nor traces it."""
    try:
        status = (place / "status").read_text()
        own = (place / "exe").readlink() == odd
    except OSError:
        return False
    return own and "\tt (" not in status and (not let_go or "TracerPid:\t0\n" in status)


@pytest.mark.parametrize(
    ("back_end", "at", "variables"),
    [
        (BackEnd.TRACEPOINTS, {}, {}),
        (BackEnd.TRACEPOINTS, {}, NEVER_BEGINS),
        (BackEnd.GDB, {}, NEVER_BEGINS),
        (BackEnd.GDB, {"i": 1}, {}),
    ],
    ids=["tracepoints", "tracepoints, before main", "breakpoints, before main", "let go"],
)
def test_nothing_outlives_a_capture_that_is_broken_off(
    odd: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    back_end: BackEnd,
    at: dict[str, int],
    variables: dict[str, str],
) -> None:
    need("gdbserver")
    going = 0

    def broken_off(*_arguments: Any) -> None:
        nonlocal going
        for _ in range(400):
            time.sleep(0.05)
            found = any(_is_going(place, odd, let_go=bool(at)) for place in running(odd, tmp_path))
            going = going + 1 if found else 0
            if going == 8:
                raise KeyboardInterrupt

    monkeypatch.setattr(evidence_program, "_pump", broken_off)
    probes = tmp_path / "one.toml"
    probes.write_text(ONE_TURN * bool(at) + odd.with_name("odd.toml").read_text())
    streams = Streams(Path("/dev/null"), tmp_path / "stdout", tmp_path / "stderr")
    launch = Launch(odd, ("endless",), tmp_path, tmp_path / "work", None, variables)
    with pytest.raises(KeyboardInterrupt):
        run_captured(launch, read_probe_file(probes), at, streams, (), back_end)
    assert going == 8
    time.sleep(0.2)
    assert not running(odd, tmp_path)
