"""Traces in JSON: documents, JSON lines, and what a dialect knows of others."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from nbtrace.documents import is_too_deep
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.json_forms import read_json_forms, read_records
from nbtrace.parsers.sheets import Sheets
from nbtrace.parsers.trace_builder import traces_of
from nbtrace.records import Account, Index, Record, Shape, Side, Trace, Unreadable, Value
from nbtrace.vocabulary.vocabulary import Vocabulary

_FAMILY = "JSON"
_SHOWN = 120
_BEGINNING = 1000
"""Characters of a file that tell how it begins."""
_keys_in = re.compile(r'"(\w+)"').findall
"""What a line that is no JSON was to give, as a key or as the name of a quantity."""


def read_json(source: str, text: str, dialect: Dialect, *, cut: bool = False) -> tuple[Trace, ...]:
    """Read a JSON document or JSON lines: the trace of one program, or those of both.

    One that holds no trace, or is no JSON, gives no records and an account that says so.
    """
    lines, vocabulary = text.count("\n") + (not text.endswith("\n")), dialect.vocabulary
    repeated: list[str] = []
    try:
        data = _loaded(text, repeated)
    except json.JSONDecodeError as error:
        records = _json_lines(text, repeated) if error.msg == "Extra data" else None
        if records is not None:
            return _of_lines(source, records, lines, dialect, repeated, cut=cut or not text.endswith("\n"))
        problem = Unreadable(min(error.lineno, lines), "", f"not JSON: {error.msg} (column {error.colno})")
        return (useless(source, lines, problem, "invalid JSON", vocabulary, cut=cut),)
    except RecursionError:
        data = None
    if data is None or is_too_deep(data):
        problem = Unreadable(1, "", "JSON nested too deeply")
        return (useless(source, lines, problem, "invalid JSON", vocabulary, cut=cut),)
    if isinstance(data, dict) and (own := dialect.document(source, data, lines, repeated)) is not None:
        return (own,)
    read = read_json_forms(data, dialect)
    traces = () if read is None else traces_of(_with_repeated(read, repeated, vocabulary), source, lines, dialect)
    if not any(trace.records for trace in traces):
        account = Account(lines, 0, 0, lines)
        return (Trace(source, (), {}, account, ("JSON without a trace",), vocabulary=vocabulary),)
    return traces


def _loaded(text: str, repeated: list[str]) -> Any:
    return json.loads(text, parse_int=_integer, object_pairs_hook=partial(_object, repeated=repeated))


def _with_repeated(read: Sheets, repeated: list[str], vocabulary: Vocabulary) -> Sheets:
    """Return a document with a problem for each key that an object of it holds more than once."""
    twice = tuple(
        Unreadable(1, key, f"{key} stands in the document more than once", (vocabulary.meaning(key).quantity,))
        for key in dict.fromkeys(repeated)
    )
    return replace(read, unreadable=(*read.unreadable, *twice))


_Records: TypeAlias = tuple[list[tuple[int, Mapping[str, Any]]], list[Unreadable]]


def _json_lines(text: str, repeated: list[str]) -> _Records | None:
    """Return the object of each line with its number, and the lines that hold none; None where the first does not."""
    records: list[tuple[int, Mapping[str, Any]]] = []
    odd: list[Unreadable] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            item = _loaded(line, repeated)
            complaint = None if isinstance(item, dict) and not is_too_deep(item) else "the line holds no JSON object"
        except json.JSONDecodeError as error:
            item, complaint = None, f"not JSON: {error.msg} (column {error.colno})"
        except RecursionError:
            item, complaint = None, "JSON nested too deeply"
        if complaint is None:
            records.append((number, item))
        elif not records:
            return None
        else:
            odd.append(Unreadable(number, line.strip()[:_SHOWN], complaint, tuple(_keys_in(line[:_BEGINNING]))))
    return records, odd


def _of_lines(
    source: str, read: _Records, lines: int, dialect: Dialect, repeated: list[str], *, cut: bool
) -> tuple[Trace, ...]:
    records, odd = read
    vocabulary = dialect.vocabulary
    bad = tuple(replace(one, quantities=_quantities_of(one.quantities, vocabulary)) for one in odd)
    sheets = read_records(records, dialect, "JSON lines")
    if sheets is None:
        return (Trace(source, (), {}, Account(lines, 0, 0, lines), ("JSON without a trace",), vocabulary=vocabulary),)
    whole = _with_repeated(replace(sheets, unreadable=bad, used=len(records)), repeated, vocabulary)
    return traces_of(whole, source, lines, dialect, cut=cut)


def _quantities_of(keys: tuple[str, ...], vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(name for key in keys if (name := vocabulary.meaning(key).quantity) in vocabulary.quantities)


def _object(pairs: list[tuple[str, Any]], *, repeated: list[str]) -> dict[str, Any]:
    """Return a JSON object, and note the keys that it holds more than once."""
    counts = Counter(key for key, _ in pairs)
    repeated += [key for key, count in counts.items() if count > 1]
    return dict(pairs)


def _integer(digits: str) -> int | float:
    """Return an integer, as a float (perhaps inf) where it has more digits than a float can hold."""
    return int(digits) if math.isfinite(number := float(digits)) else number


def useless(
    source: str, lines: int, problem: Unreadable, dialect: str, vocabulary: Vocabulary, *, cut: bool = False
) -> Trace:
    """Return the trace of a document of which nothing can be used."""
    account = Account(lines, 0, 0, lines - 1, (problem,), cut)
    return Trace(source, (), {}, account, (dialect,), vocabulary=vocabulary)


def json_record(
    key: str, quantity: str, value: Any, index: Index, vocabulary: Vocabulary, *, scale: float = 1.0
) -> Record:
    """Return the record of a number or a list of numbers."""
    numbers = tuple(float(item) for item in value) if isinstance(value, list) else (float(value),)
    tokens = tuple(repr(item) for item in (value if isinstance(value, list) else [value]))
    shape = Shape.SCALAR if len(numbers) == 1 else Shape.VECTOR
    printed = Value(shape, numbers, tokens, " ".join(tokens))
    known = vocabulary.quantities.get(quantity)
    return Record(key, quantity, printed, known.unit if known else None, scale, Side.PY, _FAMILY, 1, index, known)
