"""Numbers as C reads them: ASCII digits, no underscores, hexadecimal reals; what follows a number is not looked at."""

import re

_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_HEXADECIMAL = r"0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?[0-9]+)?"
_SPACE = r"[ \t\n\v\f\r]*"
_REAL = re.compile(rf"{_SPACE}([+-]?(?:{_HEXADECIMAL}|{_DECIMAL}|inf(?:inity)?|nan)){_SPACE}", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile(rf"{_SPACE}([+-]?[0-9]+){_SPACE}")

LARGEST_INTEGER = 2**31 - 1
_SMALLEST_INTEGER = -(2**31)
_LARGEST_LONG = 2**63 - 1


def leading_real(text: str) -> float:
    """Return what ``atof`` makes of a text: the number that it starts with, 0 if there is none."""
    match = _REAL.match(text)
    return _real(match[1]) if match else 0.0


def leading_integer(text: str) -> int:
    """Return what ``atoi`` makes of a text: 0 without a number; one too large for 32 bits wraps around."""
    match = _INTEGER.match(text)
    if match is None:
        return 0
    digits = match[1].lstrip("+-0")
    long = int(digits or "0") if len(digits) < 20 else _LARGEST_LONG + 1
    long = -min(long, _LARGEST_LONG + 1) if match[1].startswith("-") else min(long, _LARGEST_LONG)
    return (long + 2**31) % 2**32 - 2**31


def whole_real(text: str) -> float:
    """Return the number that a text is.

    Raises
    ------
    ValueError
        If C would read only a part of it, or nothing.
    """
    match = _REAL.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a number")
    return _real(match[1])


def whole_integer(text: str) -> int:
    """Return the integer that a text is.

    Raises
    ------
    ValueError
        If C would read only a part of it, or nothing, or it does not fit 32 bits.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not an integer")
    if len(match[1].lstrip("+-0")) > 10 or not _SMALLEST_INTEGER <= int(match[1]) <= LARGEST_INTEGER:
        raise ValueError(f"'{text}' does not fit 32 bits, the integers of the reference")
    return int(match[1])


def starts_with_number(text: str) -> bool:
    """Tell whether a text starts with a number."""
    return _REAL.match(text) is not None


def _real(text: str) -> float:
    if "x" not in text.lower():
        return float(text)
    try:
        return float.fromhex(text)
    except OverflowError:
        return -float("inf") if text.startswith("-") else float("inf")
