"""A Python program that nbtrace starts once and asks for one run after another, so that it imports its libraries once.

Nothing else of nbtrace is imported: the file may be copied beside the program. At its end stands::

    if __name__ == "__main__":
        serve(main)

`main` takes the words of the command line, without the program, and returns an exit status (None is 0), as it does when
the program is run by hand, which goes on working.

What is said: a line of JSON for each run on standard input, and one on standard output when it has ended::

    {"run": 1, "flags": ["-N", "5"], "folder": "/tmp/x", "variables": {"OMP_NUM_THREADS": "1"},
     "stdout": "/tmp/y/stdout", "stderr": "/tmp/y/stderr"}
    {"run": 1, "status": 0}

Other lines on standard output are passed over. The run takes place in `folder`, with these variables in the
environment, and what it prints goes to the two files. The program is started with the variables of its first run, and
again for a run with others: libraries read them when they are loaded. The end of standard input ends the program.
Programs in other languages do the same where `NBTRACE_ALIVE` is set.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

ALIVE = "NBTRACE_ALIVE"
"""The variable of the environment that is set where runs are asked for one after another."""

Main = Callable[[list[str]], "int | None"]


def serve(main: Main, words: Sequence[str] | None = None) -> None:
    """Run `main` for what is asked, or, where nobody asks, once with the words of the command line; then exit.

    Parameters
    ----------
    main : callable
        Takes the words behind the program, returns an exit status; SystemExit and errors count as they do in a program.
    words : sequence of str, optional
        By default those of the command line.
    """
    if ALIVE not in os.environ:
        sys.exit(main(list(sys.argv[1:] if words is None else words)))
    sys.stdout.flush()
    # Whatever reads or prints outside of a run shall not disturb what is said here.
    requests, replies = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    for line in requests:
        asked = json.loads(line)
        status = _one_run(main, asked)
        replies.write(json.dumps({"run": asked["run"], "status": status}) + "\n")
        replies.flush()
    sys.exit(0)


def _one_run(main: Main, asked: "dict[str, Any]") -> int:
    home, environment = os.getcwd(), dict(os.environ)  # noqa: PTH109 - nothing but the plainest modules
    kept = os.dup(1), os.dup(2)
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            file = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, number)
            os.close(file)
        os.environ.update(asked["variables"])
        os.chdir(asked["folder"])
        return _status(main, asked["flags"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, file in zip((1, 2), kept, strict=True):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(home)


def _status(main: Main, flags: "list[str]") -> int:
    """Return what the exit status would be if the program ran alone."""
    try:
        code: object = main(list(flags))
    except SystemExit as end:
        code = end.code
    except Exception:  # noqa: BLE001 - as Python does at the end of a program
        traceback.print_exc()
        return 1
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1
