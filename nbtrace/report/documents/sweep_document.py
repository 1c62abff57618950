"""A sweep over precisions and devices as a JSON document."""

from nbtrace.compare.sweep_result import Measured, Reading, SweepOutcome, SweepResult, Swept
from nbtrace.records import Record
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.sweep import (
    AbsentDevice,
    MeasuredDifference,
    PlaceCount,
    ReferenceSource,
    SweepDocument,
    SweepRunEntry,
    SweptEntry,
    SweptQuantity,
)
from nbtrace.report.documents.parts import Document, notice_entries, side_names
from nbtrace.report.views.sweep_view import headline


def sweep_document(result: SweepResult) -> Document:
    """Return a sweep; relative differences are (run − other)/|other|, the first run is the most precise."""
    first = result.first_defect
    return SweepDocument(
        format="nbtrace sweep",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        answer=headline(result),
        tolerance_rel=result.policy.relative.value,
        first_defect=first.quantity if first is not None else None,
        roots=result.roots,
        counts={outcome.value: len(result.of_outcome(outcome)) for outcome in SweepOutcome},
        values_compared=result.compared,
        runs=tuple(
            SweepRunEntry(
                name=run.name,
                dtype=run.precision.value,
                device=run.device,
                source=run.trace.source,
                not_in_both=result.lacking.get(run.name, ()),
            )
            for run in result.runs
        ),
        absent=tuple(AbsentDevice(device=item.device, asked=item.asked, reason=item.reason) for item in result.absent),
        reference=None if result.reference is None else ReferenceSource(source=result.reference.source),
        names=side_names(result.policy.vocabulary.names),
        notices=notice_entries(result.notices),
        quantities={
            item.quantity: _quantity(item, exceeds_rounding=result.exceeds_rounding(item)) for item in result.quantities
        },
    ).written()


def _quantity(item: Swept, *, exceeds_rounding: bool) -> SweptQuantity:
    place = item.shown
    known = place.readings[0].record.known
    return SweptQuantity(
        description=known.description if known else "",
        unit=known.unit if known else place.readings[0].record.unit,
        outcome=item.outcome.value,
        trend=place.trend.value,
        reason=place.reason,
        index=place.index.label(),
        places=PlaceCount(compared=len(item.places), moving=item.moving),
        condition=item.condition,
        digits_kept=place.digits,
        reference_value=_value(place.reference) if place.reference is not None else None,
        reference_line=place.reference.line if place.reference is not None else None,
        runs={reading.run.name: _reading(reading) for reading in place.readings},
        exceeds_rounding=exceeds_rounding,
    )


def _reading(reading: Reading) -> SweptEntry:
    return SweptEntry(
        value=_value(reading.record),
        text=reading.record.value.text,
        line=reading.record.line,
        moved=_measured(reading.moved),
        from_reference=_measured(reading.apart),
    )


def _value(record: Record) -> float | str | tuple[float, ...]:
    if not record.numbers:
        return record.value.text
    return record.numbers[0] if len(record.numbers) == 1 else record.numbers


def _measured(measured: Measured | None) -> MeasuredDifference | None:
    if measured is None:
        return None
    return MeasuredDifference(
        rel_delta=measured.relative,
        digits_in_agreement=measured.digits,
        status=measured.status.value,
        reason=measured.reason,
    )
