"""Python as a back end: the plan that the program's own interpreter is given, and what becomes of what it says.

The command runs as it was typed. Its environment alone names a folder in which the interpreter finds, when it starts,
what captures (`inside/sitecustomize.py`).
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun, InjectedWrite
from nbtrace.capturing.capture_plan import probe_plan, write_plan
from nbtrace.capturing.expression import RETURNED
from nbtrace.capturing.hits import Arrivals, CapturedValue, Hit
from nbtrace.capturing.injection import ProbedWrite
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.plain_run import last_line, run_plain
from nbtrace.capturing.probe import Probe, ProbeFile
from nbtrace.capturing.python_command import PythonCommand
from nbtrace.errors import IncompleteError, ProgramError, UsageError
from nbtrace.evidence.program import ProgramRun, Surroundings, run_kept

INSIDE = Path(__file__).with_name("inside")
"""The folder that the program's interpreter loads."""
PLAN_VARIABLE = "NBTRACE_CAPTURE"
FIND_SECONDS = 60.0
UNCOMPILED_REMEDY = "--uncompiled, or uncompiled=True in Python, runs it as Python"

UNCOMPILED: Mapping[str, str] = {
    "TORCH_COMPILE_DISABLE": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "PYTORCH_JIT": "0",
    "NUMBA_DISABLE_JIT": "1",
    "JAX_DISABLE_JIT": "1",
}
"""What an environment holds in which functions are not compiled."""

Event = Mapping[str, Any]


def steady_variables() -> Mapping[str, str]:
    """Return what the environment of every run has, so that they differ less by themselves: order of sets, caches."""
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    return {name: value for name, value in fixed.items() if name not in os.environ}


def find_places(launch: Launch, command: PythonCommand, file: ProbeFile, at: Mapping[str, int]) -> Mapping[str, Any]:
    """Return what the program's interpreter finds of the probes, without running the program.

    The keys are `places` and `faults`, by the number of a probe, and `main`, the file of the program or null.

    Raises
    ------
    ProgramError
        If the interpreter cannot be run, or does not load what captures.
    UsageError
        If a probe says what Python has not.
    """
    refuse_foreign(file)
    launch.work.mkdir(parents=True, exist_ok=True)
    answer, kept = launch.work / "places.json", (launch.work / "find.out", launch.work / "find.err")
    answer.unlink(missing_ok=True)
    plan = {
        "mode": "find",
        "answer": str(answer),
        "script": str(launch.folder / command.script) if command.script else None,
        "module": command.module,
        "path": str((launch.folder / command.script).parent if command.script else launch.folder),
        "given": given_indices(file, at),
        "probes": [probe_plan(probe) for probe in file.probes],
    }
    variables = {**steady_variables(), **_variables(launch.work / "find.json", plan)}
    words = [str(command.interpreter), *command.options, "-c", ""]
    run = run_kept(words, kept, surroundings=Surroundings(launch.folder, variables, FIND_SECONDS))
    if not answer.is_file():
        said = last_line(kept[1])
        raise ProgramError(
            f"{command.interpreter.name} does not load what captures ({run.text}{f': {said}' if said else ''}); it has "
            "to be Python 3.8 or newer that heeds PYTHONPATH"
        )
    found: Mapping[str, Any] = json.loads(answer.read_bytes())
    return found


def refuse_foreign(file: ProbeFile) -> None:
    """Refuse what only compiled programs have.

    Raises
    ------
    UsageError
        With the probe.
    """
    for probe in file.probes:
        texts = [part.text for quantity in probe.quantities for part in quantity.expressions]
        if probe.place.returned is not None or RETURNED in texts:
            raise UsageError(
                f"{probe.words}: `returned` is of compiled programs; in Python name what the result is assigned to: "
                "after = NAME"
            )


def run_captured_python(
    launch: Launch,
    command: PythonCommand,
    file: ProbeFile,
    at: Mapping[str, int],
    streams: Streams,
    writes: Sequence[ProbedWrite] = (),
    *,
    variables: Mapping[str, str] | None = None,
    back_end: BackEnd | None = None,
) -> BackEndRun:
    """Run a Python program and read the values of the selected turn.

    Parameters
    ----------
    launch : Launch
        The command as it was typed.
    command : PythonCommand
        The same, understood.
    file : ProbeFile
    at : mapping of str to int
        The selected turn of each loop; a loop that is missing is taken in every turn.
    streams : Streams
    writes : sequence of ProbedWrite
        Values that are written into the program.
    variables : mapping of str to str, optional
        What the environment of the run has besides.
    back_end : BackEnd, optional
        The one to use; by default the best that the interpreter has.

    Raises
    ------
    IncompleteError
        If something else took the place of the back end, or processes cannot be told apart.
    ProgramError
        If the interpreter does not load what captures.
    UsageError
        If a probe stands nowhere.
    """
    found = find_places(launch, command, file, at)
    for number, text in found["faults"].items():
        raise UsageError(f"probe {number}: {text}")
    events = launch.work / "events"
    events.mkdir(parents=True, exist_ok=True)
    for old in events.iterdir():
        old.unlink()
    plan = {
        **run_plan(file, at, writes, found["places"]),
        "mode": "run",
        "events": str(events),
        "back_end": back_end.value if back_end else "",
    }
    environment = {**(variables or {}), **steady_variables(), **_variables(launch.work / "plan.json", plan)}
    run = run_plain(launch.program, launch.arguments, launch.folder, streams, launch.seconds, environment)
    return read_events(events, run, file)


def run_plan(
    file: ProbeFile,
    at: Mapping[str, int],
    writes: Sequence[ProbedWrite],
    places: Mapping[str, Mapping[str, Any]],
    *,
    uncompiled: bool = False,
) -> dict[str, Any]:
    """Return the plan of a run, for probes whose places are known by their numbers."""
    given = given_indices(file, at)
    loops = [name.partition(":")[0] for name in file.selection.loops]
    image = file.image
    giving = [probe.number for probe, quantity in file.quantities if image and quantity.name == image.quantity]
    return {
        "loops": [[name, at[name]] for name in loops if name in at],
        "given": given,
        "uncompiled": uncompiled,
        "outer": (file.selection.function or "").rpartition(":")[2].rpartition(".")[2] if loops else "",
        "probes": [
            {
                **probe_plan(probe),
                **places[str(probe.number)],
                "once": probe.first,
                "width": image.width if image and probe.number == giving[-1] else "",
            }
            for probe in file.probes
        ],
        "writes": [write_plan(number, write) for number, write in enumerate(writes)],
    }


def given_indices(file: ProbeFile, at: Mapping[str, int]) -> dict[str, int]:
    """Return the selected indices that are turns of no loop: names in expressions, which index arrays."""
    loops = {name.partition(":")[0] for name in file.selection.loops}
    return {name: at[name] for name in file.selection.pixel or () if name not in loops and name in at}


def _variables(place: Path, plan: Mapping[str, Any]) -> dict[str, str]:
    """Write a plan, and return the environment with which an interpreter carries it out."""
    place.write_text(json.dumps(plan))
    path = os.environ.get("PYTHONPATH")
    return {PLAN_VARIABLE: str(place), "PYTHONPATH": f"{INSIDE}{os.pathsep}{path}" if path else str(INSIDE)}


# --- what the program's processes said -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Process:
    """What one process said."""

    events: tuple[Event, ...]

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event["event"] in kinds]

    @property
    def number(self) -> int:
        return int(self.events[0]["pid"])

    @property
    def parent(self) -> int:
        return int(self.events[0]["parent"])


def read_events(folder: Path, run: ProgramRun, file: ProbeFile) -> BackEndRun:
    """Return what the processes of a run said.

    Raises
    ------
    IncompleteError, ProgramError
        As :func:`run_captured_python` does.
    """
    said = (_events(path) for path in sorted(folder.glob("events-*.jsonl")))
    processes = [_Process(events) for events in said if events]  # one that was ended as it started has said nothing
    if not processes:
        raise ProgramError(f"no Python that can be captured from ran ({run.text})")
    for process in processes:
        for failure in process.of("failed"):
            raise UsageError(failure["why"])
    if not run.failed:
        _require_whole(processes)
    hitting = [process for process in processes if process.of("hit")]
    if len(hitting) > 1:
        raise IncompleteError(
            f"probes were reached in {len(hitting)} processes, whose order cannot be told: select a turn that one of "
            "them runs, or run with one process; no trace was written"
        )
    hits, width = _hits(hitting[0].of("hit") if hitting else [], file)
    counts = dict.fromkeys((probe.number for probe in file.probes), 0)
    for hit in hits:
        counts[hit.probe] += 1
    first = processes[0].events[0]
    written = [event for process in processes for event in process.of("written")]
    return BackEndRun(
        run,
        hits,
        counts,
        {probe.number: text for probe in file.probes if (text := _unread(probe, processes, counts[probe.number]))},
        (),
        0,
        any(event["left_out"] for process in processes for event in process.of("end")),
        width,
        tuple(InjectedWrite(event["write"], tuple(event["before"]), tuple(event["after"])) for event in written),
        f"of Python {first['python']}",
        "",
        _arrivals(hitting[0] if hitting else processes[0]),
        BackEnd(first["back_end"]),
    )


def _events(path: Path) -> tuple[Event, ...]:
    lines = path.read_text("ascii").splitlines()
    return tuple(json.loads(line) for line in lines)


def _arrivals(process: _Process) -> Arrivals:
    """Return how often the places of probes were reached; a process that was ended says nothing of it."""
    told = [event["arrivals"] for event in process.of("end")]
    return {
        int(number): tuple((tuple(turns), count) for turns, count in seen)
        for number, seen in (told[0] if told else {}).items()
    }


def _require_whole(processes: Sequence[_Process]) -> None:
    numbers = {process.number for process in processes}
    for process in processes:
        displaced = process.of("displaced")
        if displaced:
            raise IncompleteError(
                f"the program calls {displaced[0]['what']} itself, as a debugger or a measurement of coverage does, "
                "and what runs then is not seen: run it without; no trace was written"
            )
        if process.parent not in numbers and not process.of("end"):
            raise IncompleteError(
                "the program's process was replaced or ended at once, without the end that Python has: what it did "
                "last is not known; no trace was written"
            )


def _hits(events: Iterable[Event], file: ProbeFile) -> tuple[tuple[Hit, ...], int | None]:
    units = {(probe.number, quantity.name): quantity.unit for probe, quantity in file.quantities}
    threads: dict[int, int] = {}
    hits, width = [], None
    for event in events:
        number = event["probe"]
        values = tuple(
            CapturedValue(name, tuple(numbers), units.get((number, name), "")) for name, numbers in event["values"]
        )
        thread = threads.setdefault(event["thread"], len(threads) + 1)
        hits.append(Hit(number, values, dict(event["index"]), {}, thread))
        width = event["width"] if event["width"] is not None else width
    return tuple(hits), width


def _unread(probe: Probe, processes: Sequence[_Process], count: int) -> str:
    """Return why a probe did not deliver what was asked for; empty if it did, or need not."""
    own = [event for process in processes for event in process.events if event.get("probe") == probe.number]
    said = {event["event"]: event for event in reversed(own)}
    if "compiled" in said:
        return f"{said['compiled']['how']} compiles the function, so that its Python does not run ({UNCOMPILED_REMEDY})"
    if "unread" in said:
        quantity = said["unread"]["quantity"]
        return f"{quantity}: {said['unread']['why']}" if quantity else str(said["unread"]["why"])
    if count or probe.optional:
        return ""
    if "no_loop" in said:
        return f"{said['no_loop']['name']} is no variable there, nor in a function that calls it"
    if "elsewhere" in said:
        return "was reached, and never in the selected turn"
    return _never_reached(probe, processes)


def _never_reached(probe: Probe, processes: Sequence[_Process]) -> str:
    if any(probe.number in event["probes"] for process in processes for event in process.of("called")):
        return "the function ran, and never came to the place"
    if any(event["dynamo_frames"] for process in processes for event in process.of("end")):
        return (
            f"the function never ran as Python, and torch.compile compiled others that may call it; {UNCOMPILED_REMEDY}"
        )
    return "the function never ran"
