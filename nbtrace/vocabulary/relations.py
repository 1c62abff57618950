"""Relations that hold between the quantities of two logs to the printed digits, and in more rows than by chance."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

Place: TypeAlias = tuple[tuple[str, int], ...]
Series: TypeAlias = Mapping[Place, str]
"""Printed numbers of a quantity by place."""

Table: TypeAlias = Mapping[str, Series]

MOST = 200
"""Quantities among which relations are sought; the rest of a long log is left alone."""

_MOST_ROWS = 2000
_CHANCE = 1e-6
"""A relation that so many candidates would show by chance is none."""

_LONGEST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Relation:
    """`result = one sign other`, and the rows in which it held; the signs `-*` and `-/` negate the whole."""

    result: str
    one: str
    sign: str
    other: str
    rows: int

    def text(self, names: Mapping[str, str]) -> str:
        """Return the formula."""
        minus, sign = ("-", self.sign[1]) if len(self.sign) > 1 else ("", self.sign)
        return f"{minus}{names[self.one]} {sign} {names[self.other]}"


@cache
def printed(token: str) -> tuple[float, float, float]:
    """Return a printed number, half a unit of its last digit, and the significant digits it has."""
    text = token.lower().replace("d", "e")
    value = float(text)
    if not math.isfinite(value):
        return value, math.inf, 0.0
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = len(mantissa.replace(".", "").lstrip("+-0"))
    return value, 0.5 * 10.0 ** (int(exponent or 0) - decimals), float(min(digits, _LONGEST_DIGITS))


def relations(tables: tuple[Table, Table]) -> Mapping[str, Relation]:
    """Return the best relation of each quantity that has one; a quantity is made of those before it alone.

    Parameters
    ----------
    tables : (mapping, mapping)
        The quantities of both logs, in the order of the first.
    """
    names = [name for name in tables[0] if name in tables[1] and _varies_or_says(tables[0][name])][:MOST]
    found: dict[str, Relation] = {}
    for place, name in enumerate(names):
        candidates = names[:place]
        best = next(_holding(name, candidates, tables), None)
        if best is not None:
            found[name] = best
    return found


def _varies_or_says(series: Series) -> bool:
    """Return whether the values of a quantity tell it from a plain 0 or 1."""
    return any(printed(token)[0] not in _MATTERS_OF_COURSE for token in series.values())


def _holding(name: str, candidates: list[str], tables: tuple[Table, Table]) -> Iterator[Relation]:
    trials = 6.0 * max(len(candidates), 1) ** 2
    for one, sign, other in _matching(name, candidates, tables[0]):
        rows = [row for table in tables for row in _rows(table, name, one, other)]
        if rows and all(_holds(row, sign) for row in rows) and _unlikely(rows, sign, trials):
            yield Relation(name, one, sign, other, len(rows))


def _matching(name: str, candidates: list[str], table: Table) -> Iterator[tuple[str, str, str]]:
    """Yield the pairs that give a quantity in one row, found in sorted values; products first."""
    place, token = next(iter(table[name].items()))
    target = printed(token)
    here = {other: printed(value) for other in candidates if (value := _at(table[other], place)) is not None}
    ordered = sorted((value, other) for other, (value, _, _) in here.items() if math.isfinite(value))
    values = [value for value, _ in ordered]
    for sign in ("*", "-*", "/", "-/", "+", "-"):
        for one, number in here.items():
            wanted = _wanted(target[0], number[0], sign)
            if wanted is None:
                continue
            width = abs(wanted) * _slack(target, number, sign) + 1e-300
            first, last = bisect_left(values, wanted - width), bisect_right(values, wanted + width)
            for _, other in ordered[first:last]:
                if sign not in {"*", "-*", "+"} or one <= other:
                    yield one, sign, other


def _slack(target: tuple[float, float, float], number: tuple[float, float, float], sign: str) -> float:
    """Return a generous relative width for what is sought; the exact test follows."""
    if sign in {"+", "-"}:
        return 1e-2
    relative = [error / abs(value) for value, error, _ in (target, number) if value]
    return min(4 * sum(relative) + 1e-2, 1.0)


def _wanted(target: float, one: float, sign: str) -> float | None:
    """Return what the other side of an operation must be."""
    operations: dict[str, Callable[[], float]] = {
        "*": lambda: target / one,
        "-*": lambda: -target / one,
        "/": lambda: one / target,
        "-/": lambda: -one / target,
        "+": lambda: target - one,
        "-": lambda: one - target,
    }
    try:
        wanted = operations[sign]()
    except ArithmeticError:
        return None
    return wanted if math.isfinite(wanted) else None


def _rows(table: Table, *quantities: str) -> list[tuple[str, ...]]:
    """Return the printed numbers of quantities at the places of the first of them."""
    rows = []
    for place in list(table[quantities[0]])[:_MOST_ROWS]:
        row = [_at(table[name], place) for name in quantities]
        if None not in row:
            rows.append(tuple(token for token in row if token is not None))
    return rows


def _at(series: Series, place: Place) -> str | None:
    """Return a number at a place, else where the quantity has fewer indices."""
    while True:
        if place in series:
            return series[place]
        if not place:
            return None
        place = place[:-1]


def _holds(row: tuple[str, ...], sign: str) -> bool:
    (result, half, _), (a, half_a, _), (b, half_b, _) = map(printed, row)
    try:
        value, spread = _combined(a, half_a, b, half_b, sign)
    except ArithmeticError:
        return False
    return abs(result - value) <= half + spread + 4e-16 * abs(value)


def _width(row: tuple[str, ...], sign: str) -> float:
    """Return how far the result may be from what the relation gives."""
    (_, half, _), (a, half_a, _), (b, half_b, _) = map(printed, row)
    return half + _combined(a, half_a, b, half_b, sign)[1]


def _combined(a: float, half_a: float, b: float, half_b: float, sign: str) -> tuple[float, float]:
    match sign:
        case "*":
            return a * b, abs(a) * half_b + abs(b) * half_a
        case "/":
            return a / b, (half_a + abs(a / b) * half_b) / abs(b)
        case "+":
            return a + b, half_a + half_b
        case "-":
            return a - b, half_a + half_b
    value, spread = _combined(a, half_a, b, half_b, sign[1])
    return -value, spread


def _unlikely(rows: list[tuple[str, ...]], sign: str, trials: float) -> bool:
    """Return whether so many candidates would not hold by chance in rows that say as much.

    The first row says as much as its digits; every further pair of operands as much as its width is narrower than the
    range of the results, since values that hardly vary fit again by themselves.
    """
    telling = [row for row in dict.fromkeys(rows) if all(printed(token)[0] not in _MATTERS_OF_COURSE for token in row)]
    if not telling:
        return False
    results = [printed(row[0])[0] for row in telling]
    range_ = max(results) - min(results)
    digits = _digits(max(abs(result) for result in results), max(_width(row, sign) for row in telling))
    for row in list({row[1:]: row for row in telling}.values())[1:]:
        digits += _digits(range_, _width(row, sign))
    return bool(trials * 10.0 ** -min(digits, 300.0) < _CHANCE)


_MATTERS_OF_COURSE = frozenset({0.0, 1.0, -1.0})
"""Values that make a relation hold by themselves."""


def _digits(range_: float, width: float) -> float:
    """Return the digits that a width leaves of a range."""
    return max(math.log10(range_ / (2 * width)), 0.0) if range_ > 0 and math.isfinite(width) else 0.0


def aliases(first: Table, second: Table) -> Iterator[tuple[str, str]]:
    """Yield (name in the second log, name in the first) of quantities with the same values wherever both are logged."""
    taken: set[str] = set()
    for other, values in list(second.items())[:MOST]:
        for name, series in list(first.items())[:MOST]:
            if name not in taken and _same(series, values):
                taken.add(name)
                yield other, name
                break


def _same(one: Series, other: Series) -> bool:
    if one.keys() != other.keys():
        return False
    rows = [(one[place], other[place]) for place in one]
    digits = 0.0
    for a, b in set(rows):
        (x, half_x, digits_x), (y, half_y, digits_y) = printed(a), printed(b)
        if not abs(x - y) <= half_x + half_y:
            return False
        digits += 0.0 if x in _MATTERS_OF_COURSE else max(min(digits_x, digits_y) - 1.0, 0.0)
    return bool(10.0 ** -min(digits, 300.0) * MOST**2 < _CHANCE * 1e3)
