import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from nbtrace.programs.worker_pool import LastingPool

WORKER = """
import sys
from pathlib import Path
from nbtrace.evidence.program import Surroundings, run_kept
from nbtrace.programs.worker_pool import prepare_worker, run_until_told
from nbtrace.temporary import process_folder

def run_case(folder):
    logs = process_folder() / "out", process_folder() / "err"
    words = ["sh", "-c", f"echo $$ > {folder}/pid.new; mv {folder}/pid.new {folder}/pid; exec sleep 600"]
    run_kept(words, logs, surroundings=Surroundings(folder, {}, 600.0))
    raise AssertionError

prepare_worker(1)
run_until_told(run_case, Path(sys.argv[1]))
"""

PARENT = """
import os, sys, time
from nbtrace.programs.worker_pool import worker_pool
if __name__ == "__main__":
    with worker_pool(2, 2) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600)
        if sys.argv[1:] == ["wait"]:
            time.sleep(600)
"""


def is_gone(process: int) -> bool:
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("killed", [False, True])
def test_workers_end_with_the_pool_and_with_the_process_that_opened_it(tmp_path: Path, *, killed: bool) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    words = [sys.executable, "parent.py", *(["wait"] if killed else [])]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(words, cwd=tmp_path, env=variables, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert worker != parent.pid
        if killed:
            parent.send_signal(signal.SIGKILL)
        assert parent.wait(60) == (-signal.SIGKILL if killed else 0)
    assert is_gone(worker)


def test_after_a_process_was_killed_others_take_what_comes() -> None:
    with LastingPool(1) as pool:
        fatal, beside = pool.submit(os._exit, 1), pool.submit(os.getpid)
        for lost in (fatal, beside):
            with pytest.raises(BrokenExecutor):
                lost.result(60)
        worker = pool.submit(os.getpid).result(60)
        assert worker not in {os.getpid(), pool.submit(os.getppid).result(60)}
    assert is_gone(worker)


def test_a_worker_that_is_told_to_end_ends_its_program_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)])
    deadline = time.monotonic() + 60
    try:
        while not (tmp_path / "pid").exists():
            assert worker.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        program = int((tmp_path / "pid").read_text())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 1
    finally:
        worker.kill()
        worker.wait()
    with pytest.raises(ProcessLookupError):
        os.kill(program, 0)
    assert list((tmp_path / "tmp").iterdir()) == []
