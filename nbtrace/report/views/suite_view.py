"""The view of a suite: one table with a line per case."""

from collections import Counter
from collections.abc import Iterator

from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteResult
from nbtrace.report.next_steps import after_suite
from nbtrace.report.view import Column, Line, Section, SectionKind, Table, View, listed, number
from nbtrace.report.views.suite_candidates import OUTCOME_STATUS, by_candidate
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.sides import Names

_FIGURES = 7
"""Columns between the name of a case and its verdict."""
_ALIKE = 5
"""Values of a matrix that are told to differ in all of their cases."""
_REASONS = 3
"""Reasons that are told."""


def _columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("case"),
        Column("correlation", numeric=True, rank=1),
        Column(f"sum {names.ratio} − 1", numeric=True, rank=3, named=True),
        Column("scale − 1", numeric=True, rank=4),
        Column("worst rel", numeric=True, rank=2),
        Column(f"{names.reference} ms", numeric=True, rank=6, named=True),
        Column(f"{names.candidate} ms", numeric=True, rank=5, named=True),
        Column("first divergence"),
        Column("verdict"),
    )


def suite_view(result: SuiteResult, *, merged: bool = False) -> View:
    """Return the view of a suite; of one whose parts are merged, how they were called is not known."""
    failed = [case for case in result.cases if case.outcome is not CaseOutcome.AGREE]
    notices = [f"{case.name}: {text}" for case in failed for text in case.notices]
    digests = dict.fromkeys(case.reference_sha256 for case in result.cases if case.reference_sha256)
    recorded = sum(case.c_ms is None for case in result.cases if case.metrics is not None)
    names = result.names
    sections = (
        *by_candidate(result),
        Section(
            "Cases",
            table=Table(_columns(names), tuple(map(_line, result.cases))),
            detail=bool(result.candidates),
            kind=SectionKind.CASES,
        ),
        Section("Where", items=tuple(_where(result.cases))),
        Section("Why", items=tuple(f"{case.name}: {case.reason}" for case in failed)),
        Section("Notes on these cases", items=tuple(notices)),
        *after_suite(
            str(result.source),
            (name for name, _, case in result.named if case.outcome is not CaseOutcome.AGREE),
            candidates=[f"{one.name}={one.program}" for one in result.candidates] if merged else (),
            merged=merged,
        ),
    )
    return View(
        title=f"Suite {result.name}",
        verdict=result.verdict,
        headline=_headline(result),
        facts=(
            f"Suite: {result.source}, {len(result.cases) - result.kept} {_counted(result)} run"
            + (f", {result.kept} done before" if result.kept else "")
            + (f", {result.left_out} left out (--only)" if result.left_out else "")
            + (f", {result.elsewhere} of other shards" if result.elsewhere else ""),
            f"{names.reference}: {recorded} recorded, {_live(result)} run"
            + (f"; reference sha256 {listed(digests, 3)}" if digests else ""),
            *(f"{one.name}: {one.program}" for one in result.candidates),
            *(() if result.candidates else (f"{names.candidate}: {result.candidate}",)),
            f"Digest of the results: {result.digest}",
        ),
        notices=tuple(_notices(result)),
        sections=tuple(section for section in sections if section.says_something),
    )


def _where(cases: tuple[CaseResult, ...]) -> Iterator[str]:
    """Yield the values of a matrix whose cases all differ, where others agree: those of the most cases first."""
    differing = [case for case in cases if case.outcome is CaseOutcome.DIFFER]
    all_of = Counter(parameter for case in cases for parameter in case.parameters)
    of_these = Counter(parameter for case in differing for parameter in case.parameters)
    alike = [
        (count, flag, value)
        for (flag, value), count in of_these.most_common()
        if 1 < count == all_of[flag, value] < len(cases)
    ]
    for count, flag, value in alike[:_ALIKE]:
        rest = len(differing) - count
        others = "no other case does" if not rest else "1 other does, too" if rest == 1 else f"{rest} others do, too"
        yield f"{flag} {value}: all of its {count} cases differ; {others}"
    if len(alike) > _ALIKE:
        yield f"{len(alike) - _ALIKE} more values of which all cases differ"


def _notices(result: SuiteResult) -> Iterator[Notice]:
    """Yield how many pixels were captured of a program that prints no trace, and why others were not traced."""
    yield from result.notices
    captured = sum(case.captured for case in result.cases)
    if captured:
        text = f"of {captured} of the traced pixels values were captured, since a program prints no trace of them"
        yield Notice(Subject.LOG, Weight.INFO, text)
    reasons = list(dict.fromkeys(reason for case in result.cases for reason in case.untraced))
    for reason in reasons[:_REASONS]:
        names = [case.name for case in result.cases if reason in case.untraced]
        yield Notice(Subject.LOG, Weight.WARNING, f"pixels not traced on both sides ({listed(names, 3)}): {reason}")
    if len(reasons) > _REASONS:
        text = f"pixels not traced on both sides for {len(reasons) - _REASONS} further reasons: untraced in --json"
        yield Notice(Subject.LOG, Weight.WARNING, text)


def _live(result: SuiteResult) -> int:
    return sum(case.c_ms is not None for case in result.cases)


def _headline(result: SuiteResult) -> str:
    agree, differ, neither = (result.of(outcome) for outcome in CaseOutcome)
    text = f"{len(agree)} of {len(result.cases)} {_counted(result)} agree"
    if result.candidates:
        text += f" ({len(result.cases) // len(result.candidates)} cases with {len(result.candidates)} candidates)"
    text += f", {len(differ)} differ: {listed(case.name for case in differ)}" if differ else ""
    text += f", {len(neither)} not compared: {listed(case.name for case in neither)}" if neither else ""
    pixels = sum(case.metrics.pixels for case in result.cases if case.metrics is not None)
    traced = sum(case.traced for case in result.cases)
    return f"{text}; {pixels} pixels compared, the traces of {traced} pixel{'s' * (traced != 1)}"


def _counted(result: SuiteResult) -> str:
    """Return what the results are of."""
    return "comparisons" if result.candidates else "cases"


def _line(case: CaseResult) -> Line:
    status = OUTCOME_STATUS[case.outcome]
    if case.metrics is None:
        return Line((case.name, *("–",) * _FIGURES, case.outcome.value), status)
    metrics = case.metrics
    cells = (
        case.name,
        number(metrics.correlation, 9),
        _from_one(metrics.sum_ratio),
        _from_one(metrics.scale),
        f"{case.worst_relative:.1e}" if case.worst_relative else "0",
        number(case.c_ms, 4),
        number(case.py_ms, 4),
        _traces(case),
        case.outcome.value,
    )
    return Line(cells, status)


def _from_one(value: float | None) -> str:
    return "–" if value is None else f"{value - 1.0:+.1e}" if value != 1.0 else "0"


def _traces(case: CaseResult) -> str:
    if case.first_divergence is not None:
        return case.first_divergence
    return f"none in {case.traced}" if case.traced else "not traced"
