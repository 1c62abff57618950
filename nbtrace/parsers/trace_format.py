"""The trace format, version 1: its grammar, and a line written by it. `docs/trace-format.md` explains it.

Both dialects read what is said here: a version line, and ordinals of loops before a key. The whole of it is what
:mod:`nbtrace.parsers.format_check` holds a log against.
"""

import re
from collections.abc import Iterable, Mapping

from nbtrace.frozen import frozen
from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.outcome import Structure, UnreadableLine
from nbtrace.parsers.values import ordinal
from nbtrace.records import Shape, Value
from nbtrace.vocabulary import dimensions

VERSION = 1
VERSION_LINE = f"TRACE_FORMAT {VERSION}"
"""The first line of a log."""

VERSION_FAMILY = "TRACE_FORMAT"
EXAMPLE = "TRACE_C: step=3 T_K 306.5 K"
"""A line of the format, for messages."""

_NAME = r"[^\W0-9]\w*"
_NUMBER = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf)"

_version = LazyPattern(r"\s*TRACE_FORMAT(?::?\s+(.*))?", re.DOTALL)
_place = LazyPattern(rf"({_NAME})=([0-9]+)(?=\s)")
_key = re.compile(_NAME).fullmatch
_not_a_key = LazyPattern(r"nan|inf|infinity", re.IGNORECASE)
_is_number = LazyPattern(_NUMBER)
_matrix = LazyPattern(r"\[([^\[\]]*)\](.*)", re.DOTALL)
_like_a_number = LazyPattern(r"[+-]?\.?[0-9]|[+*\[({-]")


@frozen
class FormatLine:
    """A trace line of the format, without its prefix.

    Attributes
    ----------
    index : mapping of str to int
        Ordinals of loops, in printed order.
    key : str
    rows : tuple of tuple of str
        The numbers as printed: one row of a scalar or a vector, several of a matrix; none for text.
    unit : str
        Empty where none is printed.
    text : str
        A value that is no number.
    """

    index: Mapping[str, int]
    key: str
    rows: tuple[tuple[str, ...], ...]
    unit: str = ""
    text: str = ""


class FormatError(ValueError):
    """What is wrong with a line, in words."""


def version_stated(line: str) -> Structure | UnreadableLine | None:
    """Return what a version line is, None for another line: structure, or unreadable where the version is not known."""
    match = _version.fullmatch(line)
    if match is None:
        return None
    stated = (match[1] or "").strip()
    if stated == str(VERSION):
        return Structure()
    return UnreadableLine(f"version {stated or 'without a number'} of the trace format; this nbtrace reads {VERSION}")


def split_index(text: str) -> tuple[dict[str, int], str]:
    """Return the ordinals that stand before a key, `step=3 cell=7 `, and the rest of the text.

    Raises
    ------
    FormatError
        If an ordinal is too large, or a loop stands twice.
    """
    index: dict[str, int] = {}
    text = text.strip()
    while match := _place.match(text):
        number = ordinal(match[2])
        if number is None:
            raise FormatError(f"{match[0]} is no ordinal of a loop: it is beyond 2147483647")
        if match[1] in index:
            raise FormatError(f"{match[1]} stands twice in the line")
        index[match[1]] = number
        text = text[match.end() :].strip()
    return index, text


def parse_body(body: str) -> FormatLine:
    """Return the trace line that stands behind a prefix.

    Raises
    ------
    FormatError
        If it is not in the format.
    """
    if body[:1] not in {" ", "\t"}:
        raise FormatError("no blank stands behind the prefix")
    index, rest = split_index(body)
    words = rest.split(maxsplit=1)
    if not words:
        raise FormatError("no key and no value follow" if index else "nothing stands behind the prefix")
    if not _key(words[0]) or _not_a_key.fullmatch(words[0]):
        raise FormatError(f"{words[0]!r} is no key: letters, digits and _, beginning with a letter, then a blank")
    if len(words) == 1:
        raise FormatError(f"{words[0]} has no value")
    return _with_value(index, words[0], words[1].strip())


def _with_value(index: Mapping[str, int], key: str, text: str) -> FormatLine:
    if matrix := _matrix.fullmatch(text):
        rows = tuple(tuple(row.split()) for row in matrix[1].split(";"))
        for token in (token for row in rows for token in row):
            _check_number(token)
        if len(set(map(len, rows))) > 1 or not rows[0]:
            raise FormatError("the rows of a matrix have the same number of numbers, at least one")
        return FormatLine(index, key, rows, _unit(matrix[2].strip()))
    words = text.split()
    count = next((at for at, word in enumerate(words) if not _is_number.fullmatch(word)), len(words))
    if count:
        return FormatLine(index, key, (tuple(words[:count]),), _unit(" ".join(words[count:])))
    if _like_a_number.match(text) or text[0].isdigit() or _not_a_key.fullmatch(text.lstrip("+-")):
        _check_number(words[0])
    if "=" in text:
        raise FormatError(f"{text!r} holds a sign of equality, which no value does")
    return FormatLine(index, key, (), text=text)


def _check_number(token: str) -> None:
    if not _is_number.fullmatch(token):
        raise FormatError(f"{token!r} is no number{_hint(token)}")


def _hint(token: str) -> str:
    if set(token) == {"*"}:
        return ": the field is too narrow for it"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", token):
        return ": blanks part numbers, and the decimal sign is a point"
    if re.fullmatch(r"[+-]?(?:nan|inf|infinity).*", token, re.IGNORECASE):
        return ": print nan, inf or -inf"
    if re.fullmatch(r"[+-]?[0-9.]+[dDqQ]?[+-][0-9]+|[+-]?[0-9.]+[dDqQ][0-9]+", token):
        return ": an exponent begins with e"
    return ""


def _unit(text: str) -> str:
    """Return a unit, which may be none.

    Raises
    ------
    FormatError
        If the text is no unit.
    """
    if text and not dimensions.known(text):
        raise FormatError(f"{text!r} is no unit that nbtrace knows, and no number")
    return text


def line_of(prefix: str, index: Mapping[str, int], key: str, value: Value) -> str:
    """Return a trace line: `prefix index key value unit`, the numbers as they were printed."""
    words = [prefix, *(f"{name}={number}" for name, number in index.items()), key, *_printed(value)]
    return " ".join(words)


def _printed(value: Value) -> Iterable[str]:
    if not value.tokens:
        return (value.text,)
    tokens = [_plain_number(token) for token in value.tokens]
    size = round(len(tokens) ** 0.5)
    if value.shape is Shape.MATRIX and size * size == len(tokens):
        rows = (" ".join(tokens[at : at + size]) for at in range(0, len(tokens), size))
        tokens = [f"[{'; '.join(rows)}]"]
    return (*tokens, value.unit) if value.unit else tokens


def _plain_number(token: str) -> str:
    low = token.lower().replace("infinity", "inf")
    return low if low.lstrip("+-") in {"nan", "inf"} else token
