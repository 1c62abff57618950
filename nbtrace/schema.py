"""What document models share: they stand where JSON crosses the border into nbtrace."""

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from nbtrace.documents import uncollected
from nbtrace.records import MOST, Pixel

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


_NUMBERS = frozenset({int, float})
"""What the numbers of a document are, but for subclasses."""


def _same_number(value: object) -> object:
    """Return a number as it is, whole or not: strict floats would make 1 into 1.0."""
    if type(value) in _NUMBERS:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("float_type", "Input should be a valid number")
    return value


Figure: TypeAlias = Annotated[float, PlainValidator(_same_number), WithJsonSchema({"type": "number"})]
"""A number of a document, kept as it is written."""

Number: TypeAlias = Figure | None
"""A number of a document that may be null: where it is not defined, or not finite (`not_finite` then says which)."""


class DocumentPart(BaseModel):
    """An object of a JSON document.

    The one model of it is for writing and for reading: a key that it does not know is a fault of whoever writes, and
    of no matter to whoever reads what another version wrote (:func:`read_part`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True, populate_by_name=True)

    not_finite: dict[str, str | list[Any]] = Field(
        default_factory=dict,  # a default of `{}` would be copied in depth, for each of ten thousand entries
        json_schema_extra={"default": {}},
        description="Why numbers of this object are null: nan, inf or -inf by key; in place only where one is.",
    )

    def written(self) -> dict[str, Any]:
        """Return it as a mapping of plain values, keys in the order of the fields; a field never set has no key."""
        dumped = self.model_dump(by_alias=True, exclude_unset=True)
        return {key: _listed(value) for key, value in dumped.items()}


Part = TypeVar("Part", bound=DocumentPart)


def read_part(kind: type[Part], document: object) -> Part:
    """Return what a document holds as a model; keys that the model does not know are passed over.

    Raises
    ------
    pydantic.ValidationError
        If it is not of that kind.
    """
    with uncollected():
        return kind.model_validate(document, extra="ignore")


def _listed(value: object) -> object:
    """Return a value in which every sequence is a list, as it is in JSON."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _no_look_alike(value: object) -> object:
    """Refuse text and truth values, which pydantic takes for the integers that they look like."""
    if isinstance(value, str | bool):
        raise ValueError("is no whole number")  # noqa: TRY004 - what pydantic takes for a complaint
    return value


Ordinal: TypeAlias = Annotated[Count, BeforeValidator(_no_look_alike)]
Real: TypeAlias = Annotated[float, Strict()]


class TracedPixel(_Line):
    """A statement of the traced pixel, slow first."""

    slow: Ordinal
    fast: Ordinal

    @property
    def pixel(self) -> Pixel:
        """The pixel as (slow, fast)."""
        return self.slow, self.fast


def reason(error: ValidationError) -> str:
    """Return the first complaint of a failed schema in one line."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {message}" if place else message
