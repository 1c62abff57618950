"""The line schemas: what each kind of trace line must hold before it becomes records.

They stand where data crosses the border into nbtrace. A line that fails its schema is reported with the reason and its
line number; nothing of it is used.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from nbtrace.records import Pixel, Shape
from nbtrace.vocabulary.quantity import Kind, Quantity

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


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def misfit(key: str, known: Quantity | None, shape: Shape, numbers: Sequence[float]) -> str | None:
    """Return why a value printed under `key` cannot be one of a quantity; None if it can, or nothing is known of it."""
    if known is None or shape is Shape.SENTINEL:
        return None
    if known.size and len(numbers) != known.size:
        return f"{key} needs {_numbers(known.size)}, found {_numbers(len(numbers))}"
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
