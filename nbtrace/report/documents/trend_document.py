"""The JSON document of `nbtrace trend`."""

import math

from nbtrace.history.trend import QuantitySeries, TrendResult
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.trend import (
    FlickerEntry,
    GoneEntry,
    LossEntry,
    SeriesEntry,
    SeriesPoint,
    TrendDocument,
    WideEntry,
)
from nbtrace.report.documents.parts import Document
from nbtrace.report.documents.waivers_document import with_waivers
from nbtrace.vocabulary.quantity import Basis


def trend_document(result: TrendResult) -> Document:
    """Return what a history says."""
    document = TrendDocument(
        format="nbtrace trend",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        source=result.source,
        runs=result.runs,
        losses=tuple(
            LossEntry(
                case=item.case,
                quantity=item.quantity,
                digits_before=item.before,
                digits_now=item.now,
                commit=item.line.commit,
                previous_commit=item.previous.commit,
                time=item.line.time,
                status=item.newest.status,
            )
            for item in result.losses
        ),
        gone=tuple(
            GoneEntry(case=item.case, quantity=item.quantity, commit=item.line.commit, time=item.line.time)
            for item in result.gone
        ),
        could_be_tighter=tuple(
            WideEntry(
                case=item.case,
                quantity=item.quantity,
                tolerance=item.tolerance,
                basis=item.basis,
                headroom=item.headroom,
                runs=item.runs,
            )
            for item in result.wide
        ),
        flickers=tuple(
            FlickerEntry(
                case=item.case, quantity=item.quantity, changes=item.changes, runs=item.runs, commit=item.commit
            )
            for item in result.flickers
        ),
        series=tuple(_series(item) for item in result.series if item.measured),
    ).written()
    return with_waivers(document, result.waivers)


def _series(item: QuantitySeries) -> SeriesEntry:
    newest = item.newest
    relative = newest.tolerance if newest.basis == Basis.RELATIVE.value else None
    return SeriesEntry(
        case=item.case,
        quantity=item.quantity,
        tolerance_digits=-math.log10(relative) if relative else None,
        points=tuple(
            SeriesPoint(time=line.time, commit=line.commit, digits=line.digits, status=line.status)
            for line in item.measured
        ),
    )
