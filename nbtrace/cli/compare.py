"""`nbtrace compare`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.groups import Outputs, SimulatorOptions, grouped
from nbtrace.cli.image_options import MaskFile, MaskValues, Outliers, Resample, SumRatio, Threshold
from nbtrace.cli.image_settings import mask_values_of, origins_of, split_tolerances
from nbtrace.cli.options import (
    Lenient,
    NoiseFile,
    PolicyFile,
)
from nbtrace.cli.panels import OUTPUT, PIXELS, PROGRAMS, TOLERANCE
from nbtrace.cli.program_flags import passed_on
from nbtrace.cli.region import RegionOption, RoiOption, region_of
from nbtrace.cli.running_options import Reference, Timeout, time_limit, wanted_flags
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.suite_options import SuiteOptions
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.errors import UsageError
from nbtrace.temporary import temporary_folder
from nbtrace.verdicts.tolerance import resolve_policy

EXAMPLE = (
    "Example: nbtrace compare --ref ./nanoBragg --outdir result/ -- "
    "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100"
)


@two_sided
@grouped
def compare_command(
    ctx: typer.Context,
    *,
    ref: Reference = None,
    cand: Annotated[
        list[str] | None,
        typer.Option(
            "--cand",
            metavar="CMD",
            help="Another program than the embedded simulator that takes the same flags; else $NB_PY_BIN. "
            "Split into words as a shell would; no shell runs it. Given several times, each is compared with the "
            "reference, and NAME=CMD says what one is called.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    alive: Annotated[
        bool,
        typer.Option(
            "--alive",
            help="The candidate stays alive: it is started once and does one run after another (nbtrace.serving).",
            rich_help_panel=PROGRAMS,
        ),
    ] = False,
    archived: Annotated[
        Path | None,
        typer.Option(
            "--archived",
            metavar="DIR",
            help="Recorded output in place of the reference.",
            readable=False,
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    repeat: Annotated[
        int | None,
        typer.Option(
            "--repeat",
            metavar="N",
            min=1,
            max=1000,
            help="Runs of each side (1); medians of their times are told.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            metavar="N",
            min=1,
            max=1024,
            help="OMP_NUM_THREADS; by default as recorded, else 1.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option("--pixel", metavar="SLOW FAST", help="Trace this pixel too.", rich_help_panel=PIXELS),
    ] = None,
    no_trace: Annotated[
        bool, typer.Option("--no-trace", help="Compare the images only.", rich_help_panel=PIXELS)
    ] = False,
    suites: SuiteOptions,
    simulator: SimulatorOptions,
    capturing: TraceCaptureOptions,
    lenient: Lenient = False,
    timeout: Timeout = 600.0,
    region: RegionOption = None,
    roi: RoiOption = None,
    mask: MaskFile = None,
    mask_values: MaskValues = None,
    resample: Resample = False,
    threshold: Threshold = None,
    sum_ratio: SumRatio = None,
    outliers: Outliers = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            "--tolerance",
            "-t",
            metavar="TOL",
            help="Of a pixel: 1e-5, or abs:1e-3; of a traced quantity: NAME=1e-4, NAME=abs:1e-3. Repeatable.",
            rich_help_panel=TOLERANCE,
            autocompletion=completed_values.tolerances,
        ),
    ] = None,
    policy: PolicyFile = None,
    noise: NoiseFile = None,
    waived: WaiverOptions,
    out: Annotated[
        Path | None,
        typer.Option(
            "--outdir",
            metavar="DIR",
            help="Folder for summary.json, report, pictures, images, logs, traces.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    outputs: Outputs,
) -> None:
    """Run the reference and a candidate on the same flags (nanoBragg's, after --); compare images and traces.

    The reference is --ref, else $NB_C_BIN, else ./golden_suite_generator/nanoBragg, ./nanoBragg, or nanoBragg on the
    PATH. Each program runs in an empty folder of its own, with the same input files. The worst and the brightest pixel
    are traced on both sides, and a difference is explained. Of a program that prints no trace for -trace_pixel the
    values are captured, as nbtrace capture does, where that is possible; else the report says what is missing.

    Exit status: 0 agree, 1 differ, 3 an image without numbers, 4 different shapes or another pixel traced, 5 a program
    is missing, fails, or writes no image.
    """
    of_pixels, of_traces = split_tolerances(tolerance or [])
    given: dict[str, Any] = {"threshold": threshold, "sum_ratio": sum_ratio, "outliers": outliers, **of_pixels}
    given["mask_values"] = mask_values_of(mask_values)
    limits = {name: value for name, value in given.items() if value is not None}
    names = ("--archived", "--outdir", "--pixel", "--region", "--roi", "--mask", "--threads", "flags after --")
    alone = (archived, out, pixel, region, roi, mask, threads, passed_on(ctx) or None)
    if no_trace and pixel is not None:
        raise UsageError("--pixel names a pixel to trace and --no-trace forbids it; give one of them")
    if suites.suite is not None and waived.case is not None:
        raise UsageError("--case names a single comparison; the cases of --suite have names of their own")
    capturing.refuse_without("--no-trace", traced=not no_trace)
    capturing.refuse_without("--archived", traced=archived is None)
    suites.checked()
    _check_kind(suites.suite, [name for name, value in zip(names, alone, strict=True) if value is not None])
    # The sides know the simulator's flags, which few commands need.
    from nbtrace.cli.compare_runs import Wishes, compare_pair, run_suite  # noqa: PLC0415
    from nbtrace.cli.compare_sides import Request  # noqa: PLC0415
    from nbtrace.cli.run_candidates import run_candidates  # noqa: PLC0415
    from nbtrace.programs.named_candidates import several_candidates  # noqa: PLC0415

    several = several_candidates(cand)
    to = outputs.destinations(folder=out)
    traced = resolve_policy(of_traces, policy, Path())
    wishes = Wishes(
        limits,
        origins_of(limits),
        region_of(region, roi),
        mask,
        resample,
        repeat,
        pixel,
        not no_trace,
        traced,
        noise,
        waived,
    )
    with temporary_folder() as work:
        request = Request(
            tuple(passed_on(ctx)),
            ref,
            several[0].command if several else next(iter(cand or ()), None),
            archived,
            threads,
            time_limit(timeout),
            simulator.choice,
            flags_lenient=lenient,
            capturing=capturing.checked(),
            work=work,
            alive=alive,
            cache=suites.reference_cache,
        )
        if suites.suite is not None:
            raise typer.Exit(run_suite(request, wishes, suites.suite, suites, to, candidates=several))
        if archived is None:
            wanted_flags(passed_on(ctx), "compare")
        if several:
            raise typer.Exit(run_candidates(request, several, wishes, to))
        raise typer.Exit(compare_pair(request, wishes, to))


def _check_kind(suite: Path | None, alone: list[str]) -> None:
    """Refuse options that belong to a single comparison beside a suite."""
    if suite is not None and alone:
        raise UsageError(f"{alone[0]} belongs to a single comparison; the cases of --suite have their own")
