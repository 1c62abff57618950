"""Programs in C and Fortran that print traces: how they are built and run, and what their logs must hold."""

import os
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import pytest

from nbtrace.parsers import read_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import check_format
from nbtrace.parsers.source import read_lines
from nbtrace.records import Record
from nbtrace.vocabulary import registry

EDGES = (
    *(0.0, -0.0, 1.0, 0.1, -1 / 3, 1e22, 1.7976931348623157e308, -2.2250738585072014e-308),
    *(5e-324, -1e-310, float("inf"), float("-inf"), float("nan")),
)
"""Numbers that printers and readers get wrong."""


def compiler(*names: str) -> str:
    """Return the first compiler that is there; the test is skipped where none is."""
    found = next((path for name in names if (path := which(name))), None)
    if found is None:
        pytest.skip(f"there is no compiler: {' or '.join(names)}")
    return found


def built(words: Sequence[str | Path], folder: Path) -> Path:
    """Return the program that a compiler makes."""
    program = folder / "program"
    done = subprocess.run([*words, "-o", program], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return program


def ran(program: Path, stdin: bytes | None = None, /, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program in its folder, with these variables and no other of nbtrace's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NBTRACE")}
    return subprocess.run(
        [program], cwd=program.parent, env=kept | variables, input=stdin or b"", capture_output=True, check=False
    )


def records(log: Path) -> tuple[Record, ...]:
    """Read a log that is valid from its first line to its last."""
    result = check_format(read_lines(str(log)), str(log), dialect_of(registry.default()))
    assert (result.faults, result.other) == ((), 0)
    return read_trace(log).records


def packed(numbers: Sequence[float]) -> bytes:
    """Return doubles as the bytes that the programs read."""
    return struct.pack(f"={len(numbers)}d", *numbers)
