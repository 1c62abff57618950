"""How long a command takes to start, in times of a bare Python: both are run in turn, and their medians compared.

Usage: python -m benchmarks.start [RUNS]
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PAIR = ROOT / "examples/pairs/supervisor__685_1039"
NBTRACE = (sys.executable, "-m", "nbtrace")
CALLS: dict[str, tuple[str, ...]] = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "import typer": (sys.executable, "-c", "import typer"),
    "--version": (*NBTRACE, "--version"),
    "--help": (*NBTRACE, "--help"),
    "diff --help": (*NBTRACE, "diff", "--help"),
    "diff": (*NBTRACE, "diff", str(PAIR / "c.log"), str(PAIR / "py.log")),
}


def processor_seconds(call: Sequence[str]) -> float:
    """Return the processor time of one run, which other work on the machine disturbs less than its wall time."""
    silent = subprocess.DEVNULL
    # Else every run would compile its modules anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(call, cwd=ROOT, env=environment, stdin=silent, stdout=silent, stderr=silent) as process:
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # waited for already
    return usage.ru_utime + usage.ru_stime


def main(runs: int) -> None:
    """Print the median of each call, and its ratio to that of a bare Python."""
    for call in CALLS.values():  # compiles what is not yet compiled
        processor_seconds(call)
    rounds = [{name: processor_seconds(call) for name, call in CALLS.items()} for _ in range(runs)]
    medians = {name: median(times[name] for times in rounds) for name in CALLS}
    bare = medians["python -c pass"]
    for name, seconds in medians.items():
        print(f"{name:15} {1000 * seconds:7.1f} ms of a processor, {seconds / bare:5.1f} times a bare Python")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
