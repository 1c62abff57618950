"""What `nbtrace images` does, once its words are read."""

import gc
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrace.cli.destinations import STDOUT, Destinations, require_matplotlib
from nbtrace.cli.given_waivers import (
    GivenWaivers,
    document_with,
    given_waivers,
    waived_code,
    waived_or_plain,
    waiver_files,
)
from nbtrace.cli.image_settings import mask_values_of, origins_of, pixel_tolerances
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.documents import uncollected
from nbtrace.errors import ExitCode, UsageError
from nbtrace.files import write_new
from nbtrace.frozen import frozen
from nbtrace.progress import stage
from nbtrace.records import Side
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from nbtrace.compare.images import ImagesResult
    from nbtrace.explanation.images.image_causes import ImageCauses
    from nbtrace.images.image import Geometry
    from nbtrace.images.roi import Roi
    from nbtrace.verdicts.waivers import WaiverReport
    from simulator.config import Config


def run_images(
    c_image: str,
    py_image: str,
    flags: list[str] | None = None,
    *,
    shape: tuple[int, int] | None = None,
    frame: int | None = None,
    region: tuple[int, int, int, int] | None = None,
    roi: tuple[int, int, int, int] | None = None,
    mask: str | None = None,
    mask_values: str | None = None,
    geometry: str | None = None,
    config: str | None = None,
    threshold: float | None = None,
    sum_ratio: tuple[float, float] | None = None,
    tolerance: list[str] | None = None,
    outliers: float | None = None,
    resample: bool = False,
    waivers: Path | None = None,
    case: str | None = None,
    save_diff: Path | None = None,
    pictures: Path | None = None,
    svg: bool = False,
    destinations: Destinations,
    screen: int | None = None,
) -> ExitCode:
    """Compare two images and deliver the result."""
    with uncollected():
        _load_numpy()
        from nbtrace.compare.images import ImageOptions, compare_images  # noqa: PLC0415 - numpy, loaded only now
        from nbtrace.compare.images.image_parts import keep_freed_memory  # noqa: PLC0415
        from nbtrace.images.hdf5_images import split_name  # noqa: PLC0415
        from nbtrace.images.read import read_image, read_mask  # noqa: PLC0415
        from nbtrace.report.views.images_view import images_view  # noqa: PLC0415

    gc.freeze()  # what was imported stays
    if shape is not None and min(shape) < 1:
        raise UsageError(f"--shape {shape[0]} {shape[1]}: an image has at least one pixel along slow and fast")
    files = (*(str(split_name(name)[0]) for name in (c_image, py_image)), mask, geometry)
    named = tuple(name for name in files if name is not None)
    waived = given_waivers(waivers, case, None)
    named += waiver_files(waived)
    extra = _Extra(save_diff, pictures, ("png", "svg") if svg else ("png",), destinations.force)
    delivery = Delivery("images", named, replace(destinations, others=extra.files), screen=screen)
    settings: dict[str, Any] = {
        name: value
        for name, value in (
            ("roi", _roi(region, roi)),
            ("threshold", threshold),
            ("sum_ratio", sum_ratio),
            ("outliers", outliers),
            ("mask_values", mask_values_of(mask_values)),
            *pixel_tolerances(tolerance or []).items(),
        )
        if value is not None
    }
    configured = _configuration(geometry, config, flags or [])
    told_shape = None if configured is None else configured.shape_slow_fast
    c, py = (
        read_image(name, shape=shape or _fitting(name, told_shape), side=side, frame=frame)
        for name, side in ((c_image, Side.C), (py_image, Side.PY))
    )
    options = ImageOptions(
        **settings,
        mask=None if mask is None else read_mask(mask, shape=shape),
        resample=resample,
        names=chosen(None, Path()).vocabulary.names,
        geometry=_geometry(geometry, config, flags or [], configured),
        origins=origins_of(settings),
    )
    with stage("comparing the images"):
        keep_freed_memory(c.pixels.size)
        result = compare_images(c, py, options)
    causes = _causes(result, configured)
    report = None if waived is None else _held(waived, case, (c_image, py_image), result)
    return delivery.deliver(
        waived_or_plain(images_view(result, causes), report),
        lambda: _document(result, causes, report),
        outputs=extra.write(result, destinations.bundle),
        code=waived_code(EXIT_OF[result.verdict], report),
    )


def _roi(region: tuple[int, int, int, int] | None, roi: tuple[int, int, int, int] | None) -> "Roi | None":
    if region is None and roi is None:
        return None
    from nbtrace.cli.region import region_of  # noqa: PLC0415 - what reads options

    return region_of(region, roi)


def _configuration(log: str | None, config: str | None, flags: list[str]) -> "Config | None":
    """Return the configuration that is named; None if none is."""
    if log is None and config is None and not flags:
        return None
    from nbtrace.cli.image_geometry import configuration_from, refuse_several  # noqa: PLC0415 - the simulator's flags

    refuse_several(log, config, flags)
    return configuration_from(config, flags) if config is not None or flags else None


def _geometry(log: str | None, config: str | None, flags: list[str], configured: "Config | None") -> "Geometry | None":
    """Return where the pixels are; runs of the simulator know curved detectors, resolution and indices do not."""
    if log is None and (configured is None or configured.detector.curved):
        return None
    from nbtrace.cli.image_geometry import geometry_from  # noqa: PLC0415 - see above

    return geometry_from(log, config, flags, configured)


def _causes(result: "ImagesResult", configured: "Config | None") -> "ImageCauses | None":
    if configured is None:
        return None
    from nbtrace.cli.image_geometry import causes_from  # noqa: PLC0415 - see above

    return causes_from(result, configured)


def _held(waivers: GivenWaivers, case: str | None, names: tuple[str, str], result: "ImagesResult") -> "WaiverReport":
    """Hold waivers against a comparison."""
    from nbtrace.cli.compared_parts import ComparedPart  # noqa: PLC0415
    from nbtrace.compare.images.judged_images import judged_images  # noqa: PLC0415 - few projects have waivers
    from nbtrace.verdicts.case_names import pair_case  # noqa: PLC0415
    from nbtrace.verdicts.waivers import JudgedCase  # noqa: PLC0415

    return waivers.judge([JudgedCase(case or pair_case(*names), judged_images(result))], ComparedPart.IMAGES)


def _load_numpy() -> None:
    """Load numpy without the threads of its linear algebra, of which images need little: they take long to start."""
    if "numpy" in sys.modules or _BLAS_THREADS in os.environ:
        return
    os.environ[_BLAS_THREADS] = "1"
    try:
        import numpy  # noqa: F401, ICN001, PLC0415
    finally:
        del os.environ[_BLAS_THREADS]


_BLAS_THREADS = "OPENBLAS_NUM_THREADS"


def _document(
    result: "ImagesResult", causes: "ImageCauses | None", report: "WaiverReport | None"
) -> Mapping[str, object]:
    from nbtrace.report.documents.images_document import images_document  # noqa: PLC0415 - the models of documents

    return document_with(images_document(result, causes), report)


def _fitting(name: str, shape: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the shape that flags tell if it is one of a bare file of that size, else None."""
    if shape is None or Path(name).suffix.lower() not in _BARE:
        return None
    try:
        size = Path(name).stat().st_size
    except OSError:
        return None
    return shape if size in {4 * shape[0] * shape[1], 8 * shape[0] * shape[1]} else None


_BARE = frozenset({".bin", ".raw", ""})
"""Endings of files without a header."""

DIFFERENCES = frozenset({".npy", ".bin"})
"""Suffixes of a difference that is written."""

PICTURES = ("images", "detail", "scatter", "ratio")
"""Names of the pictures without suffix, known before matplotlib is imported."""


@frozen
class _Extra:
    """What is written besides the reports.

    Attributes
    ----------
    difference : Path or None
        File for Py − C.
    pictures : Path or None
        Folder.
    kinds : tuple of str
        Suffixes of pictures.
    force : bool
        Replace files that exist.
    """

    difference: Path | None
    pictures: Path | None
    kinds: tuple[str, ...]
    force: bool

    def __post_init__(self) -> None:
        if self.difference is not None and self.difference.suffix.lower() not in DIFFERENCES:
            raise UsageError(f"{self.difference}: a difference is written as .npy (float64) or .bin (bare float32)")
        if self.pictures is None:
            if "svg" in self.kinds:
                raise UsageError("--svg is of --pictures; give their folder, too")
            return
        if self.pictures == STDOUT:
            raise UsageError("--pictures -: give a folder, as in --pictures pictures")
        require_matplotlib("--pictures")

    @property
    def files(self) -> tuple[Path, ...]:
        """The files to write."""
        drawn = (
            []
            if self.pictures is None
            else [self.pictures / f"{name}.{kind}" for name in PICTURES for kind in self.kinds]
        )
        return (*drawn, *([] if self.difference is None else [self.difference]))

    def write(self, result: "ImagesResult", bundle: Path | None) -> Mapping[str, bytes] | None:
        """Write difference and pictures; return what a bundle keeps, if there is one."""
        from nbtrace.cli.image_files import difference_bytes, picture_bytes  # noqa: PLC0415
        from nbtrace.images.numpy_files import ARRAYS_NAME, arrays_bytes  # noqa: PLC0415

        if self.difference is not None:
            write_new(self.difference, difference_bytes(result, self.difference), force=self.force)
        drawn: Mapping[str, bytes] = {}
        if self.pictures is not None:
            drawn = picture_bytes(result, self.kinds)
            for name, content in drawn.items():
                write_new(self.pictures / name, content, force=self.force)
        return {ARRAYS_NAME: arrays_bytes(result.c.pixels, result.py.pixels), **drawn} if bundle is not None else None
