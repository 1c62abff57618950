"""`nbtrace reduce`."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.groups import Outputs, SimulatorOptions, grouped
from nbtrace.cli.image_settings import split_tolerances
from nbtrace.cli.options import Lenient, PolicyFile
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import PIXELS, PROGRAMS, TOLERANCE
from nbtrace.cli.program_flags import flags_after_dashes
from nbtrace.cli.running_options import time_limit, wanted_flags
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.errors import UsageError
from nbtrace.temporary import temporary_folder

EXAMPLE = (
    "Example: nbtrace reduce --mode c-parity,-stale_phi_rotation -- -cell 60 70 80 80 95 105 -default_F 100 -N 8 "
    "-lambda 1.1 -distance 90 -detpixels 64 -pixel 1 -phi 0 -osc 0.5 -phisteps 3"
)


@two_sided
@grouped
def reduce_command(
    ctx: typer.Context,
    *,
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref",
            metavar="BINARY",
            help="The reference program; see above where else it is found.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    cand: Annotated[
        str | None,
        typer.Option(
            "--cand",
            metavar="CMD",
            help="Another candidate than the embedded simulator; else $NB_PY_BIN.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    threads: Annotated[
        int,
        typer.Option("--threads", metavar="N", min=1, max=1024, help="OMP_NUM_THREADS.", rich_help_panel=PROGRAMS),
    ] = 1,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="Time limit of one run of a side; 0 is none. A case that exceeds it has no answer.",
            rich_help_panel=PROGRAMS,
        ),
    ] = 600.0,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            max=256,
            help="Cases that run at a time, each in a process. The result is the same with any number.",
            rich_help_panel=PROGRAMS,
        ),
    ] = 1,
    most: Annotated[
        int,
        typer.Option(
            "--max-runs",
            metavar="N",
            min=1,
            max=1_000_000,
            help="Runs after which the best case so far is told, which need not be the smallest.",
            rich_help_panel=PROGRAMS,
        ),
    ] = 1000,
    workdir: Annotated[
        Path | None,
        typer.Option(
            "--workdir",
            metavar="DIR",
            help="Folder that keeps answers, so that a run that was ended goes on, and shorter input files, "
            "which are tried only with it. A program that was rebuilt is run again.",
            readable=False,
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel", metavar="SLOW FAST", help="Trace this pixel; else the worst one.", rich_help_panel=PIXELS
        ),
    ] = None,
    no_trace: Annotated[
        bool, typer.Option("--no-trace", help="Compare the images only.", rich_help_panel=PIXELS)
    ] = False,
    simulator: SimulatorOptions,
    capturing: TraceCaptureOptions,
    lenient: Lenient = False,
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
    outputs: Outputs,
) -> None:
    """Find the smallest command that still fails in the same way, and the nearest one that passes.

    A case fails in the same way if explain names the same first quantity, side and cause; where no trace is had, if the
    same gate of the images fails. Options go, values get simpler, input files shorter, detector and counts smaller,
    the pixel last, until nothing more can; a change that computes more than before is not tried.

    The reference is --ref, else $NB_C_BIN, else ./golden_suite_generator/nanoBragg, ./nanoBragg, or nanoBragg on the
    PATH, else the embedded simulator. The candidate is --cand, else the embedded simulator, whose --mode may turn a
    defect of the reference off.

    Exit status: 0 the given case does not fail, 1 it was reduced, 3 an image without numbers, 4 sides that cannot be
    compared or do not give the same answer each time, 5 a program is missing or fails in the given case.
    """
    of_pixels, of_traces = split_tolerances(tolerance or [])
    if no_trace and pixel is not None:
        raise UsageError("--pixel names a pixel to trace and --no-trace forbids it; give one of them")
    capturing.refuse_without("--no-trace", traced=not no_trace)
    flags = wanted_flags(flags_after_dashes(ctx, lenient=lenient), "reduce")
    # The simulator's flags, which few commands need.
    from nbtrace.cli.reduce_sides import SidesUnderTest  # noqa: PLC0415
    from nbtrace.physics.nanobragg.flag_moves import FlagMoves  # noqa: PLC0415
    from nbtrace.programs.command import require_on_detector  # noqa: PLC0415
    from nbtrace.programs.worker_pool import LastingPool  # noqa: PLC0415
    from nbtrace.reduction.answers import Answers  # noqa: PLC0415
    from nbtrace.reduction.case import FlagCase  # noqa: PLC0415
    from nbtrace.reduction.reduce import RunSides, reduce_case  # noqa: PLC0415
    from nbtrace.report.documents.reduce_document import reduce_document  # noqa: PLC0415
    from nbtrace.report.views.reduce_view import reduce_view  # noqa: PLC0415

    _checked_folder(workdir)
    with temporary_folder() as work:
        sides = SidesUnderTest(
            ref,
            cand,
            threads,
            time_limit(timeout),
            simulator.choice,
            lenient,
            not no_trace,
            capturing.checked(),
            tuple(of_pixels.items()),
            tuple(of_traces),
            policy,
            work,
        ).checked()
        given = FlagCase(tuple(flags), pixel)
        line = sides.line(given)
        if pixel is not None:
            require_on_detector(line.shape, pixel)
        warn_of_traps(flags)
        program = sides.program
        reference = None if program is None else program.file
        delivery = Delivery("reduce", tuple(map(str, line.inputs)), outputs.destinations(), reference=reference)
        if workdir is not None:
            workdir.mkdir(parents=True, exist_ok=True)
        moves = FlagMoves(workdir)
        with LastingPool(jobs) if jobs > 1 else nullcontext() as executor:
            answers = Answers(sides, most, executor, jobs, workdir)
            told = RunSides(*sides.names, sides.options, comparable=program is not None)
            result = reduce_case(given, answers, moves, told)
        moves.tidy(result.smallest, *([result.passing.case] if result.passing is not None else []))
    whole = workdir is None and moves.has_lists(result.smallest)
    view = reduce_view(result, whole_files=whole, workdir=workdir)
    raise typer.Exit(delivery.deliver(view, lambda: reduce_document(result)))


def _checked_folder(folder: Path | None) -> None:
    """Refuse a work folder that cannot be one."""
    if folder is None:
        return
    from nbtrace.cli.destinations import STDOUT, must_be_folder  # noqa: PLC0415

    if folder == STDOUT:
        raise UsageError("- is standard output; --workdir needs a folder")
    must_be_folder(folder.absolute(), folder)
