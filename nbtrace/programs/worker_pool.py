"""Processes of this machine that run cases, several at a time; none outlives the one that started them.

A worker that is told to end ends the program that it runs, too, and what it wrote for itself goes.
"""

import atexit
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from nbtrace.evidence.program_environment import set_for_itself

_GRACE = 5.0
"""Seconds in which a worker that is told to end may end what it runs."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextlib.contextmanager
def worker_pool(workers: int, jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of fresh processes; however it is left, they end, also in the middle of a case.

    Parameters
    ----------
    workers : int
        Processes.
    jobs : int
        Processes among which the processors of the machine are shared.
    """
    # A process that is forked would share what torch holds.
    context = multiprocessing.get_context("spawn")
    threads = max(1, (os.cpu_count() or 1) // jobs)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=prepare_worker, initargs=(threads,))
    processes: dict[int, multiprocessing.Process] = {}
    try:
        yield pool
    finally:
        processes = dict(getattr(pool, "_processes", None) or {})
        _end(processes.values())
        pool.shutdown(wait=True, cancel_futures=True)


class LastingPool(Executor):
    """A pool of fresh processes that opens another one for what comes after a process of the old one was killed."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._opened = contextlib.ExitStack()
        self._pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        return self._opened.enter_context(worker_pool(self._jobs, self._jobs))

    def submit(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_R]":
        """Let a process call a function."""
        with contextlib.suppress(BrokenExecutor):
            return self._pool.submit(function, *args, **kwargs)
        self._opened.close()
        self._pool = self._open()
        return self._pool.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - inherited
        """End the processes, also in the middle of a call."""
        del wait, cancel_futures
        self._opened.close()


def _end(processes: Collection[multiprocessing.Process]) -> None:
    """End workers, each with the program that it runs; one that is in the middle of a computation by force."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _GRACE
    for process in processes:
        process.join(max(deadline - time.monotonic(), 0.0))
        process.kill()


def prepare_worker(threads: int) -> None:
    """Make a process a worker: with its share of the processors, and no life without the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for it
    set_for_itself("MKL_NUM_THREADS", str(threads))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Last, so that one that is told to end while it starts says nothing: what it runs ends, too, and its folders go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE)
        os._exit(1)


def run_until_told(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call a function in a worker, which would go on with the next call if it is told to end in the middle of one."""
    try:
        return function(*args, **kwargs)
    except SystemExit:
        atexit._run_exitfuncs()
        os._exit(1)
