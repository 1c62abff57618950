"""`nbtrace diff` on a pair of long logs: wall time and peak memory of the whole command, in megabytes a second of both.

Usage: python -m benchmarks.diff_logs [LINES] [RUNS]
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.long_logs import write_pair


def main(lines: int, runs: int) -> None:
    """Print the rate of each run, their median, and the largest peak of memory."""
    with TemporaryDirectory() as folder:
        paths = write_pair(Path(folder), lines, wrong=1e-3)
        size = sum(path.stat().st_size for path in paths) / 1e6
        taken = []
        for _ in range(runs):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "nbtrace", "diff", *map(str, paths)], capture_output=True, text=True, check=False
            )
            taken.append(time.perf_counter() - start)
            assert done.returncode in {0, 1, 4}, done.stderr
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        rates = [size / seconds for seconds in taken]
        print(f"{size:.1f} MB in {', '.join(f'{seconds:.2f}' for seconds in taken)} s")
        print(f"median {median(rates):.1f} MB/s  ({min(rates):.1f}-{max(rates):.1f}), peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))
