"""The trace of a program that prints none: its values are captured while it runs, where that is possible."""

from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, TypeAlias

from nbtrace.capturing.plain_run import KnownRun
from nbtrace.capturing.program_file import ELF
from nbtrace.errors import IncompleteError, NbtraceError, PerturbedError, UsageError
from nbtrace.programs.command import CACHE, FlagLine
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import OneRun, PixelTrace, RunOptions
from nbtrace.records import Pixel
from nbtrace.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbtrace.capturing.capture_request import CaptureRequest
    from nbtrace.capturing.capture_result import CaptureResult
    from nbtrace.capturing.probe import ProbeFile

_OF_A_TRACE = "; no trace was written"
"""What errors of a capture end with, and what says nothing where none was to be written."""

_MOST_KEPT = 4
"""Runs with the same flags that are kept."""

_Key: TypeAlias = tuple[tuple[str, ...], int]
"""What makes two runs of a program the same: its flags, and its number of threads."""


class TraceCapture:
    """Captures what a program has at a pixel, where it prints no trace of it.

    A run that was made anyway serves as the plain run that a capture is held against, and a program whose file does not
    name the option is not asked for a trace first. What cannot be captured is tried once: a program without debug
    information is not asked again for the next pixel.

    Parameters
    ----------
    program : Program
    probes : callable
        Returns the probes; asked only if something is to be captured.
    work : Path
        A folder for a twin of the program, which stays as long as there is something to capture.
    build : str, optional
        The user's command that builds a twin.
    """

    def __init__(
        self, program: Program, probes: "Callable[[], ProbeFile]", work: Path, build: str | None = None
    ) -> None:
        self._program, self._read_probes, self._work, self._build = program, probes, work, build
        self._probes: ProbeFile | None = None
        self._captured_from: Path | None = None
        self._named: dict[str, bool] = {}
        self._silences: dict[tuple[tuple[str, ...], Pixel], str] = {}
        self._captures = False
        self._runs: dict[_Key, list[KnownRun]] = {}
        self._refused: dict[_Key, str] = {}
        self._never = ""

    def note(self, line: FlagLine, options: RunOptions, run: OneRun) -> None:
        """Keep what a run wrote, which one with the same flags is held against."""
        if run.digests:
            self._keep((line.words, options.threads), [KnownRun(run.digests, run.milliseconds / 1e3)])

    def note_silence(self, line: FlagLine, pixel: Pixel, reason: str) -> None:
        """Keep why a run that was asked for the trace of a pixel gave none."""
        self._silences[line.words, pixel] = reason

    def silence(self, line: FlagLine, pixel: Pixel) -> str | None:
        """Return why the program, asked for the trace of a pixel, gave none; None as long as it has not been asked."""
        return self._silences.get((line.words, pixel))

    def comes_first(self, line: FlagLine, pixel: Pixel, flag: str) -> bool:
        """Whether to capture before the program is asked for a trace: a whole run less where that would be in vain."""
        return self._captures or self.silence(line, pixel) is not None or not self._names(flag)

    def _names(self, flag: str) -> bool:
        """Whether a flag stands in the program's file, as it does where that knows it; a script may run another."""
        if flag not in self._named:
            try:
                content = self._program.file.read_bytes()
            except OSError:
                content = b""
            self._named[flag] = not content.startswith(ELF) or flag.encode() in content
        return self._named[flag]

    def trace(self, line: FlagLine, options: RunOptions, pixel: Pixel) -> PixelTrace:
        """Return the values of a pixel as a log; where they cannot be captured, the reason and its remedy."""
        from nbtrace.capturing.trace_log import captured_log  # noqa: PLC0415 - where there is something to capture

        key = line.words, options.threads
        why = self._never or self._refused.get(key, "")
        if not why:
            try:
                result = self._captured(line, options, pixel)
            except NbtraceError as error:
                why = self._noted(error, key)
            else:
                self._captures = True
                return PixelTrace(captured_log(result), captured=result)
        return PixelTrace(None, f"no values are captured: {why}")

    def _captured(self, line: FlagLine, options: RunOptions, pixel: Pixel) -> "CaptureResult":
        from nbtrace.capturing.session import capture_session  # noqa: PLC0415

        request = self._prepared(line, options, pixel)
        key = line.words, options.threads
        known = self._runs.get(key, []) if request.captured_from is not None else []
        with temporary_folder() as folder:
            if line.cache is not None:
                copyfile(line.cache, folder / CACHE)
            with capture_session(replace(request, folder=folder)) as session:
                result = session.capture(known=known)
        if request.captured_from is not None:
            self._keep(key, session.plain_runs)
        return result

    def _keep(self, key: _Key, runs: "Sequence[KnownRun]") -> None:
        """Keep runs that have written something else than those before them: each shows what varies by itself."""
        kept = self._runs.setdefault(key, [])
        for run in runs:
            if len(kept) < _MOST_KEPT and all(run.digests != other.digests for other in kept):
                kept.append(run)

    def _prepared(self, line: FlagLine, options: RunOptions, pixel: Pixel) -> "CaptureRequest":
        """Return what is to be captured, after it is known that it can be."""
        try:
            return self._request(line, options, pixel)
        except NbtraceError as error:
            self._never = _words(error)
            raise

    def _request(self, line: FlagLine, options: RunOptions, pixel: Pixel) -> "CaptureRequest":
        from nbtrace.capturing.capture_request import CaptureRequest  # noqa: PLC0415
        from nbtrace.capturing.gdb_run import require_gdb  # noqa: PLC0415
        from nbtrace.capturing.program_file import require_program  # noqa: PLC0415
        from nbtrace.capturing.python_command import python_command  # noqa: PLC0415
        from nbtrace.capturing.session import chosen_build  # noqa: PLC0415

        self._probes = self._probes or self._read_probes()
        selection = self._probes.selection
        if selection.pixel is None:
            raise UsageError(f"{self._probes.path}: the probes select no pixel (select.pixel)")
        request = CaptureRequest(
            self._program.file,
            (*self._program.words[1:], *line.words),
            self._probes,
            dict(zip((name.partition(":")[0] for name in selection.pixel), pixel, strict=True)),
            self._build,
            options.seconds,
            variables=options.environment,
        )
        if python_command(request.program, request.arguments) is not None:
            if self._probes.shipped:
                raise UsageError("it is a Python program, whose values are captured by probes of its own (--probes)")
            return request
        if self._captured_from is None:
            require_gdb()
            require_program(request.program)
            self._captured_from = chosen_build(request, self._work)
        return replace(request, captured_from=self._captured_from)

    def _noted(self, error: NbtraceError, key: _Key) -> str:
        """Return why nothing was captured, and keep what holds for other pixels, too."""
        why = _words(error)
        if isinstance(error, PerturbedError) and self._captured_from not in {None, self._program.file}:
            self._never = why  # the twin is another program
        elif not isinstance(error, IncompleteError):
            self._refused[key] = why
        return why


def _words(error: NbtraceError) -> str:
    return str(error).replace(_OF_A_TRACE, "")


def captured_words(name: str, result: "CaptureResult") -> str:
    """Return in one line how the values of what is called `name` were captured, and that this changed nothing."""
    certificate = result.certificate
    means = "from a twin of it (--build)" if result.twin else "from its debug information"
    if result.file is not None:
        means = "line by line"
    same = ", ".join(item.name for item in certificate.same)
    return (
        f"{name} prints no trace: its values were captured with {result.back_end.value}, {means}; its output is that "
        f"of its plain run, byte for byte ({same})"
    )
