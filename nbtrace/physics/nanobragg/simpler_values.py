"""Simpler numbers in place of one: every chain of them ends."""

import math
from collections.abc import Iterator, Sequence

from simulator.c_numbers import leading_integer, leading_real


def rounder(text: str, favourites: Sequence[float]) -> tuple[str, ...]:
    """Return numbers in place of one, the simplest first.

    The favourites come first, in their order; then the number with one digit, with two, and so on; in the end itself,
    where it can be written shorter. Of a favourite only those before it are simpler.

    Parameters
    ----------
    text : str
        A number as nanoBragg reads it; what is none has nothing simpler.
    favourites : sequence of float
    """
    value = leading_real(text)
    if not math.isfinite(value):
        return ()
    simpler = []
    for favourite in favourites:
        if favourite == value:
            break
        simpler.append(_text(favourite))
    else:
        simpler += _rounded(value)
    if _text(value) != text and len(_text(value)) < len(text):
        simpler.append(_text(value))
    return tuple(dict.fromkeys(simpler))


def _rounded(value: float) -> Iterator[str]:
    """Yield a number with fewer and fewer digits left out."""
    for digits in range(1, 17):
        near = float(f"{value:.{digits}g}")
        if near == value:
            return
        if not math.isfinite(near):
            continue
        yield _text(near)


def _text(value: float) -> str:
    """Return a number in its shortest form."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def fewer(text: str, *, without: float | None = None) -> tuple[str, ...]:
    """Return smaller positive integers in place of one: 1, 2, then half of it, a quarter less, down to one less.

    Parameters
    ----------
    text : str
    without : float, optional
        A number that is left out.
    """
    value = leading_integer(text)
    steps = []
    away = value // 2
    while away >= 1:
        steps.append(value - away)
        away //= 2
    numbers = dict.fromkeys(number for number in (1, 2, *steps) if 0 < number < value and number != without)
    return tuple(map(str, numbers))


def shorter_range(first: int, last: int) -> list[tuple[int, int]]:
    """Return the ranges, ends included, that are a half of one, and those that lack one end of it."""
    if first >= last:
        return []
    middle = (first + last) // 2
    return list(dict.fromkeys([(first, middle), (middle + 1, last), (first, last - 1), (first + 1, last)]))
