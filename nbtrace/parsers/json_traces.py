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
from nbtrace.documents import is_too_deep
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.log_prefixes import prefix_of
from nbtrace.parsers.source import LogLines
from nbtrace.records import Account, Index, Pixel, Record, Shape, Side, Trace, Unreadable, Value
from nbtrace.vocabulary.quantity import Kind, Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

_PIXEL_KEYS = (("pixel_s", "pixel_f"), ("pixel_slow", "pixel_fast"))
_FAMILY = "JSON"
_SHOWN = 120
_trace_line = re.compile(r"^[ \t]*TRACE", re.MULTILINE).search


def looks_like_json(lines: LogLines, dialect: Dialect) -> bool:
    """Return whether a file's text is meant to be a JSON document; a log may begin with a bracket, too."""
    first = next((begun for text in lines.texts if (begun := text.lstrip()[:_BEGINNING])), "")
    line = first.partition("\n")[0]
    if first[:1] not in {"{", "["} or dialect.side_of_line(line) is not Side.UNKNOWN or _is_logged(line):
        return False
    return not any(map(_trace_line, lines.texts))


def _is_logged(line: str) -> bool:
    """Whether a line that begins with a bracket is that of a logger: `[0] F_latt = 1`, `[info] …`."""
    prefix = prefix_of(line)
    return prefix is not None and line[prefix.end : prefix.end + 1] not in _OF_JSON


_OF_JSON = frozenset('[]{},"')

_BEGINNING = 1000
"""Characters of a file that tell how it begins."""


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
        data = None
    if data is None or is_too_deep(data):
        problem = Unreadable(1, "", "JSON nested too deeply")
        return useless(source, lines, problem, "invalid JSON", vocabulary, cut=cut)
    if isinstance(data, dict) and (own := dialect.document(source, data, lines, repeated)) is not None:
        return own
    records = _flat(data, dialect) if isinstance(data, dict) else ()
    if not records:
        account = Account(lines, 0, 0, lines)
        return Trace(source, (), {}, account, ("JSON without a trace",), vocabulary=vocabulary)
    pixel = _flat_pixel(data)
    odd = (*_odd_values(data, repeated, vocabulary), *([pixel] if isinstance(pixel, Unreadable) else []))
    account = Account(lines, max(lines - len(odd), 0), 0, 0, fitted(odd, lines))
    pixels = {0: pixel} if isinstance(pixel, tuple) else {}
    return Trace(source, records, {}, account, ("flat JSON",), pixels, vocabulary)


def _object(pairs: list[tuple[str, Any]], *, repeated: list[str]) -> dict[str, Any]:
    """Return a JSON object, and note the keys that it holds more than once."""
    counts = Counter(key for key, _ in pairs)
    repeated += [key for key, count in counts.items() if count > 1]
    return dict(pairs)


def _odd_values(data: Mapping[str, Any], repeated: list[str], vocabulary: Vocabulary) -> tuple[Unreadable, ...]:
    """Return the known keys whose values are no numbers, and those that stand in the document more than once."""
    known = {key: vocabulary.quantities.get(vocabulary.meaning(key).quantity) for key in data}
    odd = []
    for key, quantity in known.items():
        if quantity is None or quantity.kind is Kind.TEXT:
            continue
        complaint = _misfit(key, quantity, data[key], vocabulary) if _numeric(data[key]) else f"{key} is no number"
        if complaint:
            odd.append(Unreadable(1, f"{key}: {data[key]!r}"[:_SHOWN], complaint, (quantity.name,)))
    twice = [
        Unreadable(1, key, f"{key} stands in the document more than once", (vocabulary.meaning(key).quantity,))
        for key in repeated
    ]
    return tuple(odd + twice)


def _misfit(key: str, known: Quantity, value: Any, vocabulary: Vocabulary) -> str | None:
    record = json_record(key, known.name, value, Index(), vocabulary)
    return schema.misfit(key, known, record.value.shape, record.value.numbers)


def _integer(digits: str) -> int | float:
    """Return an integer, as a float (perhaps inf) where it has more digits than a float can hold."""
    return int(digits) if math.isfinite(number := float(digits)) else number


def useless(
    source: str, lines: int, problem: Unreadable, dialect: str, vocabulary: Vocabulary, *, cut: bool = False
) -> Trace:
    """Return the trace of a document of which nothing can be used."""
    account = Account(lines, 0, 0, lines - 1, (problem,), cut)
    return Trace(source, (), {}, account, (dialect,), vocabulary=vocabulary)


def fitted(odd: tuple[Unreadable, ...], lines: int) -> tuple[Unreadable, ...]:
    """Return as many problems as the file has lines, so that its account adds up; the last stands for the rest, too."""
    if len(odd) <= lines:
        return odd
    rest = tuple(name for bad in odd[lines:] for name in bad.quantities)
    return (*odd[: lines - 1], replace(odd[lines - 1], quantities=(*odd[lines - 1].quantities, *rest)))


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


def _flat_pixel(data: Mapping[str, Any]) -> Pixel | Unreadable | None:
    """Return the pixel that a flat document states, why it states none, or None if it has no such keys."""
    keys = next((pair for pair in _PIXEL_KEYS if set(pair) <= data.keys()), None)
    if keys is None:
        return None
    slow, fast = (data[key] for key in keys)
    if type(slow) is int and type(fast) is int and min(slow, fast) >= 0 and max(slow, fast) <= schema.MOST:
        return slow, fast
    shown = f"{keys[0]}: {slow!r}, {keys[1]}: {fast!r}"
    return Unreadable(1, shown[:_SHOWN], f"{keys[0]} and {keys[1]} are no pixel")


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
