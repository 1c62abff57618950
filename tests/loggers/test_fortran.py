"""The module for Fortran: built without a warning, printed whole, read back bit for bit."""

import random
import struct
from pathlib import Path

import pytest

from nbtrace.loggers import Language, logger_file
from nbtrace.records import Shape
from tests.loggers.programs import EDGES, built, compiler, packed, ran, records

MODULE = logger_file(Language.FORTRAN)
STRICT = ("-std=f2003", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fcheck=all", "-O1")

VALUES = """
program values
  use nbtrace
  implicit none
  integer, parameter :: double = selected_real_kind(15)
  real(double) :: numbers(5)
  integer :: step, status, source
  source = 11
  open(unit=source, file='numbers', access='stream', form='unformatted', status='old')
  step = 0
  do
     read(source, iostat=status) numbers
     if (status /= 0) exit
     call nbtrace_at('step', step)
     call nbtrace_log('own_number', numbers(1), 'K')
     call nbtrace_log('own_vector', numbers, 'm/s')
     call nbtrace_log('own_matrix', reshape(numbers(1:4), [2, 2]))
     call nbtrace_over('cell', 'own_array', numbers(1:2), 'Pa')
     step = step + 1
  end do
  call nbtrace_leave('step')
  call nbtrace_log('own_count', step)
  call nbtrace_log('own_single', 0.1)
  call nbtrace_log('a word', 'forward' // achar(10) // 'euler=x')
end program values
"""


def program(folder: Path, source: str, *flags: str) -> Path:
    (folder / "program.f90").write_text(source)
    return built([compiler("gfortran"), *STRICT, *flags, MODULE, "program.f90"], folder)


def test_every_bit_comes_back(tmp_path: Path) -> None:
    draw = random.Random(30)  # noqa: S311 - the same numbers each time
    drawn = [number for (number,) in struct.iter_unpack("=d", draw.randbytes(8 * 492))]
    numbers = [*EDGES, *drawn]
    (tmp_path / "numbers").write_bytes(packed(numbers))
    done = ran(program(tmp_path, VALUES), NBTRACE_LOG="f.log")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    read = records(tmp_path / "f.log")
    by_step = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
    vectors = [record for record in read if record.key == "own_vector"]
    assert [list(map(repr, record.value.numbers)) for record in vectors] == [list(map(repr, row)) for row in by_step]
    matrices = [record for record in read if record.key == "own_matrix"]
    for matrix, (a, b, c, d, _) in zip(matrices, by_step, strict=True):  # columns first in memory, rows on the line
        assert list(map(repr, matrix.value.numbers)) == list(map(repr, (a, c, b, d)))
        assert matrix.value.shape is Shape.MATRIX
    array = [record for record in read if record.key == "own_array"]
    assert array[3].index.loops == (("step", 1), ("cell", 1))
    assert {record.unit for record in array} == {"Pa"}
    count, single, word = read[-3:]
    assert count.value.numbers == (float(len(by_step)),)
    assert single.value.numbers == struct.unpack("f", struct.pack("f", 0.1))
    assert (word.key, word.value.text) == ("a_word", "forward_euler_x")


LOOPS = """
program loops
  use nbtrace
  implicit none
  double precision :: many(300)
  if (nbtrace_on()) print '(a)', 'on'
  call nbtrace_at('step', 0)
  call nbtrace_at('cell', 4)
  call nbtrace_log('own', 1)
  call nbtrace_at('step', 1)
  call nbtrace_log('own', 2)
  call nbtrace_leave('step')
  call nbtrace_log('own', 3)
  many = 0.1d0
  call nbtrace_log('many', many, 'K')
  call nbtrace_log('none', many(1:0), 'K')
end program loops
"""


def test_loops_prefixes_and_what_does_not_fit(tmp_path: Path) -> None:
    binary = program(tmp_path, LOOPS)
    done = ran(binary, NBTRACE_LOG="f.log", NBTRACE_PREFIX="mine>")
    assert done.stdout == b"on\n"
    assert done.stderr == b"nbtrace.f90: many does not fit on a line; print it with nbtrace_over\n"
    assert (tmp_path / "f.log").read_text().splitlines() == [
        "TRACE_FORMAT 1",
        "mine> step=0 cell=4 own 1",
        "mine> step=1 own 2",
        "mine> own 3",
        "mine> many",
        "mine> none empty",
    ]
    assert ran(binary).stdout == b""
    assert ran(binary, NBTRACE_LOG="-").stdout.splitlines()[0] == b"TRACE_FORMAT 1"


@pytest.mark.parametrize("name", ["missing/x.log", "program.f90"])
def test_a_log_that_cannot_be_written_stops_no_program(tmp_path: Path, name: str) -> None:
    done = ran(program(tmp_path, LOOPS), NBTRACE_LOG=name)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.startswith(b"nbtrace.f90: ")
    assert (tmp_path / "program.f90").read_text() == LOOPS


def test_lines_of_threads_do_not_mix(tmp_path: Path) -> None:
    source = """
program threads
  use nbtrace
  use omp_lib, only: omp_get_thread_num
  implicit none
  double precision :: values(20)
  integer :: step
  !$omp parallel num_threads(4) private(step, values)
  do step = 0, 99
     values = omp_get_thread_num() * 1d6 + step
     call nbtrace_at('thread', omp_get_thread_num())
     call nbtrace_at('step', step)
     call nbtrace_log('own', values)
  end do
  !$omp end parallel
end program threads
"""
    assert ran(program(tmp_path, source, "-fopenmp"), NBTRACE_LOG="f.log").returncode == 0
    read = records(tmp_path / "f.log")
    assert len({record.index for record in read}) == len(read) == 400
    for record in read:
        places = dict(record.index.loops)
        assert set(record.value.numbers) == {places["thread"] * 1e6 + places["step"]}
