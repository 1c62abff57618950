"""The reference's output kept between runs: it need not run again for another candidate, or another commit of one.

What is kept is of one program, by its digest, with the same flags, input files and threads.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from nbtrace.documents import dump, load
from nbtrace.errors import InputError, UsageError
from nbtrace.files import read_bytes, write_new
from nbtrace.images.image import Image
from nbtrace.images.numpy_files import read_npy
from nbtrace.programs.case_keys import digest_of_values, line_digests, program_digest
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.side_source import Made, PixelTrace, WrappedSource, digest
from nbtrace.records import Pixel
from nbtrace.schema import FormatOne

_RUNS, _IMAGE = "runs.json", "image.npy"


class KeptRuns(BaseModel):
    """`runs.json`: what runs of a program gave besides the image of the first."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    format: Literal["nbtrace reference runs"] = "nbtrace reference runs"
    format_version: FormatOne = 1
    milliseconds: Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
    digests: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    stdout: str
    stderr: str
    image_format: str


@dataclass(frozen=True)
class CachedReference(WrappedSource):
    """A program whose image and printed traces are taken from a folder where they lie there, and else put there.

    Values that are captured are not kept: their certificate is about the run that they were captured from. Nor is
    anything of a run that the clock seeds.

    Attributes
    ----------
    source : ProgramSource
    cache : Path
        The folder of all references; each run has one of its own in it.
    """

    source: ProgramSource
    cache: Path

    @cached_property
    def folder(self) -> Path:
        """Where this program's output with these flags lies.

        Raises
        ------
        InputError
            If the program or an input file cannot be read.
        """
        words = line_digests(self.source.line)
        key = digest_of_values(program_digest(self.source.program), words, self.source.threads)
        return self.cache / key

    def make(self, repeat: int) -> Made:
        """Return what so many runs made, those that are kept or new ones.

        Raises
        ------
        ProgramError, MismatchError, InputError
            See :class:`~nbtrace.programs.side_source.SideSource`.
        UsageError
            If nothing can be written.
        """
        if self.source.line.seeded_by_clock:
            return self.source.make(repeat)
        kept = self._kept()
        if kept is not None and len(kept.milliseconds) >= repeat:
            return replace(kept, milliseconds=kept.milliseconds[:repeat], digests=kept.digests[:repeat])
        made = self.source.make(repeat)
        if _is_plain(made.image):
            runs = KeptRuns(
                milliseconds=made.milliseconds,
                digests=made.digests,
                stdout=made.stdout,
                stderr=made.stderr,
                image_format=made.image.format,
            )
            content = BytesIO()
            np.save(content, made.image.pixels, allow_pickle=False)
            write_new(self.folder / _IMAGE, content.getvalue(), force=True)
            write_new(self.folder / _RUNS, runs.model_dump_json(), force=True)
        return made

    def _kept(self) -> Made | None:
        """Return what is kept; None where nothing is, or it is damaged."""
        with suppress(InputError, ValueError):  # pydantic's is a ValueError
            if not (self.folder / _RUNS).is_file():
                return None
            runs = KeptRuns.model_validate_json(json.dumps(load(self.folder / _RUNS)))
            pixels = read_npy(read_bytes(self.folder / _IMAGE), self.folder / _IMAGE).pixels
            image = Image(pixels, f"{self.source.program.file.name}, as it ran before", runs.image_format)
            if image.shape == self.source.line.shape and digest(image) == runs.digests[0]:
                return Made(image, runs.milliseconds, runs.digests, runs.stdout, runs.stderr)
        return None

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Return the trace of a pixel, kept or new."""
        if self.source.line.seeded_by_clock:
            return self.source.trace(pixel)
        path = self.folder / f"trace_{pixel[0]}_{pixel[1]}.json"
        with suppress(InputError):
            kept = load(path) if path.is_file() else None
            if isinstance(kept, dict) and isinstance(kept.get("text"), str):
                return PixelTrace(kept["text"])
        traced = self.source.trace(pixel)
        if traced.text is not None and traced.captured is None:
            with suppress(UsageError):  # the trace is there, kept or not
                write_new(path, dump({"text": traced.text}), force=True)
        return traced


def _is_plain(image: Image) -> bool:
    """Whether an image is nothing but its pixels."""
    return not image.header and image.geometry is None and image.mask is None and not image.remarks
