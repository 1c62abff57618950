"""A suite with several candidates: runs of the reference, keys, shards, what is kept, what is merged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nbtrace.errors import ExitCode, InputError
from nbtrace.programs.candidates_suite import CandidatesRun
from nbtrace.programs.case_store import LIST_NAME, CaseStore
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Plan
from nbtrace.programs.shards import Shard
from nbtrace.programs.side_source import Made
from nbtrace.programs.suite import CaseOutcome, SuiteCandidate, SuiteResult
from nbtrace.programs.suite_file import CaseTask
from nbtrace.programs.suite_parts import Workers, merged, run_part
from nbtrace.report.documents.models.suite import SuiteDocument
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.terminal import render
from nbtrace.report.views.suite_view import suite_view
from nbtrace.verdicts.status import Verdict
from tests.programs.quick_sides import FATAL, WRONG, Candidate, QuickSide, quick_cases

NAMES = ("good", "bad")


@dataclass(frozen=True)
class NotedReference(QuickSide):
    """The reference, which leaves its -N in a file whenever it runs."""

    def make(self, repeat: int) -> Made:
        self._noted(int(self.line.config.crystal.Na))
        return super().make(repeat)


@dataclass(frozen=True)
class Reference:
    """Makes the reference's side."""

    mark: Path | None = None

    def __call__(self, line: FlagLine, threads: int) -> QuickSide:
        return NotedReference(line, candidate=False, mark=self.mark, threads=threads)


@dataclass(frozen=True)
class Twice:
    """Makes a candidate whose image is the reference's: it is right even of -N 13."""

    mark: Path | None = None

    def __call__(self, line: FlagLine, threads: int) -> QuickSide:
        return QuickSide(line, candidate=False, threads=threads)


def run(
    cases: Sequence[CaseTask],
    folder: Path | None = None,
    mark: Path | None = None,
    *,
    names: Sequence[str] = NAMES,
    workers: Workers | None = None,
    shard: Shard | None = None,
    own: Path | None = None,
    copies: bool = False,
) -> SuiteResult:
    makers: dict[str, Callable[..., QuickSide]] = {"good": Twice(), "bad": Candidate(own), "third": Twice()}
    suite = SuiteResult(
        "quick", "quick.toml", "two", (), 0, candidates=tuple(SuiteCandidate(name, f"./{name}") for name in names)
    )
    made = CandidatesRun(
        Reference(mark), Twice(), Plan(traces=False), "quick.toml", candidates=tuple((n, makers[n]) for n in names)
    )
    store = None if folder is None else CaseStore(folder)
    sides = [("reference", "one program" if copies else name) for name in names]
    return run_part(suite, cases, made, workers or Workers(), store=store, sides=sides, shard=shard)


def test_the_reference_runs_once_for_a_case(tmp_path: Path) -> None:
    found = run(quick_cases(tmp_path, 1, WRONG, 3), mark=tmp_path / "ran")
    assert (tmp_path / "ran").read_text().split() == ["1", str(WRONG), "3"]
    assert [(name, candidate, case.outcome.value) for name, candidate, case in found.named] == [
        ("n1", "good", "agree"),
        ("n1", "bad", "agree"),
        ("n13", "good", "agree"),
        ("n13", "bad", "differ"),
        ("n3", "good", "agree"),
        ("n3", "bad", "agree"),
    ]
    assert (found.verdict, found.exit_code) == (Verdict.DIFFER, ExitCode.DIFFER)


def test_one_run_and_shards_give_one_digest(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, 2, WRONG, 4, 5)
    whole = run(cases)
    parts = [run(cases, tmp_path / "r", shard=Shard(number, 2)) for number in (1, 2)]
    assert [len(part.cases) for part in parts] == [6, 4]
    assert [part.elsewhere for part in parts] == [4, 6]
    together = merged([CaseStore(tmp_path / "r")])
    assert whole.digest == together.digest
    assert together.candidates == whole.candidates
    assert together.digest != run(cases, names=("good", "third")).digest


def test_values_of_a_matrix_stay_with_cases_that_have_no_result(tmp_path: Path) -> None:
    cases = [replace(case, parameters=(("-N", case.name[1:]),)) for case in quick_cases(tmp_path, 1, 2)]
    run(cases, tmp_path / "r", shard=Shard(1, 2))
    found = merged([CaseStore(tmp_path / "r")])
    assert [(case.outcome.value, case.parameters) for case in found.cases] == [
        *[("agree", (("-N", "1"),))] * 2,
        *[("not comparable", (("-N", "2"),))] * 2,
    ]


def test_two_copies_of_one_program_keep_their_results_apart(tmp_path: Path) -> None:
    cases = [replace(case, name=f"{'long' * 20} {case.name}") for case in quick_cases(tmp_path, 1)]
    whole = run(cases, tmp_path / "r", names=("good", "third"), copies=True)
    assert run(cases, tmp_path / "r", names=("good", "third"), copies=True).kept == 2
    assert merged([CaseStore(tmp_path / "r")]).digest == whole.digest


def test_another_candidate_leaves_the_results_of_the_others(tmp_path: Path) -> None:
    cases, mark = quick_cases(tmp_path, 1, 2), tmp_path / "ran"
    run(cases, tmp_path / "r", own=mark)
    again = run(cases, tmp_path / "r", own=mark)
    more = run(cases, tmp_path / "r", own=mark, names=("bad", "third", "good"))
    assert (again.kept, more.kept) == (4, 4)
    assert mark.read_text().split() == ["1", "2"]
    assert [name for _, name, _ in more.named] == ["bad", "third", "good"] * 2


@pytest.mark.slow
def test_processes_give_the_digest_of_one(tmp_path: Path) -> None:
    cases = quick_cases(tmp_path, 1, WRONG)
    assert run(cases, workers=Workers(jobs=2)).digest == run(cases).digest


@pytest.mark.slow
def test_a_worker_that_ends_leaves_each_candidate_without_a_result(tmp_path: Path) -> None:
    found = run(quick_cases(tmp_path, 1, FATAL), workers=Workers(jobs=2))
    assert [case.outcome for case in found.cases] == [CaseOutcome.AGREE] * 2 + [CaseOutcome.NOT_COMPARABLE] * 2
    assert [case.name for case in found.cases[2:]] == [f"n{FATAL} [good]", f"n{FATAL} [bad]"]
    assert found.exit_code is ExitCode.PROGRAM


def test_the_list_of_one_candidate_says_nothing_of_several(tmp_path: Path) -> None:
    run(quick_cases(tmp_path, 1), tmp_path / "r")
    listed = CaseStore(tmp_path / "r").listed
    assert [one.name for one in listed.candidates] == list(NAMES)
    CaseStore(tmp_path / "one").begin(listed.model_copy(update={"candidates": ()}))
    assert "candidates" not in (tmp_path / "one" / LIST_NAME).read_text()


def test_a_list_whose_cases_are_not_those_of_its_candidates_is_refused(tmp_path: Path) -> None:
    run(quick_cases(tmp_path, 1), tmp_path / "r")
    path = tmp_path / "r" / LIST_NAME
    path.write_text(path.read_text().replace("n1 [good]", "n1 [other]"))
    with pytest.raises(InputError, match="not those of its candidates"):
        merged([CaseStore(tmp_path / "r")])


def test_the_report_has_cases_by_candidates(tmp_path: Path) -> None:
    found = run(quick_cases(tmp_path, 1, WRONG))
    text = render(suite_view(found), width=120)
    assert text.startswith("DIFFER  3 of 4 comparisons agree (2 cases with 2 candidates), 1 differ: n13 [bad];")
    assert [line.split() for line in text.splitlines() if line.startswith(("n1 ", "n13 ", "good ", "bad "))][:4] == [
        ["good", "2", "0", "0"],
        ["bad", "1", "1", "0"],
        ["n1", "agree", "agree"],
        ["n13", "agree", "differ"],
    ]
    document = SuiteDocument.model_validate(suite_document(found))
    assert [(one.name, one.num_agree, one.num_differ) for one in document.candidates] == [
        ("good", 2, 0),
        ("bad", 1, 1),
    ]
    case = document.cases["n13 [bad]"]
    assert (case.case, case.candidate, case.outcome) == ("n13", "bad", "differ")


def test_cases_in_which_every_candidate_differs_are_told(tmp_path: Path) -> None:
    found = run(quick_cases(tmp_path, 1, WRONG))
    both = replace(found, cases=tuple(replace(case, outcome=CaseOutcome.DIFFER) for case in found.cases))
    assert "every candidate differs: n1, n13" in render(suite_view(both), width=120)
    assert "every candidate" not in render(suite_view(found), width=120)
