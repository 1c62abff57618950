"""The results of a suite in a folder, a file for each case: what is done need not run again, and parts can be merged.

The folder holds `suite.json`, the cases of the suite with their keys, and `cases/`, a file for each result. Every file
is written whole or not at all, so that a run may be killed anywhere, and several may write into one folder.
"""

import json
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nbtrace.documents import load, utc_text
from nbtrace.errors import InputError, UsageError
from nbtrace.files import write_new
from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteCandidate
from nbtrace.programs.suite_file import Parameters
from nbtrace.schema import FormatOne, reason
from nbtrace.verdicts.case_names import candidate_case

LIST_NAME = "suite.json"
CASES_NAME = "cases"

_SHOWN_DIGITS = 16
"""Of a key in the name of a file."""
_LONGEST_NAME = 60

_Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ListedCase(BaseModel):
    """A case of a suite, with the key that its result must have."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=1100)]
    about: str = ""
    key: _Digest
    parameters: Annotated[Parameters, Field(strict=False)] = ()


class CaseList(BaseModel):
    """`suite.json`: the cases of a suite in their order, as they were last asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    format: Literal["nbtrace suite results"] = "nbtrace suite results"
    format_version: FormatOne = 1
    suite: str
    source: str
    candidate: str
    names: Annotated[tuple[str, str], Field(strict=False)]
    left_out: Annotated[int, Field(ge=0)] = 0
    candidates: Annotated[tuple[SuiteCandidate, ...], Field(strict=False)] = ()
    cases: Annotated[tuple[ListedCase, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _has_each_candidate(self) -> "CaseList":
        names = [one.name for one in self.candidates]
        suffixes = [candidate_case("", name) for name in names]
        told = [case.name for case in self.cases]
        if names and (len(told) % len(names) or not all(map(str.endswith, told, cycle(suffixes)))):
            raise ValueError("its cases are not those of its candidates")
        return self


class CaseFile(BaseModel):
    """A file of `cases/`: the result of one case, its key, and where and when it was found."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, ser_json_inf_nan="constants")

    format: Literal["nbtrace suite case"] = "nbtrace suite case"
    format_version: FormatOne = 1
    case: str
    key: _Digest
    made_utc: str
    host: str
    versions: dict[str, str | None]
    result: CaseResult

    @model_validator(mode="after")
    def _of_one_mind(self) -> "CaseFile":
        result, judged = self.result, self.result.judged
        if not self.case == result.name == (result.name if judged is None else judged.name):
            raise ValueError("it is of several cases")
        if judged is not None and judged.agrees is not (result.outcome is CaseOutcome.AGREE):
            raise ValueError(f"the outcome is {result.outcome.value!r}, and its quantities say otherwise")
        return self


@dataclass(frozen=True)
class CaseStore:
    """A folder of results.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    def begin(self, listed: CaseList) -> None:
        """Write the list of the cases; results of an earlier list whose keys are not in it count no more.

        Raises
        ------
        UsageError
            If the folder holds results of another suite, or something else, or cannot be written.
        InputError
            If the list that it holds cannot be read.
        """
        path = self.folder / LIST_NAME
        if path.exists():
            before = self.listed
            if before.suite != listed.suite:
                raise UsageError(f"{self.folder} holds results of the suite {before.suite!r}; give another folder")
            if before == listed:
                return
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise UsageError(f"{self.folder} is not empty and holds no {LIST_NAME}; give another folder")
        absent = None if listed.candidates else {"candidates"}
        write_new(path, listed.model_dump_json(indent=1, exclude=absent), force=True)

    @cached_property
    def listed(self) -> CaseList:
        """The cases that the folder is about.

        Raises
        ------
        InputError
            If there is no such list.
        """
        if not (self.folder / LIST_NAME).exists():
            raise InputError(f"{self.folder} is no folder of results; nbtrace compare --suite … --results writes one")
        return _read(CaseList, self.folder / LIST_NAME)

    def find(self, case: ListedCase) -> CaseFile | None:
        """Return the result of a case, None where it has none with this key.

        Raises
        ------
        InputError
            If its file cannot be read.
        """
        path = self._path(case)
        if not path.exists():
            return None
        found = _read(CaseFile, path)
        return found if found.key == case.key and found.case == case.name else None

    def keep(self, case: ListedCase, result: CaseResult, versions: dict[str, str | None]) -> None:
        """Write the result of a case; an earlier one is replaced.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        made = CaseFile(
            case=case.name,
            key=case.key,
            made_utc=utc_text(datetime.now(UTC)),
            host=platform.node(),
            versions=versions,
            result=result,
        )
        write_new(self._path(case), made.model_dump_json(indent=1), force=True)

    def others(self, cases: Sequence[ListedCase]) -> int:
        """Return how many files there are of other keys than those of the cases."""
        own = {self._path(case).name for case in cases}
        return sum(path.name not in own for path in (self.folder / CASES_NAME).glob("*.json"))

    def _path(self, case: ListedCase) -> Path:
        word = re.sub(r"[^A-Za-z0-9_.+=-]+", "_", case.name)[:_LONGEST_NAME].lstrip(".")
        return self.folder / CASES_NAME / f"{word or 'case'}-{case.key[:_SHOWN_DIGITS]}.json"


_Model = TypeVar("_Model", CaseList, CaseFile)


def _read(kind: type[_Model], path: Path) -> _Model:
    try:
        return kind.model_validate_json(json.dumps(load(path)))
    except ValidationError as error:
        raise InputError(f"{path}: {reason(error)}") from None


def is_done(found: CaseFile | None) -> bool:
    """Tell whether a case need not run again: what prevented a comparison may be gone by now."""
    return found is not None and found.result.outcome is not CaseOutcome.NOT_COMPARABLE


def agreed_list(stores: Sequence[CaseStore]) -> CaseList:
    """Return the one list of cases of several folders.

    Raises
    ------
    InputError
        If one has none, or two are of different suites, programs, versions or limits.
    """
    first, *others = stores
    for other in others:
        if other.listed.cases != first.listed.cases:
            raise InputError(
                f"{first.folder} and {other.folder} are not parts of one run: "
                + next(_disagreements(first.listed, other.listed))
            )
    return first.listed


def _disagreements(one: CaseList, other: CaseList) -> Iterator[str]:
    if one.suite != other.suite:
        yield f"their suites are {one.suite!r} and {other.suite!r}"
    mine, theirs = ({case.name for case in each.cases} for each in (one, other))
    for name in sorted(mine ^ theirs):
        yield f"only one of them has the case {name!r}"
    if one.candidate != other.candidate:
        yield f"their candidates are {one.candidate} and {other.candidate}"
    yield "their programs, input files, versions or limits differ"
