"""As much of JSON Schema as the printed schemas of documents use, for tests: what of a value does not fit."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
_TOLD = {"$schema", "$defs", "title", "description", "default", "properties", "additionalProperties"}
_KNOWN = _TOLD | {"$ref", "anyOf", "type", "enum", "const", "required", "items", "prefixItems", "minItems", "maxItems"}
_KNOWN |= {"minimum"}


def misfits(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield where a value does not fit a schema; `whole` holds its definitions."""
    assert set(schema) <= _KNOWN, f"{at}: this validator does not know {set(schema) - _KNOWN}"
    if "$ref" in schema:
        yield from misfits(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, at)
    if "anyOf" in schema:
        found = [list(misfits(value, one, whole, at)) for one in schema["anyOf"]]
        if all(found):
            yield f"{at}: fits none of {len(found)}: {found}"
    if "type" in schema and not _is_of(value, schema["type"]):
        yield f"{at}: {value!r} is no {schema['type']}"
        return
    yield from _of_words(value, schema, at)
    if isinstance(value, dict):
        yield from _of_object(value, schema, whole, at)
    if isinstance(value, list):
        yield from _of_array(value, schema, whole, at)


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _of_words(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if isinstance(value, int | float) and value < schema.get("minimum", -math.inf):
        yield f"{at}: {value!r} is too small"


def _of_object(value: dict[str, Any], schema: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: {key} is missing" for key in schema.get("required", ()) if key not in value)
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in properties:
            yield from misfits(item, properties[key], whole, f"{at}.{key}")
        elif more is False:
            yield f"{at}: {key} is unknown"
        elif more is not True:
            yield from misfits(item, more, whole, f"{at}.{key}")


def _of_array(value: list[Any], schema: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        yield f"{at}: has {len(value)} items"
    first = schema.get("prefixItems", [])
    for place, item in enumerate(value):
        told = first[place] if place < len(first) else schema.get("items", {})
        yield from misfits(item, told, whole, f"{at}[{place}]")
