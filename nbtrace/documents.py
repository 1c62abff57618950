"""JSON documents as nbtrace writes them: strict JSON, a format version, and a reason for every null number."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbtrace.errors import InputError
from nbtrace.files import read_bytes


def utc_text(moment: datetime) -> str:
    """Return `moment` as ISO 8601 in UTC with milliseconds and a final Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: object) -> Any:
    """Return `value` as strict JSON values; a non-finite float becomes null.

    A mapping that loses a number this way gains `not_finite`: {key: "nan" | "inf" | "-inf"}, so that the reason for the
    null stays in the document. Keys of a mapping are written as text. Enums are written by value.

    Raises
    ------
    TypeError
        If `value` holds something that JSON has no form for.
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            lost = {str(key): reason for key, item in value.items() if (reason := _not_finite(item))}
            written = {str(key): plain(item) for key, item in value.items()}
            return written | ({"not_finite": lost} if lost else {})
        case Path():
            return str(value)
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _not_finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        reasons = [_not_finite(item) for item in value]
        return reasons if any(reasons) else None
    return None


def dump(document: Mapping[str, object]) -> str:
    """Return the text of a JSON document, with a final newline.

    Letters stand as they are; what is no letter (control and format characters, a lone surrogate for a byte of a file
    name that is not UTF-8) is written as its JSON escape, so that a terminal can show the document.
    """
    text = json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1]


def load(path: Path) -> Any:
    """Return the value of the JSON document at `path`.

    Raises
    ------
    InputError
        If it cannot be read or is not JSON; the line and column are in the message.
    """
    try:
        return json.loads(read_bytes(path))
    except UnicodeDecodeError:
        raise InputError(f"{path} is not JSON: it is not text") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno} is not JSON: {error.msg}") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON that can be used: {error}") from None
    except RecursionError:
        raise InputError(f"{path} is not JSON that can be used: nested too deeply") from None
