"""Numbers with a unit of any kind behind them: `306.5 K`, `1 2 3 m`, `[1 0; 0 1] W/(m K)`."""

import re

from nbtrace.parsers.values import NUMBER, read_value
from nbtrace.records import Shape, Value
from nbtrace.vocabulary import dimensions

_is_number = re.compile(NUMBER).fullmatch
_bracketed = re.compile(r"(\[[^\[\]]*\])\s*([^|=]+)", re.DOTALL).fullmatch


def measured(text: str) -> Value | None:
    """Return numbers with a unit behind them; None if the text is something else."""
    text = text.strip()
    if bracketed := _bracketed(text):
        inner, unit = read_value(bracketed[1]), bracketed[2].strip()
        if not inner.tokens or not dimensions.known(unit):
            return None
        return Value(inner.shape, inner.numbers, inner.tokens, text, unit=unit)
    words = text.replace(",", " ").split()
    count = next((place for place, word in enumerate(words) if not _is_number(word)), len(words))
    unit = " ".join(words[count:])
    if not count or not unit or not dimensions.known(unit):
        return None
    tokens = tuple(words[:count])
    shape = Shape.SCALAR if count == 1 else Shape.VECTOR
    return Value(shape, tuple(map(float, tokens)), tokens, text, unit=unit)
