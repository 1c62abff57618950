"""Sides that cost nothing, for suites of many cases: their pixels follow from -N, and a worker can load them."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbtrace.images.image import Image
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Plan
from nbtrace.programs.side_source import Identity, Made, PixelTrace, digest
from nbtrace.programs.suite import SuiteRun
from nbtrace.programs.suite_file import CaseTask, read_suite, tasks
from nbtrace.records import Pixel

WRONG, FATAL, FATAL_ONCE = 13, 66, 77
"""Values of -N of which the candidate's image is another, ends its process, and does that the first time."""


@dataclass(frozen=True)
class QuickSide:
    """An image of the numbers from N on; where `mark` is given, a file in which each run leaves its -N."""

    line: FlagLine
    candidate: bool
    mark: Path | None = None
    threads: int = 1

    @property
    def identity(self) -> Identity:
        return Identity("quick", self.line.words, None)

    def make(self, repeat: int) -> Made:
        cells = self.line.config.crystal.Na
        if self.candidate:
            self._noted(int(cells))
        pixels = np.arange(np.prod(self.line.shape), dtype=np.float32).reshape(self.line.shape) + np.float32(cells)
        if self.candidate and cells == WRONG:
            pixels = pixels * np.float32(2)
        image = Image(pixels, "quick", "float32")
        return Made(image, (1.0,) * repeat, (digest(image),) * repeat)

    def _noted(self, cells: int) -> None:
        runs = self.mark.read_text().split() if self.mark is not None and self.mark.exists() else []
        if self.mark is not None:
            with self.mark.open("a") as stream:
                stream.write(f"{cells} ")
        if cells == FATAL or (cells == FATAL_ONCE and str(cells) not in runs):
            os.kill(os.getpid(), signal.SIGKILL)

    def trace(self, pixel: Pixel) -> PixelTrace:
        return PixelTrace(None, f"no trace of {pixel}")


def reference(line: FlagLine, threads: int) -> QuickSide:
    return QuickSide(line, candidate=False, threads=threads)


@dataclass(frozen=True)
class Candidate:
    """Makes the candidate's side."""

    mark: Path | None = None

    def __call__(self, line: FlagLine, threads: int) -> QuickSide:
        return QuickSide(line, candidate=True, mark=self.mark, threads=threads)


def quick_run(mark: Path | None = None, plan: Plan | None = None) -> SuiteRun:
    """Return a run of such sides."""
    return SuiteRun(reference, Candidate(mark), plan or Plan(traces=False), "quick.toml")


def quick_cases(folder: Path, *cells: int) -> list[CaseTask]:
    """Return a case for each -N, called n1, n2, …"""
    folder.mkdir(exist_ok=True)
    path = folder / "quick.toml"
    flags = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -distance 100 -detpixels 4"
    path.write_text(
        'format_version = 1\nname = "quick"\n'
        + "".join(f'[[case]]\nname = "n{number}"\nflags = "{flags} -N {number}"\n' for number in cells)
    )
    return tasks(read_suite(path), folder)
