"""A program in C that stands for a reference without a trace: it writes its image, and its values can be captured.

Compiled with `TRACED` it prints the trace of the pixel that is asked for, with `WRONG` it comes to one pixel in another
way, with `OTHER` to another value of it, and with `DEAF` it
does not know the option.
What MODE says: `perturbed` adds up whether somebody traces it, `refuses` takes no -trace_pixel. RUNS names a file that
gets a letter of each run: t of one that is asked for a trace.
"""

import subprocess
from pathlib import Path

from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.programs.command import flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import RunOptions
from nbtrace.programs.trace_capture import TraceCapture
from tests.capturing.programs import need

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"

SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int traced(void) {
    char line[256];
    int pid = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file)) sscanf(line, "TracerPid: %d", &pid);
    fclose(file);
    return pid != 0;
}

int main(int argc, char **argv) {
    const char *name = "floatimage.bin", *mode = getenv("MODE"), *runs = getenv("RUNS"), *count;
    int threads = (count = getenv("OMP_NUM_THREADS")) ? atoi(count) : 1, slow = -1, fast = -1, row, column, i;
    double scale, before, final;
    float image[64];
    FILE *out;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-floatfile")) name = argv[i + 1];
#ifndef DEAF
        if (!strcmp(argv[i], "-trace_pixel")) { slow = atoi(argv[i + 1]); fast = atoi(argv[i + 2]); }
#endif
    }
    if (runs && (out = fopen(runs, "a"))) { fputc(slow < 0 ? '.' : 't', out); fclose(out); }
    if (mode && !strcmp(mode, "refuses") && slow >= 0) {
        fprintf(stderr, "unknown option\n");
        return 2;
    }
    for (row = 0; row < 8; row++) {
        for (column = 0; column < 8; column++) {
            scale = 4.0 * threads;
            before = (1.0 + row * 10 + column) / threads;
#ifdef WRONG
            if (row == 5 && column == 6) { before *= 2; scale /= 2; }
#endif
#ifdef OTHER
            if (row == 5 && column == 6) before += 1;
#endif
            if (mode && !strcmp(mode, "perturbed")) before += traced();
            final = before * scale;
            image[row * 8 + column] = final;
#ifdef TRACED
            if (row == slow && column == fast) {
                printf("TRACE_C: I_before_scaling %.17g\n", before);
                printf("TRACE_C: I_pixel_final %.17g\n", final);
            }
#endif
        }
    }
    out = fopen(name, "wb");
    fwrite(image, sizeof *image, 64, out);
    fclose(out);
    return 0;
}
"""

PROBES = """
[select]
function = "main"
loops = ["row", "column"]
pixel = ["row", "column"]

[image]
quantity = "floatimage_accumulated"
flag = "-floatfile"
default = "floatimage.bin"
width = "8"

[[probe]]
before = "final"
loop = "column"
quantities = { I_before_scaling = "before" }

[[probe]]
after = "image"
loop = "column"
quantities = { I_pixel_final = "final", floatimage_accumulated = "image[row * 8 + column]" }
"""

VARIANTS = {
    "silent": ("-O0", "-g"),
    "deaf": ("-O0", "-g", "-DDEAF"),
    "without_debug": ("-O0",),
    "tracing": ("-O0", "-DTRACED"),
    "wrong": ("-O0", "-DTRACED", "-DWRONG"),
}


def compiled(folder: Path) -> Path:
    """Compile every variant into a folder, with the source and the probes beside them, and return the folder."""
    need("gdb", "gcc")
    (folder / "silent.c").write_text(SOURCE)
    (folder / "silent.toml").write_text(PROBES)
    started = [
        subprocess.Popen(["gcc", *flags, "-w", "-o", name, "silent.c"], cwd=folder) for name, flags in VARIANTS.items()
    ]
    assert [process.wait() for process in started] == [0] * len(started)
    return folder


def source_of(folder: Path, name: str, work: Path, build: str | None = None, flags: str = FLAGS) -> ProgramSource:
    """Return a variant as a side whose values can be captured."""
    program = Program((str(folder / name),), "--ref")
    capture = TraceCapture(program, lambda: read_probe_file(folder / "silent.toml"), work, build)
    return ProgramSource(program, flag_line(flags.split()), RunOptions(30.0), capture=capture)
