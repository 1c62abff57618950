"""The cases of a suite in other processes, on this machine or on others: any `concurrent.futures.Executor` runs them.

A process that ends while it runs a case (killed, out of memory, crashed) costs no other case its result.
"""

import contextlib
import os
import pickle
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nbtrace.errors import ExitCode
from nbtrace.programs.suite import CaseResult, SuiteRun, lacking
from nbtrace.programs.suite_file import CaseTask
from nbtrace.programs.worker_pool import run_until_told, worker_pool
from simulator.environment import DTYPE_VARIABLE

_CARRIED = (DTYPE_VARIABLE,)
"""Variables of the environment that decide a result."""

_TRIES = 2
"""Of a case alone in a process, once one has ended that may have been running it."""

_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads: the folder, the environment and torch's settings are of the whole process."""


@dataclass(frozen=True)
class Parcel:
    """What a worker needs besides a case; sent with each of them, and unpacked once in a process.

    Attributes
    ----------
    run : bytes
        The run of the suite, pickled.
    folder : Path
        The current folder, against which names of files count.
    variables : tuple of (str, str or None)
        Of the environment; None where one is not set.
    """

    run: bytes
    folder: Path
    variables: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, run: SuiteRun) -> "Parcel":
        """Pack a run, as this process would do it."""
        return cls(pickle.dumps(run), Path.cwd(), tuple((name, os.environ.get(name)) for name in _CARRIED))


def run_case(parcel: Parcel, case: CaseTask) -> CaseResult | Exception:
    """Run a case where this is called: in a worker. A fault of ours is returned, to be told from one of the worker."""
    try:
        with _ONE_AT_A_TIME, contextlib.chdir(parcel.folder), _environment(dict(parcel.variables)):
            return _unpacked(parcel.run).result(case)
    except Exception as error:  # noqa: BLE001 - raised again by whoever asked
        error.add_note(traceback.format_exc())
        return error


@lru_cache(maxsize=4)
def _unpacked(run: bytes) -> SuiteRun:
    unpacked: SuiteRun = pickle.loads(run)  # noqa: S301 - what the process that asked for it packed
    return unpacked


@contextlib.contextmanager
def _environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def run_by(executor: Executor, run: SuiteRun, cases: Sequence[CaseTask]) -> Iterator[tuple[CaseTask, CaseResult]]:
    """Yield each case and its result, as they come, from whatever runs them.

    An error of the executor itself, such as a worker that was lost again and again, makes its case one that could not
    be compared.
    """
    parcel = Parcel.of(run)
    under_way = {executor.submit(run_case, parcel, case): case for case in cases}
    try:
        for done in as_completed(under_way):
            yield under_way[done], _result(done, under_way[done])
    finally:
        for future in under_way:
            future.cancel()


def _result(done: "Future[CaseResult | Exception]", case: CaseTask) -> CaseResult:
    try:
        result = done.result()
    except BrokenExecutor:
        raise
    except Exception as error:  # noqa: BLE001 - of whatever the executor does besides
        text = " ".join(str(error).split()) or type(error).__name__
        return lacking(case, f"its worker failed: {text}", ExitCode.PROGRAM)
    if isinstance(result, Exception):
        raise result
    return result


def run_in_processes(run: SuiteRun, cases: Sequence[CaseTask], jobs: int) -> Iterator[tuple[CaseTask, CaseResult]]:
    """Yield each case and its result, as they come, from so many processes of this machine.

    Where a process ends in the middle, the cases that may have been under way run again, each in a process of its own;
    one that ends its process again could not be compared.
    """
    left, parcel = list(cases), Parcel.of(run)
    while left:
        finished: set[str] = set()
        under_way: list[CaseTask] = []
        with worker_pool(min(jobs, len(left)), jobs) as pool:
            futures = {pool.submit(run_until_told, run_case, parcel, case): case for case in left}
            try:
                for done in as_completed(futures):
                    case = futures[done]
                    result = _result(done, case)
                    finished.add(case.name)
                    yield case, result
            except BrokenExecutor:
                under_way = [case for case in left if case.name not in finished][: 2 * jobs + 1]
        for case in under_way:
            finished.add(case.name)
            yield case, _alone(parcel, case)
        left = [case for case in left if case.name not in finished]


def _alone(parcel: Parcel, case: CaseTask) -> CaseResult:
    for _ in range(_TRIES):
        with contextlib.suppress(BrokenExecutor), worker_pool(1, 1) as pool:
            return _result(pool.submit(run_until_told, run_case, parcel, case), case)
    return lacking(case, "the process that runs it ends before it is done, again and again", ExitCode.PROGRAM)
