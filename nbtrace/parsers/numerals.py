"""The forms of one printed number: decimal, Fortran's D exponents, C's hexadecimal floats, nan and infinity."""

import math

from nbtrace.lazy_pattern import LazyPattern

PLAIN_NUMBER = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[nN]a[nN]|[iI]nf(?:inity)?)"
"""A number as C and Python print it; its digits are ASCII digits, since no program prints others."""

NUMBER = (
    r"[+-]?(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?[pP][+-]?[0-9]+|1\.#(?:INF|QNAN|SNAN|IND)[0-9]*"
    r"|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[dD][+-]?[0-9]+|[+-][0-9]{3}(?![0-9]))"
    r"|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|[nN][aA][nN](?:\([0-9A-Za-z_]*\))?|[iI]nf(?:inity)?|INF(?:INITY)?)"
)
"""A number in any of the forms that programs print.

Fortran prints `1.5D-10`, and `1.5-100` where an exponent of three digits leaves no room for the letter; C prints
`0x1.8p+3` with `%a`, `nan(0x8000)`, and on Windows `1.#INF` and `1.#QNAN`.
"""

_bare_exponent = LazyPattern(r"(.*[0-9.])([+-][0-9]{3})")


def number_of(token: str) -> float:
    """Return the value of a number in one of the forms of :data:`NUMBER`."""
    try:
        return float(token)
    except ValueError:
        return _otherwise(token.lower())


def _otherwise(token: str) -> float:
    """Return the value of a number that Python does not read."""
    if "0x" in token and "nan" not in token:
        try:
            return float.fromhex(token)
        except OverflowError:
            return -math.inf if token.startswith("-") else math.inf
    if "nan" in token or "#ind" in token:
        return math.nan
    if "#inf" in token:
        return -math.inf if token.startswith("-") else math.inf
    if bare := _bare_exponent.fullmatch(token):
        return float(f"{bare[1]}e{bare[2]}")
    return float(token.replace("d", "e"))
