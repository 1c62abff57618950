"""Mutations that keep a document readable and change what it says: TOML settings, JSON, words of a command."""

import json
import math
import re
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.mutate import ODD_NUMBERS, ODD_TEXTS, mutated

TOML_VALUES = (
    "true", "false", "1", "-1", "0", "1.5", "nan", "-inf", "1e400", "9" * 400, "9" * 5000, "0x10", "1_000", '""', '"1"',
    "'''\n'''", "[]", "[[]]", "[1, 'a']", "{}", "{ a = 1 }", "{ relative = 1e-3 }", "{ absolute = -1 }", "1979-05-27",
    "{ relative = 1, absolute = 1 }", "07:32:00", "1979-05-27T07:32:00Z", "[nan]", '"\\u0000"', '"\\uD800"', "'é'",
    "[" * 200 + "]" * 200, "[" * 5000, "{ a = " * 50 + "1" + " }" * 50, "[{}]", "'-'", "['-cell']", "[0, 0]",
)  # fmt: skip
_assigned = re.compile(rb"^(\s*[\w.\"-]+\s*=\s*)(.*)$", re.MULTILINE)
_table = re.compile(rb"^\[+([\w.]+)\]+$", re.MULTILINE)


def toml(data: bytes, chance: Random) -> bytes:
    """Return a TOML file with other values, other tables, or other bytes."""
    for _ in range(chance.randint(1, 3)):
        match chance.randrange(6):
            case 0 | 1 | 2:
                data = _other_value(data, chance)
            case 3:
                data = _other_table(data, chance)
            case 4:
                key = chance.choice(
                    ["tool", "tolerance", "case", "relative", "flags", "name", "a.b.c", '""', "é", "x" * 5000]
                )
                data = key.encode() + b" = " + chance.choice(TOML_VALUES).encode() + b"\n" + data
            case _:
                data = mutated(data, chance, most=2)
    return data


def _other_value(data: bytes, chance: Random) -> bytes:
    found = list(_assigned.finditer(data))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start(2)] + chance.choice(TOML_VALUES).encode() + data[match.end(2) :]


def _other_table(data: bytes, chance: Random) -> bytes:
    found = list(_table.finditer(data))
    if not found:
        return data
    match = chance.choice(found)
    name = match[1]
    new = chance.choice(
        [b"[[" + name + b"]]", b"[" + name + b".more]", b"[x]", name + b" = 1", b"[" + name + b"]\n" * 2, b""]
    )
    return data[: match.start()] + new + data[match.end() :]


_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**400, math.nan, math.inf, "", "a\0b", "../x", "\ud800", [], {}, [[]], {"": None}),
    *("x" * 10_000, [1, 2, 3], 2**63, "nan", "1e5", -0.0, 5e-324, [None] * 3, {"a": {"b": {}}}),
)
JSON_VALUES = tuple(map(json.dumps, _VALUES))
"""As text, so that no document shares a value with another."""


def document(data: bytes, chance: Random) -> bytes:
    """Return a JSON document with other values, or other bytes, or nested deeply."""
    draw = chance.random()
    if draw < 0.25:
        return mutated(data, chance, most=2)
    if draw < 0.28:
        deep = chance.choice([b"[", b'{"a":']) * chance.choice([100, 100_000])
        return deep if chance.randrange(2) else data.replace(b": ", b": " + deep, 1)
    value: Any = json.loads(data)
    for _ in range(chance.randint(1, 3)):
        value = _changed(value, chance)
    return json.dumps(value, indent=chance.choice([None, 1])).encode(errors="replace")


def _changed(value: Any, chance: Random) -> Any:
    places = list(_places(value))
    if not places:
        return value
    holder, key = chance.choice(places)
    match chance.randrange(5):
        case 0 if isinstance(holder, dict):
            holder[chance.choice([*holder, "format_version", "traces", "pixel", "x"])] = holder.pop(key)
        case 0 | 1:
            del holder[key]
        case 2 if isinstance(holder, list):
            holder.insert(key, holder[key])
        case _:
            holder[key] = json.loads(chance.choice(JSON_VALUES))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def words(line: list[str], known: list[str], chance: Random) -> list[str]:
    """Return a command line with other words; `known` are the flags that there are."""
    line = list(line)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(line))
        match chance.randrange(7):
            case 0:
                line.insert(at, chance.choice(known))
            case 1:
                line[at:] = line[at + 1 :]
            case 2:
                line[at : at + 1] = [chance.choice(ODD_NUMBERS).decode(errors="replace")]
            case 3:
                line[at : at + 1] = [chance.choice(ODD_TEXTS).decode(errors="replace")]
            case 4:
                line = line[:at]
            case 5:
                line[at : at + 1] = [f"{chance.choice([0, -1, 1, 1e-30, 1e30, 90, 180, 0.5, 1e5, 2**31, 2**63]):g}"]
            case _:
                word = chance.choice(known)
                line[at:at] = [word[: chance.randint(1, len(word))] + chance.choice(["", "x", "_", "1"]), "1"]
    return line
