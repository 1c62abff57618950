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

Row: TypeAlias = tuple[str, ...]
"""Printed numbers at one place: of the quantity, then of the operands."""

Number: TypeAlias = tuple[float, float, float]
"""A number, half a unit of its last digit, its significant digits."""

MOST = 200
"""Quantities among which relations are sought; the rest of a long log is left alone."""

MOST_OF_TRIPLES = 20
"""Quantities before another among which products of three are sought."""

_MOST_ROWS = 2000
_CHANCE = 1e-6
"""A relation that so many candidates would show by chance is none."""

_LONGEST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Form:
    """A product or sum from left to right: `a * b / c`, negated or not."""

    operands: tuple[str, ...]
    signs: str
    negative: bool = False

    def text(self, names: Mapping[str, str]) -> str:
        """Return the formula."""
        first, *others = (names[name] for name in self.operands)
        rest = "".join(f" {sign} {name}" for sign, name in zip(self.signs, others, strict=True))
        return f"{'-' * self.negative}{first}{rest}"


@dataclass(frozen=True, slots=True)
class DraftedRelation:
    """A form that gave a quantity, and the rows in which it did."""

    form: Form
    rows: int


@cache
def printed(token: str) -> Number:
    """Return a printed number, half a unit of its last digit, and the significant digits it has."""
    text = token.lower().replace("d", "e")
    value = float(text)
    if not math.isfinite(value):
        return value, math.inf, 0.0
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = len(mantissa.replace(".", "").lstrip("+-0"))
    return value, 0.5 * 10.0 ** (int(exponent or 0) - decimals), float(min(digits, _LONGEST_DIGITS))


def relations(tables: tuple[Table, Table]) -> Mapping[str, DraftedRelation]:
    """Return the best relation of each quantity that has one; a quantity is made of those before it alone.

    Parameters
    ----------
    tables : (mapping, mapping)
        The quantities of both logs, in the order of the first.
    """
    names = [name for name in tables[0] if name in tables[1] and _varies_or_says(tables[0][name])][:MOST]
    drafted: dict[str, DraftedRelation] = {}
    for place, name in enumerate(names):
        candidates = names[:place]
        best = next(_holding(name, candidates, tables), None)
        if best is not None:
            drafted[name] = best
    return drafted


def _varies_or_says(series: Series) -> bool:
    """Return whether the values of a quantity tell it from a plain 0 or 1."""
    return any(printed(token)[0] not in _MATTERS_OF_COURSE for token in series.values())


def _holding(name: str, candidates: list[str], tables: tuple[Table, Table]) -> Iterator[DraftedRelation]:
    for forms, trials in ((_pairs, 2), (_triples, 3)):
        chances = 6.0 * max(len(candidates), 1) ** trials
        for form in forms(name, candidates, tables[0]):
            rows = _rows_that_hold(name, form, tables)
            if rows and _unlikely(rows, form, chances):
                yield DraftedRelation(form, len(rows))


def _rows_that_hold(name: str, form: Form, tables: tuple[Table, Table]) -> list[Row]:
    """Return the rows of both logs, or none as soon as the form does not hold in one."""
    rows = []
    for table in tables:
        for row in _rows(table, name, *form.operands):
            if not _holds(row, form):
                return []
            rows.append(row)
    return rows


class _Sorted:
    """The candidates at the first place of a quantity, by value."""

    def __init__(self, name: str, candidates: list[str], table: Table) -> None:
        place, token = next(iter(table[name].items()))
        self.target = printed(token)
        tokens = {other: _at(table[other], place) for other in candidates}
        here = {other: printed(value) for other, value in tokens.items() if value is not None}
        self.here = {other: number for other, number in here.items() if math.isfinite(number[0])}
        ordered = sorted((number[0], other) for other, number in self.here.items())
        self._values = [value for value, _ in ordered]
        self._names = [other for _, other in ordered]
        coarse = sorted((_relative(number), other) for other, number in self.here.items())
        self._errors = [error for error, _ in coarse]
        self._coarse = [other for _, other in coarse]

    def near(self, wanted: Callable[[], float], numbers: tuple[Number, ...], *, sums: bool = False) -> list[str]:
        """Return the candidates that may be what is wanted; the exact test follows.

        Those of far fewer digits than the other numbers always may.
        """
        try:
            value = wanted()
        except ArithmeticError:
            return []
        if not math.isfinite(value):
            return []
        errors = [_relative(number) for number in (self.target, *numbers)]
        limit = 10 * max(errors) + 1e-15
        width = 2 * limit * abs(value)
        width += 2 * (sum(number[1] for number in (self.target, *numbers)) if sums else abs(value) * sum(errors))
        close = self._names[bisect_left(self._values, value - width) : bisect_right(self._values, value + width)]
        return [*close, *(name for name in self._coarse[bisect_right(self._errors, limit) :] if name not in close)]


def _relative(number: Number) -> float:
    """Return half a unit of the last digit relative to the number; 1 at most."""
    return min(number[1] / abs(number[0]), 1.0) if number[0] else 1.0


def _pairs(name: str, candidates: list[str], table: Table) -> Iterator[Form]:
    """Yield the pairs that may give a quantity by its first row; products first."""
    known = _Sorted(name, candidates, table)
    target = known.target[0]
    wanted: dict[str, Callable[[float], float]] = {
        "*": lambda one: target / one,
        "/": lambda one: one / target,
        "+": lambda one: target - one,
        "-": lambda one: one - target,
    }
    for sign, other_of in wanted.items():
        for one, number in known.here.items():
            for minus in (1.0, -1.0) if sign in {"*", "/"} else (1.0,):
                for other in known.near(
                    lambda: minus * other_of(number[0]),  # noqa: B023 - called at once
                    (number,),
                    sums=sign in {"+", "-"},
                ):
                    if sign in {"/", "-"} or one <= other:
                        yield Form((one, other), sign, minus < 0)


def _triples(name: str, candidates: list[str], table: Table) -> Iterator[Form]:
    """Yield the products of three that may give a quantity by its first row, of the nearest quantities before it."""
    known = _Sorted(name, candidates[-MOST_OF_TRIPLES:], table)
    target = known.target[0]
    wanted: dict[str, Callable[[float, float], float]] = {
        "**": lambda one, other: target / (one * other),
        "*/": lambda one, other: one * other / target,
        "//": lambda one, other: one / (other * target),
    }
    for signs, third_of in wanted.items():
        for one, number in known.here.items():
            for other, factor in known.here.items():
                if signs != "//" and other < one:
                    continue
                for minus in (1.0, -1.0):
                    third = known.near(lambda: minus * third_of(number[0], factor[0]), (number, factor))  # noqa: B023
                    yield from (
                        Form((one, other, last), signs, minus < 0)
                        for last in third
                        if last not in {one, other} and (signs == "*/" or other <= last)
                    )


def _rows(table: Table, *quantities: str) -> Iterator[Row]:
    """Yield the printed numbers of quantities at the places of the first of them."""
    for place in list(table[quantities[0]])[:_MOST_ROWS]:
        row = [_at(table[name], place) for name in quantities]
        if None not in row:
            yield tuple(token for token in row if token is not None)


def _at(series: Series, place: Place) -> str | None:
    """Return a number at a place, else where the quantity has fewer indices."""
    while True:
        if place in series:
            return series[place]
        if not place:
            return None
        place = place[:-1]


def _holds(row: Row, form: Form) -> bool:
    result, half, _ = printed(row[0])
    try:
        value, spread = _value(row, form)
    except ArithmeticError:
        return False
    return abs(result - value) <= half + spread + 4e-16 * abs(value)


def _width(row: Row, form: Form) -> float:
    """Return how far the result may be from what the relation gives."""
    return printed(row[0])[1] + _value(row, form)[1]


def _value(row: Row, form: Form) -> tuple[float, float]:
    """Return what a form gives from printed numbers, and how far it may be off by their last digits."""
    value, spread, _ = printed(row[1])
    for sign, token in zip(form.signs, row[2:], strict=True):
        value, spread = _combined(value, spread, *printed(token)[:2], sign)
    return (-value if form.negative else value), spread


def _combined(a: float, half_a: float, b: float, half_b: float, sign: str) -> tuple[float, float]:
    match sign:
        case "*":
            return a * b, abs(a) * half_b + abs(b) * half_a
        case "/":
            return a / b, (half_a + abs(a / b) * half_b) / abs(b)
        case "+":
            return a + b, half_a + half_b
    return a - b, half_a + half_b


def _unlikely(rows: list[Row], form: Form, trials: float) -> bool:
    """Return whether so many candidates would not hold by chance in rows that say as much.

    The first row says as much as its digits; every further pair of operands as much as its width is narrower than the
    range of the results, since values that hardly vary fit again by themselves.
    """
    telling = [row for row in dict.fromkeys(rows) if _tells(row, form)]
    if not telling:
        return False
    results = [printed(row[0])[0] for row in telling]
    range_ = max(results) - min(results)
    digits = _digits(max(abs(result) for result in results), max(_width(row, form) for row in telling))
    for row in list({row[1:]: row for row in telling}.values())[1:]:
        digits += _digits(range_, _width(row, form))
    return bool(trials * 10.0 ** -min(digits, 300.0) < _CHANCE)


def _tells(row: Row, form: Form) -> bool:
    """Return whether a row puts a form to the test: not with a 0 or 1, nor with a term below the last digit."""
    values = [printed(token)[0] for token in row]
    if not _MATTERS_OF_COURSE.isdisjoint(values):
        return False
    return form.signs not in {"+", "-"} or min(map(abs, values)) > 10 * _width(row, form)


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
