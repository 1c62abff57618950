"""`nbtrace images`."""

from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.command import screen_of
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.image_options import MaskFile, MaskValues, Outliers, Resample, SumRatio, Threshold
from nbtrace.cli.options import ConfigurationName, Lenient
from nbtrace.cli.panels import OUTPUT, PIXELS, TOLERANCE
from nbtrace.cli.program_flags import with_leniency
from nbtrace.cli.region import RegionOption, RoiOption
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.waiver_options import WaiverOptions

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
    from nbtrace.cli.run_images import run_images  # noqa: PLC0415 - all that compares

    raise typer.Exit(
        run_images(
            c_image,
            py_image,
            with_leniency(flags or [], lenient=lenient),
            shape=shape,
            frame=frame,
            region=region,
            roi=roi,
            mask=mask,
            mask_values=mask_values,
            geometry=geometry,
            config=config,
            threshold=threshold,
            sum_ratio=sum_ratio,
            tolerance=tolerance,
            outliers=outliers,
            resample=resample,
            waivers=waived.waivers,
            case=waived.case,
            save_diff=save_diff,
            pictures=pictures,
            svg=svg,
            destinations=outputs.destinations(),
            screen=screen_of(ctx),
        )
    )
