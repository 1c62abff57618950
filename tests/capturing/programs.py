"""Small programs of our own that values are captured from, compiled where they are wanted."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROWS = r"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double smooth(double x) { return x / (1.0 + fabs(x)); }

int main(int argc, char **argv) {
    int rows = 6, columns = 8, row, column, step;
    const char *name = argc > 1 ? argv[1] : "image.bin";
    float *image = calloc(rows * columns, sizeof *image);
    double weight[4] = {0, 1, 2, 3}, total, term, state;
    state = 0.25;
#pragma omp parallel for private(column, step, total, term) firstprivate(state, weight) \
        shared(image, rows, columns) default(none)
    for (row = 0; row < rows; row++) {
        for (column = 0; column < columns; column++) {
            total = 0;
            for (step = 0; step < 4; step++) {
                if (step != 0) state = 0.1 * step; /* so that step 0 has what the last pixel left */
                term = smooth(weight[step] * row + column + state);
                if (term < 0) continue;
                total += term * term;
            }
            image[row * columns + column] = total;
        }
    }
    FILE *out = fopen(name, "wb");
    fwrite(image, sizeof *image, rows * columns, out);
    fclose(out);
    printf("pixel 5 is %g\n", image[5]);
    return 0;
}
"""

ROWS_PROBES = """
[select]
function = "main"
loops = ["row", "column"]
pixel = ["row", "column"]

[image]
quantity = "final"
default = "image.bin"
width = "columns"

[[probe]]
before = "term"
loop = "step"
index = { step = "step" }
quantities = { state = "state [m]", weights = "weight[0..3]*2" }

[[probe]]
after = "term"
loop = "step"
index = { step = "step" }
quantities = { term = "term" }

[[probe]]
returned = "smooth"
loop = "step"
when = { step = 2 }
quantities = { smoothed = "return" }

[[probe]]
after = "total"
loop = "step"
index = { step = "step" }
quantities = { total_root = "sqrt(total)" }

[[probe]]
after = "image"
loop = "column"
quantities = { final = "image[row*columns + column]" }
"""


def rows_term(row: int, column: int, step: int, state: float | None = None) -> float:
    """Return what the program computes in one step; `state` is what step 0 has, else the last pixel's."""
    held = 0.1 * step if step else state if state is not None else 0.1 * 3
    x = step * row + column + held
    return x / (1.0 + abs(x))


ODD = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

static double value(void) {
    double x = 0;
    int i;
    for (i = 0; i < 3; i++) {
        x += i * 0.5;
    }
    return x;
}

static int traced(void) {
    char line[256];
    int pid = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file)) sscanf(line, "TracerPid: %d", &pid);
    fclose(file);
    return pid != 0;
}

__attribute__((constructor)) static void before(void) {
    while (getenv("ODD_NEVER_BEGINS")) usleep(1000);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    double x = 0;
    if (!strcmp(what, "reads")) {
        if (scanf("%lf", &x) != 1) {
            fprintf(stderr, "no number on standard input\n");
            return 3;
        }
    }
    if (!strcmp(what, "forks")) {
        if (fork() == 0) {
            value();
            _exit(0);
        }
        wait(NULL);
        printf("the other has done it\n");
        return 0;
    }
    if (!strcmp(what, "forks, too") && fork() == 0) {
        value();
        _exit(0);
    }
    if (!strcmp(what, "borrows") && vfork() == 0) {
        execl("./odd", "odd", NULL);
        _exit(1);
    }
    if (!strcmp(what, "runs another") && system("echo another")) return 1;
    if (!strcmp(what, "runs itself") && system("./odd")) return 1;
    if (!strcmp(what, "becomes itself")) execl("/proc/self/exe", "odd", NULL);
    if (!strcmp(what, "becomes another")) execl("/bin/echo", "echo", "one", NULL);
    if (!strcmp(what, "skips")) {
        printf("nothing to do\n");
        return 0;
    }
    x += value();
    if (!strcmp(what, "crashes")) {
        fprintf(stderr, "about to crash\n");
        *(volatile int *)0 = 1;
    }
    if (!strcmp(what, "waits")) usleep(300000);
    while (!strcmp(what, "endless")) usleep(1000);
    while (!strcmp(what, "endless where traced") && traced()) usleep(1000);
    if (!strcmp(what, "perturbed")) x += traced();
    if (!strcmp(what, "varies")) printf("process %d\n", (int)getpid());
    if (!strcmp(what, "varies in all")) {
        printf("process %d\n", (int)getpid());
        return 0;
    }
    if (!strcmp(what, "mute")) return 0;
    if (!strcmp(what, "runs itself last") && system("./odd")) return 1;
    FILE *out = fopen("out.txt", "w");
    fprintf(out, "%.17g\n", x);
    fclose(out);
    return 0;
}
"""

ODD_PROBES = """
[[probe]]
function = "value"
after = "x"
loop = "i"
index = { i = "i" }
quantities = { x = "x" }
"""

HEAT = """\
program heat
  implicit none
  integer, parameter :: n = 5
  integer :: i, step, steps
  real(8) :: t(n), rate, flux
  real(4) :: total
  rate = 0.25d0
  steps = 3
  t = 0d0
  t(1) = 100d0
  do step = 1, steps
    total = 0.0
    do i = 2, n - 1
      flux = rate * (t(i - 1) - t(i))
      t(i) = t(i) + flux
    end do
    total = sum(real(t, 4))
  end do
  open(10, file='heat.txt')
  write(10, '(5f12.6)') t
  close(10)
end program heat
"""

HEAT_PROBES = """
[select]
function = "heat"
loops = ["step"]

[[probe]]
after = "flux"
loop = "i"
index = { i = "i" }
quantities = { flux = "flux [W/m^2]" }

[[probe]]
after = "t"
loop = "i"
index = { i = "i" }
quantities = { T = "t(1..n) [K]" }

[[probe]]
after = "total"
loop = "step"
quantities = { total = "total" }
"""

LENSES = r"""
#include <cstdio>
#include <vector>
namespace optics {
struct Lens { double focal; double centre[3]; };
class Stack {
public:
    explicit Stack(std::vector<Lens> lenses) : lenses_(lenses) {}
    double power(double &scale) const {
        double sum = 0;
        for (const auto &lens : lenses_) {
            sum += scale / lens.focal;
        }
        int n = 0;
        while (n < 2) {
            sum *= 1.5;
            n++;
        }
        return sum;
    }
private:
    std::vector<Lens> lenses_;
};
}
int main() {
    double scale = 2;
    optics::Stack stack({{1.0, {0, 0, 1}}, {4.0, {0, 2, 5}}});
    double power = stack.power(scale);
    std::printf("%.17g\n", power);
    return power < 0;
}
"""

LENSES_PROBES = """
[[probe]]
function = "optics::Stack::power"
after = "sum"
loop = "lens"
quantities = { sum = "sum", focal = "lens.focal", centre = "lens.centre[0..2]", scale = "scale" }

[[probe]]
function = "optics::Stack::power"
after = "sum"
loop = "n"
index = { n = "n" }
quantities = { grown = "sum" }

[[probe]]
function = "main"
text = "std::printf"
quantities = { power = "power" }
"""

PLUGIN = """
double power(int n) {
    double x = 1;
    int i;
    for (i = 0; i < n; i++) {
        x *= 1.5;
    }
    return x;
}
"""

HOST = r"""
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
    double y = 0;
    int k;
    for (k = 0; k < TIMES; k++) {
        void *library = dlopen("./libplugin.so", RTLD_NOW);
        y += ((double (*)(int))dlsym(library, "power"))(2 + k);
        dlclose(library);
    }
    printf("%g\n", y);
    return 0;
}
"""

HOST_PROBES = """
[[probe]]
function = "power"
after = "x"
loop = "i"
index = { i = "i" }
quantities = { x = "x" }

[[probe]]
function = "main"
after = "y"
loop = "k"
quantities = { y = "y" }
"""

SOURCES = {"rows.c": ROWS, "odd.c": ODD, "heat.f90": HEAT, "lenses.cpp": LENSES, "host.c": HOST}
PROBES = {
    "rows.toml": ROWS_PROBES,
    "odd.toml": ODD_PROBES,
    "heat.toml": HEAT_PROBES,
    "lenses.toml": LENSES_PROBES,
    "host.toml": HOST_PROBES,
}
_COMPILERS = {".c": "gcc", ".f90": "gfortran", ".cpp": "g++"}


def need(*programs: str) -> None:
    """Skip a test where a program that it needs is not installed."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")


def compiled(folder: Path, source: str, *flags: str, name: str = "") -> Path:
    """Compile a program, with its source and its probes beside it, and return its path."""
    path = folder / source
    need("gdb", _COMPILERS[path.suffix])
    path.write_text(SOURCES[source])
    probes = path.with_suffix(".toml")
    probes.write_text(PROBES[probes.name])
    program = folder / (name or path.stem)
    command = [_COMPILERS[path.suffix], *flags, "-w", "-o", str(program), str(path), "-lm"]
    subprocess.run(command, check=True, cwd=folder)
    return program
