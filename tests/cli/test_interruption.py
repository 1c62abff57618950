"""Commands that are told to end while a program of theirs runs: nothing of it stays behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import started
from tests.programs.conftest import FLAGS

pytestmark = pytest.mark.slow  # each case starts a command and a program

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


def begun(path: Path) -> int:
    """Wait until a program has written the number of its child, and return it."""
    assert waited(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def hanging(folder: Path, command: str = "trust") -> tuple[list[str], dict[str, str]]:
    """Return the words that run a program which does not end, and the environment for them."""
    program, temporary = folder / "nanoBragg", folder / "temporary"
    program.write_text(HANGS)
    program.chmod(0o755)
    temporary.mkdir()
    # Another candidate than the simulator, which takes seconds to import.
    words = [command, "--ref", str(program), *(["--cand", str(program)] if command == "compare" else [])]
    words += ["--json", str(folder / "r.json"), "--", *FLAGS.split()]
    return words, {"CHILD": str(folder / "child"), "TMPDIR": str(temporary)}


def assert_nothing_is_left(folder: Path, child: int) -> None:
    assert waited(lambda: is_gone(child))
    assert not list((folder / "temporary").iterdir())
    assert not (folder / "r.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("command", ["trust", "compare"])
def test_ending_a_command_ends_its_program_and_leaves_no_files(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    words, variables = hanging(tmp_path, command)
    with started(words, variables) as running:
        child = begun(tmp_path / "child")
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
    assert running.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert "Traceback" not in said
    assert_nothing_is_left(tmp_path, child)


def test_a_command_in_the_background_heeds_no_signal_that_it_inherits_as_ignored_but_ends_when_asked(
    tmp_path: Path,
) -> None:
    # A shell script starts `nbtrace … &` with SIGINT ignored, nohup with SIGHUP: a Ctrl-C or a hang-up that is meant
    # for what runs in front is none of its business.
    words, variables = hanging(tmp_path)
    with started(words, variables, ignored=(signal.SIGINT, signal.SIGHUP)) as running:
        child = begun(tmp_path / "child")
        for number in (signal.SIGINT, signal.SIGHUP):
            running.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=1)
        assert not is_gone(child)
        running.terminate()
        _, said = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in said
    assert_nothing_is_left(tmp_path, child)


def test_ending_a_filed_run_ends_the_program(tmp_path: Path) -> None:
    child = tmp_path / "child"
    program = ["sh", "-c", f"echo $$ > {child}; exec sleep 600"]
    with started(["bundle", "run", str(tmp_path / "bundle"), "--", *program]) as running:
        number = begun(child)
        running.terminate()
        running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert waited(lambda: is_gone(number))
