"""A side that is a program: it runs in an empty folder, without a shell, and leaves nothing behind."""

import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from shutil import copyfile

from nbtrace.capturing.plain_run import STDERR, STDOUT
from nbtrace.capturing.private_folder import Stamp, stamps_in
from nbtrace.errors import InputError, MismatchError, NbtraceError, ProgramError
from nbtrace.evidence.program import ProgramRun, Surroundings
from nbtrace.files import sha256_of
from nbtrace.images.image import Image
from nbtrace.images.read import read_image
from nbtrace.programs.alive import run_program
from nbtrace.programs.command import CACHE, FlagLine
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import Identity, Made, OneRun, PixelTrace, RunOptions, made_of
from nbtrace.programs.trace_capture import TraceCapture
from nbtrace.records import Pixel
from nbtrace.temporary import temporary_folder
from nbtrace.vocabulary import registry

TRACE_FLAG = "-trace_pixel"
_LAST_LINES = 3
_LONGEST = 300
"""Letters of a failed program's last words that fit in a message."""

_TRACE_WORD = "TRACE_"

_CLOCKS_APART = 2.0
"""Seconds by which the clock of a file system may be behind: an image older than the run is not of it."""


def _is_own_file(path: Path) -> bool:
    """Whether a file lies in the folder that its name says, and is no link to another place."""
    try:
        return path.is_file() and path.resolve().parent == path.parent.resolve()
    except OSError:
        return False


def _digests(folder: Path, before: Mapping[str, Stamp], logs: tuple[Path, Path]) -> Mapping[str, str]:
    """Return the digests of all that a run wrote, as those of a captured run are told; none where it cannot be read."""
    with suppress(NbtraceError):
        written = [name for name, stamp in stamps_in(folder) if before.get(name) != stamp]
        files = {name: sha256_of(folder / name) for name in written}
        return {STDOUT: sha256_of(logs[0]), STDERR: sha256_of(logs[1]), **files}
    return {}


@dataclass(frozen=True)
class ProgramSource:
    """A program and the flags that it runs with.

    Attributes
    ----------
    program : Program
    line : FlagLine
    options : RunOptions
    label : str
        The side, as reports name it.
    capture : TraceCapture or None
        What captures the values of a program that prints no trace; None to leave it without.
    """

    program: Program
    line: FlagLine
    options: RunOptions = field(default_factory=RunOptions)
    label: str = field(default_factory=lambda: registry.default().names.reference)
    capture: TraceCapture | None = None

    @cached_property
    def identity(self) -> Identity:
        """The program and its command."""
        name = f"{shlex.join(self.program.words)} ({self.program.origin})"
        return Identity(name, (*self.program.words, *self.line.words), self.program.record())

    @property
    def threads(self) -> int:
        """Threads that it is told to run with."""
        return self.options.threads

    def make(self, repeat: int) -> Made:
        """Run it `repeat` times.

        Raises
        ------
        ProgramError, MismatchError
            See :class:`~nbtrace.programs.side_source.SideSource`.
        """
        return made_of(self.run() for _ in range(repeat))

    def run(self, more: tuple[str, ...] = ()) -> OneRun:
        """Run it once, with one more flag.

        Raises
        ------
        ProgramError
            If it cannot be started, fails, takes too long, or writes no image.
        MismatchError
            If its image has another number of pixels than the flags ask for.
        """
        with temporary_folder() as folder, temporary_folder() as kept:
            logs = kept / "stdout", kept / "stderr"
            if self.line.cache is not None:
                copyfile(self.line.cache, folder / CACHE)
            before = dict(stamps_in(folder))
            surroundings = Surroundings(folder, self.options.environment, self.options.seconds)
            line = self.line.with_flag(more) if more else self.line
            run = run_program(self.program, line.words, logs, surroundings)
            stdout, stderr = (path.read_bytes().decode(errors="replace") for path in logs)
            if run.failed:
                why = (
                    f", as it is when these flags are typed: {self.line.crash}"
                    if self.line.crash and run.signalled
                    else ""
                )
                raise ProgramError(self._complaint(run.text + why, stdout, stderr))
            image = self._image(folder / self.line.float_name, run, (stdout, stderr))
            digests = {} if self.capture is None else _digests(folder, before, logs)
        done = OneRun(image, run.wall_seconds * 1e3, stdout, stderr, digests)
        if self.capture is not None:
            self.capture.note(line, self.options, done)
            if more[:1] == (TRACE_FLAG,) and (silence := self._silence(stdout)):
                self.capture.note_silence(self.line, (int(more[1]), int(more[2])), silence)
        return done

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Run it with `-trace_pixel`; of a program without such a flag the values are captured, where they can be."""
        if self.capture is None:
            return self._printed(pixel)
        captured = None
        if self.capture.comes_first(self.line, pixel, TRACE_FLAG):
            captured = self.capture.trace(self.line, self.options, pixel)
            if captured.text is not None:
                return captured
        silence = self.capture.silence(self.line, pixel)
        if silence is None:
            printed = self._printed(pixel)
            if printed.text is not None:
                return printed
            silence = printed.reason
            self.capture.note_silence(self.line, pixel, silence)
        captured = captured or self.capture.trace(self.line, self.options, pixel)
        return captured if captured.text is not None else PixelTrace(None, f"{silence}; {captured.reason}")

    def _printed(self, pixel: Pixel) -> PixelTrace:
        try:
            run = self.run((TRACE_FLAG, str(pixel[0]), str(pixel[1])))
        except (ProgramError, MismatchError) as error:
            return PixelTrace(None, f"with {TRACE_FLAG}: {error}")
        silence = self._silence(run.stdout)
        return PixelTrace(None, silence) if silence else PixelTrace(run.stdout)

    def _silence(self, stdout: str) -> str:
        """Return why what it prints with `-trace_pixel` is no trace; empty if it is one."""
        if "\0" in stdout:
            return f"what {self.program.file.name} prints with {TRACE_FLAG} is binary"
        if _TRACE_WORD not in stdout:
            return f"{self.program.file.name} printed no {_TRACE_WORD} lines for {TRACE_FLAG}"
        return ""

    def _image(self, path: Path, run: ProgramRun, said: tuple[str, str]) -> Image:
        if not _is_own_file(path):
            missing = f"{run.text}, but it wrote no image to -floatfile {path.name}"
            raise ProgramError(self._complaint(missing, *said))
        age = run.started.timestamp() - path.stat().st_mtime
        if age > _CLOCKS_APART:
            raise ProgramError(self._complaint(f"{path.name} is {age:.0f} s older than the run that left it", *said))
        try:
            image = read_image(path, shape=self.line.shape)
        except (InputError, MismatchError) as error:
            kind = MismatchError if isinstance(error, MismatchError) else ProgramError
            raise kind(
                f"{self.program.file.name} ({self.program.origin}): {error}".replace(str(path), path.name)
            ) from None
        return replace(image, source=f"{self.program.file.name}, run as {self.label}")

    def _complaint(self, what: str, stdout: str, stderr: str) -> str:
        words = [line for line in (stderr.strip() or stdout.strip()).splitlines() if line.strip()][-_LAST_LINES:]
        said = " | ".join(word.strip() for word in words)[-_LONGEST:]
        return f"{self.program.file.name} ({self.program.origin}): {what}" + (
            f"; its last words: {said}" if said else ""
        )
