"""gdb as a back end: the plan that it is given, how it is started, and what becomes of what it says."""

import json
import os
import platform
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.expression import ProbeExpression, names_in
from nbtrace.capturing.hits import Arrivals, CapturedValue, Hit
from nbtrace.capturing.injection import ProbedWrite
from nbtrace.capturing.probe import Place, Probe, ProbedQuantity, ProbeFile
from nbtrace.errors import IncompleteError, ProgramError, UsageError
from nbtrace.evidence.program import ProgramRun, Surroundings, run_kept
from nbtrace.nearness import nearest

MOST_WRITTEN = 2**35
"""Bytes that a program may write to one file, so that one that never stops does not fill a disk."""

BUILD_REMEDY = "build the program with -O0 -g, or give --build 'COMMAND' to have a twin of it built so"

_SCRIPT = Path(__file__).with_name("gdb_script.py")
_QUIET = (
    "set auto-load gdb-scripts off",
    "set auto-load python-scripts off",
    "set auto-load local-gdbinit off",
    "set debuginfod enabled off",
)
_FORBIDDEN = re.compile(r"ptrace|Operation not permitted|Could not trace|personality", re.IGNORECASE)


@dataclass(frozen=True)
class Streams:
    """Files for what a program reads and writes."""

    stdin: Path
    stdout: Path
    stderr: Path


@dataclass(frozen=True)
class Launch:
    """A program that is to be captured from.

    Attributes
    ----------
    program : Path
        Whole path.
    arguments : tuple of str
    folder : Path
        Where it runs.
    work : Path
        Where gdb's own files go.
    seconds : float or None
        Time limit.
    variables : mapping of str to str
        What its environment has besides that of this process.
    """

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    work: Path
    seconds: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Why a probe cannot be read in a program.

    Attributes
    ----------
    probe : int
    quantity : str or None
    kind : str
        `unknown`, `optimised`, `place`, `debug`, `source` or `usage`.
    text : str
    word : str
        The unknown name.
    names : tuple of str
        Those that there are.
    """

    probe: int
    quantity: str | None
    kind: str
    text: str
    word: str = ""
    names: tuple[str, ...] = ()

    @property
    def is_of_the_build(self) -> bool:
        """Whether another build of the same program may not have it."""
        return self.kind in {"optimised", "debug", "source"}


@dataclass(frozen=True)
class InjectedWrite:
    """What stood in a quantity before a value was written over it, and after."""

    write: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class BackEndRun:
    """A run of a program whose values were read: by gdb, or in a Python program.

    Attributes
    ----------
    run : ProgramRun
        How the program ended, and how long it took together with what read the values.
    hits : tuple of Hit
    counts : mapping of int to int
        Hits of each probe by its number.
    unread : mapping of int to str
        Why a value of a probe could not be read.
    seen : tuple of bool
        Of each selected loop whether its turn came.
    forks : int
        Processes that the program started.
    flooded : bool
        There were more hits than are taken.
    width : int or None
        Pixels of the image along its fast axis.
    written : tuple of InjectedWrite
    version : str
        That of gdb, or of Python.
    producer : str
        The compiler, as the debug information names it.
    arrivals : mapping of int to tuple of (tuple of int, int)
        Of each probe what the expressions of its `when` were where its place was reached, and how often.
    back_end : BackEnd
        What read the values.
    """

    run: ProgramRun
    hits: tuple[Hit, ...]
    counts: Mapping[int, int]
    unread: Mapping[int, str]
    seen: tuple[bool, ...]
    forks: int
    flooded: bool
    width: int | None
    written: tuple[InjectedWrite, ...]
    version: str
    producer: str
    arrivals: Arrivals
    back_end: BackEnd = BackEnd.GDB


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
    report, _ = _gdb(launch, {"mode": "check", **_plan(file, at, ())})
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
    launch: Launch, file: ProbeFile, at: Mapping[str, int], streams: Streams, writes: Sequence[ProbedWrite] = ()
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

    Raises
    ------
    IncompleteError, ProgramError, UsageError
        As :func:`check_places` does; or if the program cannot be traced.
    """
    plan = {
        "mode": "run",
        **_plan(file, at, writes),
        "args": list(launch.arguments),
        "stdin": str(streams.stdin),
        "stdout": str(streams.stdout),
        "stderr": str(streams.stderr),
        "hits": str(launch.work / "hits.jsonl"),
        "process": str(launch.work / "process"),
        "environment": sorted({**os.environ, **launch.variables}),
        "shell": os.environ.get("SHELL", ""),
        "most_bytes": MOST_WRITTEN,
    }
    launch.work.mkdir(parents=True, exist_ok=True)
    (launch.work / "hits.jsonl").write_bytes(b"")
    (launch.work / "process").unlink(missing_ok=True)
    report, run = _gdb(launch, plan)
    if run.overran is None:
        _raise_error(report["error"], launch)
    else:
        _end(launch.work / "process", launch.program)
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
        report.get("forks", 0),
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
    )


def _end(noted: Path, program: Path) -> None:
    """End a program that gdb has let go, or that has outlived it, if it is still that program."""
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
    command += ["-ex", f"python nbtrace_plan = {str(place)!r}", "-x", str(_SCRIPT), str(launch.program)]
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
            raise IncompleteError(f"{name} cannot be captured from: {text}; {BUILD_REMEDY}")
        case "source" | "optimised":
            raise IncompleteError(f"{name} cannot be captured from: {text}; {BUILD_REMEDY}")
        case "place" | "usage":
            raise UsageError(f"{name}: {text}")
    if _FORBIDDEN.search(text):
        raise _forbidden()
    raise ProgramError(f"{name} could not be run under gdb: {text}")


def near_hint(word: str, names: Sequence[str]) -> str:
    """Return what a word was meant to be, as the end of a sentence; nothing where no name is near."""
    near = nearest(word, names)
    return f"; did you mean {near}?" if near else ""


def _plan(file: ProbeFile, at: Mapping[str, int], writes: Sequence[ProbedWrite]) -> dict[str, Any]:
    loops = [
        {"name": name, "variable": name.partition(":")[0], "value": at.get(name.partition(":")[0])}
        for name in file.selection.loops
    ]
    image = None
    if file.image is not None:
        giving = [probe.number for probe, quantity in file.quantities if quantity.name == file.image.quantity]
        image = {"probe": giving[-1], "width": file.image.width}
    return {
        "selection": {"function": file.selection.function, "loops": loops},
        "probes": [probe_plan(probe) for probe in file.probes],
        "writes": [write_plan(number, write) for number, write in enumerate(writes)],
        "image": image,
    }


def probe_plan(probe: Probe) -> dict[str, Any]:
    """Return a probe as a plan has it."""
    texts = [*probe.when, *probe.index.values()]
    return {
        "number": probe.number,
        "place": _place(probe.place),
        "when": list(probe.when.items()),
        "first": probe.first,
        "index": list(probe.index.items()),
        "names": [name for text in texts for name in names_in(text)],
        "quantities": [_quantity(quantity) for quantity in probe.quantities],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "function": place.function,
        "after": place.after,
        "before": place.before,
        "loop": place.loop,
        "line": list(place.line) if place.line else None,
        "text": place.text,
        "returned": place.returned,
        "call": place.call,
    }


def _quantity(quantity: ProbedQuantity) -> dict[str, Any]:
    texts = [text for part in quantity.expressions for text in (part.text, part.low, part.high)]
    return {
        "name": quantity.name,
        "unit": quantity.unit,
        "expressions": [_expression(part) for part in quantity.expressions],
        "names": list(dict.fromkeys(name for text in texts for name in names_in(text))),
    }


def _expression(part: ProbeExpression) -> dict[str, Any]:
    return {"text": part.text, "low": part.low, "high": part.high, "root": part.root}


def write_plan(number: int, write: ProbedWrite) -> dict[str, Any]:
    """Return a value that is written as a plan has it."""
    numbers = write.injection.numbers
    targets = write.targets
    share = targets if len(targets) == len(numbers) else (targets[0],) * len(numbers)
    return {
        "number": number,
        "probe": write.probe.number,
        "quantity": _quantity(write.quantity),
        "targets": [_expression(target.expression) for target in targets],
        "numbers": [f"{target.written(value):.17g}" for target, value in zip(share, numbers, strict=True)],
        "index": list(write.index.items()),
        "every": write.injection.every,
        "after": write.injection.after,
        "over": None if write.injection.over is None else list(write.injection.over),
        "free": list(write.injection.free),
    }


def _hits(path: Path) -> tuple[tuple[Hit, ...], int | None]:
    hits, width = [], None
    for line in path.read_text().splitlines():
        item = json.loads(line)
        values = tuple(CapturedValue(name, tuple(numbers), unit) for name, numbers, unit in item["values"])
        hits.append(Hit(item["probe"], values, item["index"], item["at"], item["thread"]))
        width = item.get("width", width)
    return tuple(hits), width
