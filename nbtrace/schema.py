"""The line schemas: what each kind of trace line must hold before it becomes records.

They stand where data crosses the border into nbtrace. A line that fails its schema is reported with the reason and its
line number; nothing of it is used.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from nbtrace.quantities import QUANTITIES, Kind, meaning
from nbtrace.records import Pixel, Shape, Value

Count: TypeAlias = Annotated[int, Field(ge=0)]


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


def _number(value: object) -> object:
    """Refuse what a number could be made of, though a document says something else: true, or a text."""
    if isinstance(value, bool | str):
        raise ValueError("Input should be a valid number")  # noqa: TRY004 - pydantic reports this one
    return value


class KeyedLine(_Line):
    """`TRACE_C: key value…`, `TRACE_PY:key=value` and their kin: the value has the shape that the quantity has."""

    key: str = Field(min_length=1)
    shape: Shape
    numbers: tuple[float, ...]

    @model_validator(mode="after")
    def _shape_fits(self) -> Self:
        known = QUANTITIES.get(meaning(self.key).quantity)
        if known is None or self.shape is Shape.SENTINEL:
            return self
        wanted = _ARITY.get(known.kind)
        if wanted is not None and len(self.numbers) != wanted:
            raise ValueError(f"{self.key} needs {_numbers(wanted)}, found {_numbers(len(self.numbers))}")
        if known.kind is Kind.NAMED and self.shape is not Shape.NAMED:
            raise ValueError(f"{self.key} needs name:number pairs")
        return self


def _numbers(count: int) -> str:
    return f"{count or 'no'} number{'s' * (count > 1)}"


class PhiLine(BaseModel):
    """`TRACE_C_PHI phi_tic=… phi_deg=… k_frac=… F_latt_b=… F_latt=…`, with any further `key=number` fields."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, float]

    phi_tic: Count
    phi_deg: float
    k_frac: float
    F_latt_b: float
    F_latt: float


class RotStarLine(_Line):
    """`TRACE_PY_ROTSTAR phi_tic=… ap_y=… bp_y=… cp_y=…`: y components of the rotated cell vectors, Å."""

    phi_tic: Count
    ap_y: float
    bp_y: float
    cp_y: float


class TracedPixel(_Line):
    """A statement of the traced pixel, slow first."""

    slow: Count
    fast: Count

    _numbers = field_validator("*", mode="before")(_number)

    @property
    def pixel(self) -> Pixel:
        """The pixel as (slow, fast)."""
        return self.slow, self.fast


class PerPhiEntry(PhiLine):
    """One entry of a per-φ JSON document; older documents also hold h, k, l and all three lattice factors."""

    __pydantic_extra__: dict[str, Annotated[float, BeforeValidator(_number)]]

    _numbers = field_validator("*", mode="before")(_number)


class PerPhiDocument(BaseModel):
    """A per-φ JSON document. `traces` is accepted for `per_phi_entries`, `metadata` for the fields at the top."""

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
        if "per_phi_entries" not in merged and "traces" in merged:
            merged["per_phi_entries"] = merged.pop("traces")
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
