"""The forms in which logs print a value: numbers, vectors, matrices, named numbers, units, sentinels."""

import re
from dataclasses import replace
from itertools import takewhile

from nbtrace import units
from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.numerals import NUMBER, number_of
from nbtrace.parsers.python_reprs import bare
from nbtrace.records import MOST, Shape, Value
from nbtrace.vocabulary import dimensions

_MOST_DIGITS = 10

SENTINELS = frozenset({"NOT_EXTRACTED", "TBD", "N/A", "—", "unknown", "not_installed", "None"})
"""Words that stand where a value should be."""

_number = re.compile(NUMBER).fullmatch
_split = re.compile(r"\s*,\s*|\s+").split
_split_keeping = re.compile(r"(\s*,\s*|\s+)").split
_bracketed = re.compile(r"[\[(]([^\[\]()]*)[\])](.*)", re.DOTALL).fullmatch
_in_one_bracket = re.compile(r"[(]([^()\[\]]*)[)]").fullmatch
_decimal_comma = LazyPattern(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_rows = re.compile(r"[\[(]([^\[\]()]*)[\])]").findall
_between_rows = LazyPattern(r"[\[(]\s*(?:[\[(][^\[\]()]*[\])][\s,;]*)+[\])]")

_NAMED = rf"(?:[A-Za-z_]\w*:{NUMBER}(?:\s+|$))+"
_PAIR = rf"([A-Za-z_]\w*):({NUMBER})"
_TRAILER = rf"([^|\s]+)?\s*(?:\|[^|]*\|\s*+=\s*+(?>{NUMBER})\s*+([^|\s]+)?)?"
"""Patterns that many logs never need: `re` compiles them when they are first used, and keeps them."""


def read_value(text: str) -> Value:
    """Return the value that `text` prints; what is no number in any known form is text.

    A formula chain (`1e-10/lambda0 = 1.02`) has the value of its last member.
    """
    text = text.strip()
    if text in SENTINELS:
        return Value(Shape.SENTINEL, (), (), text)
    return _plain(text) or _structured(text) or Value(Shape.TEXT, (), (), text)


def ordinal(text: str) -> int | None:
    """Return the whole number from 0 to `MOST` that ASCII digits print, None for anything else."""
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0") or "0"
    number = int(digits) if len(digits) <= _MOST_DIGITS else MOST + 1
    return number if number <= MOST else None


def comma_hint(value: Value) -> str:
    """Return what is to be said of numbers that may be one with a decimal comma; empty where they are none."""
    text = value.text
    return f"; {text!r} may be meant as {text.replace(',', '.')}" if _decimal_comma.fullmatch(text) else ""


def _plain(text: str) -> Value | None:
    tokens = tuple(_split(text))
    return _numeric(tokens, text) if all(map(_number, tokens)) else None


def _structured(text: str) -> Value | None:
    if (inner := bare(text)) is not None:
        value = _plain(inner) or _in_brackets(inner) or _nested(inner)
        return replace(value, text=text) if value else None
    if bracketed := _in_brackets(text) or _nested(text):
        return bracketed
    if ":" in text and re.fullmatch(_NAMED, text):
        names, tokens = zip(*re.findall(_PAIR, text), strict=True)
        return Value(Shape.NAMED, tuple(map(number_of, tokens)), tokens, text, names=names)
    if measured := _measured(text):
        return measured
    head, equals, tail = text.rpartition("=")
    if equals and head.strip() and not text.startswith("["):
        last = read_value(tail)
        return replace(last, text=text) if last.tokens else None
    return None


def _measured(text: str) -> Value | None:
    """Return numbers with a unit behind them, in round brackets or not; None if the text is something else."""
    wrapped = _in_one_bracket(text)
    inner = wrapped[1].strip() if wrapped else text
    pieces = _split_keeping(inner)
    tokens = tuple(takewhile(_number, pieces[::2]))
    behind = "".join(pieces[2 * len(tokens) - 1 :])
    unit = _unit(behind.strip()) if tokens and behind[:1].isspace() else None
    return None if unit is None else _numeric(tokens, text, unit)


def _unit(spelling: str) -> str | None:
    """Return the unit that a text behind numbers is; None if it is none that is known."""
    return units.canonical(spelling) or (spelling if spelling and dimensions.known(spelling) else None)


def _in_brackets(text: str) -> Value | None:
    bracketed = _bracketed(text)
    if bracketed is None:
        return None
    rows = [re.split(r"[\s,]+", row.strip().rstrip(",")) for row in bracketed[1].split(";")]
    tokens = tuple(token for row in rows for token in row)
    behind = bracketed[2].strip()
    trailer = re.fullmatch(_TRAILER, behind)
    if not all(map(_number, tokens)) or len(set(map(len, rows))) > 1:
        return None
    word = behind if trailer is None else trailer[1] or trailer[2]
    unit = _unit(word) if word else None
    if word and (unit is None or _number(word)):
        return None
    value = _numeric(tokens, text, unit)
    return Value(Shape.MATRIX, value.numbers, tokens, text, unit=unit) if len(rows) > 1 else value


def _nested(text: str) -> Value | None:
    """Return rows in brackets within brackets; a single row, or a single column, is a vector."""
    head, _, trailer = text.rpartition(text[0].translate(_CLOSING)) if text[:1] in {"[", "("} else ("", "", "")
    if not head or not _between_rows.fullmatch(f"{head}{text[0].translate(_CLOSING)}"):
        return None
    unit = _unit(trailer.strip())
    rows = [re.split(r"[\s,]+", row.strip()) for row in _rows(head[1:])]
    tokens = tuple(token for row in rows for token in row)
    if (trailer.strip() and unit is None) or not all(map(_number, tokens)) or len(set(map(len, rows))) > 1:
        return None
    value = _numeric(tokens, text, unit)
    return replace(value, shape=Shape.MATRIX) if min(len(rows), len(rows[0])) > 1 else value


_CLOSING = str.maketrans("[(", "])")


def _numeric(tokens: tuple[str, ...], text: str, unit: str | None = None) -> Value:
    shape = Shape.SCALAR if len(tokens) == 1 else Shape.VECTOR
    return Value(shape, tuple(map(number_of, tokens)), tokens, text, unit=unit)
