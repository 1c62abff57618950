"""What a call of a logger costs a program where tracing is off, and where it is on.

python benchmarks/logging_cost.py [--calls 1000000]

Prints nanoseconds a call: of Python's logger and, where there is a compiler, of the C header's.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path
from shutil import which
from time import process_time
from timeit import timeit

import nbtrace
from nbtrace.loggers import Language, logger_file

HEADER = logger_file(Language.C)

PROGRAM = r"""
#define NBTRACE_IMPLEMENTATION
#include "nbtrace.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv) {
    long i, calls = atol(argv[argc - 1]);
    double x = 0.0;
    clock_t begun = clock();
    for (i = 0; i < calls; ++i) { x += 1e-9 * (double)i; NBTRACE("x", x, ""); }
    fprintf(stderr, "%.2f\n", 1e9 * (double)(clock() - begun) / CLOCKS_PER_SEC / (double)calls);
    return x < 0.0;
}
"""


def of_python(calls: int) -> None:
    """Print what calls cost in Python."""
    value = 1.5
    off = timeit(lambda: nbtrace.log("x", value, unit="m", step=3), number=calls, timer=process_time) - timeit(
        lambda: None, number=calls, timer=process_time
    )
    print(f"Python off  {1e9 * off / calls:8.0f} ns")
    with tempfile.TemporaryDirectory() as folder, nbtrace.log_to(Path(folder) / "x.log"):
        few = max(calls // 20, 1)
        on = timeit(lambda: nbtrace.log("x", value, unit="m", step=3), number=few, timer=process_time)
        print(f"Python on   {1e9 * on / few:8.0f} ns")


def of_c(calls: int) -> None:
    """Print what the macro costs in C; the loop around it is counted, too."""
    compiler = which("gcc") or which("cc")
    if compiler is None:
        print("C: there is no compiler")
        return
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "cost.c", Path(folder) / "cost"
        source.write_text(PROGRAM)
        for name, flags, log, count in (
            ("C without ", ["-DNBTRACE_DISABLE"], "", 100 * calls),
            ("C off     ", [], "", 100 * calls),
            ("C on      ", [], str(Path(folder) / "x.log"), max(calls // 20, 1)),
        ):
            subprocess.run([compiler, "-O2", *flags, f"-I{HEADER.parent}", source, "-o", program], check=True)
            done = subprocess.run(
                [program, str(count)], env={"NBTRACE_LOG": log}, check=True, capture_output=True, text=True
            )
            print(f"{name}  {float(done.stderr):8.2f} ns")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    calls = parser.parse_args().calls
    of_python(calls)
    of_c(calls)


if __name__ == "__main__":
    main()
