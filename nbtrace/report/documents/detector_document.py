"""The JSON document of two compared whole-detector traces."""

from nbtrace.detector.detector_result import (
    ApartPixels,
    DetectorCoverage,
    DetectorResult,
    DetectorSide,
    DivergentPixel,
    FirstQuantity,
)
from nbtrace.report.documents.models.detector import (
    ApartEntry,
    DetectorCoverageEntry,
    DetectorDocument,
    DetectorSource,
    FirstDivergencePixel,
    FirstQuantityEntry,
    RowPlace,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document, notice_entries, pixel_place, pixel_region, side_names
from nbtrace.report.views.detector_view import detector_headline, pixel_command


def detector_document(result: DetectorResult) -> Document:
    """Return a comparison of two whole-detector traces."""
    return DetectorDocument(
        format="nbtrace detector",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        answer=detector_headline(result),
        names=side_names(result.policy.vocabulary.names),
        tolerance_rel=result.policy.relative.value,
        shape_slow_fast=result.map.codes.shape,
        first_divergence=next((item.quantity for item in result.firsts if item.pixels), None),
        num_divergent=result.divergent,
        c=_source(result.c),
        py=_source(result.py),
        notices=notice_entries(result.notices),
        quantities=tuple(_quantity(item, result) for item in result.firsts),
        coverage=_coverage(result.coverage),
    ).written()


def _source(side: DetectorSide) -> DetectorSource:
    run = side.run
    return DetectorSource(
        source=side.source, rows=side.rows, pixels=side.pixels, flags=run.flags, mode=run.mode, engine=run.engine
    )


def _quantity(item: FirstQuantity, result: DetectorResult) -> FirstQuantityEntry:
    return FirstQuantityEntry(
        quantity=item.quantity,
        unit=item.unit,
        pixels=item.pixels,
        share=item.pixels / result.coverage.pixels,
        diverging=item.diverging,
        statuses={status.value: many for status, many in item.statuses.items()},
        region=None if item.region is None else pixel_region(item.region),
        parts=item.parts,
        worst=None if item.worst is None else _pixel(item.worst, result),
    )


def _pixel(worst: DivergentPixel, result: DetectorResult) -> FirstDivergencePixel:
    return FirstDivergencePixel(
        pixel=pixel_place(worst.pixel),
        place=tuple(RowPlace(name=name, ordinal=ordinal) for name, ordinal in worst.place),
        worst_component=worst.component or None,
        c_value=worst.c,
        py_value=worst.py,
        rel_delta=worst.relative,
        status=worst.status.value,
        command=pixel_command(result, worst.pixel),
    )


def _apart(pixels: ApartPixels) -> ApartEntry:
    region = None if pixels.region is None else pixel_region(pixels.region)
    return ApartEntry(pixels=pixels.pixels, region=region)


def _coverage(covered: DetectorCoverage) -> DetectorCoverageEntry:
    return DetectorCoverageEntry(
        pixels=covered.pixels,
        agreeing=covered.agreeing,
        only_c=_apart(covered.only_c),
        only_py=_apart(covered.only_py),
        lacking=_apart(covered.lacking),
        lacking_in_all=covered.lacking_in_all,
        uncompared=_apart(covered.uncompared),
        untraced=covered.untraced,
        values=covered.values,
        expected=covered.expected,
        quantities=covered.quantities,
        empty=covered.empty,
        missing_on_c=covered.missing_on_c,
        missing_on_py=covered.missing_on_py,
        unused_c=dict(covered.unused_c),
        unused_py=dict(covered.unused_py),
        texts_equal=covered.equal,
        texts_apart=covered.apart,
    )
