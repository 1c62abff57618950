"""A side that is recorded output: what the reference once wrote, with the digest of the program that wrote it."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nbtrace.documents import load
from nbtrace.errors import InputError
from nbtrace.evidence.provenance import FileRecord
from nbtrace.images.read import read_image
from nbtrace.parsers.source import read_text
from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.programs.side_source import Identity, Made, PixelTrace, digest
from nbtrace.records import Pixel
from nbtrace.schema import reason

CASE_NAME = "case.json"
IMAGE_NAMES = ("image.npz", "image.npy", "image.bin")
STDOUT_NAME = "stdout.log"
_TRACE_NAME = re.compile(r"trace_c_(\d+)_(\d+)\.log(\.gz)?")

_Count = Annotated[int, Field(ge=1)]


class RecordedCase(BaseModel):
    """`case.json`: what was run and by which program. Further keys are of no interest here."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: str = Field(min_length=1)
    about: str = ""
    args: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    shape_slow_fast: Annotated[tuple[_Count, _Count], Field(strict=False)]
    threads: _Count = 1
    reference_sha256: str = Field(pattern="^[0-9a-f]{64}$")


@dataclass(frozen=True)
class ArchivedSource:
    """A folder of recorded output.

    It holds `case.json` and `image.npz` (or npy, bin); it may hold `stdout.log` and `trace_c_SLOW_FAST.log[.gz]`.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @cached_property
    def case(self) -> RecordedCase:
        """What `case.json` says.

        Raises
        ------
        InputError
            If it is missing or malformed.
        """
        path = self.folder / CASE_NAME
        if not self.folder.is_dir():
            raise InputError(f"{self.folder} is no folder of recorded output")
        try:
            return RecordedCase.model_validate(load(path))
        except ValidationError as error:
            raise InputError(f"{path}: {reason(error)}") from None

    @cached_property
    def identity(self) -> Identity:
        """The folder, and the program that wrote what is in it."""
        binary = FileRecord("recorded reference", self.case.reference_sha256, None)
        return Identity(f"recorded output in {self.folder}", self.case.args, binary)

    @property
    def threads(self) -> int:
        """Threads that the recorded program ran with."""
        return self.case.threads

    @property
    def input_folders(self) -> Sequence[Path]:
        """Where the files are that the recorded flags name."""
        return (self.folder, self.folder / "inputs", self.folder.parent / "inputs")

    @property
    def files(self) -> tuple[Path, ...]:
        """The case and the image, as far as they are there."""
        paths = (self.folder / name for name in (CASE_NAME, *IMAGE_NAMES))
        return tuple(path for path in paths if path.is_file())

    @cached_property
    def traced(self) -> dict[Pixel, Path]:
        """The pixels (slow, fast) that there are recorded traces of.

        Raises
        ------
        InputError
            If the folder cannot be read.
        """
        try:
            paths = sorted(self.folder.iterdir())
        except OSError as error:
            raise InputError(f"{self.folder} cannot be read: {error.strerror}") from None
        matches = ((_TRACE_NAME.fullmatch(path.name), path) for path in paths)
        return {(int(match[1]), int(match[2])): path for match, path in matches if match}

    def line(self, flags: Sequence[str], folders: Sequence[Path], *, lenient: bool) -> FlagLine:
        """Return the recorded flags, or those given in their place, which are then held against the recorded ones.

        Raises
        ------
        UsageError, InputError
            If they make no run, or a file is missing.
        """
        recorded = flag_line(self.case.args, self.input_folders, lenient=True) if flags else None
        line = flag_line(flags or self.case.args, (*folders, *self.input_folders), lenient=lenient)
        if recorded is None or recorded.experiment == line.experiment:
            return line
        return line.remarked(f"not those of the recorded output, which are: {shlex.join(self.case.args)}")

    def make(self, repeat: int) -> Made:  # noqa: ARG002 - what is recorded was run once
        """Read the recorded image.

        Raises
        ------
        InputError
            If there is none, or it cannot be read.
        MismatchError
            If its shape is not the recorded one.
        """
        path = next((self.folder / name for name in IMAGE_NAMES if (self.folder / name).is_file()), None)
        if path is None:
            raise InputError(f"{self.folder} holds no recorded image; it must be {' or '.join(IMAGE_NAMES)}")
        image = read_image(path, shape=self.case.shape_slow_fast)
        log = self.folder / STDOUT_NAME
        return Made(image, (), (digest(image),), read_text(str(log))[0] if log.is_file() else "")

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Return the recorded trace of a pixel, if there is one."""
        path = self.traced.get(pixel)
        if path is not None:
            return PixelTrace(read_text(str(path))[0])
        known = ", ".join(f"{slow} {fast}" for slow, fast in self.traced)
        return PixelTrace(
            None, f"no trace of it is recorded; recorded are {known}" if known else "no trace is recorded"
        )
