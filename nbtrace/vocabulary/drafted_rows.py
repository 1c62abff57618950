"""The rows of a table or of JSON lines as lines of `key=value`, from which a vocabulary is drafted."""

import csv
import json
import re
from collections.abc import Mapping, Sequence

from nbtrace.vocabulary import names

_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_sign = re.compile(r"[=,;:\[\]()]").search
_SEPARATORS = ("\t", ",", ";", "|")
_LEAST = 2
"""Columns of a table."""


def rows_as_lines(lines: Sequence[str]) -> list[str]:
    """Return the rows of a text with a title for each column, or with a JSON object on each line; none of any other.

    A value that is no number, and a title that is no name, is left out.
    """
    written = [line for line in lines if line.strip() and not line.startswith("#")]
    rows = _objects(written) or _columns(written)
    texts = (" ".join(f"{key}={value}" for key, value in row.items() if _is_name(key)) for row in rows)
    return [text for text in texts if text]


def _is_name(key: str) -> bool:
    return key.split() == [key] and names.fault(key) is None and not _sign(key)


def _objects(lines: Sequence[str]) -> list[Mapping[str, str]]:
    if not lines or not lines[0].lstrip().startswith("{"):
        return []
    rows: list[Mapping[str, str]] = []
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return []
        if not isinstance(found, dict):
            return []
        rows.append({key: text for key, value in found.items() if (text := _text(value)) is not None})
    return rows


def _text(value: object) -> str | None:
    """Return a number, or numbers in a list, as they are printed; None for anything else."""
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(isinstance(item, int | float) and not isinstance(item, bool) for item in numbers):
        return None
    return " ".join(map(repr, numbers))


def _columns(lines: Sequence[str]) -> list[Mapping[str, str]]:
    for separator in _SEPARATORS:
        try:
            rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
        except csv.Error:  # a cell of hundreds of thousands of letters
            return []
        titles = rows[0] if rows else []
        if len(titles) >= _LEAST and not any(map(_number, titles)):
            return [
                {title: cell for title, cell in zip(titles, row, strict=True) if _number(cell)}
                for row in rows[1:]
                if len(row) == len(titles)
            ]
    return []
