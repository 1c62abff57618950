"""The line schemas: what each kind of trace line must hold before it becomes records.

They stand where data crosses the border into nbtrace. A line that fails its schema is reported with the reason and its
line number; nothing of it is used.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError, model_validator

from nbtrace.quantities import QUANTITIES, Kind, meaning
from nbtrace.records import Pixel, Shape, Value

MOST = 2**31 - 1
"""The largest ordinal (pixel, step, source, node, …) and count: the largest integer of the reference."""

Count: TypeAlias = Annotated[int, Field(ge=0, le=MOST)]


def _whole(value: object) -> object:
    """Refuse what merely equals a whole number, as true equals 1."""
    if type(value) is not int:
        raise ValueError("Input should be a valid integer")
    return value


FormatOne: TypeAlias = Annotated[Literal[1], BeforeValidator(_whole)]
"""The only format version that there is so far."""

Item = TypeVar("Item")
Array: TypeAlias = Annotated[tuple[Item, ...], Field(strict=False)]
"""A list of a document as a tuple; its items are as strict as the model."""

_ARITY = {Kind.SCALAR: 1, Kind.VECTOR: 3, Kind.MATRIX: 9}


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyedLine(_Line):
    """`TRACE_C: key value…`, `TRACE_PY:key=value` and their kin: the value has the shape that the quantity has."""

    key: str = Field(min_length=1)
    shape: Shape
    numbers: tuple[float, ...]

    @model_validator(mode="after")
    def _shape_fits(self) -> Self:
        if complaint := misfit(self.key, meaning(self.key).quantity, self.shape, self.numbers):
            raise ValueError(complaint)
        return self


def misfit(key: str, quantity: str, shape: Shape, numbers: Sequence[float]) -> str | None:
    """Return why a value printed under `key` cannot be one of `quantity`; None if it can, or nothing is known of it."""
    known = QUANTITIES.get(quantity)
    if known is None or shape is Shape.SENTINEL:
        return None
    wanted = _ARITY.get(known.kind)
    if wanted is not None and len(numbers) != wanted:
        return f"{key} needs {_numbers(wanted)}, found {_numbers(len(numbers))}"
    if known.kind is Kind.NAMED and shape is not Shape.NAMED:
        return f"{key} needs name:number pairs"
    return None


def _numbers(count: int) -> str:
    return f"{count or 'no'} number{'s' * (count > 1)}"


def _no_look_alike(value: object) -> object:
    """Refuse text and truth values, which pydantic takes for the integers that they look like."""
    if isinstance(value, str | bool):
        raise ValueError("is no whole number")  # noqa: TRY004 - what pydantic takes for a complaint
    return value


_Ordinal: TypeAlias = Annotated[Count, BeforeValidator(_no_look_alike)]
_Real: TypeAlias = Annotated[float, Strict()]


class PhiLine(BaseModel):
    """`TRACE_C_PHI phi_tic=… phi_deg=… k_frac=… F_latt_b=… F_latt=…`, with any further `key=number` fields."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, _Real]

    phi_tic: _Ordinal
    phi_deg: _Real
    k_frac: _Real
    F_latt_b: _Real
    F_latt: _Real


class RotStarLine(_Line):
    """`TRACE_PY_ROTSTAR phi_tic=… ap_y=… bp_y=… cp_y=…`: y components of the rotated cell vectors, Å."""

    phi_tic: _Ordinal
    ap_y: _Real
    bp_y: _Real
    cp_y: _Real


class TracedPixel(_Line):
    """A statement of the traced pixel, slow first."""

    slow: _Ordinal
    fast: _Ordinal

    @property
    def pixel(self) -> Pixel:
        """The pixel as (slow, fast)."""
        return self.slow, self.fast


class PerPhiEntry(PhiLine):
    """One entry of a per-φ JSON document; older documents also hold h, k, l and all three lattice factors."""


PER_PHI_LISTS = ("per_phi_entries", "traces")
"""The names under which a per-φ document holds its entries; the second is the one of older documents."""


class PerPhiDocument(BaseModel):
    """A per-φ JSON document; `metadata` is accepted for the fields at the top.

    The list stands under the first of `PER_PHI_LISTS` that is there.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    timestamp: str | None = None
    pixel: TracedPixel | None = None
    config: str | None = None
    device: str | None = None
    dtype: str | None = None
    per_phi_entries: tuple[PerPhiEntry, ...]

    @model_validator(mode="before")
    @classmethod
    def _older_forms(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        merged = dict(data)
        first = next((key for key in PER_PHI_LISTS if merged.get(key) is not None), None)
        if first is not None:
            merged["per_phi_entries"] = merged[first]
        metadata = merged.pop("metadata", None)
        if isinstance(metadata, dict):
            for key in ("timestamp", "config", "device", "dtype"):
                merged.setdefault(key, metadata.get(key))
            if {"pixel_s", "pixel_f"} <= metadata.keys():
                merged.setdefault("pixel", {"slow": metadata["pixel_s"], "fast": metadata["pixel_f"]})
        return merged


def reason(error: ValidationError) -> str:
    """Return the first complaint of a failed schema in one line."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {message}" if place else message


def keyed(key: str, value: Value) -> str | None:
    """Return why `key value` is no valid keyed line, None if it is one."""
    try:
        KeyedLine(key=key, shape=value.shape, numbers=value.numbers)
    except ValidationError as error:
        return reason(error)
    return None
