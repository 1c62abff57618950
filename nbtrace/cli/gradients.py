"""`nbtrace gradients`."""

from typing import Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.groups import Outputs, SimulatorOptions, grouped
from nbtrace.cli.options import Lenient
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import PIXELS, PROGRAMS, TOLERANCE
from nbtrace.cli.program_flags import flags_after_dashes
from nbtrace.cli.region import RegionOption, region_of
from nbtrace.cli.running_options import Reference, Timeout, time_limit, wanted_flags
from nbtrace.cli.side_labels import two_sided

EXAMPLE = (
    "Example: nbtrace gradients --ref ./nanoBragg --cand port:pixel --pixel 22 43 -- "
    "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100"
)


@two_sided
@grouped
def gradients_command(
    ctx: typer.Context,
    *,
    ref: Reference = None,
    cand: Annotated[
        str | None,
        typer.Option(
            "--cand",
            metavar="CMD|MODULE:FUNCTION",
            help="A program that takes the same flags, or a Python function that tells its own derivatives (also "
            "FILE.py:FUNCTION); else $NB_PY_BIN, else the embedded simulator's autograd.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME",
            help="Differentiate by this one, or by a group of them (cell, misset, rotations, …), repeatable; F:1,2,3 "
            "is the F of a reflection of -hkl. By default by all that the flags have, but single reflections.",
            autocompletion=completed_values.gradient_parameters,
        ),
    ] = None,
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel",
            metavar="SLOW FAST",
            help="Differentiate this pixel, in place of the sum over all.",
            rich_help_panel=PIXELS,
        ),
    ] = None,
    region: RegionOption = None,
    threads: Annotated[
        int,
        typer.Option("--threads", metavar="N", min=1, max=1024, help="OMP_NUM_THREADS.", rich_help_panel=PROGRAMS),
    ] = 1,
    timeout: Timeout = 600.0,
    simulator: SimulatorOptions,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            "-t",
            metavar="TOL",
            help="Relative tolerance of a derivative, besides the error bars of both sides.",
            rich_help_panel=TOLERANCE,
        ),
    ] = 1e-6,
    lenient: Lenient = False,
    outputs: Outputs,
) -> None:
    """Hold derivatives of a pixel, or of the sum of pixels, against the reference: is a port's gradient right.

    The reference is measured by finite differences with error bars: --ref, else $NB_C_BIN, else
    ./golden_suite_generator/nanoBragg, ./nanoBragg, or nanoBragg on the PATH, else the embedded simulator. The
    candidate's derivatives are those of its own autograd; of a program they are measured, too. What noise hides, what
    is 0 on both sides, and where there is no derivative is said, and counts as no agreement.

    Exit status: 1 if a derivative or the value itself differs, 3 if no derivative could be compared, 5 if a program or
    the function fails.
    """
    # The simulator's flags, which few commands need.
    from nbtrace.embedded.gradient_runs import GradientRequest, gradients  # noqa: PLC0415
    from nbtrace.programs.side_source import RunOptions  # noqa: PLC0415
    from nbtrace.report.documents.gradients_document import gradients_document  # noqa: PLC0415
    from nbtrace.report.views.gradients_view import gradients_view  # noqa: PLC0415

    request = GradientRequest(
        tuple(wanted_flags(flags_after_dashes(ctx, lenient=lenient), "gradients")),
        ref,
        cand,
        pixel,
        region_of(region, None),
        tuple(parameter or ()),
        tolerance,
        RunOptions(time_limit(timeout), threads),
        simulator.choice,
        lenient,
    ).checked()
    warn_of_traps(request.flags)
    program = request.program
    delivery = Delivery(
        "gradients",
        tuple(map(str, request.line.inputs)),
        outputs.destinations(),
        reference=None if program is None else program.file,
    )
    result = gradients(request)
    raise typer.Exit(delivery.deliver(gradients_view(result), lambda: gradients_document(result)))
