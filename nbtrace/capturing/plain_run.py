"""A run of a program as it is, and what it wrote: what a captured run is held against."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbtrace.capturing.launch import MOST_WRITTEN, Streams
from nbtrace.capturing.private_folder import WrittenFiles
from nbtrace.errors import ProgramError
from nbtrace.evidence.program import ProgramRun, Surroundings, run_kept
from nbtrace.files import sha256_of

STDOUT, STDERR = "stdout", "stderr"
_TAIL_BYTES = 4096


@dataclass(frozen=True)
class RunOutput:
    """What a run wrote.

    Attributes
    ----------
    run : ProgramRun
    streams : Streams
    written : WrittenFiles
    """

    run: ProgramRun
    streams: Streams
    written: WrittenFiles

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of everything, standard output and error included."""
        streams = {STDOUT: sha256_of(self.streams.stdout), STDERR: sha256_of(self.streams.stderr)}
        return {**streams, **self.written.digests}

    def keep(self, folder: Path) -> None:
        """Copy what the run wrote to a folder, which is made; files that it wrote in place stay there alone."""
        folder.mkdir(parents=True)
        shutil.copyfile(self.streams.stdout, folder / f"{STDOUT}.txt")
        shutil.copyfile(self.streams.stderr, folder / f"{STDERR}.txt")
        for name, path in self.written.files.items():
            if name not in self.written.in_place:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)

    def require(self, name: str, *, stdin_given: bool, captured: bool = False) -> None:
        """Refuse a run that did not end well.

        Raises
        ------
        ProgramError
            If it did not; the message has the last line that the program printed.
        """
        if not self.run.failed:
            return
        said = last_line(self.streams.stderr) or last_line(self.streams.stdout)
        when = " while values were captured from it" if captured else ""
        hint = "" if stdin_given or (self.run.status or 0) <= 0 else "; its standard input was empty (--stdin FILE)"
        raise ProgramError(f"{name} failed{when}: {self.run.text}{f': {said}' if said else ''}{hint}")


@dataclass(frozen=True)
class KnownRun:
    """A plain run of the same program, arguments and environment that somebody else has made in an empty folder.

    Attributes
    ----------
    digests : mapping of str to str
        SHA-256 of everything that it wrote: files by their names in its folder, `stdout`, `stderr`.
    seconds : float
        How long it took.
    """

    digests: Mapping[str, str]
    seconds: float


def last_line(path: Path) -> str:
    """Return the last line with something in it that a program printed."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(stream.tell() - _TAIL_BYTES, 0))
        lines = stream.read().decode(errors="replace").splitlines()
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")


def run_plain(
    program: Path,
    arguments: Sequence[str],
    folder: Path,
    streams: Streams,
    seconds: float | None,
    variables: Mapping[str, str] | None = None,
) -> ProgramRun:
    """Run a program with the streams that it has in a captured run.

    Parameters
    ----------
    program : Path
        Whole path.
    arguments : sequence of str
    folder : Path
        Where it runs.
    streams : Streams
    seconds : float or None
        Time limit.
    variables : mapping of str to str, optional
        What its environment has besides that of this process.
    """
    words = shlex.join([str(program), *arguments])
    names = [shlex.quote(str(path)) for path in (streams.stdin, streams.stdout, streams.stderr)]
    script = f"ulimit -f {MOST_WRITTEN // 512}; exec {words} <{names[0]} >{names[1]} 2>{names[2]}"
    kept = streams.stdout.with_suffix(".shell"), streams.stderr.with_suffix(".shell")
    return run_kept(["/bin/sh", "-c", script], kept, surroundings=Surroundings(folder, variables or {}, seconds))
