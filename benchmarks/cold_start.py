"""Wall time of whole commands from a cold start, and the heavy packages that they import.

Usage: python benchmarks/cold_start.py [RUNS]

Each command runs as a process of its own, in turn, so that a drift of the machine's speed touches all alike; the first
round is not counted.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PAIR = "examples/pairs/supervisor__685_1039"
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "nbtrace --version": ["-m", "nbtrace", "--version"],
    "nbtrace diff": ["-m", "nbtrace", "diff", f"{PAIR}/c.log", f"{PAIR}/py.log"],
    "nbtrace phi": ["-m", "nbtrace", "phi", f"{PAIR}/py.log", f"{PAIR}/c.log"],
    "nbtrace scaling": ["-m", "nbtrace", "scaling", f"{PAIR}/c.log", f"{PAIR}/py.log"],
}
HEAVY = ("torch", "pandas", "matplotlib", "numpy", "scipy")


def seconds(arguments: list[str]) -> float:
    """Return the wall time of one run."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - start


def imported(arguments: list[str]) -> list[str]:
    """Return which heavy packages a command imports."""
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], cwd=ROOT, capture_output=True, check=False)
    names = {line.rsplit("|", maxsplit=1)[-1].strip() for line in done.stderr.decode().splitlines()}
    return [name for name in HEAVY if name in names]


def main(runs: int) -> None:
    """Print a line per command: median, minimum and maximum of its wall time."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for counted in range(runs + 1):
        for name, arguments in COMMANDS.items():
            taken = seconds(arguments)
            if counted:
                times[name].append(taken)
    for name, taken_by in times.items():
        heavy = ", ".join(imported(COMMANDS[name])) or "none"
        print(f"{name:20} median {median(taken_by):.3f} s  ({min(taken_by):.3f}-{max(taken_by):.3f})  heavy: {heavy}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
