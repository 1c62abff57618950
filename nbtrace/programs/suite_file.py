"""The file of a suite: its cases, and what counts as agreement in each. No file names a program to be run."""

import shlex
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from math import prod
from pathlib import Path
from typing import Annotated, Any

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
_Name = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Flag = Annotated[str, Field(pattern=r"^-[A-Za-z0-9_]+$")]
_MOST_RUNS = 1000
_MOST_CASES = 100_000


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


SETTINGS = frozenset(Settings.model_fields)
"""Names of what a case may set."""


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


_Value = bool | int | float | str
Parameters = tuple[tuple[str, str], ...]
"""The flags of a matrix, each with its value in one case."""

_Chosen = dict[_Flag, _Value]


class FlagMatrixLimits(Settings):
    """`[[matrix.limits]]`: what is set for the combinations that have these values."""

    when: Annotated[_Chosen, Field(min_length=1)]


class FlagMatrix(BaseModel):
    """`[[matrix]]`: a case for each combination of the values of some flags.

    A text holds all words of a flag, `true` stands for the flag alone, `false` for its absence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    about: str = ""
    flags: str = ""
    inputs: list[str] = []
    values: Annotated[dict[_Flag, Annotated[list[_Value], Field(min_length=1)]], Field(min_length=1)]
    exclude: list[Annotated[_Chosen, Field(min_length=1)]] = []
    limits: list[FlagMatrixLimits] = []

    @cached_property
    def cases(self) -> tuple[SuiteCase, ...]:
        """Its cases; the values of the last flag change fastest."""
        return tuple(map(self._case, self._chosen))

    @cached_property
    def parameters(self) -> dict[str, Parameters]:
        """The flags and values of each case, by its name."""
        chosen = (tuple((flag, _told(value)) for flag, value in item.items()) for item in self._chosen)
        return dict(zip((case.name for case in self.cases), chosen, strict=True))

    @cached_property
    def _chosen(self) -> tuple[_Chosen, ...]:
        combinations = (dict(zip(self.values, chosen, strict=True)) for chosen in product(*self.values.values()))
        return tuple(chosen for chosen in combinations if not any(_has(chosen, left) for left in self.exclude))

    def _case(self, chosen: _Chosen) -> SuiteCase:
        words = _words(self.flags, self.name)
        own = [word for flag, value in chosen.items() for word in _flag_words(flag, value, self.name)]
        settings: dict[str, Any] = {}
        for limits in self.limits:
            if _has(chosen, limits.when):
                settings |= _set_of(limits)
        name = f"{self.name}: {shlex.join(own)}" if own else self.name
        return SuiteCase(name=name, about=self.about, flags=[*words, *own], inputs=self.inputs, **settings)

    @model_validator(mode="after")
    def _chooses_what_there_is(self) -> "FlagMatrix":
        count = prod(len(values) for values in self.values.values())
        if count > _MOST_CASES:
            raise ValueError(f"its values make {count} combinations, of which {_MOST_CASES} can be run")
        wanted = [("exclude", left) for left in self.exclude] + [("limits", limits.when) for limits in self.limits]
        for what, chosen in wanted:
            for flag, value in chosen.items():
                if not any(_same(value, one) for one in self.values.get(flag, ())):
                    raise ValueError(f"{what} names {flag} = {value!r}, which is none of its values")
        if not self.cases:
            raise ValueError("every combination is excluded")
        return self


def _told(value: _Value) -> str:
    """Return a value in a word: of a flag that is given or not, which."""
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"


def _has(chosen: _Chosen, wanted: _Chosen) -> bool:
    return all(_same(value, chosen[flag]) for flag, value in wanted.items())


def _same(one: _Value, other: _Value) -> bool:
    """Tell whether two values are one: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _flag_words(flag: str, value: _Value, where: str) -> list[str]:
    if isinstance(value, bool):
        return [flag] if value else []
    return [flag, *(_words(value, where) if isinstance(value, str) else [repr(value)])]


class SuiteFile(BaseModel):
    """A suite: cases one by one, and matrices of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: FormatOne
    name: _Name
    about: str = ""
    defaults: Settings = Settings()
    case: Annotated[list[SuiteCase], Field(min_length=1)] = []
    matrix: Annotated[list[FlagMatrix], Field(min_length=1)] = []

    @cached_property
    def cases(self) -> tuple[SuiteCase, ...]:
        """All cases: those that are written out, then those of the matrices."""
        return (*self.case, *(case for matrix in self.matrix for case in matrix.cases))

    def names_like(self, pattern: str | None) -> list[str]:
        """Return the names of the cases that a pattern, as in `phi_*`, fits; of all without one."""
        return [case.name for case in self.cases if pattern is None or fnmatchcase(case.name, pattern)]

    def without_defaults(self, names: Collection[str]) -> "SuiteFile":
        """Return it without these of `[defaults]`, for which the call says something else; cases keep their own."""
        return self.model_copy(update={"defaults": self.defaults.model_copy(update=dict.fromkeys(names))})

    def own_settings(self, names: Collection[str]) -> dict[str, list[str]]:
        """Return the cases that set some of these themselves, and which."""
        own = {case.name: [name for name in names if getattr(case, name) is not None] for case in self.cases}
        return {name: found for name, found in own.items() if found}

    @model_validator(mode="after")
    def _names_differ(self) -> "SuiteFile":
        if not self.case and not self.matrix:
            raise ValueError("case is missing: give [[case]], or [[matrix]]")
        twice = [name for name, count in Counter(case.name for case in self.cases).items() if count > 1]
        if twice:
            raise ValueError(f"two cases are called {twice[0]!r}")
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
    parameters : tuple of (str, str)
        Flags and values, where the case is one of a matrix.
    """

    name: str
    about: str
    archived: ArchivedSource | None
    words: tuple[str, ...]
    folders: tuple[Path, ...]
    settings: Settings
    parameters: Parameters = ()

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
    wanted = None if chosen is None else set(chosen)
    parameters = {name: found for matrix in suite.matrix for name, found in matrix.parameters.items()}
    return [
        _task(case, suite.defaults, folder, parameters.get(case.name, ()))
        for case in suite.cases
        if wanted is None or case.name in wanted
    ]


def _task(case: SuiteCase, defaults: Settings, folder: Path, parameters: Parameters) -> CaseTask:
    own = _set_of(case)
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
        parameters,
    )


def _set_of(given: Settings) -> dict[str, Any]:
    """Return what a case sets, by name."""
    return {name: getattr(given, name) for name in Settings.model_fields if getattr(given, name) is not None}


def _words(flags: str, case: str) -> list[str]:
    try:
        return shlex.split(flags)
    except ValueError as error:
        raise UsageError(f"case {case!r}: the flags cannot be split into words: {error}") from None
