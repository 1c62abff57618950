"""One side of a comparison: something that makes an image and, if it can, the trace of a pixel."""

import hashlib
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nbtrace.evidence.provenance import FileRecord
from nbtrace.images.image import Image
from nbtrace.records import Pixel

if TYPE_CHECKING:
    from nbtrace.capturing.capture_result import CaptureResult

THREADS_VARIABLE = "OMP_NUM_THREADS"
"""What tells a program its number of threads."""


@dataclass(frozen=True)
class Identity:
    """What a side is.

    Attributes
    ----------
    name : str
        For people: the program, the embedded simulator, the folder of recorded output.
    command : tuple of str
        The words that were run, or that the recorded output was made with.
    binary : FileRecord or None
        The program file, as far as it is known.
    """

    name: str
    command: tuple[str, ...]
    binary: FileRecord | None


@dataclass(frozen=True, eq=False)
class Made:
    """An image, and how it was made.

    Attributes
    ----------
    image : Image
        That of the first run.
    milliseconds : tuple of float
        Wall time of every run; empty for recorded output.
    digests : tuple of str
        SHA-256 of the pixels of every run.
    stdout, stderr : str
        What the first run printed.
    engine : str
        What computed the samples, where the embedded simulator made the image.
    """

    image: Image
    milliseconds: tuple[float, ...]
    digests: tuple[str, ...]
    stdout: str = ""
    stderr: str = ""
    engine: str = ""

    @property
    def logs(self) -> tuple[tuple[str, str], ...]:
        """What was printed, by stream."""
        return ("stdout", self.stdout), ("stderr", self.stderr)

    @property
    def median_ms(self) -> float | None:
        """Median wall time; None where nothing ran."""
        return statistics.median(self.milliseconds) if self.milliseconds else None

    @property
    def identical(self) -> bool | None:
        """Whether all runs gave the same bits; None where there are not two."""
        return len(set(self.digests)) == 1 if len(self.digests) > 1 else None


@dataclass(frozen=True)
class PixelTrace:
    """The log of a pixel as a side gives it; where it has none, `reason` says why.

    `captured` is the capture that it is of, where the side prints no trace.
    """

    text: str | None
    reason: str = ""
    captured: "CaptureResult | None" = None


@dataclass(frozen=True)
class OneRun:
    """One run that ended well: its image, its wall time, and what it printed.

    `digests` are those of all that it wrote, where they were asked for.
    """

    image: Image
    milliseconds: float
    stdout: str
    stderr: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""


def made_of(runs: Iterable[OneRun]) -> Made:
    """Return what runs made, of which there is at least one; of the images only the first is kept."""
    first: OneRun | None = None
    times, digests = [], []
    for run in runs:
        first = first or run
        times.append(run.milliseconds)
        digests.append(digest(run.image))
    if first is None:
        raise ValueError("no run")
    return Made(first.image, tuple(times), tuple(digests), first.stdout, first.stderr, first.engine)


class SideSource(Protocol):
    """A side: a program, the embedded simulator, or recorded output."""

    @property
    def identity(self) -> Identity:
        """What it is."""

    @property
    def threads(self) -> int:
        """Threads that it runs with, ran with, or imitates."""

    def make(self, repeat: int) -> Made:
        """Make the image `repeat` times.

        Raises
        ------
        ProgramError
            If a program fails or leaves no image.
        MismatchError
            If the image has another number of pixels than the flags ask for.
        InputError
            If recorded output cannot be read.
        """

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Return the trace of a pixel (slow, fast)."""


@dataclass(frozen=True)
class WrappedSource:
    """Another side, of which something is made or traced in another way.

    Attributes
    ----------
    source : SideSource
    """

    source: SideSource

    @property
    def identity(self) -> Identity:
        """What it is."""
        return self.source.identity

    @property
    def threads(self) -> int:
        """Threads that it runs with, ran with, or imitates."""
        return self.source.threads


def digest(image: Image) -> str:
    """Return the SHA-256 of an image's pixels, row by row."""
    return hashlib.sha256(image.pixels.tobytes()).hexdigest()


@dataclass(frozen=True)
class RunOptions:
    """How programs run.

    Attributes
    ----------
    seconds : float or None
        Time limit of one run.
    threads : int
        OMP_NUM_THREADS.
    """

    seconds: float | None = 600.0
    threads: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a program gets besides those of this process."""
        return {THREADS_VARIABLE: str(self.threads)}
