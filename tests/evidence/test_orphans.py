import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TELLS = """
import os, sys, threading, time
from pathlib import Path
from nbtrace.evidence import orphans
from nbtrace.evidence.program import Surroundings, run_kept
folder = Path(sys.argv[1])
watch = orphans.watch
def watch_and_tell(group):
    watch(group)
    (folder / f"{group} watched").touch()
orphans.watch = watch_and_tell
"""
"""What both programs below begin with: a file says when a group is watched, which it is a moment after it has begun."""

RUN = f"""{TELLS}
kept = folder / "out", folder / "err"
line = 'if [ -e once ]; then sleep 600 & echo $! > pids; echo $$ >> pids; sleep 600; fi; echo $$ > once'
for _ in range(2):
    run_kept(["/bin/sh", "-c", line], kept, surroundings=Surroundings(folder, {{}}))
"""

# A fork while another thread is starting a program would keep that one's pipe open, for which the thread waits.
FORKED = f"""{TELLS}
def run(name):
    kept = folder / f"{{name}} out", folder / f"{{name}} err"
    run_kept(["/bin/sh", "-c", f"echo $$ > {{name}}; exec sleep 600"], kept, surroundings=Surroundings(folder, {{}}))
threading.Thread(target=run, args=("first",)).start()
while not any(folder.glob("* watched")):
    time.sleep(0.01)
if os.fork():
    time.sleep(600)
(folder / "fork").write_text(f"{{os.getpid()}}\\n")
run("second")
"""

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="whether a process lives is read from /proc")


def test_what_a_killed_process_runs_ends_with_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], env=environment) as running:
        deadline = time.monotonic() + 60
        pids = tmp_path / "pids"
        while not pids.exists() or pids.read_text().count("\n") < 2:
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.01)
        _wait_for(tmp_path / f"{pids.read_text().split()[1]} watched")
        running.send_signal(signal.SIGKILL)
    for number in pids.read_text().split():
        _wait_for_end(number)


def test_a_process_that_was_forked_and_the_other_do_not_wait_for_each_other(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", FORKED, str(tmp_path)], env=environment) as running:
        try:
            first, second, fork = (_number_in(tmp_path / name) for name in ("first", "second", "fork"))
            for number in (first, second):
                _wait_for(tmp_path / f"{number} watched")
        finally:
            running.send_signal(signal.SIGKILL)
        try:
            _wait_for_end(first)
            assert _lives(second)
        finally:
            os.kill(int(fork), signal.SIGKILL)
        _wait_for_end(second)


def _number_in(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return path.read_text().strip()


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _wait_for_end(number: str) -> None:
    deadline = time.monotonic() + 60
    while _lives(number):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _lives(number: str) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
