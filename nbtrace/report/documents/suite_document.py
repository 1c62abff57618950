"""The JSON document of `nbtrace compare --suite`."""

from dataclasses import asdict
from typing import Any

from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteResult
from nbtrace.report.documents.judged_document import judged_entries
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.suite import ComparedCase, LackingCase, SuiteCoverage, SuiteDocument
from nbtrace.report.documents.parts import Document, side_names


def suite_document(result: SuiteResult) -> Document:
    """Return a suite that ran; the figures of a case have the keys of `nbtrace compare`."""
    return SuiteDocument(
        format="nbtrace compare suite",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        suite=result.name,
        source=result.source,
        candidate=result.candidate,
        names=side_names(result.names),
        coverage=SuiteCoverage(
            cases=len(result.cases) + result.left_out,
            run=len(result.cases),
            left_out=result.left_out,
            not_comparable=len(result.of(CaseOutcome.NOT_COMPARABLE)),
            kept=result.kept,
            elsewhere=result.elsewhere,
        ),
        num_agree=len(result.of(CaseOutcome.AGREE)),
        num_differ=len(result.of(CaseOutcome.DIFFER)),
        digest=result.digest,
        notices=tuple(notice.text for notice in result.notices),
        cases={case.name: _case(case) for case in result.cases},
    ).written()


def _case(case: CaseResult) -> ComparedCase | LackingCase:
    fields: dict[str, Any] = {
        "outcome": case.outcome.value,
        "about": case.about,
        "reason": case.reason or None,
        "exit_code": None if case.error is None else int(case.error),
        "reference": case.reference or None,
        "c_binary_sha256": case.reference_sha256,
        "worst_relative": case.worst_relative,
        "runtime_c_ms": case.c_ms,
        "runtime_py_ms": case.py_ms,
        "traced_pixels": case.traced,
        "first_divergence": case.first_divergence,
        "notices": case.notices,
        "captured_pixels": case.captured,
        "untraced": case.untraced,
        "quantities": judged_entries(case.as_judged.quantities),
        "parameters": dict(case.parameters),
    }
    return LackingCase(**fields) if case.metrics is None else ComparedCase(**fields, **asdict(case.metrics))
