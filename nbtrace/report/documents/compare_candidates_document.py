"""The JSON document of `nbtrace compare` with several candidates."""

import shlex

from nbtrace.programs.candidates_comparison import CandidateResult, CandidatesComparison, SharedPixel
from nbtrace.report.documents.compare_document import compare_model
from nbtrace.report.documents.models.compare_candidates import (
    CandidateCoverage,
    CandidateEntry,
    CompareCandidatesDocument,
    SharedPixelEntry,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document, pixel_place, side_names
from nbtrace.verdicts.case_names import candidate_case
from nbtrace.verdicts.status import Verdict


def compare_candidates_document(result: CandidatesComparison, *, pictures: bool, case: str | None = None) -> Document:
    """Return several candidates on the same flags.

    Parameters
    ----------
    result : CandidatesComparison
    pictures : bool
        Whether pictures were drawn.
    case : str, optional
        What waivers and histories call the case; by default the flags.
    """
    binary = result.reference.binary
    return CompareCandidatesDocument(
        format="nbtrace compare_candidates",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        names=side_names(result.names),
        args=result.line.words,
        reference=result.reference.name,
        c_binary_sha256=None if binary is None else binary.sha256,
        coverage=CandidateCoverage(
            candidates=len(result.candidates),
            num_agree=len(result.of(Verdict.AGREE)),
            num_differ=len(result.of(Verdict.DIFFER)),
            not_comparable=len(result.of(Verdict.NOT_COMPARABLE)),
        ),
        candidates={
            item.name: _candidate(item, case or shlex.join(result.line.words), pictures=pictures)
            for item in result.candidates
        },
        same_images=result.same_images,
        shared=tuple(map(_shared, result.shared)),
    ).written()


def _candidate(item: CandidateResult, case: str, *, pictures: bool) -> CandidateEntry:
    compared = item.comparison
    first = None if compared is None else compared.first_divergence
    return CandidateEntry(
        verdict=item.verdict.value,
        reason=item.reason,
        exit_code=None if item.error is None else int(item.error),
        program=item.program,
        case=candidate_case(case, item.name),
        first_divergence=None if first is None else first[1],
        comparison=None if compared is None else compare_model(compared, pictures=pictures),
    )


def _shared(item: SharedPixel) -> SharedPixelEntry:
    return SharedPixelEntry(
        candidates=item.divergence.logs,
        pixel=pixel_place(item.pixel),
        quantity=item.divergence.row.quantity,
        index=item.divergence.row.index.label(),
        same_value=item.divergence.same_value,
        is_first=item.divergence.is_first,
    )
