"""`nbtrace trust`."""

from typing import Annotated

import typer

from nbtrace.cli.command import is_plain
from nbtrace.cli.destinations import STDOUT
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import Lenient
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import PIXELS, PROGRAMS
from nbtrace.cli.program_flags import flags_after_dashes
from nbtrace.cli.region import region_of
from nbtrace.cli.running_options import Reference, Timeout, time_limit, wanted_flags
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.errors import UsageError
from nbtrace.temporary import temporary_folder

EXAMPLE = (
    "Example: nbtrace trust --ref ./nanoBragg --json noise.json -- "
    "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100"
)

_MOST_THREADS = 1024


@grouped
def trust_command(
    ctx: typer.Context,
    *,
    ref: Reference = None,
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat",
            metavar="N",
            min=1,
            max=1000,
            help="Runs that are the same in everything.",
            rich_help_panel=PROGRAMS,
        ),
    ] = 3,
    threads: Annotated[
        str,
        typer.Option(
            "--threads",
            metavar="N,N,…",
            help="Numbers of threads; the first is the base of all.",
            rich_help_panel=PROGRAMS,
        ),
    ] = "1,2,4",
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel",
            metavar="SLOW FAST",
            help="Pixel to trace and to compute alone; else the brightest.",
            rich_help_panel=PIXELS,
        ),
    ] = None,
    region: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(
            "--region",
            metavar="S0 S1 F0 F1",
            help="Region to compute alone, in place of the middle: slow S0 to S1, fast F0 to F1, ends included.",
            rich_help_panel=PIXELS,
        ),
    ] = None,
    no_trace: Annotated[
        bool, typer.Option("--no-trace", help="Compare the images only.", rich_help_panel=PROGRAMS)
    ] = False,
    lenient: Lenient = False,
    capturing: TraceCaptureOptions,
    timeout: Timeout = 600.0,
    outputs: Outputs,
) -> None:
    """Hold the reference against itself: which pixels and traced quantities move when nothing should move them.

    The reference is --ref, else $NB_C_BIN, else ./golden_suite_generator/nanoBragg, ./nanoBragg, or nanoBragg on the
    PATH. It runs with nanoBragg's flags after --: again, with other numbers of threads (OMP_NUM_THREADS), with a traced
    pixel, and with a region of interest against the whole image. The JSON document is what diff and compare take as
    --noise. Of a reference that prints no trace the values are captured, as nbtrace capture does, where that is
    possible; else the report says what is missing.

    Exit status: 0 REF_STABLE, 1 REF_UNSTABLE, 3 an image without numbers or of 0 everywhere, 4 another pixel traced,
    5 if the reference is missing or gives no image.
    """
    # The simulator's flags, which few commands need.
    from nbtrace.programs.command import flag_line  # noqa: PLC0415
    from nbtrace.programs.program_source import ProgramSource  # noqa: PLC0415
    from nbtrace.programs.programs import find_reference  # noqa: PLC0415
    from nbtrace.programs.side_source import RunOptions  # noqa: PLC0415
    from nbtrace.programs.trust import TrustPlan, trust  # noqa: PLC0415
    from nbtrace.report.documents.trust_document import trust_document  # noqa: PLC0415
    from nbtrace.report.views.trust_view import trust_view  # noqa: PLC0415

    capturing.refuse_without("--no-trace", traced=not no_trace)
    plan = TrustPlan(repeat, _threads(threads), pixel, not no_trace, region_of(region, None))
    flags = wanted_flags(flags_after_dashes(ctx, lenient=lenient), "trust")
    line = flag_line(flags, lenient=True)
    program = find_reference(ref)
    warn_of_traps(flags)
    names = tuple(map(str, line.inputs))
    delivery = Delivery("trust", names, outputs.destinations(), reference=program.file)
    with temporary_folder() as work:
        capture = capturing.checked().capture_of(program, work)
        result = trust(ProgramSource(program, line, RunOptions(time_limit(timeout)), capture=capture), plan)
    to = delivery.to.json
    view = trust_view(result, filed=None if to in {None, STDOUT} else str(to))
    raise typer.Exit(delivery.deliver(view, lambda: trust_document(result)))


def _threads(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(word) for word in text.split(",")) if is_plain(text) else ()
    except ValueError:
        counts = ()
    if not counts or not all(1 <= count <= _MOST_THREADS for count in counts) or len(set(counts)) < len(counts):
        raise UsageError(f"--threads {text!r}: give different numbers from 1 to {_MOST_THREADS}, as in 1,2,4")
    return counts
