"""A suite from Python: its cases by any executor, or in processes of this machine."""

import os
from concurrent.futures import Executor
from pathlib import Path

from nbtrace.cli.compare_sides import Request
from nbtrace.embedded.available_runs import runs_of_pixels
from nbtrace.embedded.choice import Choice
from nbtrace.errors import InputError
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.comparison import Plan
from nbtrace.programs.suite import SuiteResult, SuiteRun
from nbtrace.programs.suite_file import read_suite, tasks
from nbtrace.programs.suite_parts import Workers, run_part
from nbtrace.temporary import temporary_folder


def compare_suite(
    suite: str | os.PathLike[str],
    *,
    ref: str | None = None,
    cand: str | None = None,
    executor: Executor | None = None,
    jobs: int = 1,
    results: str | os.PathLike[str] | None = None,
    only: str | None = None,
    mode: str | None = None,
    alive: bool = False,
    traces: bool = True,
    timeout: float | None = 600.0,
) -> SuiteResult:
    """Run the cases of a suite, as `nbtrace compare --suite` does.

    Parameters
    ----------
    suite : str or path-like
        Its TOML file.
    ref, cand : str, optional
        The reference and the candidate, looked for as by the command; no candidate is the embedded simulator.
    executor : concurrent.futures.Executor, optional
        Runs the cases, in processes that see the same files: a pool of processes, dask's `client.get_executor()`,
        `mpi4py.futures.MPIPoolExecutor`, …
    jobs : int
        Without an executor: processes that run cases.
    results : str or path-like, optional
        Folder that keeps the result of each case; what has been done is not run again.
    only : str, optional
        Pattern of the names of cases.
    mode : str, optional
        Of the embedded simulator.
    alive : bool
        The candidate stays alive between runs (:mod:`nbtrace.serving`).
    traces : bool
        Whether pixels are traced.
    timeout : float, optional
        Seconds of one run of a program.

    Raises
    ------
    UsageError, InputError
        If the suite is none, no case matches, or results cannot be kept.
    ProgramError
        If a program is missing.
    """
    path = Path(suite)
    read = read_suite(path)
    names = read.names_like(only)
    if not names:
        raise InputError(f"no case of {path} matches {only!r}")
    with temporary_folder() as work:
        choice = Choice(mode=mode)
        request = Request((), ref, cand, None, None, timeout, choice, work=work, alive=alive)
        request.require_candidate()
        plan = Plan(traces=traces, simulator=runs_of_pixels)
        run = SuiteRun(request.reference_side, request.candidate_side, plan, path.name, request.lenient)
        store = None if results is None else CaseStore(Path(results))
        empty = SuiteResult(read.name, str(path), request.candidate_name, (), len(read.cases) - len(names))
        cases = tasks(read, path.parent, names)
        sides = () if store is None else (request.side_digests,)
        return run_part(empty, cases, run, Workers(jobs, executor), store=store, sides=sides)
