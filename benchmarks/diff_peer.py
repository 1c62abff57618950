"""`nbtrace diff`, and with `-u`, of long logs beside a bare script in polars that only parses and subtracts, in turns.

Usage: python -m benchmarks.diff_peer [LINES] [RUNS]
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.long_logs import PAIR, write_pair

COMMANDS = {
    "nbtrace diff": ("nbtrace", "diff"),
    "nbtrace diff -u": ("nbtrace", "diff", "-u"),
    "of short logs": ("nbtrace", "diff"),
    "polars": ("benchmarks.polars_diff",),
}
STATUSES = {name: {0} if name == "polars" else {0, 1, 4} for name in COMMANDS}
"""How each ends when it has compared; a script that did not start has no time to compare with."""


def main(lines: int, runs: int) -> None:
    """Print the median seconds, wall and processor, and the greatest memory of each, and the ratios of the medians."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    peaks = dict.fromkeys(COMMANDS, 0)
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in write_pair(Path(folder), lines, wrong=1e-3)]
        size = sum(Path(path).stat().st_size for path in paths) / 1e6
        for _ in range(runs):
            for name, words in COMMANDS.items():
                logs = [str(PAIR / log) for log in ("c.log", "py.log")] if name == "of short logs" else paths
                wall, processor, peak = run([sys.executable, "-m", *words, *logs], STATUSES[name])
                taken[name].append((wall, processor))
                peaks[name] = max(peaks[name], peak)
    print(f"{size:.1f} MB; of the bare script: wall time, and processor time")
    middle = {name: [median(of_run) for of_run in zip(*seconds, strict=True)] for name, seconds in taken.items()}
    for name, seconds in middle.items():
        ratios = ", ".join(f"{own / peer:.2f}" for own, peer in zip(seconds, middle["polars"], strict=True))
        print(f"{name:15} {seconds[0]:6.2f} s, {seconds[1]:6.2f} s, {peaks[name]} MB; {ratios} times")


def run(command: list[str], expected: set[int]) -> tuple[float, float, int]:
    """Return the wall time and the processor time of a command in seconds, and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) in expected, command
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))
