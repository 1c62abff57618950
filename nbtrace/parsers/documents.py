"""Traces in JSON: per-φ documents in both their forms, and flat documents of one pixel."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nbtrace import schema
from nbtrace.parsers.keyed import phi_meaning
from nbtrace.quantities import QUANTITIES, meaning
from nbtrace.records import Account, Index, Pixel, Record, Setting, Shape, Side, Trace, Unreadable, Value

_TRIPLES = {"hkl_frac": ("h_frac", "k_frac", "l_frac"), "hkl_rounded": ("h", "k", "l")}
_FAMILY = "JSON"
_trace_line = re.compile(r"^[ \t]*TRACE", re.MULTILINE).search


def looks_like_json(text: str) -> bool:
    """Return whether a file's text is meant to be a JSON document; a log may begin with a bracket, too."""
    return text.lstrip()[:1] in {"{", "["} and not _trace_line(text)


def read_json(source: str, text: str, *, cut: bool = False) -> Trace:
    """Read a JSON document; one that holds no trace, or is no JSON, gives no records and an account that says so."""
    lines = text.count("\n") + (not text.endswith("\n"))
    try:
        data = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        problem = Unreadable(min(error.lineno, lines), "", f"not JSON: {error.msg} (column {error.colno})")
        return _useless(source, lines, problem, "invalid JSON", cut=cut)
    except RecursionError:
        return _useless(source, lines, Unreadable(1, "", "JSON nested too deeply"), "invalid JSON", cut=cut)
    if isinstance(data, dict) and ("per_phi_entries" in data or "traces" in data):
        return _per_phi(source, data, lines)
    records = _flat(data) if isinstance(data, dict) else ()
    dialects = ("flat JSON",) if records else ("JSON without a trace",)
    used = lines if records else 0
    pixels = _flat_pixel(data) if records else {}
    return Trace(source, records, {}, Account(lines, used, 0, lines - used), dialects, pixels)


def _integer(digits: str) -> int | float:
    """Return an integer, as a float (perhaps inf) where it has more digits than a float can hold."""
    return int(digits) if math.isfinite(number := float(digits)) else number


def _useless(source: str, lines: int, problem: Unreadable, dialect: str, *, cut: bool = False) -> Trace:
    return Trace(source, (), {}, Account(lines, 0, 0, lines - 1, (problem,), cut), (dialect,))


def _per_phi(source: str, data: Mapping[str, Any], lines: int) -> Trace:
    try:
        document = schema.PerPhiDocument.model_validate(data)
    except ValidationError as error:
        return _useless(source, lines, Unreadable(1, "", schema.reason(error)), "per-φ JSON")
    records = tuple(
        _record(key, phi_meaning(key).quantity, value, Index(phi_tic=entry.phi_tic))
        for entry in document.per_phi_entries
        for key, value in entry.model_dump().items()
        if key != "phi_tic"
    )
    settings = {
        name: Setting(value.removeprefix("torch."), 1)
        for name in ("config", "device", "dtype", "timestamp")
        if (value := getattr(document, name)) is not None
    }
    pixels = {0: document.pixel.pixel} if document.pixel else {}
    return Trace(source, records, settings, Account(lines, lines, 0, 0), ("per-φ JSON",), pixels)


def _flat(data: Mapping[str, Any]) -> tuple[Record, ...]:
    numbers = {key: value for key, value in data.items() if _numeric(value)}
    scalars = {key: value for key, value in numbers.items() if not isinstance(value, list)}
    joined = {name: [scalars[part] for part in parts] for name, parts in _TRIPLES.items() if set(parts) <= set(scalars)}
    records = [_record(name, name, value, Index()) for name, value in joined.items()]
    for key, value in numbers.items():
        known = meaning(key)
        if known.quantity not in QUANTITIES or known.quantity in joined:
            continue
        record = _record(key, known.quantity, value, Index(), unit=known.unit, scale=known.scale)
        if schema.keyed(key, record.value) is None:
            records.append(record)
    return tuple(records)


def _flat_pixel(data: Mapping[str, Any]) -> dict[int, Pixel]:
    for slow, fast in (("pixel_s", "pixel_f"), ("pixel_slow", "pixel_fast")):
        if isinstance(data.get(slow), int) and isinstance(data.get(fast), int):
            return {0: (data[slow], data[fast])}
    return {}


def _numeric(value: object) -> bool:
    if isinstance(value, list):
        return len(value) in {3, 9} and all(_numeric(item) and not isinstance(item, list) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _record(
    key: str, quantity: str, value: Any, index: Index, *, unit: str | None = None, scale: float = 1.0
) -> Record:
    numbers = tuple(float(item) for item in value) if isinstance(value, list) else (float(value),)
    tokens = tuple(repr(item) for item in (value if isinstance(value, list) else [value]))
    shape = Shape.SCALAR if len(numbers) == 1 else Shape.VECTOR
    printed = Value(shape, numbers, tokens, " ".join(tokens))
    known = QUANTITIES.get(quantity)
    return Record(key, quantity, printed, unit or (known.unit if known else None), scale, Side.PY, _FAMILY, 1, index)
