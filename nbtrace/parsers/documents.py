"""Traces in JSON: flat documents of one place, and what a dialect knows of others."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nbtrace import schema
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.source import Lines
from nbtrace.records import Account, Index, Pixel, Record, Shape, Side, Trace, Unreadable, Value
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import Vocabulary

_FAMILY = "JSON"
_SHOWN = 120
_trace_line = re.compile(r"^[ \t]*TRACE", re.MULTILINE).search


def looks_like_json(lines: Lines) -> bool:
    """Return whether a file's text is meant to be a JSON document; a log may begin with a bracket, too."""
    start = next((begun for text in lines.texts if (begun := text.lstrip()[:1])), "")
    return start in {"{", "["} and not any(map(_trace_line, lines.texts))


def read_json(source: str, text: str, dialect: Dialect, *, cut: bool = False) -> Trace:
    """Read a JSON document; one that holds no trace, or is no JSON, gives no records and an account that says so."""
    lines, vocabulary = text.count("\n") + (not text.endswith("\n")), dialect.vocabulary
    repeated: list[str] = []
    try:
        data = json.loads(text, parse_int=_integer, object_pairs_hook=partial(_object, repeated=repeated))
    except json.JSONDecodeError as error:
        problem = Unreadable(min(error.lineno, lines), "", f"not JSON: {error.msg} (column {error.colno})")
        return useless(source, lines, problem, "invalid JSON", vocabulary, cut=cut)
    except RecursionError:
        problem = Unreadable(1, "", "JSON nested too deeply")
        return useless(source, lines, problem, "invalid JSON", vocabulary, cut=cut)
    if isinstance(data, dict) and (own := dialect.document(source, data, lines)) is not None:
        return own
    records = _flat(data, dialect) if isinstance(data, dict) else ()
    if not records:
        account = Account(lines, 0, 0, lines)
        return Trace(source, (), {}, account, ("JSON without a trace",), vocabulary=vocabulary)
    odd = _odd_values(data, repeated, vocabulary)
    account = Account(lines, max(lines - len(odd), 0), 0, 0, odd[:lines])
    return Trace(source, records, {}, account, ("flat JSON",), _flat_pixel(data), vocabulary)


def _object(pairs: list[tuple[str, Any]], *, repeated: list[str]) -> dict[str, Any]:
    """Return a JSON object, and note the keys that it holds more than once."""
    counts = Counter(key for key, _ in pairs)
    repeated += [key for key, count in counts.items() if count > 1]
    return dict(pairs)


def _odd_values(data: Mapping[str, Any], repeated: list[str], vocabulary: Vocabulary) -> tuple[Unreadable, ...]:
    """Return the known keys whose values are no numbers, and those that stand in the document more than once."""
    known = {key: vocabulary.quantities.get(vocabulary.meaning(key).quantity) for key in data}
    numeric = {kind for kind in Kind if kind is not Kind.TEXT}
    odd = [
        Unreadable(1, f"{key}: {data[key]!r}"[:_SHOWN], f"{key} is no number")
        for key, quantity in known.items()
        if quantity is not None and quantity.kind in numeric and not _numeric(data[key])
    ]
    return tuple(odd + [Unreadable(1, key, f"{key} stands in the document more than once") for key in repeated])


def _integer(digits: str) -> int | float:
    """Return an integer, as a float (perhaps inf) where it has more digits than a float can hold."""
    return int(digits) if math.isfinite(number := float(digits)) else number


def useless(
    source: str, lines: int, problem: Unreadable, dialect: str, vocabulary: Vocabulary, *, cut: bool = False
) -> Trace:
    """Return the trace of a document of which nothing can be used."""
    account = Account(lines, 0, 0, lines - 1, (problem,), cut)
    return Trace(source, (), {}, account, (dialect,), vocabulary=vocabulary)


def _flat(data: Mapping[str, Any], dialect: Dialect) -> tuple[Record, ...]:
    vocabulary, parts_of = dialect.vocabulary, dialect.json_parts
    numbers = {key: value for key, value in data.items() if _numeric(value)}
    scalars = {key: value for key, value in numbers.items() if not isinstance(value, list)}
    joined = {name: [scalars[part] for part in parts] for name, parts in parts_of.items() if set(parts) <= set(scalars)}
    records = [json_record(name, name, value, Index(), vocabulary) for name, value in joined.items()]
    for key, value in numbers.items():
        meant = vocabulary.meaning(key)
        known = vocabulary.quantities.get(meant.quantity)
        if known is None or meant.quantity in joined:
            continue
        record = json_record(key, meant.quantity, value, Index(), vocabulary, scale=meant.scale)
        if schema.misfit(key, known, record.value.shape, record.value.numbers) is None:
            records.append(replace(record, unit=meant.unit))
    return tuple(records)


def _flat_pixel(data: Mapping[str, Any]) -> dict[int, Pixel]:
    for slow, fast in (("pixel_s", "pixel_f"), ("pixel_slow", "pixel_fast")):
        if type(data.get(slow)) is int and type(data.get(fast)) is int:
            return {0: (data[slow], data[fast])}
    return {}


def _numeric(value: object) -> bool:
    if isinstance(value, list):
        return len(value) in {3, 9} and all(_numeric(item) and not isinstance(item, list) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


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
