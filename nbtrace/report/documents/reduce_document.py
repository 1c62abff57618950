"""The JSON document of `nbtrace reduce`."""

from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.reduce import Pass, Reduction, Steadiness
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.reduce import CaseEntry, FailureEntry, PassEntry, ReduceDocument
from nbtrace.report.documents.parts import SIDE_WORDS, Document, notice_entries, pixel_place
from nbtrace.report.views.reduce_view import headline

_STEADY = {Steadiness.STEADY: True, Steadiness.CHANGED: False, Steadiness.UNTESTED: None}


def reduce_document(result: Reduction) -> Document:
    """Return a reduction."""
    passing = result.passing
    return ReduceDocument(
        format="nbtrace reduce",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        answer=headline(result),
        c=result.sides.c,
        py=result.sides.py,
        failure=None if result.failure is None else _failure(result.failure),
        given=_case(result.given),
        smallest=None if result.failure is None else _case(result.smallest),
        passing=None if passing is None else _case(passing.case),
        between=None if passing is None else passing.text,
        minimal=result.is_minimal,
        steady=_STEADY[result.steadiness],
        kept=result.kept,
        runs=result.runs,
        recalled=result.recalled,
        unresolved=result.unresolved,
        passes=tuple(map(_pass, result.passes)),
        notices=notice_entries(result.notices),
    ).written()


def _case(case: FlagCase) -> CaseEntry:
    return CaseEntry(args=case.words, pixel=None if case.pixel is None else pixel_place(case.pixel))


def _failure(failure: CaseFailure) -> FailureEntry:
    return FailureEntry(
        images=failure.images.value,
        gate=failure.gate or None,
        band=failure.band or None,
        quantity=failure.quantity or None,
        side=SIDE_WORDS[failure.side],
        cause=failure.cause or None,
        text=failure.words,
        untraced=failure.untraced or None,
        pixel=None if failure.pixel is None else pixel_place(failure.pixel),
    )


def _pass(done: Pass) -> PassEntry:
    return PassEntry(
        round=done.round,
        stage=done.stage.value,
        words_before=done.words[0],
        words_after=done.words[1],
        samples_before=done.size[0] or None,
        samples_after=done.size[1] or None,
        runs=done.runs,
    )
