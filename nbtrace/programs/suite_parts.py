"""A suite in parts: cases that have been done are not run again, those of a shard are run, and parts are merged."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter

from nbtrace.errors import ExitCode, InputError
from nbtrace.programs.case_keys import digest_of_values, versions
from nbtrace.programs.case_store import CaseFile, CaseList, CaseStore, ListedCase, agreed_list, is_done
from nbtrace.programs.case_workers import run_by, run_in_processes
from nbtrace.programs.shards import Shard
from nbtrace.programs.suite import FROM_THE_WORST, CaseOutcome, CaseResult, SuiteResult, SuiteRun
from nbtrace.programs.suite_file import CaseTask
from nbtrace.progress import tracked
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.sides import Names

_SHOWN = 3
"""Cases that a notice names."""


@dataclass(frozen=True)
class Workers:
    """What runs the cases: so many processes of this machine, or an executor; one is this process itself.

    Attributes
    ----------
    jobs : int
    executor : Executor or None
    """

    jobs: int = 1
    executor: Executor | None = None

    def results(self, run: SuiteRun, cases: Sequence[CaseTask]) -> Iterator[tuple[CaseTask, CaseResult]]:
        """Yield each case and its result, as they come."""
        if self.executor is not None:
            return run_by(self.executor, run, cases)
        if self.jobs > 1 and len(cases) > 1:
            return run_in_processes(run, cases, self.jobs)
        return ((case, run.result(case)) for case in cases)


def run_part(
    suite: SuiteResult,
    cases: Sequence[CaseTask],
    run: SuiteRun,
    workers: Workers,
    *,
    store: CaseStore | None = None,
    sides: Sequence[Sequence[str]] = ((),),
    shard: Shard | None = None,
) -> SuiteResult:
    """Run the cases of a suite, or a shard of them, with each candidate.

    Parameters
    ----------
    suite : SuiteResult
        What is known before anything has run; it has no cases.
    cases : sequence of CaseTask
        All of the suite that are asked for.
    run : SuiteRun
    workers : Workers
    store : CaseStore, optional
        Where results are kept, each as it comes. What lies there of the same flags, programs, input files, versions and
        limits is not run again.
    sides : sequence of sequence of str
        Digests of the programs with each candidate, for the keys of the results: another candidate changes no key.
    shard : Shard, optional
        It has a case with all of its candidates.

    Raises
    ------
    UsageError, InputError
        If results cannot be kept.
    """
    listed: dict[str, ListedCase] = {}
    own = versions()
    if store is not None:
        common = [digest_of_values(own, list(digests), run.plan, run.lenient) for digests in sides]
        keyed = tuple(_keyed(cases, run, common))
        store.begin(_list(suite, keyed))
        listed = {case.name: case for case in keyed}
    mine = list(cases) if shard is None else shard.of(cases)
    names = [name for case in mine for name in run.names(case)]
    results: dict[str, CaseResult] = {}
    if store is not None:
        found = ((name, _done_before(store, listed[name])) for name in names)
        results = {name: made.result for name, made in found if made is not None}
    kept = len(results)
    left = [rest for case in mine if (rest := run.left(case, results)) is not None]
    for case, result in tracked(workers.results(run, left), "cases of the suite", len(left)):
        for one in run.each(case, result):
            results[one.name] = one
            if store is not None:
                store.keep(listed[one.name], one, own)
    return replace(
        suite,
        cases=tuple(results[name] for name in names),
        kept=kept,
        elsewhere=sum(len(run.names(case)) for case in cases) - len(names),
    )


def _keyed(cases: Sequence[CaseTask], run: SuiteRun, common: Sequence[str]) -> Iterator[ListedCase]:
    for case in tracked(cases, "input files of the suite", len(cases)):
        for name, key in zip(run.names(case), run.keys(case, common), strict=True):
            yield ListedCase(name=name, about=case.about, key=key, parameters=case.parameters)


def _list(suite: SuiteResult, keyed: tuple[ListedCase, ...]) -> CaseList:
    return CaseList(
        suite=suite.name,
        source=suite.source,
        candidate=suite.candidate,
        names=suite.names.pair,
        left_out=suite.left_out,
        candidates=suite.candidates,
        cases=keyed,
    )


def _done_before(store: CaseStore, case: ListedCase) -> CaseFile | None:
    """Return the result that a store has of a case; None where the case must run."""
    with suppress(InputError):  # one that cannot be read is run again, and replaced
        found = store.find(case)
        return found if is_done(found) else None
    return None


def merged(stores: Sequence[CaseStore]) -> SuiteResult:
    """Return the result of a suite whose parts lie in one or several folders.

    A case without a result could not be compared. Where parts hold two results of a case, the worse one counts, and a
    notice says so if they differ.

    Raises
    ------
    InputError
        If a folder holds no results, one cannot be read, or the folders are not of one run.
    """
    listed = agreed_list(stores)
    found = {case.name: _found(stores, case) for case in listed.cases}
    return SuiteResult(
        listed.suite,
        listed.source,
        listed.candidate,
        tuple(_worst(found[case.name]) or _without(case) for case in listed.cases),
        listed.left_out,
        Names(*listed.names),
        notices=tuple(_notices(stores, listed, found)),
        candidates=listed.candidates,
    )


def _found(stores: Sequence[CaseStore], case: ListedCase) -> list[CaseFile]:
    return [made for store in stores if (made := store.find(case)) is not None]


def _worst(found: Sequence[CaseFile]) -> CaseResult | None:
    results = sorted(found, key=attrgetter("made_utc"), reverse=True)
    # A case that could not be compared at first, and was later, has been compared.
    done = [made for made in results if is_done(made)] or results
    return min((made.result for made in done), key=lambda result: FROM_THE_WORST.index(result.outcome), default=None)


def _without(case: ListedCase) -> CaseResult:
    reason, error = "has no result yet", ExitCode.INPUT
    return CaseResult(case.name, case.about, CaseOutcome.NOT_COMPARABLE, reason, error, parameters=case.parameters)


def _notices(stores: Sequence[CaseStore], listed: CaseList, found: dict[str, list[CaseFile]]) -> Iterator[Notice]:
    torn = [name for name, files in found.items() if len({_content(made) for made in files if is_done(made)}) > 1]
    if torn:
        text = f"run twice with different results, of which the worse counts: {_named(torn)}"
        yield Notice(Subject.PRECISION, Weight.WARNING, text)
    stale = sum(store.others(listed.cases) for store in stores)
    if stale:
        text = f"{stale} result{'s' * (stale != 1)} of other programs, flags, versions or limits left out"
        yield Notice(Subject.CONFIGURATION, Weight.INFO, text)


def _content(made: CaseFile) -> str:
    return SuiteResult("", "", "", (made.result,), 0).digest


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
