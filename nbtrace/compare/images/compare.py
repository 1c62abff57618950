"""Comparing two images."""

import math
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from nbtrace.compare.images import image_metrics as figures
from nbtrace.compare.images.gates import gates
from nbtrace.compare.images.image_metrics import Metrics
from nbtrace.compare.images.image_pair import ImagePair
from nbtrace.compare.images.image_relations import image_relation
from nbtrace.compare.images.mask_values import is_mark
from nbtrace.compare.images.options import ImageOptions
from nbtrace.compare.images.orientation import better_placement
from nbtrace.compare.images.peaks import PeakMatching, Peaks, find_peaks, match_peaks
from nbtrace.compare.images.pixelwise import PixelScan, PixelTolerance, scan
from nbtrace.compare.images.resample import resampled
from nbtrace.compare.images.result import ImagesResult, PixelSteps, WorstPixel
from nbtrace.compare.images.rounding import Rounding, rounding_of
from nbtrace.compare.images.selection import ComparedPixels, select
from nbtrace.compare.images.shells import shells
from nbtrace.compare.images.sums import Moments
from nbtrace.errors import InputError
from nbtrace.images.autoscaled import BRIGHTEST, is_autoscaled
from nbtrace.images.given_images import Picture, given_image
from nbtrace.images.image import Geometry, Image, Pixels
from nbtrace.images.resolution import differences, miller_indices, resolution
from nbtrace.records import Side
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.sides import Names

_FEW = 0.01
"""Share of differing pixels up to which no other placement is looked for."""


def compare_images(
    c: Picture, py: Picture, options: ImageOptions | None = None, *, shape: tuple[int, int] | None = None
) -> ImagesResult:
    """Compare two images of real numbers.

    Figures are correctly rounded from exact sums, so they do not depend on the order of the pixels, and exchanging the
    images exchanges them exactly.

    Parameters
    ----------
    c, py : Image, array of shape (slow, fast), or name of a file
        The reference's image and the other one. One .npz file, given twice, may hold both, as `c` and `py`.
    options : ImageOptions, optional
        Which pixels, and what counts as agreement.
    shape : (int, int), optional
        Pixels along slow and fast of files without a header.

    Raises
    ------
    UsageError
        If an array is no image.
    InputError
        If a file cannot be read, no pixel can be compared, or neither image varies.
    MismatchError
        If the shapes differ (and not `options.resample`), or region or mask do not fit.
    """
    options = options or ImageOptions()
    c, py = (given_image(given, side, options.names, shape) for given, side in ((c, Side.C), (py, Side.PY)))
    c, py, notes = resampled(c, py, options.names) if options.resample else (c, py, ())
    selection = select(c, py, options)
    _refuse_constants(selection, c, py, options.names)
    tolerance = PixelTolerance.resolved(selection.c, selection.py, options.relative, options.absolute)
    sums = selection.values.sums
    pixels = scan(selection.c, selection.py, tolerance)
    peaks = _matched_peaks(c.pixels, py.pixels, selection, sums)
    metrics = _metrics(selection, sums, pixels, peaks)
    geometry = options.geometry or c.geometry or py.geometry
    rounding = rounding_of(selection.c, selection.py, options.names)
    judged = gates(metrics, selection, pixels, tolerance, options, rounding)
    placement = better_placement(c.pixels, py.pixels, selection.compared) if metrics.share_beyond > _FEW else None
    differs = any(gate.status.diverges for gate in judged)
    return ImagesResult(
        c=c,
        py=py,
        options=options,
        selection=selection,
        geometry=geometry,
        tolerance=tolerance,
        metrics=metrics,
        gates=judged,
        status_counts=pixels.counts,
        worst_pixels=_worst(pixels.worst, selection, tolerance, geometry),
        worst_relative=_worst(pixels.worst_relative, selection, tolerance, geometry),
        brightest=selection.place(int(np.argmax(selection.c))),
        steps=PixelSteps(pixels.step_of, pixels.steps) if pixels.steps is not None else None,
        peaks=peaks,
        shells=shells(selection, geometry) if geometry is not None else (),
        placement=placement,
        notices=tuple(
            sorted(
                (*_notices(c, py, selection, metrics, notes, options.names), *_excuses(selection, rounding, options)),
                key=lambda notice: -notice.weight,
            )
        ),
        rounding=rounding,
        relation=image_relation(
            ImagePair(c.pixels, py.pixels, selection.wanted, options.names, placement, selection.values)
        )
        if differs
        else None,
    )


def _excuses(selection: ComparedPixels, rounding: Rounding | None, options: ImageOptions) -> Iterator[Notice]:
    """Yield what was left out or forgiven."""
    for side, count in zip(options.names.pair, selection.masked, strict=True):
        if count:
            text = f"the mask in the file of {side} leaves out {count} pixel{'s' * (count != 1)}"
            yield Notice(Subject.TOLERANCE, Weight.WARNING, text)
    for side, count in zip(options.names.pair, selection.marked, strict=True):
        if count:
            text = f"{count} pixels hold a value of a mask in {side} and are not compared"
            yield Notice(Subject.TOLERANCE, Weight.WARNING, text)
    if rounding is not None:
        yield Notice(Subject.PRECISION, Weight.WARNING, rounding.words(options.names))


def _refuse_constants(selection: ComparedPixels, c: Image, py: Image, names: Names) -> None:
    """Raise an error if neither image varies, or one is all mask: there is no pattern that could agree."""
    sides = [
        (side, image, *values.ends)
        for side, image, values in zip(names.pair, (c, py), (selection.values.x, selection.values.y), strict=True)
    ]
    count = selection.c.size
    if all(low == high for _, _, low, high in sides):
        if count == 1:
            raise InputError("one pixel makes no image to compare; compare its traces with nbtrace diff")
        held = " and ".join(f"{side}, {image.source}, is {low:g}" for side, image, low, _ in sides)
        raise InputError(f"there is nothing to compare: {held} in all {count} compared pixels, so there is no pattern")
    for side, image, low, high in sides:
        if count > 1 and low == high and is_mark(low, image.pixels.dtype):
            raise InputError(
                f"there is nothing to compare: {side}, {image.source}, is {low:.10g} in all {count} compared pixels "
                "(a mask, not intensities)"
            )


def _matched_peaks(c: Pixels, py: Pixels, selection: ComparedPixels, sums: Moments) -> PeakMatching:
    return match_peaks(
        _peaks(c, selection, sums, sums.x, sums.xx),
        _peaks(py, selection, sums, sums.y, sums.yy),
    )


def _peaks(pixels: Pixels, selection: ComparedPixels, sums: Moments, total: Fraction, squares: Fraction) -> Peaks:
    mean = figures.number(total / sums.count)
    variance = figures.variance_sum(sums.count, total, squares) / sums.count**2
    return find_peaks(pixels, selection.compared, mean, figures.root(variance))


def _metrics(selection: ComparedPixels, sums: Moments, pixels: PixelScan, peaks: PeakMatching) -> Metrics:
    mse = figures.mean_square_difference(sums)
    return Metrics(
        pixels=sums.count,
        correlation=figures.correlation(sums),
        rmse=figures.root(mse),
        mse=figures.number(mse),
        max_abs_diff=pixels.max_abs_diff,
        c_sum=figures.number(sums.x),
        py_sum=figures.number(sums.y),
        sum_ratio=figures.ratio(sums.y, sums.x),
        scale=figures.ratio(sums.xy, sums.xx),
        scale_reverse=figures.ratio(sums.xy, sums.yy),
        c_max=selection.values.x.ends.high,
        py_max=selection.values.y.ends.high,
        c_mean=figures.number(sums.x / sums.count),
        py_mean=figures.number(sums.y / sums.count),
        identical=pixels.identical,
        beyond=pixels.beyond,
        share_beyond=pixels.beyond / sums.count,
        zero_in_c=pixels.zero_in_x,
        zero_in_py=pixels.zero_in_y,
        mean_peak_distance=peaks.mean_distance,
        max_peak_distance=peaks.max_distance,
    )


def _worst(
    positions: Iterable[int], selection: ComparedPixels, tolerance: PixelTolerance, geometry: Geometry | None
) -> tuple[WorstPixel, ...]:
    return tuple(_worst_pixel(position, selection, tolerance, geometry) for position in positions)


def _worst_pixel(
    position: int, selection: ComparedPixels, tolerance: PixelTolerance, geometry: Geometry | None
) -> WorstPixel:
    slow, fast = selection.place(position)
    c, py = float(selection.c[position]), float(selection.py[position])
    d = resolution(geometry, slow + 0.5, fast + 0.5) if geometry is not None else None
    return WorstPixel(
        pixel=(slow, fast),
        c=c,
        py=py,
        difference=py - c,
        relative=abs(py - c) / max(abs(c), abs(py)),
        status=tolerance.status(c, py),
        resolution=d if d is None or math.isfinite(d) else None,
        hkl=miller_indices(geometry, slow + 0.5, fast + 0.5) if geometry is not None else None,
    )


def _notices(
    c: Image, py: Image, selection: ComparedPixels, metrics: Metrics, notes: Iterable[str], names: Names
) -> Iterator[Notice]:
    yield from _file_notices(c, py, names)
    for note in notes:
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, note)
    if c.geometry is not None and py.geometry is not None:
        apart = ", ".join(differences(c.geometry, py.geometry, names))
        if apart:
            yield Notice(Subject.CONFIGURATION, Weight.WARNING, f"the headers tell different geometries: {apart}")
    if c.pixels is py.pixels or (c.format == py.format and _same_file(c.source, py.source)):
        yield Notice(Subject.SIDES, Weight.WARNING, f"both images are {c.source}: a file always agrees with itself")
    elif metrics.identical == metrics.pixels:
        yield Notice(Subject.PRECISION, Weight.INFO, f"all {metrics.pixels} compared pixels have identical values")
    if many := selection.both_not_finite:
        those, are = ("1 pixel", "is") if many == 1 else (f"{many} pixels", "are")
        text = f"{those} {are} nan or inf in both images and {are} not compared"
        yield Notice(Subject.PRECISION, Weight.WARNING, text)
    if c.pixels.dtype != py.pixels.dtype:
        kinds = f"{names.reference} {c.pixels.dtype.name}, {names.candidate} {py.pixels.dtype.name}"
        yield Notice(Subject.PRECISION, Weight.INFO, f"the images hold different number formats: {kinds}")


def _file_notices(c: Image, py: Image, names: Names) -> Iterator[Notice]:
    """Yield what each file says of its image, and what its pixels say of their scale."""
    sides = tuple(zip(names.pair, (c, py), strict=True))
    for side, image in sides:
        if image.frame.count > 1:
            text = f"{side}, {image.source}: {image.frame}; the others are not compared, --frame N chooses another"
            yield Notice(Subject.SIDES, Weight.WARNING, text)
        for remark in image.remarks:
            yield Notice(Subject.SIDES, Weight.WARNING, f"{side}, {image.source}: {remark}")
    scaled = [side for side, image in sides if is_autoscaled(image)]
    if scaled:
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, _scaled_words(scaled))


def _scaled_words(sides: list[str]) -> str:
    which = f"{' and '.join(sides)} {'are integer images' if len(sides) > 1 else 'is an integer image'}"
    whose = "each" if len(sides) > 1 else "it"
    return (
        f"{which} as nanoBragg writes without -scale: the brightest pixel of {whose} is made {BRIGHTEST}, so sums and "
        "scale say nothing of the intensities; compare the images of -floatfile, or give both runs -scale 1"
    )


def _same_file(c: str, py: str) -> bool:
    """Whether two names are of one file, through links of any kind."""
    if os.path.realpath(c) == os.path.realpath(py):
        return True
    try:
        return Path(c).samefile(py)
    except (OSError, ValueError):
        return False
