import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbtrace.reduction.case_runners import case_runners
from tests.places import ROOT

PROGRAM = """
import os, time
from nbtrace.reduction.case_runners import case_runners
if __name__ == "__main__":
    with case_runners(2) as runners:
        print(runners.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""


def test_one_job_takes_no_other_process() -> None:
    with case_runners(1) as runners:
        assert runners is None


@pytest.mark.slow
def test_processes_end_with_the_one_that_started_them_though_it_was_killed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, env=variables, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        runner = int(parent.stdout.readline())
        assert runner != parent.pid
        parent.send_signal(signal.SIGKILL)
    for _ in range(300):
        try:
            os.kill(runner, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the process that ran cases is still there")
