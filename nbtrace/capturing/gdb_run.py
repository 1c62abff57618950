"""gdb as a back end: how it is started, and what becomes of what it says."""

import glob
import json
import os
import platform
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun, InjectedWrite
from nbtrace.capturing.capture_plan import capture_plan
from nbtrace.capturing.hits import CapturedValue, Hit
from nbtrace.capturing.injection import ProbedWrite
from nbtrace.capturing.launch import MOST_WRITTEN, Launch, Streams
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.probe_faults import BUILD_REMEDY, Fault, near_hint
from nbtrace.capturing.program_file import launched_program
from nbtrace.errors import IncompleteError, ProgramError, UsageError
from nbtrace.evidence.program import ProgramRun, Surroundings, run_kept
from nbtrace.evidence.program_environment import environment_of_programs

_FOLDER = Path(__file__).parent
_LOAD = "import sys; sys.path.insert(0, {folder!r}); from inside_gdb.carry_out import carry_out; carry_out({plan!r})"
"""What gdb's Python does: it finds the package `inside_gdb` in this folder."""

_QUIET = (
    "set auto-load gdb-scripts off",
    "set auto-load python-scripts off",
    "set auto-load local-gdbinit off",
    "set debuginfod enabled off",
)
_FORBIDDEN = re.compile(r"ptrace|Operation not permitted|Could not trace|personality", re.IGNORECASE)


_SERVER = "gdbserver"

BUFFER_BYTES = 512 << 20
"""Memory of gdbserver for what tracepoints collect, about a kilobyte at each hit; it takes no more than is filled."""


class TracepointsDeclinedError(Exception):
    """Why a program cannot be followed by tracepoints, in words; breakpoints may."""


def has_tracepoints() -> bool:
    """Tell whether gdbserver is installed, by which tracepoints are set."""
    return shutil.which(_SERVER) is not None


def require_gdb() -> str:
    """Return the path of gdb.

    Raises
    ------
    ProgramError
        If it is not installed, or this is no Linux.
    """
    if platform.system() != "Linux":
        raise ProgramError(f"values are captured on Linux alone; this is {platform.system()}")
    found = shutil.which("gdb")
    if found is None:
        raise ProgramError("gdb, which reads the values, is not installed; install it with: apt install gdb")
    return found


def check_places(launch: Launch, file: ProbeFile, at: Mapping[str, int]) -> tuple[Fault, ...]:
    """Return what cannot be read of the probes in a program, without running it.

    Raises
    ------
    IncompleteError
        If the program has no debug information, or the source text is not there.
    ProgramError
        If gdb does not work.
    UsageError
        If the selection names something that the program does not have; the nearest name is in the message.
    """
    report, _ = _gdb(launch, {"mode": "check", **capture_plan(file, at, ())})
    _raise_error(report["error"], launch)
    return tuple(
        Fault(
            fault["probe"],
            fault["quantity"],
            fault["kind"],
            fault["text"],
            fault["word"],
            tuple(map(str, fault["names"])),
        )
        for fault in report["faults"]
    )


def run_captured(
    launch: Launch,
    file: ProbeFile,
    at: Mapping[str, int],
    streams: Streams,
    writes: Sequence[ProbedWrite] = (),
    back_end: BackEnd = BackEnd.GDB,
) -> BackEndRun:
    """Run a program and read the values of the selected turn.

    Parameters
    ----------
    launch : Launch
    file : ProbeFile
    at : mapping of str to int
        The selected turn of each loop; a loop that is missing is taken in every turn.
    streams : Streams
    writes : sequence of ProbedWrite
        Values that are written into the program.
    back_end : BackEnd
        `GDB`, or `TRACEPOINTS`, which write no values.

    Raises
    ------
    TracepointsDeclinedError
        If tracepoints cannot be relied on for this program; it may have run to its end.
    IncompleteError, ProgramError, UsageError
        As :func:`check_places` does; or if the program cannot be traced.
    """
    plan = _plan(launch, capture_plan(file, at, writes), streams, back_end)
    launch.work.mkdir(parents=True, exist_ok=True)
    noted = launch.work / "process"
    (launch.work / "hits.jsonl").write_bytes(b"")
    noted.unlink(missing_ok=True)
    try:
        report, run = _gdb(launch, plan)
    except ProgramError as error:
        if back_end is BackEnd.GDB:
            raise
        raise TracepointsDeclinedError(str(error)) from None
    finally:
        _end(noted, launch.program if back_end is BackEnd.GDB else Path(shutil.which(_SERVER) or _SERVER))
    _raise_error(report["error"], launch)
    if "declined" in report:
        raise TracepointsDeclinedError(" ".join(report["declined"].split()).rstrip("."))
    return _captured(launch, report, run, back_end)


def _plan(launch: Launch, capture: Mapping[str, Any], streams: Streams, back_end: BackEnd) -> dict[str, Any]:
    """Return what gdb is to do: a plan of what is read and written, with how the program is to run."""
    return {
        "mode": "trace" if back_end is BackEnd.TRACEPOINTS else "run",
        **capture,
        "args": list(launch.arguments),
        "stdin": str(streams.stdin),
        "stdout": str(streams.stdout),
        "stderr": str(streams.stderr),
        "hits": str(launch.work / "hits.jsonl"),
        "process": str(launch.work / "process"),
        "files": [str(launch.program), *_copies(launch)],
        "environment": sorted({**environment_of_programs(), **launch.variables}),
        "shell": os.environ.get("SHELL", ""),
        "most_bytes": MOST_WRITTEN,
        "buffer_bytes": BUFFER_BYTES,
    }


def _captured(launch: Launch, report: Mapping[str, Any], run: ProgramRun, back_end: BackEnd) -> BackEndRun:
    """Return what is known of the run of the program from gdb's report, the hits, and how gdb itself ran."""
    hits, width = _hits(launch.work / "hits.jsonl")
    ended = ProgramRun(
        (str(launch.program), *launch.arguments),
        run.started,
        run.wall_seconds,
        _status(report, run),
        None if _status(report, run) is not None else "it went out of sight",
        run.overran,
    )
    return BackEndRun(
        ended,
        hits,
        {int(number): count for number, count in report.get("counts", {}).items()},
        {int(number): text for number, text in report.get("unread", {}).items()},
        tuple(report.get("seen", ())),
        report.get("forks", 0) + report.get("anew", 0),
        report.get("flooded", False),
        width,
        tuple(
            InjectedWrite(item["write"], tuple(item["before"]), tuple(item["after"]))
            for item in report.get("written", ())
        ),
        report.get("gdb", ""),
        report.get("producer", "")[:200],
        {
            int(number): tuple((tuple(turns), count) for turns, count in seen)
            for number, seen in report.get("arrivals", {}).items()
        },
        back_end,
    )


def _copies(launch: Launch) -> list[str]:
    """Return the files in the folder of a run that are the program too, as far as their names tell."""
    return sorted(str(path) for path in launch.folder.rglob(glob.escape(launch.program.name)) if path.is_file())


def _end(noted: Path, program: Path) -> None:
    """End what has outlived gdb, if it is still that program: one that gdb has let go, or gdbserver with what it runs.

    gdbserver hears that gdb is gone only when the program stops, and then ends by itself.
    """
    with suppress(OSError, ValueError):
        pid = int(noted.read_text())
        if Path(f"/proc/{pid}/exe").samefile(program):
            os.kill(pid, signal.SIGKILL)


def _status(report: Mapping[str, Any], run: ProgramRun) -> int | None:
    """Return how the program ended: its exit status, negative for the signal that killed it."""
    if run.overran is not None:
        return -signal.SIGKILL
    killed_by: int | None = report.get("exit_signal")
    status: int | None = report.get("exit_code")
    return -killed_by if killed_by else status


def drafted(launch: Launch, function: str | None) -> Mapping[str, Any]:
    """Return the functions of a program, and the loops and variables of one or all of them.

    Raises
    ------
    IncompleteError, ProgramError, UsageError
        As :func:`check_places` does.
    """
    report, _ = _gdb(launch, {"mode": "draft", "function": function or ""})
    _raise_error(report["error"], launch)
    return report


def _gdb(launch: Launch, plan: Mapping[str, Any]) -> tuple[dict[str, Any], ProgramRun]:
    """Let gdb carry out a plan; return its report, and how it ran."""
    gdb = require_gdb()
    launch.work.mkdir(parents=True, exist_ok=True)
    place, report = launch.work / "plan.json", launch.work / "report.json"
    place.write_text(json.dumps({**plan, "report": str(report)}))
    report.unlink(missing_ok=True)
    command = [gdb, "-nx", "-batch", "-q"]
    for setting in _QUIET:
        command += ["-iex", setting]
    loading = _LOAD.format(folder=str(_FOLDER), plan=str(place))
    command += ["-ex", f"python {loading}", str(launch.program)]
    kept = launch.work / "gdb.out", launch.work / "gdb.err"
    variables = {**launch.variables, "SHELL": "/bin/sh"}
    run = run_kept(command, kept, surroundings=Surroundings(launch.folder, variables, launch.seconds))
    if run.overran is not None:
        return {"error": None}, run
    if not report.is_file():
        _raise_gdb(kept[1].read_text(errors="replace"), run)
    return json.loads(report.read_bytes()), run


def _raise_gdb(said: str, run: ProgramRun) -> None:
    """Raise what gdb's own words come to, where it has left no report."""
    if _FORBIDDEN.search(said):
        raise _forbidden()
    if "Python scripting is not supported" in said:
        raise ProgramError("this gdb is built without Python, by which values are read; install one with it")
    line = next((line for line in reversed(said.splitlines()) if line.strip()), run.text)
    raise ProgramError(f"gdb failed ({run.text}): {line.strip()}")


def _forbidden() -> ProgramError:
    return ProgramError(
        "this system lets no program be traced (ptrace is not permitted): in a container start it with "
        "--cap-add=SYS_PTRACE; else see /proc/sys/kernel/yama/ptrace_scope"
    )


def _raise_error(error: Mapping[str, Any] | None, launch: Launch) -> None:
    if error is None:
        return
    text, name = error["text"], launch.program.name
    match error["kind"]:
        case "unknown":
            raise UsageError(f"{name}: {text}{near_hint(error['word'], error['names'])}")
        case "debug":
            runs = launched_program(launch.arguments, launch.folder)
            other = f"; to capture from what it runs, give that itself: -- {runs}" if runs else ""
            raise IncompleteError(f"{name} cannot be captured from: {text}; {BUILD_REMEDY}{other}")
        case "exec":
            other = f"; give the program that it becomes itself: -- {text}" if text else ""
            raise IncompleteError(
                f"{name} becomes another program (exec), in which probes are not followed{other}; no trace was written"
            )
        case "lost":
            raise IncompleteError(f"{name} cannot be captured from: {text}; no trace was written")
        case "source" | "optimised":
            raise IncompleteError(f"{name} cannot be captured from: {text}; {BUILD_REMEDY}")
        case "place" | "usage":
            raise UsageError(f"{name}: {text}")
    if _FORBIDDEN.search(text):
        raise _forbidden()
    raise ProgramError(f"{name} could not be run under gdb: {text}")


def _hits(path: Path) -> tuple[tuple[Hit, ...], int | None]:
    hits, width = [], None
    for line in path.read_text().splitlines():
        item = json.loads(line)
        values = tuple(CapturedValue(name, tuple(numbers), unit) for name, numbers, unit in item["values"])
        hits.append(Hit(item["probe"], values, item["index"], item["at"], item["thread"]))
        width = item.get("width", width)
    return tuple(hits), width
