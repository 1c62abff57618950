"""What a hit costs by breakpoints and by tracepoints, in a program without a selected turn.

`python benchmarks/tracepoints.py [HITS [ROUNDS]]`; it needs gcc, gdb and gdbserver.

Both run in turn, and must read the same values. Prints the medians of the captured run in seconds, and of the ratio.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.gdb_run import run_captured
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.probe_file import read_probe_file

PROGRAM = r"""
#include <stdio.h>
int main(void) {
    double weight[4] = {0, 1, 2, 3}, total = 0, term = 0;
    int i, j;
    for (i = 0; i < HITS / 4; i++) {
        for (j = 0; j < 4; j++) {
            term = weight[j] * i + 0.5;
            total += term * term;
        }
    }
    printf("%.17g\n", total);
    return 0;
}
"""
PROBES = """
[[probe]]
function = "main"
after = "total"
loop = "j"
index = { i = "i", j = "j" }
quantities = { total = "total", term = "term", weights = "weight[0..3]" }
"""


def main() -> None:
    """Print the times of both, and their ratio."""
    hits, rounds = (int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    taken: dict[BackEnd, list[float]] = {BackEnd.GDB: [], BackEnd.TRACEPOINTS: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.c").write_text(PROGRAM)
        (folder / "probes.toml").write_text(PROBES)
        build = ["gcc", "-O0", "-g", f"-DHITS={hits}", "-o", "program", "program.c"]
        subprocess.run(build, cwd=folder, check=True)
        streams = Streams(Path("/dev/null"), folder / "out", folder / "err")
        launch = Launch(folder / "program", (), folder, folder / "work")
        for _ in range(rounds):
            read = []
            for back_end, seconds in taken.items():
                begun = time.perf_counter()
                run = run_captured(launch, read_probe_file(folder / "probes.toml"), {}, streams, (), back_end)
                seconds.append(time.perf_counter() - begun)
                read.append(run.hits)
            assert read[0] == read[1]
            assert len(read[0]) == hits
    ratio = statistics.median(new / old for old, new in zip(*taken.values(), strict=True))
    for back_end, seconds in taken.items():
        print(f"{back_end.value:24}{statistics.median(seconds):8.2f} s")
    print(f"ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
