"""A program that stands for the reference: plain Python, which starts in a moment, and does what MODE says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import RunOptions

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"

PROGRAM = """#!/usr/bin/env python3
import array, os, subprocess, sys, time

words = sys.argv[1:]
mode = os.environ.get("MODE", "")
threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
values = [float(1 + n % 7) for n in range(64)]

if mode == "crash":
    sys.stderr.write("first\\n\\nfatal: no crystal\\n")
    os.abort()
if mode == "fail":
    print("usage: not like this")
    sys.exit(9)
if mode == "hang":
    child = subprocess.Popen(["sleep", "600"])
    open(os.environ["CHILD"], "w").write(str(child.pid))
    time.sleep(600)
if mode == "child":
    child = subprocess.Popen(["sleep", "600"])
    open(os.environ["CHILD"], "w").write(str(child.pid))
if mode == "garbage":
    sys.stdout.buffer.write(bytes(range(256)) * 40)
if mode == "threads":
    for number in range(1, threads):
        values[64 * number // threads] += 0.5
if mode == "counter":
    path = os.environ["COUNTER"]
    count = len(open(path).read()) if os.path.exists(path) else 0
    open(path, "a").write("x")
    values[5] += count
if mode == "second" or (mode == "unseeded" and "-misset_seed" not in words):
    values[5] += int(time.time()) % 97
if mode == "nan":
    values[3] = float("nan")
    values[9] = float("nan") if threads > 1 else values[9]
if mode == "cwd":
    print(os.getcwd(), sorted(os.listdir(".")), repr(sys.stdin.read()))
    print("words", words)
if "-trace_pixel" in words and mode != "mute":
    at = words.index("-trace_pixel")
    slow, fast = int(words[at + 1]), int(words[at + 2])
    print(f"TRACE_C: I_before_scaling {values[8 * slow + fast]:.15g}")
    print(f"TRACE_C: I_pixel_final {values[8 * slow + fast]:.15g}")
name = words[words.index("-floatfile") + 1]
if mode == "half":
    values = values[:32]
if mode == "link":
    os.symlink(os.environ["TARGET"], name)
elif mode == "deleted":
    os.rmdir(os.getcwd())
elif mode != "nothing":
    with open(name, "wb") as stream:
        array.array("f", values).tofile(stream)
if mode == "locked":
    os.chmod(".", 0)
if mode == "text":
    open(name, "w").write("no image at all\\n")
"""

MakeSource = Callable[..., ProgramSource]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """The program's file."""
    path = tmp_path / "bin" / "nanoBragg"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    return path


@pytest.fixture
def line() -> FlagLine:
    """Flags of an image of 8 x 8 pixels."""
    return flag_line(FLAGS.split())


@pytest.fixture
def source(reference: Path, line: FlagLine, monkeypatch: pytest.MonkeyPatch) -> MakeSource:
    """Makes a side that runs the program in a mode."""

    def make(mode: str = "", seconds: float = 30.0, **variables: str) -> ProgramSource:
        for name, value in {"MODE": mode, **variables}.items():
            monkeypatch.setenv(name, value)
        return ProgramSource(Program((str(reference),), "--ref"), line, RunOptions(seconds))

    return make
