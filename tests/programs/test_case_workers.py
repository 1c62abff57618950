import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nbtrace.cli.suite_options import SuiteOptions
from nbtrace.errors import ProgramError
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.suite import CaseOutcome, SuiteResult
from nbtrace.programs.suite_parts import Workers, merged, run_part
from tests.programs.quick_sides import FATAL_ONCE, WRONG, quick_cases, quick_run

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

_PATIENCE = 60.0
_LIST = "scheduler.json"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with two workers, each a process of its own without anything that starts it again."""
    folder = tmp_path_factory.mktemp("dask")
    with ExitStack() as stack:
        for words in (
            ["scheduler", "--port", "0", "--host", "127.0.0.1"],
            *[["worker", "--no-nanny", "--nthreads", "1"]] * 2,
        ):
            stack.callback(_ended, _started(words, folder))
            deadline = time.monotonic() + _PATIENCE
            while not (folder / _LIST).exists():  # which the scheduler writes
                assert time.monotonic() < deadline, "the scheduler did not start"
                time.sleep(0.05)
        with distributed.Client(scheduler_file=str(folder / _LIST), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=_PATIENCE)
            yield client.scheduler.address


def _started(words: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "dask", *words, "--scheduler-file", _LIST, "--no-dashboard"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def test_the_workers_of_a_scheduler_run_a_suite_though_one_dies_in_the_middle(scheduler: str, tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, 2, WRONG, FATAL_ONCE, 5, 6)
    empty = SuiteResult("quick", "quick.toml", "quick", (), 0)
    with SuiteOptions(suite=Path("quick.toml"), scheduler=scheduler).workers() as workers:
        found = run_part(empty, cases, quick_run(tmp_path / "ran"), workers, store=CaseStore(tmp_path / "r"))
    assert [case.outcome for case in found.cases].count(CaseOutcome.AGREE) == 5
    assert (tmp_path / "ran").read_text().split().count(str(FATAL_ONCE)) == 2
    here = run_part(empty, cases, quick_run(tmp_path / "ran"), Workers())
    assert found.digest == here.digest == merged([CaseStore(tmp_path / "r")]).digest


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbtrace.cli.suite_options._PATIENCE", 0.5)
    options = SuiteOptions(suite=Path("s.toml"), scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ProgramError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"), options.workers():
        pass
