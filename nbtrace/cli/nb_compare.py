"""`nb-compare`: `nbtrace compare` with the options and the files of a script that ports are tested with."""

import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.destinations import Destinations
from nbtrace.cli.groups import grouped
from nbtrace.cli.image_options import Resample, Threshold
from nbtrace.cli.image_settings import origins_of
from nbtrace.cli.invocation import invoked
from nbtrace.cli.options import Force, version_option
from nbtrace.cli.process import end_with, prepare
from nbtrace.cli.program_flags import ProgramCommand, passed_on
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.errors import UsageError
from nbtrace.programs.programs import CANDIDATE_VARIABLE
from nbtrace.temporary import temporary_folder
from nbtrace.verdicts.tolerance import resolve_policy

if TYPE_CHECKING:
    from nbtrace.programs.comparison import Comparison

_NAME = "nb-compare"
EXAMPLE = (
    "Example: nb-compare --c-bin ./nanoBragg --outdir result -- "
    "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100"
)

_PLACE = Path("comparisons")
"""Where the folders lie that nobody named."""

_SECONDS = 600.0
"""Time limit of a run."""


app = typer.Typer(
    name=_NAME,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.command(_NAME, cls=ProgramCommand, epilog=EXAMPLE)
@grouped
def nb_compare_command(
    ctx: typer.Context,
    *,
    outdir: Annotated[
        Path | None,
        typer.Option("--outdir", metavar="DIR", help="Folder for all files; by default comparisons/TIME-DIGEST."),
    ] = None,
    roi: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(
            "--roi", metavar="XMIN XMAX YMIN YMAX", help="Compare this region only, as -roi: fast fast slow slow."
        ),
    ] = None,
    threshold: Threshold = None,
    resample: Resample = False,
    png_scale: Annotated[
        float,
        typer.Option("--png-scale", metavar="PCTL", min=50.0, max=100.0, help="Percentile that is drawn darkest."),
    ] = 99.5,
    save_diff: Annotated[bool, typer.Option("--save-diff", help="Write Py − C as raw float32, diff.bin.")] = False,
    c_bin: Annotated[
        str | None,
        typer.Option(
            "--c-bin", metavar="PATH", help="The reference program; see nbtrace compare where else it is found."
        ),
    ] = None,
    py_bin: Annotated[
        str | None,
        typer.Option(
            "--py-bin",
            metavar="PATH",
            help="The other program, or a Python script; else $NB_PY_BIN, else the embedded simulator.",
        ),
    ] = None,
    capturing: TraceCaptureOptions,
    force: Force = False,
    version: Annotated[bool, version_option(_NAME)] = False,  # noqa: ARG001 - its callback does the work
) -> None:
    """Run two programs on the same flags (nanoBragg's, after --) and compare their images; the same as nbtrace compare.

    The folder gets summary.json, report.md, pictures, both images and what the programs print. The images agree only if
    every gate of nbtrace passes, each pixel among them: --threshold is the least correlation, and a high correlation
    alone is not enough.

    Exit status, which is that of nbtrace and not of other scripts of this name: 0 agree, 1 differ, 2 usage, 3 an image
    without numbers, 4 different shapes (without --resample), 5 a program is missing or fails.
    """
    flags = tuple(passed_on(ctx))
    if not flags:
        raise UsageError(f"no flags: put nanoBragg's flags after --, as in: {_NAME} -- -cell 100 100 100 90 90 90 …")
    # The sides know the simulator's flags.
    from nbtrace.cli.compare_runs import Wishes, compare_pair  # noqa: PLC0415
    from nbtrace.cli.compare_sides import Request  # noqa: PLC0415
    from nbtrace.embedded.choice import Choice  # noqa: PLC0415
    from nbtrace.images.roi import Roi  # noqa: PLC0415

    limits = {} if threshold is None else {"threshold": threshold}
    policy = resolve_policy([], None, Path())
    wishes = Wishes(
        limits=limits,
        origins=origins_of(limits),
        roi=None if roi is None else Roi(*roi),
        mask=None,
        resample=resample,
        repeat=None,
        pixel=None,
        traces=True,
        policy=policy,
        noise=None,
    )
    to = Destinations(folder=outdir or _folder(flags), force=force)
    further = partial(_files, percentile=png_scale, save_diff=save_diff)
    sides = (flags, c_bin, _candidate(py_bin), None, None, _SECONDS, Choice(), ("--c-bin", "--py-bin"))
    with temporary_folder() as work:
        request = Request(*sides, capturing=capturing.checked(), work=work)
        raise typer.Exit(compare_pair(request, wishes, to, percentile=png_scale, further=further))


def _candidate(py_bin: str | None) -> str | None:
    """Return the command of a candidate that is named by its path; a script that nothing executes is Python's."""
    named = py_bin if py_bin is not None else os.environ.get(CANDIDATE_VARIABLE, "")
    if not os.path.isfile(named):  # noqa: PTH113 - no error for what can be no name
        return py_bin
    if named.endswith(".py") and not os.access(named, os.X_OK):
        return shlex.join((shutil.which("python") or sys.executable, named))
    return py_bin if py_bin is None else shlex.quote(named)


def _folder(flags: tuple[str, ...]) -> Path:
    """Return the folder of a run that nobody names: its time, and a digest of its flags."""
    digest = hashlib.sha256(" ".join(flags).encode(errors="surrogateescape")).hexdigest()[:8]
    return _PLACE / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{digest}"


def _files(
    result: "Comparison",
    pictures: bool,  # noqa: FBT001 - as it is called
    *,
    percentile: float,
    save_diff: bool,
) -> Mapping[str, str | bytes]:
    """Return what the script of the field wrote besides the summary, under its names."""
    from nbtrace.cli.image_files import difference_bytes  # noqa: PLC0415 - numpy

    files: dict[str, str | bytes] = {}
    if pictures:
        from nbtrace.report.figures.images import bare_pictures  # noqa: PLC0415 - matplotlib

        files.update(bare_pictures(result.images, percentile))
    for side, image in (("c", result.images.c), ("py", result.images.py)):
        files[f"{side}_float.bin"] = image.pixels.astype("float32").tobytes()
    if save_diff:
        files["diff.bin"] = difference_bytes(result.images, Path("diff.bin"))
    return files


def main() -> None:
    """Run the command line and exit; an error is one line on standard error and its exit code."""
    prepare()
    end_with(partial(invoked, app, _NAME))
