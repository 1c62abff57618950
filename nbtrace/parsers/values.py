"""The forms in which logs print a value: numbers, vectors, matrices, named numbers, tensors, units, sentinels."""

import re
from dataclasses import replace

from nbtrace import units
from nbtrace.records import Shape, Value
from nbtrace.schema import MOST

NUMBER = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[nN]a[nN]|[iI]nf(?:inity)?)"
"""A number; its digits are ASCII digits, since no program prints others."""

_MOST_DIGITS = 10

SENTINELS = frozenset({"NOT_EXTRACTED", "TBD", "N/A", "—", "unknown", "not_installed", "None"})
"""Words that stand where a value should be."""

_number = re.compile(NUMBER).fullmatch
_list = re.compile(rf"{NUMBER}(?:\s*,\s*{NUMBER}|\s+{NUMBER})*").fullmatch
_bracketed = re.compile(r"[\[(]([^\[\]()]*)[\])](.*)", re.DOTALL).fullmatch
_tensor = re.compile(r"tensor\((.*?)(?:,\s*+(?:dtype|device|requires_grad)=.*)?\)").fullmatch
_named = re.compile(rf"(?:[A-Za-z_]\w*:{NUMBER}(?:\s+|$))+").fullmatch
_pair = re.compile(rf"([A-Za-z_]\w*):({NUMBER})").findall
_with_unit = re.compile(rf"({NUMBER})\s+(\S+)").fullmatch
_trailer = re.compile(rf"([^|\s]+)?\s*(?:\|[^|]*\|\s*+=\s*+(?>{NUMBER})\s*+([^|\s]+)?)?").fullmatch


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


def _plain(text: str) -> Value | None:
    return _numeric(tuple(re.split(r"[\s,]+", text)), text) if _list(text) else None


def _structured(text: str) -> Value | None:
    # A text that does not end so would be searched from each of its commas.
    if text.endswith(")") and (wrapped := _tensor(text)):
        inner = wrapped[1].strip()
        value = _plain(inner) or _in_brackets(inner)
        return replace(value, text=text) if value else None
    if bracketed := _in_brackets(text):
        return bracketed
    if _named(text):
        names, tokens = zip(*_pair(text), strict=True)
        return Value(Shape.NAMED, tuple(map(float, tokens)), tokens, text, names=names)
    if (measured := _with_unit(text)) and (unit := units.canonical(measured[2])):
        return Value(Shape.SCALAR, (float(measured[1]),), (measured[1],), text, unit=unit)
    head, equals, tail = text.rpartition("=")
    if equals and head.strip() and not text.startswith("["):
        last = read_value(tail)
        return replace(last, text=text) if last.tokens else None
    return None


def _in_brackets(text: str) -> Value | None:
    bracketed = _bracketed(text)
    if bracketed is None:
        return None
    rows = [re.split(r"[\s,]+", row.strip()) for row in bracketed[1].split(";")]
    tokens = tuple(token for row in rows for token in row)
    trailer = _trailer(bracketed[2].strip())
    if trailer is None or not all(map(_number, tokens)) or len(set(map(len, rows))) > 1:
        return None
    word = trailer[1] or trailer[2]
    unit = units.canonical(word) if word else None
    if word and (unit is None or _number(word)):
        return None
    value = _numeric(tokens, text, unit)
    return Value(Shape.MATRIX, value.numbers, tokens, text, unit=unit) if len(rows) > 1 else value


def _numeric(tokens: tuple[str, ...], text: str, unit: str | None = None) -> Value:
    shape = Shape.SCALAR if len(tokens) == 1 else Shape.VECTOR
    return Value(shape, tuple(map(float, tokens)), tokens, text, unit=unit)
