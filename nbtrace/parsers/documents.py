"""Traces in JSON: per-φ documents in both their forms, and flat documents of one pixel."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from nbtrace import schema
from nbtrace.parsers.keyed import phi_meaning
from nbtrace.parsers.source import Lines
from nbtrace.quantities import QUANTITIES, Kind, meaning
from nbtrace.records import Account, Index, Pixel, Record, Setting, Shape, Side, Trace, Unreadable, Value

_PIXEL_KEYS = (("pixel_s", "pixel_f"), ("pixel_slow", "pixel_fast"))
_TRIPLES = {"hkl_frac": ("h_frac", "k_frac", "l_frac"), "hkl_rounded": ("h", "k", "l")}
_OF_STEP = frozenset({"phi_tic", *schema.PER_PHI_LISTS})
_STEP = ("phi_k_frac", "phi_F_latt_b", "phi_F_latt")
_FAMILY = "JSON"
_SHOWN = 120
_trace_line = re.compile(r"^[ \t]*TRACE", re.MULTILINE).search


def looks_like_json(lines: Lines) -> bool:
    """Return whether a file's text is meant to be a JSON document; a log may begin with a bracket, too."""
    start = next((begun for text in lines.texts if (begun := text.lstrip()[:1])), "")
    return start in {"{", "["} and not any(map(_trace_line, lines.texts))


def read_json(source: str, text: str, *, cut: bool = False) -> Trace:
    """Read a JSON document; one that holds no trace, or is no JSON, gives no records and an account that says so."""
    lines = text.count("\n") + (not text.endswith("\n"))
    repeated: list[str] = []
    try:
        data = json.loads(text, parse_int=_integer, object_pairs_hook=partial(_object, repeated=repeated))
    except json.JSONDecodeError as error:
        problem = Unreadable(min(error.lineno, lines), "", f"not JSON: {error.msg} (column {error.colno})")
        return _useless(source, lines, problem, "invalid JSON", cut=cut)
    except RecursionError:
        return _useless(source, lines, Unreadable(1, "", "JSON nested too deeply"), "invalid JSON", cut=cut)
    if isinstance(data, dict) and ("per_phi_entries" in data or "traces" in data):
        return _per_phi(source, data, lines, repeated)
    records = _flat(data) if isinstance(data, dict) else ()
    if not records:
        return Trace(source, (), {}, Account(lines, 0, 0, lines), ("JSON without a trace",))
    pixel = _flat_pixel(data)
    odd = (*_odd_values(data, repeated), *([pixel] if isinstance(pixel, Unreadable) else []))
    account = Account(lines, max(lines - len(odd), 0), 0, 0, _fitted(odd, lines))
    pixels = {0: pixel} if isinstance(pixel, tuple) else {}
    return Trace(source, records, {}, account, ("flat JSON",), pixels)


def _object(pairs: list[tuple[str, Any]], *, repeated: list[str]) -> dict[str, Any]:
    """Return a JSON object, and note the keys that it holds more than once."""
    counts = Counter(key for key, _ in pairs)
    repeated += [key for key, count in counts.items() if count > 1]
    return dict(pairs)


def _odd_values(data: Mapping[str, Any], repeated: list[str]) -> tuple[Unreadable, ...]:
    """Return the known keys whose values are no numbers, and those that stand in the document more than once."""
    known = {key: _name(key) for key in data if _name(key) in QUANTITIES}
    numeric = {kind for kind in Kind if kind is not Kind.TEXT}
    odd = []
    for key, name in known.items():
        if QUANTITIES[name].kind not in numeric:
            continue
        complaint = _misfit(key, name, data[key]) if _numeric(data[key]) else f"{key} is no number"
        if complaint:
            odd.append(Unreadable(1, f"{key}: {data[key]!r}"[:_SHOWN], complaint, (name,)))
    twice = [Unreadable(1, key, f"{key} stands in the document more than once", (_name(key),)) for key in repeated]
    return tuple(odd + twice)


def _misfit(key: str, name: str, value: Any) -> str | None:
    record = _record(key, name, value, Index())
    return schema.misfit(key, name, record.value.shape, record.value.numbers)


def _name(key: str) -> str:
    return meaning(key).quantity


def _integer(digits: str) -> int | float:
    """Return an integer, as a float (perhaps inf) where it has more digits than a float can hold."""
    return int(digits) if math.isfinite(number := float(digits)) else number


def _useless(source: str, lines: int, problem: Unreadable, dialect: str, *, cut: bool = False) -> Trace:
    return Trace(source, (), {}, Account(lines, 0, 0, lines - 1, (problem,), cut), (dialect,))


def _fitted(odd: tuple[Unreadable, ...], lines: int) -> tuple[Unreadable, ...]:
    """Return as many problems as the file has lines, so that its account adds up; the last stands for the rest, too."""
    if len(odd) <= lines:
        return odd
    rest = tuple(name for bad in odd[lines:] for name in bad.quantities)
    return (*odd[: lines - 1], replace(odd[lines - 1], quantities=(*odd[lines - 1].quantities, *rest)))


def _repeated_in_steps(repeated: Iterable[str]) -> tuple[Unreadable, ...]:
    """Return the keys that stand more than once in an object of a per-φ document, where the last one counts."""
    return tuple(
        Unreadable(
            1, key, f"{key} stands in the document more than once", _STEP if key in _OF_STEP else (_phi_name(key),)
        )
        for key in dict.fromkeys(repeated)
    )


def _phi_name(key: str) -> str:
    return phi_meaning(key).quantity


def _per_phi(source: str, data: Mapping[str, Any], lines: int, repeated: Iterable[str]) -> Trace:
    try:
        document = schema.PerPhiDocument.model_validate(data)
    except ValidationError as error:
        return _useless(source, lines, Unreadable(1, "", schema.reason(error)), "per-φ JSON")
    records = tuple(
        _record(key, phi_meaning(key).quantity, value, Index(sample=sample, phi_tic=entry.phi_tic))
        for sample, entry in _sampled(document.per_phi_entries)
        for key, value in entry.model_dump().items()
        if key != "phi_tic"
    )
    settings = {
        name: Setting(value.removeprefix("torch."), 1)
        for name in ("config", "device", "dtype", "timestamp")
        if (value := getattr(document, name)) is not None
    }
    pixels = {0: document.pixel.pixel} if document.pixel else {}
    odd = _fitted(_repeated_in_steps(repeated), lines)
    account = Account(lines, lines - len(odd), 0, 0, odd)
    return Trace(source, records, settings, account, ("per-φ JSON",), pixels)


def _sampled(entries: Iterable[schema.PerPhiEntry]) -> Iterator[tuple[int, schema.PerPhiEntry]]:
    """Yield each entry with its sampled point; a step that does not come after the last one begins the next point."""
    sample, last = 0, -1
    for entry in entries:
        sample += entry.phi_tic <= last
        last = entry.phi_tic
        yield sample, entry


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


def _record(
    key: str, quantity: str, value: Any, index: Index, *, unit: str | None = None, scale: float = 1.0
) -> Record:
    numbers = tuple(float(item) for item in value) if isinstance(value, list) else (float(value),)
    tokens = tuple(repr(item) for item in (value if isinstance(value, list) else [value]))
    shape = Shape.SCALAR if len(numbers) == 1 else Shape.VECTOR
    printed = Value(shape, numbers, tokens, " ".join(tokens))
    known = QUANTITIES.get(quantity)
    return Record(key, quantity, printed, unit or (known.unit if known else None), scale, Side.PY, _FAMILY, 1, index)
