"""The JSON document of `nbtrace gradients`."""

import math

from nbtrace.differentiation.derivative import Derivative
from nbtrace.differentiation.gradient_row import GradientRow, GradientStatus
from nbtrace.differentiation.gradients_result import GradientsResult
from nbtrace.report.documents.models.gradients import (
    DerivativeEntry,
    GradientEntry,
    GradientsDocument,
    GradientSource,
    GradientValue,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document, notice_entries, pixel_region, side_names
from nbtrace.vocabulary import registry


def gradients_document(result: GradientsResult) -> Document:
    """Return derivatives held against each other."""
    reference, candidate, sources = result.reference_value, result.candidate_value, result.sources
    first = result.first_apart
    return GradientsDocument(
        format="nbtrace gradients",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        what=result.what,
        region=pixel_region(result.region),
        flags=result.flags,
        c=GradientSource(name=sources.reference, by=sources.reference_by),
        py=GradientSource(name=sources.candidate, by=sources.candidate_by),
        witness=sources.witness,
        value=GradientValue(
            c=reference.value,
            c_noise=reference.noise,
            py=candidate.value,
            py_noise=candidate.noise,
            status=result.value_status.value,
        ),
        tolerance_rel=result.tolerance,
        first_apart=None if first is None else first.parameter.name,
        common_ratio=result.common_ratio,
        exchanged=result.exchanged or (),
        counts={status.value: len(result.of_status(status)) for status in GradientStatus},
        parameters={row.parameter.name: _entry(row) for row in result.rows},
        left_out=dict(result.left_out),
        names=side_names(registry.default().names),
        notices=notice_entries(result.notices),
    ).written()


def _entry(row: GradientRow) -> GradientEntry:
    digits = row.digits
    return GradientEntry(
        unit=row.parameter.unit,
        at=row.parameter.value,
        status=row.status.value,
        size=row.size.value,
        ratio_py_over_c=row.ratio,
        digits_in_agreement=digits if digits is not None and math.isfinite(digits) else None,
        meaning=row.meaning,
        reason=row.reason,
        held_against=row.stood_in,
        c=_derivative(row.reference),
        py=_derivative(row.candidate),
        witness=None if row.witness is None else _derivative(row.witness),
        own=None if row.own is None else _derivative(row.own),
    )


def _derivative(item: Derivative) -> DerivativeEntry:
    return DerivativeEntry(
        kind=item.kind.value,
        value=item.value if item.exists else None,
        error=item.error,
        step=item.step,
        sides=item.sides or (),
        reason=item.reason,
    )
