import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from nbtrace.compare.images import ImageOptions
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.programs.case_keys import case_key, program_digest
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.case_workers import Parcel, run_case
from nbtrace.programs.comparison import Plan
from nbtrace.programs.programs import Program
from nbtrace.programs.shards import Shard
from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteResult
from nbtrace.programs.suite_file import CaseTask
from nbtrace.programs.suite_parts import Workers, merged, run_part
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.terminal import render
from nbtrace.report.views.suite_view import suite_view
from nbtrace.verdicts.status import Verdict
from tests.programs.quick_sides import FATAL, FATAL_ONCE, WRONG, quick_cases, quick_run

EMPTY = SuiteResult("quick", "quick.toml", "quick", (), 0)
TWELVE = (1, 2, 3, WRONG, 5, 6, 7, 8, 9, 10, 11, 12)


def run(
    cases: Sequence[CaseTask],
    folder: Path | None = None,
    mark: Path | None = None,
    *,
    workers: Workers | None = None,
    shard: Shard | None = None,
    sides: tuple[str, ...] = ("a", "b"),
    plan: Plan | None = None,
) -> SuiteResult:
    store = None if folder is None else CaseStore(folder)
    made = quick_run(mark, plan)
    return run_part(EMPTY, cases, made, workers or Workers(), store=store, sides=(sides,), shard=shard)


def told(mark: Path) -> list[str]:
    """Return which cases have run."""
    return mark.read_text().split() if mark.exists() else []


def test_one_run_shards_processes_and_an_executor_give_one_digest(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, *TWELVE)
    whole = run(cases)
    assert [case.outcome for case in whole.cases].count(CaseOutcome.DIFFER) == 1
    parts = [run(cases, tmp_path / "r", shard=Shard(number, 3)) for number in (1, 2, 3)]
    assert [len(part.cases) for part in parts] == [4, 4, 4]
    assert [part.elsewhere for part in parts] == [8, 8, 8]
    with ThreadPoolExecutor(2) as pool:
        threaded = run(cases, workers=Workers(executor=pool))
    processes = run(cases, workers=Workers(jobs=2))
    together = merged([CaseStore(tmp_path / "r")])
    assert {one.digest for one in (whole, threaded, processes, together)} == {whole.digest}
    assert whole.digest != run(cases[:-1]).digest
    assert (together.verdict, together.exit_code) == (Verdict.DIFFER, ExitCode.DIFFER)
    assert [case.name for case in processes.cases] == [f"n{number}" for number in TWELVE]


def test_parts_in_folders_of_their_own_are_merged(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, *TWELVE)
    for number in (1, 2):
        run(cases, tmp_path / f"r{number}", shard=Shard(number, 2))
    assert merged([CaseStore(tmp_path / f"r{number}") for number in (2, 1)]).digest == run(cases).digest


def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    cases, mark = quick_cases(tmp_path, 1, 2, 3), tmp_path / "ran"
    first = run(cases[:2], tmp_path / "r", mark)
    again = run(cases, tmp_path / "r", mark)
    assert (told(mark), again.kept) == (["1", "2", "3"], 2)
    assert again.digest == run(cases).digest != first.digest


@pytest.mark.parametrize("change", ["flags", "sides", "limits", "version", "input", "cache"])
def test_what_was_made_of_something_else_is_run_again(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("list.hkl", "other.bin", "Fdump.bin"):
        (tmp_path / name).write_text("0 0 1 5\n")
    cases, mark = quick_cases(tmp_path, 1, 2), tmp_path / "ran"
    # A program that does not know -dump reads Fdump.bin, which no word names.
    words = ("-dump", "other.bin") if change == "cache" else ("-hkl", "list.hkl")
    cases = [replace(case, words=(*case.words, *words)) for case in cases]
    run(cases, tmp_path / "r", mark)
    sides, plan = ("a", "b"), None
    if change == "flags":
        cases = [replace(case, words=(*case.words, "-phi", "1")) for case in cases]
    elif change == "sides":
        sides = ("a", "c")
    elif change == "limits":
        plan = Plan(ImageOptions(threshold=0.5), traces=False)
    elif change == "version":
        monkeypatch.setattr("nbtrace.programs.suite_parts.versions", lambda: {"nbtrace": "0.0", "torch": None})
    else:
        (tmp_path / {"input": "list.hkl", "cache": "Fdump.bin"}[change]).write_text("0 0 1 6\n")
    again = run(cases, tmp_path / "r", mark, sides=sides, plan=plan)
    assert (told(mark), again.kept) == (["1", "2"] * 2, 0)
    together = merged([CaseStore(tmp_path / "r")])
    assert "2 results of other programs, flags, versions or limits left out" in render(suite_view(together))


def test_a_module_of_a_package_counts_with_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("__init__.py", "cli.py", "physics.py"):
        (tmp_path / "port").mkdir(exist_ok=True)
        (tmp_path / "port" / name).write_text(name)
    program = Program((sys.executable, "-m", "port.cli"), "--cand")
    before = program_digest(program)
    (tmp_path / "port" / "physics.py").write_text("another one")
    assert program_digest(program) != before


def test_the_cache_that_a_program_finds_without_knowing_dump_counts(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"1 1 1 1 1 1\n")
    (case,) = quick_cases(tmp_path, 1)
    case = replace(case, words=(*case.words, "-dump", "x.bin"))
    keys = [case_key(case, "", lenient=False)]
    for content in (b"first", b"second"):
        (tmp_path / "Fdump.bin").write_bytes(content)
        keys.append(case_key(case, "", lenient=False))
    assert len(set(keys)) == 3


@pytest.mark.parametrize("line", ['exec "$(dirname "$0")/port" "$@"', "exec {folder}/port $*"])
def test_what_a_launcher_runs_counts_as_the_program(tmp_path: Path, line: str) -> None:
    digests = []
    for name, content in (("one", "first"), ("other", "second"), ("again", "first")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "port").write_text(content)
        (folder / "port").chmod(0o755)
        (folder / "run").write_text(f"#!/bin/sh\necho $* >> {tmp_path}/log\n" + line.format(folder=folder))
        digests.append(program_digest(Program((str(folder / "run"),), "--cand")))
    assert digests[0] != digests[1]
    assert (digests[0] == digests[2]) is ("{folder}" not in line)
    (tmp_path / "log").write_text("it ran")
    one = Program((str(tmp_path / "one" / "run"),), "--cand")
    assert program_digest(one) == digests[0]
    (tmp_path / "one" / "port").write_text("third")
    assert program_digest(one) != digests[0]


def test_a_launcher_of_itself_has_a_digest(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).write_text(f"#!/bin/sh\nexec ./{other} ./{name}\n")
        (tmp_path / name).chmod(0o755)
    one, two = (program_digest(Program((str(tmp_path / name),), "--cand")) for name in ("one", "two"))
    assert one != two


def test_the_same_suite_in_another_folder_has_the_same_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "list.hkl").write_text("0 0 1 5\n")
        cases = quick_cases(tmp_path / name, 1)
        run([replace(case, words=(*case.words, "-hkl", "list.hkl")) for case in cases], tmp_path / "r" / name)
    one, two = (CaseStore(tmp_path / "r" / name).listed for name in ("one", "two"))
    assert one.cases == two.cases


def test_a_case_without_a_result_is_no_pass(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, 2, 3)
    run(cases, tmp_path / "r", shard=Shard(1, 3))
    found = merged([CaseStore(tmp_path / "r")])
    assert [case.outcome for case in found.cases].count(CaseOutcome.NOT_COMPARABLE) == 2
    assert (found.verdict, found.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.INPUT)
    assert found.cases[1].reason == "has no result yet"


def test_a_case_that_could_not_be_compared_runs_again(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1)
    lacking = [replace(case, words=(*case.words, "-hkl", "list.hkl")) for case in cases]
    assert run(lacking, tmp_path / "r").exit_code is ExitCode.INPUT
    assert merged([CaseStore(tmp_path / "r")]).exit_code is ExitCode.INPUT
    (tmp_path / "list.hkl").write_text("0 0 1 5\n")
    assert run(lacking, tmp_path / "r").exit_code is ExitCode.AGREE
    assert merged([CaseStore(tmp_path / "r")]).exit_code is ExitCode.AGREE


def test_two_results_of_a_case_that_differ_are_told_and_the_worse_counts(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, 2)
    for name in ("one", "two"):
        run(cases, tmp_path / name)
    path = next((tmp_path / "two" / "cases").glob("n2-*"))
    document = json.loads(path.read_text())
    document["result"]["outcome"] = "differ"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="the outcome is 'differ', and its quantities say otherwise"):
        merged([CaseStore(tmp_path / "two")])
    document["result"]["judged"]["agrees"] = False
    path.write_text(json.dumps(document))
    found = merged([CaseStore(tmp_path / name) for name in ("one", "two")])
    assert found.verdict is Verdict.DIFFER
    assert suite_document(found)["notices"] == ["run twice with different results, of which the worse counts: n2"]


def test_notices_of_the_environment_are_not_in_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cases = quick_cases(tmp_path, 1)
    here = run(cases)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    there = run(cases)
    assert here.cases[0].notices != there.cases[0].notices
    assert here.digest == there.digest


@pytest.mark.slow
def test_a_process_that_ends_costs_no_other_case_its_result(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, FATAL, 3, FATAL_ONCE, 5)
    found = run(cases, tmp_path / "r", tmp_path / "ran", workers=Workers(jobs=2))
    assert [case.outcome for case in found.cases] == [
        CaseOutcome.AGREE,
        CaseOutcome.NOT_COMPARABLE,
        *[CaseOutcome.AGREE] * 3,
    ]
    assert found.exit_code is ExitCode.PROGRAM
    assert "again and again" in found.cases[1].reason


class Faulty(Executor):
    """An executor that loses the worker of every case."""

    def submit(self, *_: object, **__: object) -> "Future[object]":  # type: ignore[override]
        future: Future[object] = Future()
        future.set_exception(RuntimeError("worker\nlost"))
        return future


def test_a_case_whose_worker_was_lost_was_not_compared(tmp_path: Path) -> None:
    found = run(quick_cases(tmp_path, 1), workers=Workers(executor=Faulty()))
    assert (found.exit_code, found.cases[0].reason) == (ExitCode.PROGRAM, "its worker failed: worker lost")


def test_a_worker_has_the_folder_and_the_precision_of_who_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NB_PYTORCH_DTYPE", "float32")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "list.hkl").write_text("0 0 1 5\n")
    [case] = quick_cases(Path("in"), 1)
    parcel = Parcel.of(quick_run(Path("ran")))
    assert parcel.variables == (("NB_PYTORCH_DTYPE", "float32"),)
    monkeypatch.chdir("/")
    monkeypatch.delenv("NB_PYTORCH_DTYPE")
    found = run_case(parcel, replace(case, words=(*case.words, "-hkl", "list.hkl")))
    assert isinstance(found, CaseResult)
    assert found.outcome is CaseOutcome.AGREE
    assert (tmp_path / "ran").exists()
    assert (str(Path.cwd()), os.environ.get("NB_PYTORCH_DTYPE")) == ("/", None)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("nothing", "is no folder of results"),
        ("empty", "is no folder of results"),
        ("other", "are not parts of one run: their suites are 'quick' and 'slow'"),
        ("programs", "programs, input files, versions or limits differ"),
        ("cases", "only one of them has the case 'n2'"),
        ("damaged", "is not JSON"),
        ("list", "suite.json: suite is missing"),
    ],
)
def test_folders_that_are_no_parts_of_one_run_are_one_line(made: str, said: str, tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, 2)
    one, two = tmp_path / "one", tmp_path / "two"
    run(cases, one)
    if made == "empty":
        two.mkdir()
    elif made == "cases":
        run(cases[:1], two)
    elif made != "nothing":
        run(cases, two, sides=("x",) if made == "programs" else ("a", "b"))
    if made == "other":
        text = (two / "suite.json").read_text().replace('"quick"', '"slow"', 1).replace('"key": "', '"key": "0', 1)
        (two / "suite.json").write_text(text.replace('"key": "0', '"key": "', 1).replace("n2", "n4"))
    elif made == "damaged":
        next((two / "cases").iterdir()).write_text("{")
    elif made == "list":
        (two / "suite.json").write_text('{"format": "nbtrace suite results", "format_version": 1}')
    with pytest.raises(InputError) as caught:
        merged([CaseStore(one), CaseStore(two)])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_result_is_replaced_by_a_run(tmp_path: Path) -> None:
    cases, mark = quick_cases(tmp_path, 1), tmp_path / "ran"
    run(cases, tmp_path / "r", mark)
    next((tmp_path / "r" / "cases").iterdir()).write_text("{")
    assert run(cases, tmp_path / "r", mark).kept == 0
    assert told(mark) == ["1", "1"]
    assert merged([CaseStore(tmp_path / "r")]).verdict is Verdict.AGREE


def test_results_do_not_go_where_something_else_lies(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine").write_text("x")
    with pytest.raises(UsageError, match="is not empty and holds no suite"):
        run(cases, tmp_path / "r")
    run(cases, tmp_path / "s")
    with pytest.raises(UsageError, match="results of the suite 'quick'"):
        run_part(replace(EMPTY, name="other"), cases, quick_run(), Workers(), store=CaseStore(tmp_path / "s"))
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["mine"]


def test_names_of_cases_lead_nowhere_else(tmp_path: Path) -> None:
    [case] = quick_cases(tmp_path, 1)
    names = ["../../x", "a b: -N 5", "...", "ä" * 200, "a/b"]
    cases = [replace(case, name=name) for name in names]
    assert run(cases, tmp_path / "r").verdict is Verdict.AGREE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick.toml", "r"]
    assert len(list((tmp_path / "r" / "cases").iterdir())) == len(names)
    assert run(cases, tmp_path / "r").kept == len(names)
