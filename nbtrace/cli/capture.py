"""`nbtrace capture`."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from nbtrace.cli.destinations import STDOUT, Destinations
from nbtrace.cli.groups import grouped
from nbtrace.cli.options import AllShown, BundleFolder, Force, JsonFile, MarkdownFile
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import OUTPUT, PIXELS, PROGRAMS
from nbtrace.cli.program_flags import ProgramCommand, passed_on
from nbtrace.cli.running_options import Timeout, time_limit
from nbtrace.errors import NbtraceError, UsageError
from nbtrace.files import rerun_names, write_new
from nbtrace.frozen import frozen
from nbtrace.nearness import nearest

if TYPE_CHECKING:
    from nbtrace.capturing.back_end import BackEnd
    from nbtrace.capturing.capture_request import CaptureRequest
    from nbtrace.capturing.capture_result import CaptureResult, InjectedRun
    from nbtrace.capturing.injection import Injection
    from nbtrace.capturing.probe import ProbeFile
    from nbtrace.vocabulary.chosen import Chosen
    from nbtrace.vocabulary.vocabulary import Vocabulary
    from simulator.config import Config

EXAMPLE = (
    "Example: nbtrace capture --pixel 685 1039 --build 'make OUT={program} CFLAGS=\"{flags}\"' -o c.log "
    "-- ./nanoBragg -mat A.mat -hkl P1.hkl -lambda 1"
)

PROBES = "probes"
"""The subject under which a vocabulary names the probes that come with it."""


class CaptureCommand(ProgramCommand):
    """A command whose words after `--` are a program and its arguments."""

    after_dashes = "-- PROGRAM [ARGS]"

    def offered(self, incomplete: str) -> list[tuple[str, str]]:
        """Return nothing: what follows is another program's."""
        del incomplete
        return []

    def refuse_bare_flags(self, ctx: Any, words: list[str]) -> None:
        """Take flags before `--` for options: which of them are the program's nobody can tell."""


ProbesOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--probes",
        metavar="TOML",
        help="What is captured, and where; by default the probes that come with the vocabulary (nanoBragg's).",
        readable=False,
        rich_help_panel=PROGRAMS,
    ),
]
SelectedPixel: TypeAlias = Annotated[
    tuple[int, int] | None,
    typer.Option("--pixel", metavar="SLOW FAST", help="The pixel to capture, slow first.", rich_help_panel=PIXELS),
]
AtOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="LOOP=N",
        help="The turn of another loop that the probe file selects by; without it, every turn. Repeatable.",
        rich_help_panel=PIXELS,
    ),
]
BuildOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--build",
        metavar="COMMAND",
        help="Builds a twin where values cannot be read of the program: a shell command with {program} and {flags}.",
        rich_help_panel=PROGRAMS,
    ),
]
SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SETTING",
        help="Write a value into the running program: 'QUANTITY@LOOP=TURN = NUMBERS', '= from LOG', or '= fresh', by "
        "its formula. Repeatable.",
        rich_help_panel=PROGRAMS,
    ),
]
StdinOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--stdin",
        metavar="FILE",
        help="What the program reads from standard input; by default nothing.",
        readable=False,
        rich_help_panel=PROGRAMS,
    ),
]
UncompiledOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--uncompiled",
        help="Run a Python program without torch.compile, TorchScript, numba and jax.jit, which hide its values.",
        rich_help_panel=PROGRAMS,
    ),
]
BackEndOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--back-end",
        metavar="gdb|tracepoints",
        help="Read values by gdb's breakpoints or by gdbserver's tracepoints; by default by tracepoints where no turn "
        "is selected, so that hits are many, and they can be had.",
        rich_help_panel=PROGRAMS,
    ),
]
DraftOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--draft",
        metavar="PROGRAM",
        help="Print a probe file for a program, from its debug information or its Python source, and run nothing.",
        rich_help_panel=PROGRAMS,
    ),
]
FunctionOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--function", metavar="NAME", help="The function that --draft is about.", rich_help_panel=PROGRAMS),
]
LogFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="The log: a trace of what was captured.", rich_help_panel=OUTPUT
    ),
]


@frozen
class CaptureOutputs:
    """Where a capture goes."""

    output: LogFile = None
    md: MarkdownFile = None
    json: JsonFile = None
    bundle: BundleFolder = None
    force: Force = False
    all_shown: AllShown = False

    def destinations(self) -> Destinations:
        """Return them; the log is a file that the command writes besides."""
        others = () if self.output is None or self.output == STDOUT else (self.output,)
        return Destinations(self.md, self.json, None, self.bundle, self.force, None, None, others, whole=self.all_shown)


@grouped
def capture_command(
    ctx: typer.Context,
    *,
    probes: ProbesOption = None,
    pixel: SelectedPixel = None,
    at: AtOption = None,
    build: BuildOption = None,
    set_: SetOption = None,
    stdin: StdinOption = None,
    draft: DraftOption = None,
    function: FunctionOption = None,
    uncompiled: UncompiledOption = False,
    back_end: BackEndOption = None,
    timeout: Timeout = 600.0,
    outputs: CaptureOutputs,
) -> None:
    """Read named values out of a running program that prints no trace, and write them as one.

    The program runs twice in a copy of the current folder: as it is, and under gdb, which stops it at the probes of one
    pixel or turn alone. The trace is written only with a certificate: everything that the program writes has the same
    bytes in both runs, the captured pixel is that of the image, and every probe was reached. What the captured run
    wrote is kept beside the log, in LOG_output.

    Values are read of a program with debug information (-g) and without optimisation (-O0). For any other one --build
    has a twin built by your own command, which counts only if it writes what the given program does. Linux only.

    A Python program (`-- python port.py`, `-- python -m package`) is captured from as it is, by the interpreter that is
    named; functions that are compiled are refused, or run as Python with --uncompiled.

    Exit status: 0 captured, 2 probes that do not fit the program, 5 the program failed, or gdb is missing or may not
    trace, 6 capture or the twin changes what the program writes, 7 a value cannot be read or a probe was never reached.
    """
    words = passed_on(ctx)
    if draft is not None:
        _print_draft(draft, function, outputs, words)
        return
    if function is not None:
        raise UsageError("--function is of --draft; the function of a probe stands in the probe file")
    if outputs.output is None:
        raise UsageError("no log: say where it goes, as in: nbtrace capture -o c.log -- ./PROGRAM ARGS")
    if not words:
        raise UsageError("no program: put it after --, as in: nbtrace capture -o c.log -- ./PROGRAM ARGS")
    file = probe_file(probes)
    request = _request(
        words, file, selected_turn(file, pixel, at or []), build, stdin, time_limit(timeout), uncompiled=uncompiled
    )
    if back_end is not None:
        request = replace(request, back_end=_named_back_end(back_end, set_ or []))
    inputs = tuple(str(path) for path in (probes, stdin) if path is not None)
    delivery = Delivery("capture", inputs, outputs.destinations(), reference=request.program)
    result, injected = _captured(request, set_ or [], outputs.output)
    _deliver(delivery, result, injected, outputs)


def probe_file(path: Path | None, words: "Vocabulary | None" = None) -> "ProbeFile":
    """Return the probes of a file, else those that come with a vocabulary, by default the one in force.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If it holds no probes, or the vocabulary comes with none.
    """
    from nbtrace.capturing.probe_file import read_probe_file  # noqa: PLC0415

    if path is not None:
        return read_probe_file(path)
    from nbtrace.vocabulary import registry  # noqa: PLC0415
    from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415

    words = words or chosen(None, Path()).vocabulary
    shipped: Path | None = registry.knowledge(words, PROBES, None)
    if shipped is None:
        raise UsageError(
            f"the vocabulary {words.name} has no probes: give --probes TOML; nbtrace capture --draft PROGRAM prints one"
        )
    return read_probe_file(shipped, shipped=True)


def selected_turn(file: "ProbeFile", pixel: tuple[int, int] | None, at: Sequence[str]) -> Mapping[str, int]:
    """Return the selected turn of each loop.

    Raises
    ------
    UsageError
        If a loop is none that the probe file selects by, or the pixel is missing.
    """
    selection = file.selection
    names = [name.partition(":")[0] for name in selection.loops]
    chosen: dict[str, int] = {}
    if pixel is not None:
        if selection.pixel is None:
            raise UsageError("--pixel: the probe file names no loops over pixels (select.pixel); give --at LOOP=N")
        if min(pixel) < 0:
            raise UsageError(f"--pixel {pixel[0]} {pixel[1]}: pixels are counted from 0")
        chosen = {name.partition(":")[0]: turn for name, turn in zip(selection.pixel, pixel, strict=True)}
    for text in at:
        name, _, turn = text.partition("=")
        if name not in names:
            near = nearest(name, names)
            there = f"did you mean {near}?" if near else f"the probe file selects by {', '.join(names) or 'none'}"
            raise UsageError(f"--at {text!r}: {name!r} is no selected loop; {there}")
        if not turn.lstrip("-").isascii() or not turn.lstrip("-").isdigit() or len(turn) > 10:
            raise UsageError(f"--at {text!r}: write it as {name}=NUMBER")
        if chosen.get(name, int(turn)) != int(turn):
            raise UsageError(f"--at {text!r}: {name} is {chosen[name]} already")
        chosen[name] = int(turn)
    if selection.pixel is not None and any(name.partition(":")[0] not in chosen for name in selection.pixel):
        raise UsageError("no pixel: say which one is captured, --pixel SLOW FAST")
    return chosen


def _named_back_end(name: str, settings: Sequence[str]) -> "BackEnd":
    from nbtrace.capturing.back_end import BackEnd  # noqa: PLC0415

    named = {"gdb": BackEnd.GDB, "tracepoints": BackEnd.TRACEPOINTS}
    if name not in named:
        raise UsageError(f"--back-end {name!r}: it is gdb or tracepoints")
    if settings and named[name] is BackEnd.TRACEPOINTS:
        raise UsageError("--back-end tracepoints: tracepoints read values and write none; leave out --set")
    return named[name]


def _request(
    words: Sequence[str],
    file: "ProbeFile",
    at: Mapping[str, int],
    build: str | None,
    stdin: Path | None,
    seconds: float | None,
    *,
    uncompiled: bool,
) -> "CaptureRequest":
    from nbtrace.capturing.capture_request import CaptureRequest  # noqa: PLC0415
    from nbtrace.capturing.program_file import found_program  # noqa: PLC0415
    from nbtrace.capturing.twin import require_fields  # noqa: PLC0415
    from nbtrace.files import sha256_of  # noqa: PLC0415

    if build is not None:
        require_fields(build)
    if stdin is not None:
        sha256_of(stdin)  # which says why it cannot be read
    folder = Path.cwd()
    program = found_program(words[0], folder)
    return CaptureRequest(program, tuple(words[1:]), file, at, build, seconds, stdin, folder, uncompiled)


def _captured(
    request: "CaptureRequest", settings: Sequence[str], log: Path
) -> "tuple[CaptureResult, InjectedRun | None]":
    from nbtrace.capturing.injection import parse_injection, placed_write  # noqa: PLC0415
    from nbtrace.capturing.session import capture_session  # noqa: PLC0415

    injections = [parse_injection(text) for text in settings]
    for injection in injections:
        placed_write(injection, request.probes)  # what cannot be written is said before anything runs
    with capture_session(request) as session:
        if not injections:
            return session.capture(_output_folder(log)), None
        result = session.capture()
        return result, session.inject(_with_values(result, injections), _output_folder(log))


def _with_values(result: "CaptureResult", injections: "Sequence[Injection]") -> "Sequence[Injection]":
    """Return injections with the numbers of those whose formula gives them."""
    if not any(injection.fresh for injection in injections):
        return injections
    from nbtrace.proving.fresh_values import with_fresh_values  # noqa: PLC0415
    from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415

    words = chosen(None, Path())
    return with_fresh_values(result, injections, words.vocabulary, _configuration(result.request, words))


def _configuration(request: "CaptureRequest", words: "Chosen") -> "Config | None":
    """Return what the arguments of the program say of its configuration; None where they are not nanoBragg's."""
    from nbtrace.cli.explain import configured_by  # noqa: PLC0415

    try:
        return configured_by(None, list(request.arguments), words) if words.is_default else None
    except NbtraceError:
        return None


def _output_folder(log: Path) -> Path | None:
    """Return a name that is free for the folder of what the program writes."""
    if log == STDOUT:
        return None
    return next(path for path in rerun_names(log.with_name(f"{log.stem}_output")) if not os.path.lexists(path))


def _deliver(
    delivery: Delivery, result: "CaptureResult", injected: "InjectedRun | None", outputs: CaptureOutputs
) -> None:
    from nbtrace.capturing.trace_log import captured_log  # noqa: PLC0415
    from nbtrace.report.documents.capture_document import capture_document  # noqa: PLC0415
    from nbtrace.report.views.capture_view import capture_view  # noqa: PLC0415

    log = outputs.output
    text = captured_log(result, injected)
    if log == STDOUT:
        sys.stdout.write(text)
        return
    if log is not None:
        write_new(log, text, force=outputs.force)
    name = None if log is None else str(log)
    view = capture_view(result, injected, name)
    filed = {} if log is None else {log.name: text}
    code = delivery.deliver(view, lambda: capture_document(result, injected), outputs=filed)
    raise typer.Exit(code)


def _print_draft(program: str, function: str | None, outputs: CaptureOutputs, words: Sequence[str]) -> None:
    if words:
        raise UsageError("--draft runs nothing: leave out what stands after --")
    text = _draft(program, function)
    if outputs.output is None or outputs.output == STDOUT:
        sys.stdout.write(text)
    else:
        write_new(outputs.output, text, force=outputs.force)


def _draft(program: str, function: str | None) -> str:
    from nbtrace.capturing.python_draft import is_python_source, python_draft  # noqa: PLC0415

    if is_python_source(Path(program)):
        return python_draft(Path(program), program, function)
    from nbtrace.capturing.probe_draft import probe_draft  # noqa: PLC0415
    from nbtrace.capturing.program_file import found_program, require_program  # noqa: PLC0415

    found = found_program(program, Path.cwd())
    require_program(found)
    return probe_draft(found, program, function)
