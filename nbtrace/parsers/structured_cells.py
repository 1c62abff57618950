"""What one cell of a structured file holds: a number, a vector, a text, or nothing."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbtrace.parsers.numerals import NUMBER
from nbtrace.parsers.values import SENTINELS, read_value
from nbtrace.records import Shape, Value

MISSING = frozenset({"", "-", "–", "—", "null", "none", "n/a", "na", "nil", "tbd"})
"""What stands in a cell without a value, in lower-case letters."""

_MOST_NUMBERS = 64
"""Numbers of a list that is one value; a longer one is a column."""

_grouped = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?").fullmatch
_decimal_comma = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?").fullmatch
_number = re.compile(NUMBER).fullmatch
_AXES = (("x", "y", "z"), ("h", "k", "l"), ("a", "b", "c"))
_VALUE_KEYS = ({"value"}, {"value", "unit"}, {"value", "units"})


def is_missing(raw: object) -> bool:
    """Whether a cell holds a mark of a missing value."""
    return raw is None or (isinstance(raw, str) and (raw.strip().lower() in MISSING or raw.strip() in SENTINELS))


def cell_value(raw: object) -> Value | None:
    """Return the value of a cell; None where it holds a structure that is no value.

    Parameters
    ----------
    raw : object
        A JSON value, the text of a cell, or plain Python numbers of an array.
    """
    if is_missing(raw):
        return Value(Shape.SENTINEL, (), (), "null" if raw is None else str(raw).strip() or "nothing")
    if isinstance(raw, bool):
        return Value(Shape.SCALAR, (float(raw),), (str(int(raw)),), str(raw).lower())
    if isinstance(raw, int | float):
        token = number_token(raw)
        return Value(Shape.SCALAR, (float(token),), (token,), token)
    if isinstance(raw, str):
        return _of_text(raw.strip())
    if isinstance(raw, list | tuple):
        return _of_list(raw)
    return _of_mapping(raw) if isinstance(raw, Mapping) else None


def number_token(number: float) -> str:
    """Return the text of a number that reads back as the same number."""
    return repr(float(number)) if isinstance(number, int) and abs(number) >= 2**53 else repr(number)


def _of_text(text: str) -> Value:
    return Value(Shape.TEXT, (), (), text) if has_thousands(text) else read_value(text)


def has_thousands(text: str) -> bool:
    """Whether a text is a number in groups of three digits, or three numbers without blanks; nobody can tell."""
    return _grouped(text.strip()) is not None


def with_decimal_point(text: str) -> str:
    """Return the text of a cell with a decimal point where it has a decimal comma."""
    return text.replace(",", ".") if _decimal_comma(text.strip()) else text


def is_decimal_comma(text: str) -> bool:
    """Whether a cell is one number with a decimal comma."""
    return _decimal_comma(text.strip()) is not None


def is_numeric_text(text: str) -> bool:
    """Whether a cell holds nothing but one number."""
    return _number(text.strip()) is not None


def _of_list(items: Sequence[Any]) -> Value | None:
    rows = list(items)
    matrix = bool(rows) and all(isinstance(row, list | tuple) for row in rows)
    if matrix:
        if len({len(row) for row in rows}) > 1:
            return None
        rows = [item for row in rows for item in row]
    if not 0 < len(rows) <= _MOST_NUMBERS:
        return None
    if any(item is None for item in rows):
        return Value(Shape.SENTINEL, (), (), "null")
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in rows):
        return None
    tokens = tuple(map(number_token, rows))
    one = len(tokens) == 1
    shape = Shape.SCALAR if one else Shape.MATRIX if matrix and len(items) > 1 else Shape.VECTOR
    return Value(shape, tuple(map(float, tokens)), tokens, " ".join(tokens))


def _of_mapping(cells: Mapping[str, Any]) -> Value | None:
    if set(cells) in _VALUE_KEYS:
        value = cell_value(cells["value"])
        unit = cells.get("unit", cells.get("units"))
        return replace(value, unit=unit) if value is not None and isinstance(unit, str) and unit else value
    for axes in _AXES:
        if set(cells) == set(axes):
            return _of_list([cells[axis] for axis in axes])
    return None


def named_numbers(cells: Mapping[str, Any]) -> Value | None:
    """Return the numbers of an object by their names, for quantities that are printed so."""
    numbers = {key: item for key, item in cells.items() if isinstance(item, int | float) and not isinstance(item, bool)}
    if not numbers or len(numbers) < len(cells) or not all(math.isfinite(float(item)) for item in numbers.values()):
        return None
    tokens = tuple(map(number_token, numbers.values()))
    text = " ".join(f"{key}:{token}" for key, token in zip(numbers, tokens, strict=True))
    return Value(Shape.NAMED, tuple(map(float, tokens)), tokens, text, names=tuple(numbers))
