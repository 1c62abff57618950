"""A comparison of two images as a JSON document."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from nbtrace.compare.images.gates import Gate
from nbtrace.compare.images.orientation import Orientation
from nbtrace.compare.images.result import ImagesResult, WorstPixel
from nbtrace.explanation.images.image_causes import ImageCauses
from nbtrace.images.image import Geometry, Image
from nbtrace.report.documents.image_causes_document import causes_entry, relation_entry, rounding_entry
from nbtrace.report.documents.models.images import (
    DetectorGeometryEntry,
    DifferingPixel,
    GateEntry,
    ImageCoverage,
    ImagesDocument,
    ImageSource,
    NumberSteps,
    PeakCounts,
    PixelShift,
    PixelTolerances,
    PlacementEntry,
    ResolutionShell,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import notice_entries, pixel_place, side_names
from nbtrace.report.views.images_view import headline
from nbtrace.units import ANGSTROM


def images_document(result: ImagesResult, causes: ImageCauses | None = None) -> dict[str, object]:
    """Return a comparison of two images; the figures stand at the top level."""
    return ImagesDocument(
        format="nbtrace images",
        **images_fields(result, causes),
        answer=headline(result, causes),
        notices=notice_entries(result.notices),
    ).written()


def images_fields(result: ImagesResult, causes: ImageCauses | None = None) -> dict[str, Any]:
    """Return the fields of a document of two images, apart from its format, its answer and its notices."""
    selection, peaks, tolerance = result.selection, result.peaks, result.tolerance
    return {
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        **asdict(result.metrics),
        "undefined": _undefined(result),
        "gates": tuple(map(_gate, result.gates)),
        "tolerance": PixelTolerances(
            relative=tolerance.relative, absolute=tolerance.absolute, rounding=tolerance.rounding
        ),
        "status_counts": {status.value: count for status, count in result.status_counts.items()},
        "worst_pixels": tuple(map(_pixel, result.worst_pixels)),
        "worst_relative": tuple(map(_pixel, result.worst_relative)),
        "brightest": pixel_place(result.brightest),
        "coverage": ImageCoverage(
            pixels=result.c.pixels.size,
            compared=result.metrics.pixels,
            outside_region_and_mask=selection.outside,
            c_not_finite=selection.c_not_finite,
            py_not_finite=selection.py_not_finite,
            not_finite_in_both=selection.both_not_finite,
        ),
        "roi": None if result.options.roi is None else result.options.roi.ends,
        "resampled": result.options.resample,
        "shells": tuple(
            ResolutionShell(
                d_max_angstrom=shell.d_max / ANGSTROM,
                d_min_angstrom=shell.d_min / ANGSTROM,
                pixels=shell.pixels,
                c_sum=shell.c_sum,
                py_sum=shell.py_sum,
                sum_ratio=shell.ratio,
            )
            for shell in result.shells
        ),
        "geometry": None if result.geometry is None else _geometry(result.geometry),
        "steps": None
        if result.steps is None
        else NumberSteps(number_format=result.steps.number_format, counts=result.steps.counts),
        "peaks": PeakCounts(
            c=peaks.c_count,
            py=peaks.py_count,
            matched=len(peaks.matches),
            c_alone=peaks.c_alone,
            py_alone=peaks.py_alone,
        ),
        "placement": None if result.placement is None else _placement(result.placement),
        "relation": None if result.relation is None else relation_entry(result.relation, result.names),
        "rounding": None if result.rounding is None else rounding_entry(result.rounding),
        "causes": None if causes is None else causes_entry(causes, result.names),
        "names": side_names(result.names),
        "c": _image(result.c),
        "py": _image(result.py),
    }


def _undefined(result: ImagesResult) -> Mapping[str, str]:
    """Return why a figure is null."""
    reasons = {
        "correlation": "an image is constant",
        "sum_ratio": "an image sums to 0",
        "scale": "an image is 0 everywhere, or their products sum to 0",
        "scale_reverse": "an image is 0 everywhere, or their products sum to 0",
        "mean_peak_distance": "no peaks match",
        "max_peak_distance": "no peaks match",
    }
    return {name: reason for name, reason in reasons.items() if getattr(result.metrics, name) is None}


def _geometry(geometry: Geometry) -> DetectorGeometryEntry:
    return DetectorGeometryEntry(
        corner_mm=_numbers(geometry.pix0 * 1e3),
        fast=_numbers(geometry.fast),
        slow=_numbers(geometry.slow),
        pixel_mm=geometry.pixel_size * 1e3,
        beam=_numbers(geometry.beam),
        wavelength_angstrom=geometry.wavelength / ANGSTROM,
        cell_angstrom=None if geometry.cell is None else tuple(map(_numbers, geometry.cell / ANGSTROM)),
        origin=geometry.origin,
    )


def _numbers(vector: Iterable[Any]) -> tuple[float, ...]:
    return tuple(map(float, vector))


def _placement(placement: Orientation) -> PlacementEntry:
    slow, fast = placement.shift
    return PlacementEntry(
        py_is=placement.name,
        shift=PixelShift(slow=slow, fast=fast),
        correlation=placement.correlation,
        as_given=placement.as_given,
        of="log(1 + I/median)",
    )


def _gate(gate: Gate) -> GateEntry:
    return GateEntry(
        name=gate.name,
        status=gate.status.value,
        value=gate.value,
        limit=gate.limit,
        origin=gate.origin,
        reason=gate.reason,
    )


def _pixel(pixel: WorstPixel) -> DifferingPixel:
    return DifferingPixel(
        slow=pixel.pixel[0],
        fast=pixel.pixel[1],
        c=pixel.c,
        py=pixel.py,
        difference=pixel.difference,
        relative=pixel.relative,
        status=pixel.status.value,
        resolution_angstrom=None if pixel.resolution is None else pixel.resolution / ANGSTROM,
        hkl=pixel.hkl,
    )


def _image(image: Image) -> ImageSource:
    return ImageSource(
        source=image.source,
        format=image.format,
        shape_slow_fast=image.shape,
        dtype=image.pixels.dtype.name,
        frame=image.frame.number,
        frames=image.frame.count,
    )
