"""The cases of a suite with several candidates: the reference runs once for a case, each result has its own key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from nbtrace.errors import ExitCode
from nbtrace.programs.case_keys import case_key, digest_of_values, versions
from nbtrace.programs.case_store import CaseList, CaseStore, ListedCase
from nbtrace.programs.command import FlagLine
from nbtrace.programs.once_made import OnceMade
from nbtrace.programs.shards import Shard
from nbtrace.programs.side_source import SideSource
from nbtrace.programs.suite import CaseOutcome, CaseResult, MakeSource, SuiteResult, SuiteRun
from nbtrace.programs.suite_file import CaseTask
from nbtrace.programs.suite_parts import Workers, done_before
from nbtrace.progress import tracked
from nbtrace.verdicts.case_names import candidate_case

_WORST = (CaseOutcome.DIFFER, CaseOutcome.NOT_COMPARABLE, CaseOutcome.AGREE)


@dataclass(frozen=True)
class CandidatesTask(CaseTask):
    """A case, and the candidates with which it is to run."""

    candidates: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: CaseTask, candidates: Sequence[str]) -> "CandidatesTask":
        """Return a case with candidates, by name."""
        own = {item.name: getattr(case, item.name) for item in fields(CaseTask)}
        return cls(**own, candidates=tuple(candidates))


@dataclass(frozen=True)
class CandidatesCase(CaseResult):
    """The worst of a case's results, and all of them in the order of the candidates that ran."""

    each: tuple[CaseResult, ...] = ()


@dataclass(frozen=True)
class CandidatesRun(SuiteRun):
    """What the cases of a suite run with, where several candidates stand in place of one.

    Attributes
    ----------
    candidates : tuple of (str, callable)
        Name of each, and what makes it.
    """

    candidates: tuple[tuple[str, MakeSource], ...] = ()

    def result(self, case: CaseTask) -> CaseResult:
        """Run a case with each of its candidates."""
        wanted = case.candidates if isinstance(case, CandidatesTask) else tuple(name for name, _ in self.candidates)
        reference = _ReferenceOfCase(self.reference)
        each = tuple(
            SuiteRun(reference, make, self.plan, self.origin, self.lenient).result(
                replace(case, name=candidate_case(case.name, name))
            )
            for name, make in self.candidates
            if name in wanted
        )
        outcomes = [result.outcome for result in each]
        worst = next((outcome for outcome in _WORST if outcome in outcomes), CaseOutcome.NOT_COMPARABLE)
        return CandidatesCase(case.name, case.about, worst, each=each)


class _ReferenceOfCase:
    """Makes the reference of one case, the same one whenever it is asked."""

    def __init__(self, make: MakeSource) -> None:
        self._make = make
        self._made: SideSource | None = None

    def __call__(self, line: FlagLine, threads: int) -> SideSource:
        if self._made is None:
            self._made = OnceMade(self._make(line, threads))
        return self._made


def run_candidates_part(
    suite: SuiteResult,
    cases: Sequence[CaseTask],
    run: CandidatesRun,
    workers: Workers,
    *,
    store: CaseStore | None = None,
    sides: Mapping[str, Sequence[str]] | None = None,
    shard: Shard | None = None,
) -> SuiteResult:
    """Run the cases of a suite, or a shard of them, with each candidate.

    Parameters
    ----------
    suite : SuiteResult
        What is known before anything has run: it has candidates and no cases.
    cases, workers, store, shard
        As for :func:`~nbtrace.programs.suite_parts.run_part`; a shard has a case with all candidates.
    run : CandidatesRun
    sides : mapping, optional
        Name of the candidate → digests of the programs, for the keys of its results: another candidate changes no key.

    Raises
    ------
    UsageError, InputError
        If results cannot be kept.
    """
    names = tuple(name for name, _ in run.candidates)
    own = versions()
    listed: dict[str, ListedCase] = {}
    if store is not None:
        common = {name: digest_of_values(own, list((sides or {})[name]), run.plan, run.lenient) for name in names}
        listed = {case.name: case for case in _listed(cases, run, common)}
        store.begin(_list_of(suite, tuple(listed.values())))
    mine = list(cases) if shard is None else shard.of(cases)
    results: dict[str, CaseResult] = {}
    if store is not None:
        of_mine = (candidate_case(case.name, name) for case in mine for name in names)
        found = ((item, done_before(store, listed[item])) for item in of_mine)
        results = {item: made.result for item, made in found if made is not None}
    kept = len(results)
    left = list(_left(mine, names, results))
    for case, result in tracked(workers.results(run, left), "cases of the suite", len(left)):
        for one in _each(case, result):
            results[one.name] = one
            if store is not None:
                store.keep(listed[one.name], one, own)
    return replace(
        suite,
        cases=tuple(results[candidate_case(case.name, name)] for case in mine for name in names),
        kept=kept,
        elsewhere=(len(cases) - len(mine)) * len(names),
    )


def _listed(cases: Sequence[CaseTask], run: CandidatesRun, common: Mapping[str, str]) -> Iterator[ListedCase]:
    for case in tracked(cases, "input files of the suite", len(cases)):
        key = case_key(case, "", lenient=run.lenient)
        for name, _ in run.candidates:
            own = digest_of_values(common[name], key, name)  # two may be copies of one program
            yield ListedCase(name=candidate_case(case.name, name), about=case.about, key=own)


def _list_of(suite: SuiteResult, listed: tuple[ListedCase, ...]) -> CaseList:
    return CaseList(
        suite=suite.name,
        source=suite.source,
        candidate=suite.candidate,
        names=suite.names.pair,
        left_out=suite.left_out,
        candidates=suite.candidates,
        cases=listed,
    )


def _left(cases: Sequence[CaseTask], names: Sequence[str], done: Mapping[str, CaseResult]) -> Iterator[CandidatesTask]:
    for case in cases:
        wanted = [name for name in names if candidate_case(case.name, name) not in done]
        if wanted:
            yield CandidatesTask.of(case, wanted)


def _each(case: CaseTask, result: CaseResult) -> Iterator[CaseResult]:
    """Yield the results of a case; where its worker has ended, each candidate lacks one."""
    if isinstance(result, CandidatesCase):
        yield from result.each
        return
    wanted = case.candidates if isinstance(case, CandidatesTask) else ()
    yield from (
        CaseResult(
            candidate_case(case.name, name),
            case.about,
            CaseOutcome.NOT_COMPARABLE,
            result.reason,
            result.error or ExitCode.PROGRAM,
        )
        for name in wanted
    )
