"""A suite at once, in two processes, as three shards and on a dask cluster, all but the first killed: one digest.

`python benchmarks/suite_kills.py [--cases 1000]`: sides that cost nothing, those of tests/programs/quick_sides.py.
`… --ref ./nanoBragg --cand 'python -m simulator' --no-trace`: programs; what is not known here goes to `compare`.

Every kind is ended by force (SIGKILL) in the middle and goes on: the process that runs the suite, a worker of it, and
on the cluster the client and a worker. Prints, for each kind: cases per second over all runs, kills, how many cases
were done at each kill, and the digest of the merged results; ends with 1 if two digests differ.

On two shared cores, with much other work (1000 cases that cost nothing; 80 of two programs):

    at once, not killed     17.5 cases/s  0 kills ()  there when killed: none  13237ae09388294f
    --jobs 2                13.4 cases/s  2 kills (run, worker)  there when killed: 338, 1000  13237ae09388294f
    3 shards                17.9 cases/s  3 kills (run, run, run)  there when killed: 166, 166, 166  13237ae09388294f
    dask, 2 workers          7.4 cases/s  2 kills (run, worker)  there when killed: 333  13237ae09388294f

    upstream nanoBragg and python -m simulator, --no-trace
    at once, not killed      0.2 cases/s  0 kills ()  there when killed: none  190febf2660a74f2
    --jobs 2                 0.3 cases/s  2 kills (run, worker)  there when killed: 26, 80  190febf2660a74f2
    3 shards                 0.1 cases/s  3 kills (run, run, run)  there when killed: 13, 13, 13  190febf2660a74f2
    dask, 2 workers          0.2 cases/s  2 kills (run, worker)  there when killed: 26  190febf2660a74f2
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtrace.cli.suite_options import SuiteOptions
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.shards import Shard
from nbtrace.programs.suite import SuiteResult
from nbtrace.programs.suite_file import read_suite, tasks
from nbtrace.programs.suite_parts import merged, run_part
from tests.programs.quick_sides import quick_run

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1"
PATIENCE = 600.0
SHARDS = 3


@dataclass
class Kind:
    """What one way of running the suite gave."""

    name: str
    seconds: float = 0.0
    kills: list[str] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    digest: str = ""


def write_suite(folder: Path, cases: int) -> Path:
    """Write a suite of a matrix: cells along each axis, times distances, times rounded crystals or not."""
    distances = [100 + number for number in range(-(-cases // 40))]
    path = folder / "suite.toml"
    path.write_text(
        f'format_version = 1\nname = "kills"\n[[matrix]]\nname = "m"\nflags = "{FLAGS} -detpixels 8"\n[matrix.values]\n'
        f'"-N" = {list(range(1, 21))}\n"-distance" = {distances}\n"-round_xtal" = [true, false]\n'
    )
    return path


def run_quick(suite: Path, words: Sequence[str]) -> None:
    """Do what `nbtrace compare --suite` does, with sides that cost nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=Path)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--shard")
    parser.add_argument("--scheduler")
    given = parser.parse_args(words)
    options = SuiteOptions(suite=suite, jobs=given.jobs, scheduler=given.scheduler)
    read = read_suite(suite)
    before = SuiteResult(read.name, str(suite), "quick", (), 0)
    shard = None if given.shard is None else Shard.read(given.shard)
    with options.workers() as workers:
        run_part(
            before,
            tasks(read, suite.parent),
            quick_run(),
            workers,
            store=CaseStore(given.results),
            sides=(("quick", "quick"),),
            shard=shard,
        )


@dataclass(frozen=True)
class Runner:
    """Starts a part of the suite and ends it by force, or lets it come to its end."""

    command: tuple[str, ...]

    def to_end(self, kind: Kind, *words: str | Path) -> None:
        """Run it until it ends by itself."""
        begun = time.monotonic()
        done = subprocess.run([*self.command, *map(str, words)], capture_output=True, text=True, check=False)
        kind.seconds += time.monotonic() - begun
        if done.returncode not in {0, 1}:
            raise SystemExit(f"{kind.name}: {done.stderr}")

    def killed(self, kind: Kind, results: Path, more: int, who: str, *words: str | Path) -> None:
        """Run until so many more results are there, and kill the process (`who` is `run`) or a child of it."""
        before, begun = count(results), time.monotonic()
        with subprocess.Popen(
            [*self.command, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            while count(results) < before + more and running.poll() is None:
                time.sleep(0.01)
                assert time.monotonic() < begun + PATIENCE
            number = running.pid if who == "run" else worker_of(running.pid)
            if running.poll() is None and number is not None:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
                    kind.kills.append(who)
        kind.seconds += time.monotonic() - begun
        kind.kept.append(count(results))


def count(results: Path) -> int:
    """Return how many cases are done."""
    return len(list((results / "cases").glob("*.json")))


def worker_of(pid: int) -> int | None:
    """Return a process of the pool that a process has."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    found = [line.split()[0] for line in listed.stdout.splitlines() if "spawn_main" in line]
    return int(found[-1]) if found else None


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the address of a scheduler with two workers, and what kills one of them and starts another."""
    listed = folder / "scheduler.json"
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(listed), "--no-dashboard"]
        processes.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def replace_one() -> None:
        processes[1].kill()
        processes.pop(1).wait()
        start("worker", "--no-nanny", "--nthreads", "1")

    try:
        start("scheduler", "--port", "0", "--host", "127.0.0.1")
        while not listed.exists():
            time.sleep(0.05)
        for _ in range(2):
            start("worker", "--no-nanny", "--nthreads", "1")
        from distributed import Client  # noqa: PLC0415 - of an extra

        connect: Any = Client  # distributed declares no types
        with connect(scheduler_file=str(listed), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
            address = client.scheduler.address
        yield address, replace_one
    finally:
        for process in processes:
            process.kill()
            process.wait()


def in_one_process(runner: Runner, folder: Path, cases: int) -> Kind:
    """Run it once, undisturbed."""
    kind, results = Kind("at once, not killed"), folder / "whole"
    runner.to_end(kind, "--results", results)
    assert count(results) == cases
    kind.digest = merged([CaseStore(results)]).digest
    return kind


def in_two_processes(runner: Runner, folder: Path, cases: int) -> Kind:
    """Run it with `--jobs 2`; kill all of it, then a worker."""
    kind, results = Kind("--jobs 2"), folder / "jobs"
    words = ("--results", results, "--jobs", "2")
    runner.killed(kind, results, cases // 3, "run", *words)
    runner.killed(kind, results, cases // 3, "worker", *words)
    runner.to_end(kind, *words)
    kind.digest = merged([CaseStore(results)]).digest
    return kind


def in_shards(runner: Runner, folder: Path, cases: int) -> Kind:
    """Run it in shards with folders of their own, each killed once."""
    kind, stores = Kind(f"{SHARDS} shards"), []
    for number in range(1, SHARDS + 1):
        results = folder / f"shard{number}"
        words = ("--results", results, "--shard", f"{number}/{SHARDS}")
        runner.killed(kind, results, cases // (2 * SHARDS), "run", *words)
        runner.to_end(kind, *words)
        stores.append(CaseStore(results))
    kind.digest = merged(stores).digest
    return kind


def on_a_cluster(runner: Runner, folder: Path, cases: int) -> Kind:
    """Run it on a cluster; kill the client, then a worker of the cluster."""
    kind, results = Kind("dask, 2 workers"), folder / "dask"
    with cluster(folder) as (address, replace_one):
        words = ("--results", results, "--scheduler", address)
        runner.killed(kind, results, cases // 3, "run", *words)
        begun = time.monotonic()
        with subprocess.Popen(
            [*runner.command, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            while count(results) < 2 * cases // 3:
                time.sleep(0.01)
            replace_one()
            kind.kills.append("worker")
            assert running.wait(PATIENCE) in {0, 1}
        kind.seconds += time.monotonic() - begun
    kind.digest = merged([CaseStore(results)]).digest
    return kind


def measure(cases: int, folder: Path, programs: Sequence[str]) -> int:
    """Run the suite in every way; return 1 if two digests differ."""
    suite = write_suite(folder, cases)
    cases = len(read_suite(suite).cases)
    if programs:
        command = (sys.executable, "-m", "nbtrace", "compare", "--suite", str(suite), *programs)
    else:
        command = (sys.executable, __file__, "part", str(suite))
    runner = Runner(command)
    kinds = [run(runner, folder, cases) for run in (in_one_process, in_two_processes, in_shards, on_a_cluster)]
    for kind in kinds:
        kept = ", ".join(map(str, kind.kept)) or "none"
        kills = f"{len(kind.kills)} kills ({', '.join(kind.kills)})  there when killed: {kept}"
        print(f"    {kind.name:20} {cases / kind.seconds:7.1f} cases/s  {kills}  {kind.digest[:16]}")
    return int(len({kind.digest for kind in kinds}) != 1)


def main() -> int:
    """Read the command line and run."""
    if sys.argv[1:2] == ["part"]:
        run_quick(Path(sys.argv[2]), sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    given, programs = parser.parse_known_args()
    print("    " + shlex.join(programs) if programs else "    sides that cost nothing")
    with tempfile.TemporaryDirectory() as temporary:
        return measure(given.cases, Path(temporary).resolve(), programs)


if __name__ == "__main__":
    sys.exit(main())
