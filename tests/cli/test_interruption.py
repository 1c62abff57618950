"""Commands that are told to end while a program of theirs runs: nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"
HANGS = """#!/bin/sh
sleep 600 &
echo $! > "$CHILD"
wait
"""


def waited(done: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    return done()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("command", ["trust", "compare"])
def test_ending_a_command_ends_its_program_and_leaves_no_files(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    program, child, folder, report = (tmp_path / name for name in ("nanoBragg", "child", "temporary", "r.json"))
    program.write_text(HANGS)
    program.chmod(0o755)
    folder.mkdir()
    words = [
        sys.executable,
        "-m",
        "nbtrace",
        command,
        "--ref",
        str(program),
        "--json",
        str(report),
        "--",
        *FLAGS.split(),
    ]
    variables = {**os.environ, "CHILD": str(child), "TMPDIR": str(folder)}
    running = subprocess.Popen(words, env=variables, stderr=subprocess.PIPE, text=True)
    assert waited(lambda: child.exists() and child.read_text().endswith("\n"))
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert "Traceback" not in said
    assert waited(lambda: is_gone(int(child.read_text())))
    assert not list(folder.iterdir())
    assert not report.exists()


def test_ending_a_filed_run_ends_the_program(tmp_path: Path) -> None:
    child = tmp_path / "child"
    words = [sys.executable, "-m", "nbtrace", "bundle", "run", str(tmp_path / "bundle"), "--"]
    program = ["sh", "-c", f"echo $$ > {child}; exec sleep 600"]
    running = subprocess.Popen([*words, *program], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert waited(lambda: child.exists() and child.read_text().endswith("\n"))
    running.terminate()
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert waited(lambda: is_gone(int(child.read_text())))
