"""What a capture from a Python program costs.

`python benchmarks/capture_cost.py [PYTHON ...]`, with other interpreters besides the one that runs it.

Prints microseconds more than without a capture: a hit with its values written, another turn of a selected loop, a line
without a probe in a function that has some, a call of any other function. On two shared cores these were

    Python 3.11.7  sys.settrace      21.0    2.1    0.2    0.7
    Python 3.8.18  sys.settrace      37.2    3.4    0.4    0.8
    Python 3.12.1  sys.monitoring    22.7    3.3    0.4    0.0
    Python 3.13.0  sys.monitoring    26.0    2.8    0.4    0.0
"""

import json
import sys
import tempfile
from pathlib import Path

from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.plain_run import run_plain
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.python_command import python_command
from nbtrace.capturing.python_run import run_captured_python

HITS, TURNS, LINES, CALLS = 10_000, 100_000, 400_000, 1_000_000
PROGRAM = f"""
import json, sys, time

j = 7

def hits():
    for i in range({HITS}):
        x = i * 0.5

def lines():
    y = 0
    for i in range({LINES // 4}):
        a = i
        b = a
        c = b
    y = c

def nothing():
    pass

def calls():
    for _ in range({CALLS}):
        nothing()

def turns():
    for j in range({TURNS}):
        z = j * 0.5

taken = []
for part in (hits, turns, lines, calls):
    begun = time.perf_counter()
    part()
    taken.append(time.perf_counter() - begun)
print(json.dumps(taken))
"""
PROBES = """
[select]
function = "turns"
loops = ["j"]
[[probe]]
function = "hits"
after = "x"
loop = "i"
index = { i = "i" }
quantities = { x = "x" }
[[probe]]
function = "turns"
after = "z"
loop = "j"
quantities = { z = "z" }
[[probe]]
function = "lines"
after = "y"
quantities = { y = "y" }
"""


def measured(python: Path, folder: Path) -> tuple[str, list[float]]:
    """Return the back end of an interpreter, and the microseconds of a hit, another turn, a line and a call."""
    command = python_command(python, ("program.py",))
    assert command is not None
    streams = Streams(Path("/dev/null"), folder / "out", folder / "err")
    launch = Launch(python, ("program.py",), folder, folder / "work")
    run_plain(python, launch.arguments, folder, streams, None)
    plain = json.loads(streams.stdout.read_text())
    done = run_captured_python(launch, command, read_probe_file(folder / "probes.toml"), {"j": 7}, streams)
    captured = json.loads(streams.stdout.read_text())
    more = [after - before for before, after in zip(plain, captured, strict=True)]
    assert done.counts == {1: HITS, 2: 1, 3: 1}
    return f"{done.version.removeprefix('of ')}  {done.back_end.value}", [
        1e6 * seconds / count for seconds, count in zip(more, (HITS, TURNS, LINES, CALLS), strict=True)
    ]


def main() -> None:
    """Print a line for each interpreter."""
    for python in (sys.executable, *sys.argv[1:]):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "program.py").write_text(PROGRAM)
            (folder / "probes.toml").write_text(PROBES)
            back_end, times = measured(Path(python), folder)
            print(back_end, "".join(f"{time:8.2f}" for time in times))


if __name__ == "__main__":
    main()
