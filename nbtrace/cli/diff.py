"""`nbtrace diff`: its options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    CLog,
    PlotFile,
    PolicyFile,
    PyLog,
    Tolerances,
    VocabularyName,
)
from nbtrace.cli.panels import OUTPUT, PIXELS, TOLERANCE
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.errors import UsageError

EXAMPLE = "Example: nbtrace diff c.log py.log --md report.md --json metrics.json"


@two_sided
@grouped
def diff_command(
    c_log: CLog,
    py_log: PyLog,
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="LOG", help="Further traces: each is compared with the first, which is the reference."),
    ] = None,
    *,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    noise: Annotated[
        Path | None,
        typer.Option(
            "--noise",
            metavar="JSON|LOG",
            help="What nbtrace trust wrote, or a second log of the reference: no tolerance is finer than C's own "
            "scatter between runs.",
            rich_help_panel=TOLERANCE,
        ),
    ] = None,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    brief: Annotated[
        bool, typer.Option("--brief", "-b", help="Leave out the quantities that agree.", rich_help_panel=OUTPUT)
    ] = False,
    unified_view: Annotated[
        bool,
        typer.Option(
            "--unified", "-u", help="Print the aligned trace as a plain diff -u instead.", rich_help_panel=OUTPUT
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="A quantity on one side only, or an unreadable line, is a difference.")
    ] = False,
    all_pixels: Annotated[
        bool,
        typer.Option(
            "--all-pixels",
            help="The two are Parquet files of nbtrace harness --all-pixels: say for each pixel what diverges first.",
            rich_help_panel=PIXELS,
        ),
    ] = False,
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel",
            metavar="SLOW FAST",
            help="The two are such files: compare this pixel of them, slow first.",
            rich_help_panel=PIXELS,
        ),
    ] = None,
    plot: PlotFile = None,
    parquet: Annotated[
        Path | None,
        typer.Option(
            "--parquet",
            metavar="FILE",
            help="With --all-pixels: write the first divergence of each pixel, a row each.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    outputs: Outputs,
) -> None:
    """Compare two traces: the first quantity that diverges, ratios Py/C, a status for each quantity.

    Each log is first held against itself, and what stands between the two and a fair comparison is said before the
    table: different pixels, units, φ steps or configurations.

    Of more than two logs the first is the reference: a line for each other one says where it leaves it, and which of
    them leave it together.

    With --all-pixels two whole-detector traces are compared: which quantity diverges first, and where on the detector.
    """
    if all_pixels and more:
        raise UsageError("--all-pixels compares two whole-detector traces; give two")
    if all_pixels:
        from nbtrace.cli.run_detector import DetectorCall, run_detector  # noqa: PLC0415 - numpy and pyarrow

        call = DetectorCall(
            tolerance,
            policy,
            vocabulary,
            parquet,
            brief=brief,
            strict=strict,
            refused={
                "--noise": noise is not None,
                "--waivers": waived.waivers is not None,
                "--case": waived.case is not None,
                "--unified": unified_view,
                "--pixel": pixel is not None,
            },
        )
        others = () if parquet is None else (parquet,)
        destinations = outputs.destinations(brief=brief, plot=plot, others=others)
        raise typer.Exit(run_detector(c_log, py_log, call, destinations))
    _refuse({"--plot": plot, "--parquet": parquet}, "is of whole-detector traces; give --all-pixels, too")
    if more:
        from nbtrace.cli.run_diff_several import run_diff_several  # noqa: PLC0415 - what two logs do not need

        _refuse({"--case": waived.case}, "names a single comparison; of several logs each is called after its file")
        _refuse({"--pixel": pixel}, "is of two whole-detector traces; give two")
        raise typer.Exit(
            run_diff_several(
                c_log,
                [py_log, *more],
                tolerance=tolerance,
                policy=policy,
                noise=noise,
                waivers=waived.waivers,
                vocabulary=vocabulary,
                brief=brief,
                unified_view=unified_view,
                strict=strict,
                destinations=outputs.destinations(brief=brief),
            )
        )
    from nbtrace.cli.run_diff import run_diff  # noqa: PLC0415 - all that compares, which the help does not need

    raise typer.Exit(
        run_diff(
            c_log,
            py_log,
            tolerance=tolerance,
            policy=policy,
            noise=noise,
            waivers=waived.waivers,
            case=waived.case,
            vocabulary=vocabulary,
            brief=brief,
            unified_view=unified_view,
            strict=strict,
            pixel=pixel,
            destinations=outputs.destinations(brief=brief),
        )
    )


def _refuse(options: Mapping[str, object], why: str) -> None:
    """Raise UsageError for the first option that was given."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{name} {why}")
