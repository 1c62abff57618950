"""The header for C and C++: built without a warning, printed whole, read back bit for bit."""

import random
import struct
import subprocess
from pathlib import Path
from shutil import which

import pytest

import nbtrace
from nbtrace.loggers import Language, logger_file
from nbtrace.records import Shape
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.file import vocabulary_of
from tests.loggers.programs import EDGES, built, compiler, packed, ran, records

HEADER = logger_file(Language.C)

VALUES = r"""
#define NBTRACE_IMPLEMENTATION
#include "nbtrace.h"
#include <stdio.h>
int main(void)
{
    double values[5];
    long long step = 0;
    while (fread(values, sizeof(double), 5, stdin) == 5) {
        NBTRACE_AT("step", step);
        NBTRACE("own_number", values[0], "K");
        NBTRACE_VECTOR("own_vector", values, 5, "m/s");
        NBTRACE_MATRIX("own_matrix", values, 2, 2, "");
        NBTRACE_OVER("cell", "own_array", values, 2, "Pa");
        NBTRACE_INT("own_count", step * 3000000000LL);
        ++step;
    }
    NBTRACE_LEAVE("step");
    NBTRACE_TEXT("own_word", "forward euler");
    return 0;
}
"""

DIALECTS = {
    "c99": ("gcc", "-std=c99", ".c"),
    "c11": ("gcc", "-std=c11", ".c"),
    "c++11": ("g++", "-std=c++11", ".cpp"),
}
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow", "-Wconversion", "-O2")


def program(folder: Path, source: str, dialect: str, *flags: str) -> Path:
    name, standard, ending = DIALECTS[dialect]
    (folder / f"program{ending}").write_text(source)
    words = [compiler(name), standard, *STRICT, *flags, f"-I{HEADER.parent}", f"program{ending}"]
    return built(words, folder)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_bit_comes_back(tmp_path: Path, dialect: str) -> None:
    draw = random.Random(20)  # noqa: S311 - the same numbers each time
    drawn = [number for (number,) in struct.iter_unpack("=d", draw.randbytes(8 * 492))]
    numbers = [*EDGES, *drawn]
    assert len(numbers) % 5 == 0
    done = ran(program(tmp_path, VALUES, dialect), packed(numbers), NBTRACE_LOG="c.log")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    read = records(tmp_path / "c.log")
    by_step = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
    vectors = [record for record in read if record.key == "own_vector"]
    assert [list(map(repr, record.value.numbers)) for record in vectors] == [list(map(repr, row)) for row in by_step]
    assert [dict(record.index.loops) for record in vectors] == [{"step": step} for step in range(len(by_step))]
    matrix = next(record for record in read if record.key == "own_matrix")
    assert (matrix.value.shape, len(matrix.value.numbers)) == (Shape.MATRIX, 4)
    array = [record for record in read if record.key == "own_array"]
    assert [repr(record.value.numbers[0]) for record in array] == [repr(n) for row in by_step for n in row[:2]]
    assert array[3].index.loops == (("step", 1), ("cell", 1))
    assert {record.unit for record in array} == {"Pa"}
    assert read[-2].value.text == f"{(len(by_step) - 1) * 3000000000}"
    assert (read[-1].value.text, read[-1].index.loops) == ("forward euler", ())


def test_where_tracing_is_off_nothing_is_computed(tmp_path: Path) -> None:
    source = """
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    #include <stdio.h>
    static double touched(void) { puts("touched"); return 1.0; }
    int main(void)
    {
        NBTRACE("x", touched(), "");
        NBTRACE_AT("step", (long long)touched());
        NBTRACE_VECTOR("x", (touched(), (double *)0), 3, "");
        return nbtrace_on();
    }
    """
    binary = program(tmp_path, source, "c99", "-Wno-unused-value")
    done = ran(binary)
    assert (done.returncode, done.stdout) == (0, b"")
    assert ran(binary, NBTRACE_LOG="").stdout == b""
    without = program(tmp_path, source, "c99", "-DNBTRACE_DISABLE", "-Wno-unused-value", "-Wno-unused-function")
    assert ran(without, NBTRACE_LOG="x.log").stdout == b""
    assert not (tmp_path / "x.log").exists()


def test_a_program_of_several_files_has_one_log(tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text(
        '#include "nbtrace.h"\nvoid other(void);\nvoid other(void) { NBTRACE("b", 2, ""); }\n'
    )
    source = """
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    void other(void);
    int main(void) { NBTRACE("a", 1, ""); other(); return 0; }
    """
    ran(program(tmp_path, source, "c99", "other.c"), NBTRACE_LOG="x.log")
    assert (tmp_path / "x.log").read_text() == "TRACE_FORMAT 1\nTRACE_C: a 1\nTRACE_C: b 2\n"


def test_lines_of_threads_do_not_mix_and_each_has_its_own_turn(tmp_path: Path) -> None:
    source = """
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    #include <pthread.h>
    static void *run(void *number)
    {
        double values[20];
        long long thread = *(int *)number, step, at;
        NBTRACE_AT("thread", thread);
        for (step = 0; step < 300; ++step) {
            for (at = 0; at < 20; ++at) values[at] = (double)thread * 1e6 + (double)step + 0.1;
            NBTRACE_AT("step", step);
            NBTRACE_VECTOR("own", values, 20, "K");
        }
        return 0;
    }
    int main(void)
    {
        pthread_t threads[8];
        int numbers[8], at;
        for (at = 0; at < 8; ++at) {
            numbers[at] = at;
            if (pthread_create(&threads[at], 0, run, &numbers[at])) return 1;
        }
        for (at = 0; at < 8; ++at) pthread_join(threads[at], 0);
        return 0;
    }
    """
    assert ran(program(tmp_path, source, "c99", "-pthread"), NBTRACE_LOG="x.log").returncode == 0
    assert (tmp_path / "x.log").read_text().count("TRACE_FORMAT") == 1
    read = records(tmp_path / "x.log")
    assert len(read) == 2400
    assert len({record.index for record in read}) == 2400
    for record in read:
        places = dict(record.index.loops)
        assert set(record.value.numbers) == {places["thread"] * 1e6 + places["step"] + 0.1}


def test_loops_within_a_loop_begin_anew(tmp_path: Path) -> None:
    source = """
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    int main(void)
    {
        NBTRACE_AT("step", 0); NBTRACE_AT("cell", 4); NBTRACE("own", 1, "");
        NBTRACE_AT("step", 1); NBTRACE("own", 2, "");
        NBTRACE_AT("cell", 5); NBTRACE_LEAVE("step"); NBTRACE("own", 3, "");
        NBTRACE_LEAVE("never"); NBTRACE("own", 4, "");
        return 0;
    }
    """
    ran(program(tmp_path, source, "c99"), NBTRACE_LOG="x.log", NBTRACE_PREFIX="mine>")
    assert (tmp_path / "x.log").read_text().splitlines()[1:] == [
        "mine> step=0 cell=4 own 1",
        "mine> step=1 own 2",
        "mine> own 3",
        "mine> own 4",
    ]


def test_hostile_names_and_words_stay_on_their_line(tmp_path: Path) -> None:
    source = r"""
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    int main(void)
    {
        static double many[3000];
        NBTRACE_TEXT("a word", "one\ntwo\033[31m=three");
        NBTRACE_TEXT("empty_one", "");
        NBTRACE("1st=x", 1, 0);
        NBTRACE_VECTOR("many", many, 3000, "K");
        NBTRACE_VECTOR("none", many, 0, "K");
        return 0;
    }
    """
    done = ran(program(tmp_path, source, "c99"), NBTRACE_LOG="x.log")
    assert done.stderr == b"nbtrace.h: many does not fit on a line; print it with NBTRACE_OVER\n"
    assert (tmp_path / "x.log").read_text().splitlines()[1:] == [
        "TRACE_C: a_word one_two_[31m_three",
        "TRACE_C: empty_one empty",
        "TRACE_C: _1st_x 1",
        "TRACE_C: many",
        "TRACE_C: none empty",
    ]
    (lost,) = nbtrace.read_trace(tmp_path / "x.log").account.unreadable
    assert (lost.line, lost.quantities) == (5, ("many",))


def test_the_decimal_sign_is_a_point_in_every_locale(tmp_path: Path) -> None:
    source = """
    #define NBTRACE_IMPLEMENTATION
    #include "nbtrace.h"
    #include <locale.h>
    #include <stdio.h>
    int main(void)
    {
        char printed[8];
        const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
        int at;
        for (at = 0; at < 3; ++at) if (setlocale(LC_ALL, names[at])) break;
        snprintf(printed, sizeof printed, "%.1f", 1.5);
        NBTRACE("own", 1.5e-10, "");
        return printed[1] == ',' ? 0 : 77;
    }
    """
    binary, variables = program(tmp_path, source, "c99"), {"NBTRACE_LOG": "x.log"}
    maker = which("localedef")
    if maker is not None:  # where the system has the sources of its locales
        made = subprocess.run(
            [maker, "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8"], capture_output=True, check=False
        )
        variables |= {"LOCPATH": str(tmp_path)} if made.returncode == 0 else {}
    done = ran(binary, **variables)
    assert (tmp_path / "x.log").read_text().splitlines()[1] == "TRACE_C: own 1.5e-10"
    if done.returncode == 77:
        pytest.skip("this machine has no locale with a decimal comma")
    assert done.returncode == 0


ONE_LINE = '#define NBTRACE_IMPLEMENTATION\n#include "nbtrace.h"\nint main(void) { NBTRACE("own", 1, ""); return 0; }\n'


@pytest.mark.parametrize("name", ["missing/x.log", "program.c", "/dev/full"])
def test_a_log_that_cannot_be_written_stops_no_program(tmp_path: Path, name: str) -> None:
    binary = program(tmp_path, ONE_LINE, "c99")
    done = ran(binary, NBTRACE_LOG=name)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.startswith(b"nbtrace.h: ")
    assert (tmp_path / "program.c").read_text() == ONE_LINE


def test_a_log_is_replaced_named_by_its_process_or_standard_output(tmp_path: Path) -> None:
    binary = program(tmp_path, ONE_LINE, "c99")
    whole = "TRACE_FORMAT 1\nTRACE_C: own 1\n"
    for _ in range(2):
        assert ran(binary, NBTRACE_LOG="x.log").stderr == b""
        assert (tmp_path / "x.log").read_text() == whole
    assert ran(binary, NBTRACE_LOG="-").stdout == whole.encode()
    ran(binary, NBTRACE_LOG="of-%p.log")
    (written,) = tmp_path.glob("of-*.log")
    assert written.name[3:-4].isdigit()


TOY_C = """
#define NBTRACE_IMPLEMENTATION
#include "nbtrace.h"
int main(void)
{
    double level = 100.0, inflow, outflow;
    int day;
    for (day = 0; day < 5; ++day) {
        NBTRACE_AT("day", day);
        inflow = 3.0 + 0.1 * day;
        NBTRACE("inflow_m3", inflow, "m3");
        outflow = 0.02 * level;
        NBTRACE("outflow_m3", outflow, "m3");
        level += inflow - outflow;
        NBTRACE("level_m3", level, "m3");
    }
    NBTRACE_LEAVE("day");
    NBTRACE_TEXT("method", "daily");
    return 0;
}
"""

LAKE = b"""format_version = 1
name = "lake"
sides = { gauge = ["GAUGE"], model = ["MODEL"] }
indices = ["day"]
final = "level_m3"

[quantities]
inflow_m3 = { unit = "m3" }
outflow_m3 = { unit = "m3", formula = "0.02 * previous(level_m3)" }
level_m3 = { unit = "m3", formula = "previous(level_m3) + inflow_m3 - outflow_m3" }
method = { kind = "text" }
"""


def lake(path: Path, *, leak_from: int) -> None:
    """The same lake in Python; from one day on it loses too much."""
    level = 100.0
    with nbtrace.log_to(path, prefix="MODEL"):
        for day in range(5):
            with nbtrace.log_index(day=day):
                inflow = 3.0 + 0.1 * day
                nbtrace.log("inflow_m3", inflow, unit="m3")
                outflow = (0.02 if day < leak_from else 0.021) * level
                nbtrace.log("outflow_m3", outflow, unit="m3")
                level += inflow - outflow
                nbtrace.log("level_m3", level, unit="m3")
        nbtrace.log("method", "daily")


def test_a_program_in_c_and_one_in_python_are_compared_in_their_own_words(tmp_path: Path) -> None:
    binary = program(tmp_path, TOY_C, "c99", '-DNBTRACE_PREFIX="GAUGE"')
    assert ran(binary, NBTRACE_LOG="c.log").returncode == 0
    words = vocabulary_of(LAKE, "lake.toml")
    lake(tmp_path / "same.log", leak_from=99)
    lake(tmp_path / "leaks.log", leak_from=2)
    c, same, leaks = (nbtrace.read_trace(tmp_path / f"{name}.log", vocabulary=words) for name in ("c", "same", "leaks"))
    agreed = nbtrace.diff(c, same)
    assert (agreed.verdict, agreed.coverage.compared) == (Verdict.AGREE, 16)
    result = nbtrace.diff(c, leaks)
    first = result.first_divergence
    assert first is not None
    assert (result.verdict, first.quantity, first.index.loops) == (Verdict.DIFFER, "outflow_m3", (("day", 2),))
