"""A comparison of two images as a JSON document."""

from collections.abc import Mapping
from dataclasses import asdict

from nbtrace.compare.images.gates import Gate
from nbtrace.compare.images.orientation import Orientation
from nbtrace.compare.images.result import ImagesResult, WorstPixel
from nbtrace.images.image import Image
from nbtrace.report.documents.trace_documents import FORMAT_VERSION, names_document, notices_document
from nbtrace.report.views.images_view import headline
from nbtrace.units import ANGSTROM


def images_document(result: ImagesResult) -> dict[str, object]:
    """Return a comparison of two images; the figures stand at the top level."""
    selection, peaks, placement = result.selection, result.peaks, result.placement
    return {
        "format": "nbtrace images",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "answer": headline(result),
        **asdict(result.metrics),
        "undefined": _undefined(result),
        "gates": [_gate(gate) for gate in result.gates],
        "tolerance": asdict(result.tolerance),
        "status_counts": {status.value: count for status, count in result.status_counts.items()},
        "worst_pixels": [_pixel(pixel) for pixel in result.worst_pixels],
        "worst_relative": [_pixel(pixel) for pixel in result.worst_relative],
        "brightest": {"slow": result.brightest[0], "fast": result.brightest[1]},
        "coverage": {
            "pixels": result.c.pixels.size,
            "compared": result.metrics.pixels,
            "outside_region_and_mask": selection.outside,
            "c_not_finite": selection.c_not_finite,
            "py_not_finite": selection.py_not_finite,
            "not_finite_in_both": selection.both_not_finite,
        },
        "roi": None if result.options.roi is None else list(result.options.roi.ends),
        "resampled": result.options.resample,
        "shells": [
            {
                "d_max_angstrom": shell.d_max / ANGSTROM,
                "d_min_angstrom": shell.d_min / ANGSTROM,
                "pixels": shell.pixels,
                "c_sum": shell.c_sum,
                "py_sum": shell.py_sum,
                "sum_ratio": shell.ratio,
            }
            for shell in result.shells
        ],
        "steps": None if result.steps is None else asdict(result.steps),
        "peaks": {
            "c": peaks.c_count,
            "py": peaks.py_count,
            "matched": len(peaks.matches),
            "c_alone": [list(place) for place in peaks.c_alone],
            "py_alone": [list(place) for place in peaks.py_alone],
        },
        "placement": None if placement is None else _placement(placement),
        "names": names_document(result.names),
        "c": _image(result.c),
        "py": _image(result.py),
        "notices": notices_document(result.notices),
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


def _placement(placement: Orientation) -> Mapping[str, object]:
    slow, fast = placement.shift
    return {
        "py_is": placement.name,
        "shift": {"slow": slow, "fast": fast},
        "correlation": placement.correlation,
        "as_given": placement.as_given,
        "of": "log(1 + I/median)",
    }


def _gate(gate: Gate) -> Mapping[str, object]:
    return {
        "name": gate.name,
        "status": gate.status.value,
        "value": gate.value,
        "limit": gate.limit,
        "origin": gate.origin,
        "reason": gate.reason,
    }


def _pixel(pixel: WorstPixel) -> Mapping[str, object]:
    return {
        "slow": pixel.pixel[0],
        "fast": pixel.pixel[1],
        "c": pixel.c,
        "py": pixel.py,
        "difference": pixel.difference,
        "relative": pixel.relative,
        "status": pixel.status.value,
        "resolution_angstrom": None if pixel.resolution is None else pixel.resolution / ANGSTROM,
        "hkl": None if pixel.hkl is None else list(pixel.hkl),
    }


def _image(image: Image) -> Mapping[str, object]:
    return {
        "source": image.source,
        "format": image.format,
        "shape_slow_fast": list(image.shape),
        "dtype": image.pixels.dtype.name,
    }
