import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WORKER = """
import sys
from pathlib import Path
from nbtrace.evidence.program import Surroundings, run_kept
from nbtrace.programs import case_workers
from nbtrace.temporary import process_folder

def run_case(folder, what):
    logs = process_folder() / "out", process_folder() / "err"
    words = ["sh", "-c", f"echo $$ > {folder}/pid.new; mv {folder}/pid.new {folder}/pid; exec sleep 600"]
    run_kept(words, logs, surroundings=Surroundings(folder, {}, 600.0))
    raise AssertionError

case_workers.run_case = run_case
case_workers._prepare(1)
case_workers._run_until_told(Path(sys.argv[1]), None)
"""


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
