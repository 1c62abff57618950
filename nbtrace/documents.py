"""Documents: JSON as nbtrace writes it (strict, a reason for every null number), and JSON and TOML as it reads them."""

import gc
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice, repeat
from json.encoder import encode_basestring, encode_basestring_ascii
from pathlib import Path
from typing import Any, overload

from nbtrace.errors import InputError, UsageError
from nbtrace.files import read_bytes

DEEPEST = 100
"""Levels of a document that is read; whatever walks through it by recursion has room for these."""

MOST_TOML_BYTES = 2**24
"""Bytes of a TOML file: whoever writes one by hand or by a script stays far below."""


def utc_text(moment: datetime) -> str:
    """Return `moment` as ISO 8601 in UTC with milliseconds and a final Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class LateEntries(Sequence[dict[str, object]]):
    """The objects of a long list in a document, all with the same keys; each is made when it is its turn.

    Parameters
    ----------
    keys : sequence of str
    count : int
        How many objects there are.
    made : callable
        Yields the values of each object in the order of the keys, from the object at a place on.
    """

    def __init__(self, keys: Sequence[str], count: int, made: Callable[[int], Iterator[Sequence[object]]]) -> None:
        self._keys = tuple(keys)
        self._count = count
        self._made = made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> dict[str, object]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, object]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, object] | list[dict[str, object]]:
        places = range(self._count)[at]
        if isinstance(places, range):
            return [self[place] for place in places]
        return self._object(next(self._made(places)))

    def __iter__(self) -> Iterator[dict[str, object]]:
        return map(self._object, self._made(0))

    def _object(self, values: Sequence[object]) -> dict[str, object]:
        return dict(zip(self._keys, values, strict=True))

    def texts(self, newline: str) -> Iterator[str]:
        """Yield the JSON text of some objects after the other, whose lines begin with `newline`."""
        values = self._made(0)
        while some := list(islice(values, _TOGETHER)):
            columns = [_column(column, f"{newline}  ") for column in zip(*some, strict=True)]
            if None in columns:
                yield f",{newline}".join(_text(self._object(own), newline) for own in some)
            else:
                yield f",{newline}".join(self._formed([column or "" for column in columns], len(some), newline))

    def _formed(self, columns: Sequence[str | list[str]], count: int, newline: str) -> Iterable[str]:
        """Return the texts of objects whose values have these texts, one for all of them or one for each."""
        pairs = (
            f"{_string(key)}: {column if isinstance(column, str) else _HOLE}"
            for key, column in zip(self._keys, columns, strict=True)
        )
        form = f",{newline}  ".join(pairs).replace("%", "%%").replace(_HOLE, "%s")
        several = [column for column in columns if isinstance(column, list)]
        rows = zip(*several, strict=True) if several else repeat((), count)
        return map(f"{{{newline}  {form}{newline}}}".__mod__, rows)


_TOGETHER = 1000
"""Objects of a long list that are written together."""

_HOLE = "\0"
"""Stands in no text that is written."""


def _column(values: Sequence[object], newline: str) -> str | list[str] | None:
    """Return the texts of one value of each of some objects: one text if they are all the same.

    None if one loses a number, of which the object tells.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(map(int.__repr__, values))
    if kinds == {float}:
        return list(map(float.__repr__, values)) if all(map(math.isfinite, values)) else None  # type: ignore[arg-type]
    if kinds == {str} and len(set(values)) > 1 and _stand_as_they_are("".join(values)):  # type: ignore[arg-type]
        return list(map('"{}"'.format, values))
    if kinds <= _PLAIN:
        texts = {value: "null" if value is None else _text(value, newline) for value in set(values)}
        return next(iter(texts.values())) if len(texts) == 1 else list(map(texts.__getitem__, values))
    if kinds == {tuple} and not any(values):
        return "[]"
    if any(_not_finite(value) is not None for value in values if value is not None):
        return None
    return ["null" if value is None else _text(value, newline) for value in values]


def _stand_as_they_are(text: str) -> bool:
    """Whether no letter of a text is written as an escape."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


_PLAIN = frozenset({str, int, type(None)})
"""Types of which equal values have the same text, also those of two of them."""


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
    if isinstance(value, LateEntries):
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        reasons = [_not_finite(item) for item in value]
        return reasons if any(reasons) else None
    return None


def dump(document: Mapping[str, object]) -> str:
    """Return the text of a JSON document, with a final newline.

    Letters stand as they are; what is no letter (control and format characters, a lone surrogate for a byte of a file
    name that is not UTF-8) is written as its JSON escape, so that a terminal can show the document.
    """
    return "".join(pieces(document))


def pieces(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the text of a JSON document as :func:`dump` returns it, a long list in it entry by entry.

    Raises
    ------
    TypeError
        If it holds something that JSON has no form for.
    """
    before = "{"
    for key, value in _written(document).items():
        yield f"{before}\n  {_string(key)}: "
        if isinstance(value, list | tuple | LateEntries) and value:
            yield from _entries(value)
        else:
            yield _text(value, "\n  ")
        before = ","
    yield "{}\n" if before == "{" else "\n}\n"


def _entries(values: Sequence[object]) -> Iterator[str]:
    before = "["
    texts = values.texts(_NEXT_ENTRY) if isinstance(values, LateEntries) else (_text(v, _NEXT_ENTRY) for v in values)
    for text in texts:
        yield f"{before}\n    {text}"
        before = ","
    yield "\n  ]"


_NEXT_ENTRY = "\n    "


def _written(mapping: Mapping[Any, object]) -> dict[str, object]:
    """Return a mapping with its keys as text, and the reasons of the numbers that it loses."""
    items = {str(key): value for key, value in mapping.items()}
    lost = {
        key: reason
        for key, value in items.items()
        if type(value) not in _FINITE and (reason := _not_finite(value)) is not None
    }
    return items | {"not_finite": lost} if lost else items


_FINITE = frozenset({str, int, bool, type(None)})
"""Types that hold no number that is not finite."""


def _text(value: object, newline: str) -> str:
    """Return the text of a value whose lines begin with `newline`."""
    write = _SCALARS.get(type(value))
    if write is not None:
        return write(value)
    match value:
        case str():
            return _string(str.__str__(value))
        case int():
            return str(int(value))
        case float():
            return _float(float(value))
        case Path():
            return _string(str(value))
        case Mapping():
            inner = newline + "  "
            parts = [f"{_string(key)}: {_text(item, inner)}" for key, item in _written(value).items()]
            return f"{{{inner}{f',{inner}'.join(parts)}{newline}}}" if parts else "{}"
        case Sequence() if not isinstance(value, bytes | bytearray):
            inner = newline + "  "
            parts = [_text(item, inner) for item in value]
            return f"[{inner}{f',{inner}'.join(parts)}{newline}]" if parts else "[]"
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _string(text: str) -> str:
    written = encode_basestring(text)
    return written if written.isprintable() else "".join(map(_escaped, written))


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else encode_basestring_ascii(letter)[1:-1]


def _float(number: float) -> str:
    return float.__repr__(number) if math.isfinite(number) else "null"


_SCALARS: Mapping[type, Callable[[Any], str]] = {
    float: _float,
    int: int.__repr__,
    str: _string,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no garbage be looked for while a document, or an import, makes a great many values that are none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def load(path: Path) -> Any:
    """Return the value of the JSON document at `path`.

    Raises
    ------
    InputError
        If it cannot be read or is not JSON; the line and column are in the message.
    """
    try:
        with uncollected():
            document = json.loads(read_bytes(path))
    except UnicodeDecodeError:
        raise InputError(f"{path} is not JSON: it is not text") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno} is not JSON: {error.msg}") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON that can be used: {error}") from None
    except RecursionError:
        raise InputError(f"{path} is not JSON that can be used: nested too deeply") from None
    if is_too_deep(document):
        raise InputError(f"{path} is not JSON that can be used: nested too deeply")
    return document


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document of the TOML file at `path`.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    UsageError
        If it is no TOML, or none that can be used; the line and column are in the message.
    """
    import tomllib  # noqa: PLC0415 - most commands read none

    content = read_bytes(path, MOST_TOML_BYTES)
    try:
        document = tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no valid TOML: it is not UTF-8 text") from None
    except RecursionError:
        raise UsageError(f"{path} is no valid TOML: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise UsageError(f"{path} is no valid TOML: {error}") from None
    if is_too_deep(document):
        raise UsageError(f"{path} is no valid TOML: nested too deeply")
    return document


def table_of(document: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    """Return a table of the document of a TOML file by its dotted name, an empty one where it is absent.

    Raises
    ------
    UsageError
        If something else stands there.
    """
    table: Any = document
    for part in name.split("."):
        table = table.get(part, {})
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name} is no table; write it as [{name}]")
    return dict(table)


def is_too_deep(document: object) -> bool:
    """Tell whether lists and mappings stand inside one another in more than `DEEPEST` levels."""
    level = [document]
    for _ in range(DEEPEST):
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return False
    return True


def _inside(item: object) -> Iterable[object]:
    """Return what a list or a mapping holds that may hold something itself."""
    held = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [inner for inner in held if type(inner) in _HOLDERS]


_HOLDERS = frozenset({dict, list})
