"""`nbtrace diff` of a pair of long logs beside a bare script in polars that only parses and subtracts, run in turns.

Usage: python -m benchmarks.diff_peer [LINES] [RUNS]
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.long_logs import write_pair

COMMANDS = {"nbtrace diff": ("nbtrace", "diff"), "polars": ("benchmarks.polars_diff",)}
STATUSES = {"nbtrace diff": {0, 1, 4}, "polars": {0}}
"""How each ends when it has compared; a script that did not start has no time to compare with."""


def main(lines: int, runs: int) -> None:
    """Print the median seconds and the greatest memory of each, and the ratio of the medians."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    peaks = dict.fromkeys(COMMANDS, 0)
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in write_pair(Path(folder), lines, wrong=1e-3)]
        size = sum(Path(path).stat().st_size for path in paths) / 1e6
        for _ in range(runs):
            for name, words in COMMANDS.items():
                wall, peak = _run([sys.executable, "-m", *words, *paths], STATUSES[name])
                taken[name].append(wall)
                peaks[name] = max(peaks[name], peak)
    for name, seconds in taken.items():
        print(f"{name:13} {median(seconds):6.2f} s  ({min(seconds):.2f}-{max(seconds):.2f}), {peaks[name]} MB")
    ratio = median(taken["nbtrace diff"]) / median(taken["polars"])
    print(f"{size:.1f} MB; nbtrace diff takes {ratio:.2f} times the bare script")


def _run(command: list[str], expected: set[int]) -> tuple[float, int]:
    """Return the wall time of a command in seconds and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) in expected, command
    return time.perf_counter() - start, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))
