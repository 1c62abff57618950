"""The first divergence of any document, and what another document says of it."""

from collections.abc import Mapping
from typing import Any

from nbtrace.history.bisection import CommitOutcome, DivergenceMark
from nbtrace.report.documents.measured import MeasuredCase, measured_cases
from nbtrace.verdicts.status import Status


def divergence_mark(document: Mapping[str, Any]) -> DivergenceMark | None:
    """Return the first divergence of a document; None where nothing diverges.

    Raises
    ------
    InputError
        If it is not of the form that it claims.
    """
    cases = measured_cases(document)
    return next((_mark(case, cases) for case in cases if case.first_divergence is not None), None)


def commit_outcome(document: Mapping[str, Any], mark: DivergenceMark) -> tuple[CommitOutcome, str]:
    """Return what a document says of a divergence, and what diverges first in it.

    Raises
    ------
    InputError
        If it is not of the form that it claims.
    """
    cases = measured_cases(document)
    own = [case for case in cases if len(cases) == 1 or case.name == mark.case]
    if not own:
        return CommitOutcome.FAILED, "the result has no such case"
    case = own[0]
    if case.first_divergence is None:
        agrees = case.verdict == "agree"
        return (CommitOutcome.ABSENT, "agrees") if agrees else (CommitOutcome.FAILED, case.verdict or "no verdict")
    found = _mark(case, cases)
    if mark.is_same(found):
        return CommitOutcome.SAME, str(found)
    hidden = any(item.quantity == mark.quantity and item.status != Status.PASS.value for item in case.quantities)
    return (CommitOutcome.HIDDEN if hidden else CommitOutcome.ABSENT), str(found)


def _mark(case: MeasuredCase, cases: tuple[MeasuredCase, ...]) -> DivergenceMark:
    first = case.first_divergence or ""
    told = next((item for item in case.quantities if item.quantity == first), None)
    side, cause = ("", "") if told is None else (told.side, told.cause)
    return DivergenceMark(first, case.name if len(cases) > 1 else "", side, cause)
