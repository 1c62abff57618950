"""`nbtrace harness`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from nbtrace.cli import harness_files as names
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.groups import SimulatorOptions, grouped
from nbtrace.cli.harness_files import HarnessFiles, main_file, say
from nbtrace.cli.kept_output import KeptOutput, kept_output
from nbtrace.cli.options import BundleFolder, ConfigurationName, Force, Lenient, TracedPixel
from nbtrace.cli.panels import OUTPUT, PIXELS
from nbtrace.cli.program_flags import flags_after_dashes
from nbtrace.cli.region import RegionOption, WindowOption, refuse_both, region_of
from nbtrace.documents import dump
from nbtrace.embedded.configurations import configuration_file
from nbtrace.embedded.recorder import Emit
from nbtrace.errors import ProgramError, UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import Provenance
from nbtrace.progress import stage
from nbtrace.records import Pixel
from nbtrace.writers import per_phi_document, trace_text

if TYPE_CHECKING:
    from nbtrace.embedded.choice import Choice
    from nbtrace.embedded.traces import EmbeddedTrace
    from simulator.config import Config

EXAMPLE = "Example: nbtrace harness --config supervisor --pixel 685 1039 --output trace_py.log"


PixelsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--pixels",
        metavar="FILE",
        help="Trace the pixels in a file, a line SLOW FAST each, to Parquet.",
        rich_help_panel=PIXELS,
    ),
]
OutOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR",
        help="The trace's file, the others beside it; or their folder.",
        rich_help_panel=OUTPUT,
    ),
]
RotStarsOption: TypeAlias = Annotated[
    bool, typer.Option("--emit-rot-stars", help="Add the rotated cell of each φ step.")
]
BaseOption: TypeAlias = Annotated[bool, typer.Option("--emit-base", help="Add the lattice before any φ rotation.")]
EverythingOption: TypeAlias = Annotated[
    bool, typer.Option("--emit-all", help="Add both, the detector's geometry, and every innermost sample.")
]


@grouped
def harness_command(
    ctx: typer.Context,
    *,
    pixel: TracedPixel = None,
    pixels: PixelsOption = None,
    region: RegionOption = None,
    roi: WindowOption = None,
    all_pixels: Annotated[
        bool, typer.Option("--all-pixels", help="Trace every pixel of the run to Parquet.", rich_help_panel=PIXELS)
    ] = False,
    config: ConfigurationName = None,
    lenient: Lenient = False,
    simulator: SimulatorOptions,
    out: OutOption = None,
    bundle: BundleFolder = None,
    emit_rot_stars: RotStarsOption = False,
    emit_base: BaseOption = False,
    emit_all: EverythingOption = False,
    force: Force = False,
) -> None:
    """Run the embedded simulator on one pixel and write its trace, per-φ trace and provenance.

    The configuration is that of --config, or nanoBragg's flags after --. Only that pixel is computed; what the
    reference would have carried over to it from the pixels before it is taken into account.

    Exit status: 2 for a pixel off the detector, 5 if the per-φ trace has not as many lines as there are φ steps.
    """
    refuse_both(region, roi)
    region_of(region, None)
    window = region if region is not None else roi
    chosen = [given for given in (pixels, window, all_pixels or None) if given is not None]
    if len(chosen) + (pixel is not None) > 1:
        raise UsageError("--pixel, --pixels, --region (or --roi) and --all-pixels exclude one another")
    with kept_output() as streams:
        task = chosen_task(config, flags_after_dashes(ctx, lenient=lenient), simulator.choice)
        if chosen:
            from nbtrace.embedded.tables import PixelChoice, write_tables  # noqa: PLC0415

            if bundle is not None:
                raise UsageError("--bundle takes the trace of one pixel; add Parquet files with nbtrace bundle add")
            file, execution = main_file(out, "trace_py.parquet"), task.config.execution
            written = write_tables(task.config, PixelChoice(pixels, window), file, force=force)
            say(f"traced {written.pixels} pixels, mode {execution.mode}, {execution.dtype} on {execution.device}")
            if written.engine.said:
                say(written.engine.said)
            (main, rows), (per_phi, steps) = written.rows.items()
            say(f"{rows} rows written to {main}, {steps} to {per_phi}")
            return
        emit = Emit(rot_stars=emit_rot_stars, base=emit_base, everything=emit_all)
        _trace(task, pixel, emit, Destination(out, bundle, force), streams)


@dataclass(frozen=True)
class Destination:
    """Where the results go: `--output`, `--bundle`, and whether files that exist are replaced."""

    out: str | None
    bundle: Path | None
    force: bool


@dataclass(frozen=True)
class Task:
    """What to run, under which name, from which configuration file, and the pixel that this is about."""

    config: "Config"
    name: str
    file: Path | None
    pixel: Pixel | None


def chosen_task(name: str | None, flags: list[str], choice: "Choice", *, command: str = "harness") -> Task:
    """Return what `--config` or the flags after `--` ask for.

    Raises
    ------
    UsageError, InputError
        If neither or both are given, or they make no run.
    """
    from nbtrace.embedded.choice import canonical, parsed_file, parsed_flags, words_of  # noqa: PLC0415

    if (name is None) == (not flags):
        raise UsageError(
            "give a configuration (--config NAME) or flags after --, "
            f"as in: nbtrace {command} --pixel 5 7 -- -cell 100 …"
            if name is None
            else "give --config or flags after --, not both"
        )
    if name is None:
        config = choice.in_environment(flags).applied(parsed_flags(flags, choice.mode, quiet=True))
        warn_of_traps(flags, mode=choice.mode)
        return Task(config, " ".join(canonical(config)), None, config.execution.trace_pixel_slow_fast)
    file = configuration_file(name)
    named = parsed_file(file)
    choice = choice.in_environment(words_of(named.command))
    return Task(choice.applied(named.command.config), file.stem, file, named.trace_pixel_slow_fast)


def _trace(task: Task, pixel: Pixel | None, emit: Emit, places: Destination, streams: KeptOutput) -> None:
    from nbtrace.embedded.traces import trace_pixel  # noqa: PLC0415
    from nbtrace.programs.command import require_on_detector  # noqa: PLC0415

    started = time.perf_counter()
    pixel = pixel or task.pixel
    if pixel is None:
        raise UsageError("no pixel to trace; give --pixel SLOW FAST")
    require_on_detector(task.config.shape_slow_fast, pixel)
    files = HarnessFiles(main_file(places.out, f"trace_py_{pixel[0]}_{pixel[1]}.log"), places.force)
    files.check()
    Destinations(bundle=places.bundle).check([])
    slow, fast = task.config.shape_slow_fast
    execution = task.config.execution
    say(f"tracing pixel slow {pixel[0]}, fast {pixel[1]} on a detector of {slow} x {fast} pixels (slow x fast)")
    say(f"mode {execution.mode}, {execution.dtype} on {execution.device}")
    with stage("tracing the pixel"):
        traced = trace_pixel(task.config, pixel, emit)
    provenance = _provenance(task)
    _write(files, traced, task, pixel, provenance)
    counted = _count_lines(traced)
    say(f"Main trace written to {files.main}")
    say(f"Captured {counted} TRACE_PY_PHI lines")
    if traced.expected_phi == 0:
        say("no per-φ lines belong to this pixel: they need a square crystal and a sample within the resolution limit")
    files.write(streams.stdout, names.STDOUT)
    files.write(streams.stderr, names.STDERR)
    complete = counted == traced.expected_phi
    if places.bundle is not None:
        _file(places.bundle, files, traced, pixel, provenance, started, complete=complete)
    if not complete:
        raise ProgramError(
            f"{counted} TRACE_PY_PHI lines were captured where {traced.expected_phi} φ steps were expected; "
            f"the trace in {files.main} is not complete"
        )


def _count_lines(traced: "EmbeddedTrace") -> int:
    return len({record.line for record in traced.per_phi})


def _provenance(task: Task) -> Provenance:
    from nbtrace.embedded.choice import input_files  # noqa: PLC0415

    inputs = (*((task.file,) if task.file is not None else ()), *input_files(task.config))
    execution = task.config.execution
    return Provenance.collect(
        inputs=list(inputs), device=execution.device, dtype=execution.dtype, time=datetime.now(UTC)
    )


def _write(files: HarnessFiles, traced: "EmbeddedTrace", task: Task, pixel: Pixel, provenance: Provenance) -> None:
    """Write everything but the captured streams, which are not complete yet."""
    from nbtrace.embedded.choice import canonical, command_text  # noqa: PLC0415

    execution = task.config.execution
    files.write(trace_text(traced.records, traced.header))
    files.write(trace_text(traced.per_phi, traced.header[-1:]), names.PER_PHI_LOG)
    document = per_phi_document(
        traced.per_phi,
        time=provenance.time,
        pixel=pixel,
        config=task.name,
        device=execution.device,
        dtype=execution.dtype,
        mode=execution.mode,
    )
    files.write(document, names.PER_PHI_JSON)
    flags = canonical(task.config)
    snapshot = {"format_version": 1, "name": task.name, "pixel": {"slow": pixel[0], "fast": pixel[1]}, "flags": flags}
    files.write(dump(snapshot | {"config": task.config.model_dump(mode="json")}), names.CONFIGURATION)
    files.write(f"{command_text(flags)}\n", names.FLAGS)
    files.write(dump(provenance.document(files.records())), names.ENVIRONMENT)


def _file(
    bundle: Path,
    files: HarnessFiles,
    traced: "EmbeddedTrace",
    pixel: Pixel,
    provenance: Provenance,
    started: float,
    *,
    complete: bool,
) -> None:
    """File the run in an evidence folder."""
    chain = [record for record in traced.records if record.known is not None and record.known.section == "scaling"]
    facts = {
        "pixel": f"slow {pixel[0]}, fast {pixel[1]}",
        "TRACE_PY_PHI lines": f"{_count_lines(traced)} of {traced.expected_phi}",
    }
    paths = Bundle.open_or_create(bundle).add_result(
        "harness",
        metrics={
            "format_version": 1,
            "pixel": {"slow": pixel[0], "fast": pixel[1]},
            "phi_lines": _count_lines(traced),
            "phi_lines_expected": traced.expected_phi,
            "values": {record.quantity: record.numbers[0] for record in chain},
            "provenance": provenance.document(files.records()),
        },
        summary_md=names.summary("Trace of one pixel", facts, {record.key: record.value.text for record in chain}),
        provenance=provenance,
        outputs=files.contents,
        exit_code=0 if complete else int(ProgramError.exit_code),
        wall_seconds=time.perf_counter() - started,
    )
    say(f"filed in {bundle}: {', '.join(path.name for path in paths)}")
