"""Why a printed value cannot be one of the quantity that its key names."""

from collections.abc import Sequence

from nbtrace.records import Shape
from nbtrace.vocabulary.quantity import Kind, Quantity


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
