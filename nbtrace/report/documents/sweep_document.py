"""A sweep over precisions and devices as a JSON document."""

from collections.abc import Mapping

from nbtrace.compare.sweep_result import Measured, SweepOutcome, SweepResult, Swept
from nbtrace.records import Record
from nbtrace.report.documents.trace_documents import FORMAT_VERSION, names_document, notices_document
from nbtrace.report.views.sweep_view import headline


def sweep_document(result: SweepResult) -> Mapping[str, object]:
    """Return a sweep; relative differences are (run − other)/|other|, the first run is the most precise."""
    first = result.first_defect
    return {
        "format": "nbtrace sweep",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "answer": headline(result),
        "tolerance_rel": result.policy.relative.value,
        "first_defect": first.quantity if first is not None else None,
        "roots": list(result.roots),
        "counts": {outcome.value: len(result.of_outcome(outcome)) for outcome in SweepOutcome},
        "values_compared": result.compared,
        "runs": [
            {
                "name": run.name,
                "dtype": run.precision.value,
                "device": run.device,
                "source": run.trace.source,
                "not_in_both": list(result.lacking.get(run.name, ())),
            }
            for run in result.runs
        ],
        "absent": [{"device": item.device, "asked": item.asked, "reason": item.reason} for item in result.absent],
        "reference": None if result.reference is None else {"source": result.reference.source},
        "names": names_document(result.policy.vocabulary.names),
        "notices": notices_document(result.notices),
        "quantities": {
            item.quantity: {**_quantity(item), "exceeds_rounding": result.exceeds_rounding(item)}
            for item in result.quantities
        },
    }


def _quantity(item: Swept) -> Mapping[str, object]:
    place = item.shown
    known = place.readings[0].record.known
    return {
        "description": known.description if known else "",
        "unit": known.unit if known else place.readings[0].record.unit,
        "outcome": item.outcome.value,
        "trend": place.trend.value,
        "reason": place.reason,
        "index": place.index.label(),
        "places": {"compared": len(item.places), "moving": item.moving},
        "condition": item.condition,
        "digits_kept": place.digits,
        "reference_value": _value(place.reference) if place.reference is not None else None,
        "reference_line": place.reference.line if place.reference is not None else None,
        "runs": {
            reading.run.name: {
                "value": _value(reading.record),
                "text": reading.record.value.text,
                "line": reading.record.line,
                "moved": _measured(reading.moved),
                "from_reference": _measured(reading.apart),
            }
            for reading in place.readings
        },
    }


def _value(record: Record) -> object:
    if not record.numbers:
        return record.value.text
    return record.numbers[0] if len(record.numbers) == 1 else list(record.numbers)


def _measured(measured: Measured | None) -> Mapping[str, object] | None:
    if measured is None:
        return None
    return {
        "rel_delta": measured.relative,
        "digits_in_agreement": measured.digits,
        "status": measured.status.value,
        "reason": measured.reason,
    }
