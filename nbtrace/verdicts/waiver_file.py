"""The file of the waivers of a project: what it must be before it waives anything. It knows no line numbers."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nbtrace.documents import read_toml
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.schema import FormatOne, reason
from nbtrace.verdicts.tolerance import Limit
from nbtrace.verdicts.waivers import Waiver
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.vocabulary import Vocabulary

_Bound: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
_MOST = 10_000


class _BoundEntry(BaseModel):
    """`{ relative = 1e-3 }` or `{ absolute = 1e-3 }`, the second in the unit of the quantity."""

    model_config = ConfigDict(extra="forbid", strict=True)

    relative: _Bound | None = None
    absolute: _Bound | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "_BoundEntry":
        if (self.relative is None) == (self.absolute is None):
            raise ValueError("give either relative or absolute")
        return self


class _WaiverEntry(BaseModel):
    """`[[waiver]]`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    quantity: _Text | Annotated[list[_Text], Field(min_length=1, max_length=_MOST)]
    bound: _Bound | _BoundEntry
    reason: _Text
    owner: _Text
    expiry: date
    case: _Text | None = None
    candidate: _Text | None = None
    side: Literal["c", "py", "both"] | None = None
    cause: _Text | None = None
    link: _Text | None = None

    def waivers(self) -> Iterable[Waiver]:
        """Yield a waiver for each quantity."""
        limit = self.bound if isinstance(self.bound, _BoundEntry) else _BoundEntry(relative=self.bound)
        basis = Basis.ABSOLUTE if limit.relative is None else Basis.RELATIVE
        value = limit.absolute if limit.relative is None else limit.relative
        for quantity in [self.quantity] if isinstance(self.quantity, str) else self.quantity:
            yield Waiver(
                quantity,
                Limit(value or 0.0, basis),
                self.reason,
                self.owner,
                self.expiry,
                self.case or "",
                self.side or "",
                self.cause or "",
                self.link or "",
                self.candidate or "",
            )


class _WaiverFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format_version: FormatOne = 1
    waiver: Annotated[list[_WaiverEntry], Field(max_length=_MOST)] = []


def read_waivers(path: str | os.PathLike[str], vocabulary: Vocabulary | None = None) -> tuple[Waiver, ...]:
    """Return the waivers in a TOML file.

    Parameters
    ----------
    path : str or path-like
    vocabulary : Vocabulary, optional
        By which quantities and units are known; without it they are as the file has them.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If it is no TOML, or holds something else than waivers; a misspelt key is told with the nearest one.
    """
    file = Path(path)
    document = read_toml(file)
    _refuse_misspelt(document, file)
    try:
        read = _WaiverFile.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{file}: {_told(error)}") from None
    waivers = tuple(waiver for entry in read.waiver for waiver in entry.waivers())
    if vocabulary is not None:
        waivers = tuple(waiver.known_to(vocabulary) for waiver in waivers)
    _refuse_twice(waivers, file)
    return waivers


def _refuse_misspelt(document: dict[str, Any], file: Path) -> None:
    entries = document.get("waiver")
    _refuse_key(document, _WaiverFile, f"{file}: ")
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        if isinstance(entry, dict):
            _refuse_key(entry, _WaiverEntry, f"{file}: waiver {number}: ")


def _refuse_key(table: dict[str, Any], kind: type[BaseModel], where: str) -> None:
    for key in table:
        if key not in kind.model_fields:
            near = nearest(key, kind.model_fields)
            others = f"the nearest is called {near}" if near else f"there are {', '.join(kind.model_fields)}"
            raise UsageError(f"{where}there is no key {key!r}; {others}")


def _told(error: ValidationError) -> str:
    """Return the first complaint with the number of its waiver, from 1."""
    text = reason(error)
    place = error.errors(include_url=False)[0]["loc"]
    if len(place) > 2 and place[0] == "waiver" and isinstance(place[1], int):
        return f"waiver {place[1] + 1}: {text.removeprefix(f'waiver.{place[1]}.')}"
    return text


def _refuse_twice(waivers: tuple[Waiver, ...], file: Path) -> None:
    """Refuse two waivers of one quantity, case and candidate: which of them holds could not be told."""
    seen = set[tuple[str, str, str]]()
    for waiver in waivers:
        own = waiver.case, waiver.candidate, waiver.quantity
        if own in seen:
            raise UsageError(f"{file}: two waivers are of {waiver.title}; make one of them")
        seen.add(own)
