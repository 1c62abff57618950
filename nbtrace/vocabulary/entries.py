"""What the file of a vocabulary may hold: strict models at the border."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Finite: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
_Limit: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]

LARGEST_SHAPE = 1000
"""Components of a quantity."""


def _aliases(value: Any) -> Any:
    """Take a list of keys, or a table from keys to units; a key without a unit has that of the quantity."""
    if isinstance(value, str):
        return {value: None}
    return _without_repeats(value) if isinstance(value, list) else value


def _without_repeats(value: list[Any]) -> dict[str, None]:
    if not all(isinstance(key, str) for key in value):
        raise ValueError("keys are texts")
    if len(set(value)) < len(value):
        raise ValueError("the same key stands twice")
    return dict.fromkeys(value)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def _tolerance(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"relative": value}
    return value


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ToleranceEntry(_Entry):
    """`tolerance = 1e-6`, or `{ absolute = 1e-3 }`."""

    relative: _Limit | None = None
    absolute: _Limit | None = None


class QuantityEntry(_Entry):
    """One line of `[quantities]`."""

    unit: str = "1"
    description: str = ""
    section: str = ""
    shape: Annotated[int, Field(ge=1, le=LARGEST_SHAPE)] = 1
    kind: Literal["number", "text"] = "number"
    indices: list[str] = []
    alias: Annotated[dict[str, str | None], BeforeValidator(_aliases)] = {}
    formula: str | None = None
    inputs: list[str] | None = None
    tolerance: Annotated[ToleranceEntry | None, BeforeValidator(_tolerance)] = None
    never_zero: bool = False
    default: bool = False


class ConstantEntry(_Entry):
    """One line of `[constants]`."""

    value: Annotated[list[Finite], BeforeValidator(_listed), Field(min_length=1, max_length=LARGEST_SHAPE)]
    unit: str = "1"
    description: str = ""
    alias: Annotated[list[str], BeforeValidator(_listed)] = []


class VocabularyFile(_Entry):
    """A whole file."""

    format_version: Literal[1]
    name: str
    description: str = ""
    sides: dict[str, Annotated[list[str], BeforeValidator(_listed)]]
    indices: list[str] = []
    final: str | None = None
    constants: dict[str, ConstantEntry] = {}
    quantities: dict[str, QuantityEntry]
    chain: dict[str, list[str]] = {}
