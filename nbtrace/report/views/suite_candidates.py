"""What the view of a suite says of several candidates: how each stands, and cases by candidates."""

from collections.abc import Iterator

from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteResult, worst_of
from nbtrace.report.view import Column, Line, Section, Table, listed
from nbtrace.verdicts.status import Status

OUTCOME_STATUS = {
    CaseOutcome.AGREE: Status.PASS,
    CaseOutcome.DIFFER: Status.CRITICAL,
    CaseOutcome.NOT_COMPARABLE: Status.MISSING,
}
"""How a row of a case that ended so is marked."""


def by_candidate(result: SuiteResult) -> Iterator[Section]:
    """Yield the sections; none for a suite with one candidate."""
    if not result.candidates:
        return
    cases: dict[str, list[CaseResult]] = {}
    for name, _, case in result.named:
        cases.setdefault(name, []).append(case)
    yield Section("Candidates", table=_totals(result))
    columns = (Column("case"), *(Column(one.name) for one in result.candidates))
    yield Section("Cases by candidate", table=Table(columns, tuple(_line(name, row) for name, row in cases.items())))
    yield Section("In common", items=tuple(_common(result, cases)))


def _totals(result: SuiteResult) -> Table:
    columns = (Column("candidate"), *(Column(outcome.value, numeric=True) for outcome in CaseOutcome))
    lines = []
    for one in result.candidates:
        own = [case.outcome for _, candidate, case in result.named if candidate == one.name]
        counts = (str(own.count(outcome)) for outcome in CaseOutcome)
        lines.append(Line((one.name, *counts), OUTCOME_STATUS[worst_of(own)], kept=True))
    return Table(columns, tuple(lines))


def _line(name: str, row: list[CaseResult]) -> Line:
    return Line((name, *map(_cell, row)), OUTCOME_STATUS[worst_of(case.outcome for case in row)])


def _cell(case: CaseResult) -> str:
    """Return how a case ended with a candidate, and in what it differs first."""
    first = case.first_divergence
    if case.outcome is not CaseOutcome.DIFFER or first is None:
        return case.outcome.value
    return f"{case.outcome.value}: {first}"


def _common(result: SuiteResult, cases: dict[str, list[CaseResult]]) -> Iterator[str]:
    """Yield the cases in which every candidate differs, in the same quantity or not."""
    all_differ = {name: row for name, row in cases.items() if all(case.outcome is CaseOutcome.DIFFER for case in row)}
    if len(result.candidates) > 1 and all_differ:
        same = [name for name, row in all_differ.items() if len({case.first_divergence for case in row}) == 1]
        rest = [name for name in all_differ if name not in same or all_differ[name][0].first_divergence is None]
        first = [name for name in same if name not in rest]
        reference = result.names.reference
        if first:
            yield f"every candidate differs, first in the same quantity: {listed(first)}; is {reference} alone wrong?"
        if rest:
            yield f"every candidate differs: {listed(rest)}"
