"""What gdb is told to load: a plan is carried out, and a report written.

The plan comes as JSON; hits go out as lines of JSON, the rest as one document. `capturing/gdb_run.py` writes the plan
and reads both.
"""

import json
import os
import sys

import gdb

from .place_check import check
from .place_watch import Armed
from .plan_error import PlanError
from .program_draft import draft
from .source_statements import SourceError
from .staged_arming import Capture
from .started_processes import ForkedProcesses, StartedAnew
from .traced_program import ProgramEnd, alive, begin_anew, caught, leave_word, prepare, started
from .tracepoint_run import trace


def carry_out(path):
    """Carry out the plan that a file holds."""
    with open(path) as source:
        plan = json.load(source)
    report = {"error": None, "places": [], "faults": [], "gdb": gdb.VERSION}
    prepare()
    try:
        {"check": check, "run": run, "trace": trace, "draft": draft}[plan["mode"]](plan, report)
    except PlanError as error:
        report["error"] = error.document
    except SourceError as error:
        report["error"] = {"kind": "place", "text": str(error), "word": "", "names": []}
    except gdb.error as error:
        report["error"] = {"kind": "gdb", "text": str(error), "word": "", "names": []}
    with open(plan["report"], "w") as out:
        json.dump(report, out)
    sys.stdout.flush()
    if report.get("declined") and alive():
        gdb.execute("kill", to_string=True)
    if plan["mode"] in {"run", "trace"} and report["error"] is None:
        os._exit(0)  # nothing is left of the program, whatever gdb believes
    if alive():
        gdb.execute("kill", to_string=True)


def run(plan, report):
    """Run the program to its end."""
    ended = ProgramEnd()
    with open(plan["hits"], "w") as hits:
        events = started(plan)
        ended.watch()
        leave_word(plan, ended.pid)
        copies, anew = ForkedProcesses(plan["process"] + "es"), StartedAnew(plan["files"])
        Armed.looking_up = anew
        capture = Capture(plan, hits)
        with anew:
            capture.begin()
        while alive() and not ended.told:
            if capture.finished:
                ended.let_go()
            elif ended.go_on() and alive():
                before = anew.counted
                with anew:
                    event = "exec" if ended.replaced else caught(events)
                    if event == "exec":
                        capture = _begun_anew(capture, ended)
                        anew.counted = before  # the kernel has opened its file, and gdb
                    ended.has_children |= event in {"fork", "vfork"}
                    if event == "fork":
                        copies.noted(ended.pid)
                    if not capture.waiting:
                        capture.complete()
                    capture.settle()
    with anew:
        pass  # what was started last
    for error in capture.missing.values():
        raise error
    reader = capture.reader
    report.update(
        exit_code=ended.code,
        exit_signal=ended.signal,
        forks=copies.found(),
        anew=anew.counted if ended.has_children else 0,
        counts=reader.counts,
        arrivals={number: list(seen.items()) for number, seen in reader.arrivals.items()},
        unread=reader.unread,
        written=reader.written,
        seen=capture.seen,
        flooded=capture.flooded,
        producer=capture.producer,
    )


def _begun_anew(capture, ended):
    """Return the capture of a program that has replaced itself by itself, before anything was read of it."""
    capture.disarm()
    if capture.reader.total:
        raise PlanError("exec", "")
    begin_anew(ended.file)
    ended.replaced = False
    again = capture.again()
    again.begin()
    return again
