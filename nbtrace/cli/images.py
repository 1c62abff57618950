"""`nbtrace images`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.command import screen_of
from nbtrace.cli.destinations import STDOUT, require_matplotlib
from nbtrace.cli.given_waivers import waived_code
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.image_options import (
    MaskFile,
    MaskValues,
    Outliers,
    Resample,
    SumRatio,
    Threshold,
    mask_values_of,
    origins_of,
    pixel_tolerances,
)
from nbtrace.cli.options import ConfigurationName, Lenient
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.panels import OUTPUT, PIXELS, TOLERANCE
from nbtrace.cli.program_flags import with_leniency
from nbtrace.cli.region import RegionOption, RoiOption, region_of
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.errors import UsageError
from nbtrace.files import write_new
from nbtrace.frozen import frozen
from nbtrace.progress import stage
from nbtrace.records import Side
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.waivers import JudgedCase, WaiverReport
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from nbtrace.compare.images import ImagesResult
    from nbtrace.explanation.images.image_causes import ImageCauses

EXAMPLE = "Example: nbtrace images c/floatimage.bin py/floatimage.bin --shape 2527 2463 --pictures pictures"


@two_sided
@grouped
def images_command(
    ctx: typer.Context,
    c_image: Annotated[str, typer.Argument(metavar="C_IMAGE", help="Image of the reference.")],
    py_image: Annotated[str, typer.Argument(metavar="PY_IMAGE", help="Image of the port.")],
    flags: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="-- FLAGS",
            help="What both were made with: geometry, cell, runs that name the cause.",
            autocompletion=completed_values.flags_of_run,
        ),
    ] = None,
    *,
    shape: Annotated[
        tuple[int, int] | None,
        typer.Option("--shape", metavar="SLOW FAST", help="Pixels of images without a header.", rich_help_panel=PIXELS),
    ] = None,
    frame: Annotated[
        int | None,
        typer.Option(
            "--frame",
            metavar="N",
            min=1,
            help="Which image of files of several, from 1 (the first).",
            rich_help_panel=PIXELS,
        ),
    ] = None,
    region: RegionOption = None,
    roi: RoiOption = None,
    mask: MaskFile = None,
    mask_values: MaskValues = None,
    geometry: Annotated[
        str | None, typer.Option("--geometry", metavar="LOG", help="Trace log that tells geometry and cell.")
    ] = None,
    config: ConfigurationName = None,
    lenient: Lenient = False,
    threshold: Threshold = None,
    sum_ratio: SumRatio = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            "--tolerance",
            "-t",
            metavar="TOL",
            help="Of a pixel: relative, 1e-5, or absolute, abs:1e-3. Repeatable.",
            rich_help_panel=TOLERANCE,
        ),
    ] = None,
    outliers: Outliers = None,
    resample: Resample = False,
    waived: WaiverOptions,
    save_diff: Annotated[
        Path | None,
        typer.Option(
            "--save-diff",
            metavar="FILE",
            help="Write Py − C as .npy, or as raw float32 (.bin).",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures",
            metavar="DIR",
            help="Draw both images, their difference, a detail, scatter and ratio.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    svg: Annotated[
        bool, typer.Option("--svg", help="Draw pictures as SVG as well as PNG.", rich_help_panel=OUTPUT)
    ] = False,
    outputs: Outputs,
) -> None:
    """Compare two images: correlation, scale, sums, worst pixels, peaks, shells of resolution.

    Raw float32 or float64, npy, npz, PGM, SMV, CBF, EDF, TIFF, HDF5 and NeXus, also as gzip; an array of an HDF5 file
    is FILE::/PATH. Images agree only if the correlation,
    the scale and every pixel do. If they differ, it is said how one is made from the other, and with FLAGS which run of
    the simulator each of them is. Exit status 3 if nothing can be compared, 4 if the shapes differ.
    """
    _load_numpy()
    from nbtrace.cli.image_geometry import (  # noqa: PLC0415 - numpy, which most commands do not need
        causes_from,
        configuration_from,
        geometry_from,
        refuse_several,
    )
    from nbtrace.compare.images import ImageOptions, compare_images  # noqa: PLC0415
    from nbtrace.compare.images.judged_images import judged_images  # noqa: PLC0415
    from nbtrace.images.hdf5_images import split_name  # noqa: PLC0415
    from nbtrace.images.read import read_image, read_mask  # noqa: PLC0415
    from nbtrace.report.views.images_view import images_view  # noqa: PLC0415

    flags = with_leniency(flags or [], lenient=lenient)
    if shape is not None and min(shape) < 1:
        raise UsageError(f"--shape {shape[0]} {shape[1]}: an image has at least one pixel along slow and fast")
    files = (*(str(split_name(name)[0]) for name in (c_image, py_image)), mask, geometry)
    named = tuple(name for name in files if name is not None)
    waivers = waived.given(None)
    named += () if waivers is None else (str(waivers.file),)
    extra = _Extra(save_diff, pictures, ("png", "svg") if svg else ("png",), outputs.force)
    delivery = Delivery("images", named, outputs.destinations(others=extra.files), screen=screen_of(ctx))
    settings: dict[str, Any] = {
        name: value
        for name, value in (
            ("roi", region_of(region, roi)),
            ("threshold", threshold),
            ("sum_ratio", sum_ratio),
            ("outliers", outliers),
            ("mask_values", mask_values_of(mask_values)),
            *pixel_tolerances(tolerance or []).items(),
        )
        if value is not None
    }
    refuse_several(geometry, config, flags)
    configured = configuration_from(config, flags) if config is not None or flags else None
    told_shape = None if configured is None else configured.shape_slow_fast
    c, py = (
        read_image(name, shape=shape or _fitting(name, told_shape), side=side, frame=frame)
        for name, side in ((c_image, Side.C), (py_image, Side.PY))
    )
    # Runs of the simulator know curved detectors, resolution and indices do not.
    curved = geometry is None and configured is not None and configured.detector.curved
    told = None if curved else geometry_from(geometry, config, flags, configured)
    options = ImageOptions(
        **settings,
        mask=None if mask is None else read_mask(mask, shape=shape),
        resample=resample,
        names=chosen(None, Path()).vocabulary.names,
        geometry=told,
        origins=origins_of(settings),
    )
    with stage("comparing the images"):
        result = compare_images(c, py, options)
    causes = causes_from(result, configured)
    report = None
    if waivers is not None:
        case = JudgedCase(waived.case or pair_case(c_image, py_image), judged_images(result))
        report = waivers.judge([case])
    code = delivery.deliver(
        waived_view(images_view(result, causes), report),
        lambda: _document(result, causes, report),
        outputs=extra.write(result, outputs.bundle),
        code=waived_code(EXIT_OF[result.verdict], report),
    )
    raise typer.Exit(code)


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
    result: "ImagesResult", causes: "ImageCauses | None", report: WaiverReport | None
) -> Mapping[str, object]:
    from nbtrace.report.documents.images_document import images_document  # noqa: PLC0415 - the models of documents
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415

    return with_waivers(images_document(result, causes), report)


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
