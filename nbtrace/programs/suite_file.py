"""The file of a suite: its cases, and what counts as agreement in each. No file names a program to be run."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nbtrace.compare.images import ImageOptions, Roi
from nbtrace.documents import read_toml
from nbtrace.errors import UsageError
from nbtrace.programs.archived import ArchivedSource
from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.records import Pixel
from nbtrace.schema import FormatOne, reason

_Index = Annotated[int, Field(ge=0)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
_MOST_RUNS = 1000


class Settings(BaseModel):
    """What a case, or `[defaults]`, may set; what is absent is as in `nbtrace compare`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    threshold: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    sum_ratio: Annotated[list[_Positive], Field(min_length=2, max_length=2)] | None = None
    relative: _Tolerance | None = None
    absolute: _Tolerance | None = None
    outliers: Annotated[float, Field(ge=0, lt=1)] | None = None
    roi: Annotated[list[_Index], Field(min_length=4, max_length=4)] | None = None
    region: Annotated[list[_Index], Field(min_length=4, max_length=4)] | None = None
    repeat: Annotated[int, Field(ge=1, le=_MOST_RUNS)] | None = None
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    pixels: list[Annotated[list[_Index], Field(min_length=2, max_length=2)]] | None = None
    traces: bool | None = None

    @model_validator(mode="after")
    def _one_region(self) -> "Settings":
        if self.roi is not None and self.region is not None:
            raise ValueError("region (slow first) and roi (fast first) name the same pixels in two ways; give one")
        return self


class SuiteCase(Settings):
    """`[[case]]`: flags, or a folder of recorded output, or both.

    With `archived` the recorded image stands for the reference, and the recorded flags serve where none are given.
    """

    name: _Name
    about: str = ""
    flags: str | list[str] | None = None
    archived: str | None = None
    inputs: list[str] = []

    @model_validator(mode="after")
    def _has_flags(self) -> "SuiteCase":
        if self.flags is None and self.archived is None:
            raise ValueError("give flags, or archived with the folder of recorded output")
        return self

    @field_validator("flags")
    @classmethod
    def _not_empty(cls, value: str | list[str] | None) -> str | list[str] | None:
        if value is not None and not value:
            raise ValueError("flags are empty")
        return value


class SuiteFile(BaseModel):
    """A suite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: FormatOne
    name: _Name
    about: str = ""
    defaults: Settings = Settings()
    case: Annotated[list[SuiteCase], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> "SuiteFile":
        names = [case.name for case in self.case]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two cases are called {twice!r}")
        return self


def read_suite(path: Path) -> SuiteFile:
    """Return the suite in a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If it is no TOML, or no suite; the message names the place.
    """
    try:
        return SuiteFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise UsageError(f"{path}: {reason(error)}") from None


@dataclass(frozen=True)
class CaseTask:
    """A case, resolved against the folder of its suite.

    Attributes
    ----------
    name, about : str
    archived : ArchivedSource or None
    words : tuple of str
        Flags as the file gives them; empty for the recorded ones.
    folders : tuple of Path
        Where input files are looked for.
    settings : Settings
        The case's own over the defaults.
    """

    name: str
    about: str
    archived: ArchivedSource | None
    words: tuple[str, ...]
    folders: tuple[Path, ...]
    settings: Settings

    def line(self, *, lenient: bool) -> FlagLine:
        """Return its flags.

        Raises
        ------
        UsageError, InputError
            If they make no run, or a file is missing.
        """
        if self.archived is None:
            return flag_line(self.words, self.folders, lenient=lenient)
        return self.archived.line(self.words, self.folders, lenient=lenient)

    @property
    def pixels(self) -> tuple[Pixel, ...]:
        """Further pixels to trace, (slow, fast)."""
        return tuple((slow, fast) for slow, fast in self.settings.pixels or ())

    def image_options(self, base: ImageOptions, origin: str) -> ImageOptions:
        """Return `base` with what the case sets, marked with its origin.

        Raises
        ------
        UsageError
            If the limits contradict themselves.
        """
        given = self.settings
        changes = {name: getattr(given, name) for name in _LIMITS if getattr(given, name) is not None}
        if given.sum_ratio is not None:
            changes["sum_ratio"] = (given.sum_ratio[0], given.sum_ratio[1])
        region = _region(given)
        if region is not None:
            changes["roi"] = region
        return replace(base, **changes, origins={**base.origins, **dict.fromkeys(changes, origin)})


def _region(given: Settings) -> Roi | None:
    """Return the region of a case, which `region` gives slow first and `roi` in the reference's order."""
    if given.region is not None:
        slow_first, slow_last, fast_first, fast_last = given.region
        return Roi.from_region((slow_first, slow_last, fast_first, fast_last))
    return None if given.roi is None else Roi(*given.roi)


_LIMITS = ("threshold", "relative", "absolute", "outliers")


def tasks(suite: SuiteFile, folder: Path, chosen: Sequence[str] | None = None) -> list[CaseTask]:
    """Return the cases of a suite whose file lies in `folder`; of these, where given, only the chosen ones."""
    return [_task(case, suite.defaults, folder) for case in suite.case if chosen is None or case.name in chosen]


def _task(case: SuiteCase, defaults: Settings, folder: Path) -> CaseTask:
    own = {name: getattr(case, name) for name in Settings.model_fields if getattr(case, name) is not None}
    if own.keys() & {"roi", "region"}:  # either of the two stands in place of what the defaults say
        own = {"roi": None, "region": None, **own}
    flags = _words(case.flags, case.name) if isinstance(case.flags, str) else case.flags or ()
    return CaseTask(
        case.name,
        case.about,
        None if case.archived is None else ArchivedSource(folder / case.archived),
        tuple(flags),
        (folder, *(folder / name for name in case.inputs)),
        defaults.model_copy(update=own),
    )


def _words(flags: str, case: str) -> list[str]:
    try:
        return shlex.split(flags)
    except ValueError as error:
        raise UsageError(f"case {case!r}: the flags cannot be split into words: {error}") from None
