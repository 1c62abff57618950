"""The values of expressions where the program stands."""

import math
import re
from typing import Any

import gdb

MOST_ELEMENTS = 4096
NUMBER_CODES = {
    gdb.TYPE_CODE_INT: "int",
    gdb.TYPE_CODE_ENUM: "int",
    gdb.TYPE_CODE_BOOL: "int",
    gdb.TYPE_CODE_CHAR: "int",
    gdb.TYPE_CODE_FLT: "float",
}
_REFERENCES = (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)


def number_text(value, *, root=False):
    """Return a value as text with all its digits; `root` takes the square root.

    Raises
    ------
    gdb.error
        If it has no value here, or is no number.
    """
    kind = value.type.strip_typedefs()
    while kind.code in _REFERENCES:
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_RANGE:
        kind = kind.target().strip_typedefs()
    sort = NUMBER_CODES.get(kind.code)
    if sort is None:
        msg = f"it is no number but of type {value.type}; name one element or member"
        raise gdb.error(msg)
    if kind.sizeof > 8 and sort == "float" and not root:
        if value.is_optimized_out:
            raise gdb.error("value has been optimized out")
        return str(value)
    return digits(int(value) if sort == "int" else float(value), kind.sizeof, root=root)


def digits(number, size, *, root=False):
    """Return an integer, or a floating point number of a size in bytes, with all its digits."""
    if root:
        return f"{math.sqrt(number):.17g}"
    return str(number) if isinstance(number, int) else f"{number:.{9 if size == 4 else 17}g}"


def elements(expression, returned, evaluated=None):
    """Return the expressions in the program's language, one for each number.

    `evaluated` gives the value of an expression; None for that where the program stands.
    """
    evaluated = evaluated or evaluate
    text = returned if expression["text"] == "return" and returned else expression["text"]
    if not expression["low"]:
        return [text]
    low, high = (int(evaluated(expression[end])) for end in ("low", "high"))
    if not 0 <= high - low < MOST_ELEMENTS:
        raise gdb.error(f"{expression['low']}..{expression['high']} is {low}..{high} here")
    return [text.replace("{}", str(at)) for at in range(low, high + 1)]


_symbols: "dict[tuple[int, str], Any]" = {}
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*").fullmatch
_ELEMENT = re.compile(r"([A-Za-z_]\w*)\[(\d+)\]").fullmatch


def evaluate(text):
    """Return the value of an expression where the program stands; that of a plain name is not parsed."""
    element = _ELEMENT(text)
    name = element[1] if element else text
    if not _PLAIN_NAME(name):
        return gdb.parse_and_eval(text)
    frame = gdb.selected_frame()
    key = frame.pc(), name
    if key not in _symbols:
        try:
            symbol = gdb.lookup_symbol(name, frame.block())[0]
        except (gdb.error, RuntimeError):
            symbol = None
        _symbols[key] = symbol if symbol is not None and (symbol.is_variable or symbol.is_argument) else None
    symbol = _symbols[key]
    if symbol is None or symbol.symtab is None:
        return gdb.parse_and_eval(text)
    if symbol.type.code != gdb.TYPE_CODE_ARRAY and element:
        return gdb.parse_and_eval(text)
    value = symbol.value(frame) if symbol.needs_frame else symbol.value()
    return value[int(element[2])] if element else value
