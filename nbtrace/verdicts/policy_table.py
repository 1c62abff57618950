"""The `[tolerance]` table of a policy file: what it must be before it sets anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nbtrace.errors import UsageError
from nbtrace.schema import reason
from nbtrace.verdicts.tolerance import Limit, PolicySettings
from nbtrace.vocabulary.quantity import Basis

_FiniteTolerance: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number that can be a tolerance."""


class _LimitEntry(BaseModel):
    """The tolerance of one quantity: `{ relative = 1e-5 }` or `{ absolute = 1e-3 }`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    relative: _FiniteTolerance | None = None
    absolute: _FiniteTolerance | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "_LimitEntry":
        if (self.relative is None) == (self.absolute is None):
            raise ValueError("give either relative or absolute")
        return self

    @property
    def limit(self) -> Limit:
        """The tolerance that it sets."""
        if self.relative is not None:
            return Limit(self.relative, Basis.RELATIVE)
        return Limit(self.absolute or 0.0, Basis.ABSOLUTE)


class _Table(BaseModel):
    """The `[tolerance]` table of a policy file, or `[tool.nbtrace.tolerance]` of pyproject.toml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    relative: _FiniteTolerance | None = None
    quantities: dict[str, _LimitEntry] = {}


def settings_of(table: Mapping[str, Any], path: Path) -> PolicySettings:
    """Return what a table sets.

    Raises
    ------
    UsageError
        If it holds settings that nbtrace does not know; `path` is the file that it stands in.
    """
    try:
        read = _Table.model_validate(table)
    except ValidationError as error:
        raise UsageError(f"{path}: tolerance.{reason(error)}") from None
    return PolicySettings(read.relative, {key: entry.limit for key, entry in read.quantities.items()})
