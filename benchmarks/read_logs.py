"""Reading long logs: the line reader and the columnar reader, in megabytes a second.

Usage: python -m benchmarks.read_logs [LINES] [RUNS]

The line reader reads a twentieth of the lines: its time grows with them.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.long_logs import write_pair
from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.parsers import read_sides


def by_lines(path: Path) -> None:
    """Read a log into records."""
    read_sides(str(path))


def by_columns(path: Path) -> None:
    """Read a log into columns, keeping none."""
    for _ in ColumnReader(str(path)).chunks():
        pass


def rates(read: Callable[[Path], None], path: Path, runs: int) -> list[float]:
    """Return the megabytes a second of each run."""
    size = path.stat().st_size / 1e6
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        read(path)
        found.append(size / (time.perf_counter() - start))
    return found


def main(lines: int, runs: int) -> None:
    """Print a line per log and reader: median, least and greatest rate."""
    with TemporaryDirectory() as folder:
        for count, read in ((lines // 20, by_lines), (lines, by_columns)):
            for path in write_pair(Path(folder), count):
                found = rates(read, path, runs)
                size = path.stat().st_size / 1e6
                spread = f"{min(found):.1f}-{max(found):.1f}"
                print(f"{read.__name__:10} {path.name:6} {size:6.1f} MB  median {median(found):6.1f} MB/s  ({spread})")


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))
