import math
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbtrace.vocabulary.dimensions import parse as unit
from nbtrace.vocabulary.expressions import Expression, NameRole, Symbol, Words, parse
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.syntax import FormulaError
from tests.vocabulary.views import Table

QUANTITIES = {
    "T": ("K", 1), "dx": ("m", 1), "x_mm": ("mm", 1), "v": ("m", 3), "w": ("m", 3), "M": ("1", 9), "phi": ("deg", 1),
    "a": ("1", 1), "b": ("1", 1), "c": ("1", 1), "t": ("s", 1),
}  # fmt: skip
WORDS = Words(
    {
        **{name: Symbol(name, NameRole.QUANTITY, unit(text), size) for name, (text, size) in QUANTITIES.items()},
        "k": Symbol("k", NameRole.CONSTANT, unit("W/(m K)")),
        "rad_per_deg": Symbol("rad_per_deg", NameRole.CONSTANT, unit("rad/deg")),
        "μ": Symbol("µ", NameRole.QUANTITY),
        "note": Symbol("note", NameRole.NOT_NUMERIC),
        "conductivity": Symbol("k", NameRole.OTHER_KEY),
    },
    ("step", "cell"),
)
SIZE = {"step": 3, "cell": 4}
GRID = {(step, cell): 10.0 * step + cell**2 for step in range(3) for cell in range(4)}
VALUES = {
    "T": GRID, "dx": 0.5, "x_mm": 3.0, "v": (1.0, 2.0, 3.0), "w": (0.5, -1.0, 2.0), "M": tuple(map(float, range(9))),
    "phi": 30.0, "a": 2.0, "b": -3.0, "c": 0.25, "t": 4.0, "k": 401.0, "rad_per_deg": math.pi / 180, "µ": 7.0,
}  # fmt: skip


def at(step: int, cell: int, values: dict[str, Any] | None = None) -> Table:
    return Table(values or VALUES, {"step": step, "cell": cell}, SIZE)


def value(text: str, view: Table) -> tuple[float, ...]:
    result: tuple[float, ...] = parse(text, WORDS).compute(view)
    return result


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-k * (T[cell+1] - T[cell]) / dx", (-401.0 * 3 / 0.5,)),
        ("previous(T)", (1.0,)),
        ("previous(T, cell)", (10.0,)),
        ("T[step-1, cell+1]", (4.0,)),
        ("T[cell == 3]", (19.0,)),
        ("T[step == 2, cell == 0]", (20.0,)),
        ("T[cell]", (11.0,)),
        ("(T * a)[cell+1]", (28.0,)),
        ("previous(T - previous(T, cell))", (1.0,)),
        ("first(T, cell) + last(T, step)", (10.0 + 21.0,)),
        ("sum(T, cell)", (10.0 * 4 + 14.0,)),
        ("product(a, cell)", (16.0,)),
        ("sum(v * cell, cell)[1]", (2.0 * 6,)),
        ("sum(sum(T, cell), step)", (10.0 * 12 + 14.0 * 3,)),
        ("cell + 10 * step", (11.0,)),
        ("v[2] - v[0]", (2.0,)),
        ("v[cell+1][2]", (3.0,)),
        ("cross(v, w)", (7.0, -0.5, -2.0)),
        ("M @ v", (8.0, 26.0, 44.0)),
        ("matmul(M, v)", (8.0, 26.0, 44.0)),
        ("det(M) + trace(M)", (12.0,)),
        ("transpose(M)[1]", (3.0,)),
        ("unit(v)[0] * norm(v)", (1.0,)),
        ("a**2 + b**-1 + 4**0.5 - c**(1/2)", (4 - 1 / 3 + 2 - 0.5,)),
        ("-a**2", (-4.0,)),
        ("(-1)**step", (-1.0,)),
        ("where(a > 0 and not b > 0, a, b)", (2.0,)),
        ("where(0 < a < 1 or b == 2, a, b)", (-3.0,)),
        ("where(cell > 0, previous(T, cell), 0)", (10.0,)),
        ("where(a < 0, v, 0)", (0.0, 0.0, 0.0)),
        ("sin(phi * rad_per_deg)", (0.5,)),
        ("max(a, b, c) + min(v)", ("mixed",)),
        ("atan2(dx, dx) - pi / 4 + log(e)", (1.0,)),
        ("round(c * 10) + floor(b / 2) + ceil(c)", (2.0 - 2.0 + 1.0,)),
        ("float32(a / 3)", (0.6666666865348816,)),
        ("µ + μ", (14.0,)),
        ("1_000 * a + 0x10", (2016.0,)),
        ("a\n  + b", (-1.0,)),
    ],
)
def test_what_formulas_mean(text: str, wanted: tuple[Any, ...]) -> None:
    if wanted == ("mixed",):
        with pytest.raises(FormulaError, match="measure different things"):
            parse(text, WORDS)
        return
    assert value(text, at(1, 1)) == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("previous(T)", (0, 0)),
        ("T[cell+1]", (0, 3)),
        ("T[cell-1]", (0, 0)),
        ("T[cell == 9]", (0, 0)),
        ("previous(a)", (0, 0)),
    ],
)
def test_where_there_is_no_such_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(UnloggedError):
        value(text, at(*place))


def test_the_branch_that_is_not_taken_need_not_exist() -> None:
    assert value("where(cell == 0, 0, T[cell-1])", at(0, 0)) == (0.0,)
    assert value("where(a == 2, 1, a / 0)", at(0, 0)) == (1.0,)


def test_what_is_read() -> None:
    read = parse("previous(T) - k * a + b[cell-1] + sum(c, cell) + 0 * T[step-1, cell+1] + cell", Words(
        {**WORDS.symbols, "T": Symbol("T", NameRole.QUANTITY), "k": Symbol("k", NameRole.CONSTANT)}, WORDS.indices
    ))  # fmt: skip
    assert read.reads == ("T", "a", "b", "c")
    assert read.here == ("a", "c")
    assert read.facts == ("k",)
    assert read.indices == ("step", "cell")
    formula = read.formula("q")
    assert (formula.inputs, formula.facts, formula.single) == (read.reads, read.facts, False)
    assert parse("float32(a)", WORDS).formula("q").single


def test_moving_there_and_back_is_here() -> None:
    assert parse("previous(a)[step+1]", WORDS).here == ("a",)
    assert parse("a[step+1]", WORDS).here == ()
    assert parse("last(a, cell)", WORDS).here == ()


# Units


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("k * T / dx", "W/m2"),
        ("norm(v) * dx", "m2"),
        ("dot(v, w) / dx**2", "1"),
        ("sqrt(dx * dx)", "m"),
        ("dx**(1/3) * dx**(2/3)", "m"),
        ("det(M) * T", "K"),
        ("where(T > 0, T, 0)", "K"),
        ("max(T, 0)", "K"),
        ("T + 0", "K"),
        ("sum(T * t, cell)", "K s"),
        ("sign(T) * unit(v)[0]", "1"),
        ("atan2(v[1], v[0])", "rad"),
        ("exp(T / T) * a**b", "1"),
        ("v[0] / t", "m/s"),
        ("float32(abs(T))", "K"),
        ("a * cell", "photons"),
    ],
)
def test_what_formulas_measure(text: str, measured: str) -> None:
    expression = parse(text, WORDS)
    expression.check(unit(measured), expression.size)
    with pytest.raises(FormulaError, match="measure different things"):
        expression.check(unit(f"mol ({measured})"), expression.size)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("T + dx", "K and m, which measure different things"),
        ("T - 1", "K and 1, which measure different things"),
        ("dx + x_mm", "m and mm, which differ by the factor 1000"),
        ("where(dx > x_mm, 1, 2)", "differ by the factor 1000"),
        ("where(a > 0, dx, T)", "different things"),
        ("max(dx, T)", "different things"),
        ("atan2(dx, T)", "different things"),
        ("sin(phi)", "0.0174532925199"),
        ("exp(T)", "different things"),
        ("dx**a", "different things"),
        ("a**dx", "different things"),
        ("product(dx, cell)", "different things"),
        ("dx**0.333", "exponent of a unit is a fraction"),
        ("cell + T", "different things"),
    ],
)
def test_units_that_do_not_fit(text: str, why: str) -> None:
    with pytest.raises(FormulaError, match=why):
        parse(text, WORDS)


def test_a_factor_between_units_is_named() -> None:
    with pytest.raises(FormulaError, match=r"in mm, the quantity in m, which differ by the factor 0\.001; a constant"):
        parse("x_mm * a", WORDS).check(unit("m"), 1)
    with pytest.raises(FormulaError, match="the formula gives 3 components, the quantity has 1"):
        parse("v", WORDS).check(unit("m"), 1)


def test_a_constant_converts_units() -> None:
    words = Words({**WORDS.symbols, "mm_per_m": Symbol("mm_per_m", NameRole.CONSTANT, unit("mm/m"))})
    parse("x_mm / mm_per_m", words).check(unit("m"), 1)


# What is refused

REFUSED = {
    "T.real": "an attribute",
    "().__class__": "an attribute",
    "T.__class__.__mro__": "an attribute",
    "__import__('os')": "is no function",
    "eval('1')": "is no function",
    "__builtins__": "neither a quantity",
    "open": "neither a quantity",
    "[x for x in T]": "a comprehension",
    "sum(x for x in T)": "takes a value and an index|comprehension",
    "{x: x for x in T}": "a comprehension",
    "(T := 1)": "an assignment",
    "f'{T}'": "text",
    "'T'": "text",
    "b'T'": "text",
    "max(*v)": "without names or stars",
    "max(a=1)": "without names or stars",
    "max(**v)": "without names or stars",
    "lambda x: x": "a lambda",
    "2 * lambda": "a word of Python",
    "T if a else b": r"write where\(condition, a, b\)",
    "T;a": "column 2",
    "import os": "a word of Python",
    "yield": "a word of Python",
    "await T": "a word of Python|await",
    "a = b": "goes wrong",
    "T[cell=0]": "two equals signs",
    "9**9**9**9": "an exponent beyond 100 is refused",
    "a**(9**9**9)": "an exponent beyond 100 is refused",
    "a**1e9": "an exponent beyond 100",
    "a**-1000": "an exponent beyond 100",
    "1e999": "too large",
    "1" + "0" * 1500: "too large",
    "1j": "imaginary",
    "True": "a word of Python",
    "None": "a word of Python",
    "...": "a word of Python",
    "a // b": "cannot stand",
    "a % b": "cannot stand",
    "a << 1000000": "cannot stand",
    "~a": "cannot stand",
    "a ^ b": r"write \*\*",
    "a # b": "comment",
    "a \\ b": "backslash",
    "not a": "is no condition",
    "a and b": "is no condition",
    "a > b": "is a condition",
    "a is b": "no comparison|a word of Python",
    "a in b": "no comparison",
    "v > w": "compares vectors",
    "[a, b]": "a list",
    "(a, b)": "a list of values",
    "{a}": "a set",
    "v[3]": "has components 0 to 2",
    "v[-1]": "in the brackets stands",
    "v[0:2]": "in the brackets stands",
    "v[a]": "is no index",
    "a[0]": "has no components",
    "v[True]": "in the brackets stands",
    "T[cell+True]": "in the brackets stands",
    "T[cell*2]": "in the brackets stands",
    "T[cell+1, cell-1]": "twice",
    "T[cell+10**9]": "in the brackets stands",
    "T[cell+9999999]": "refused",
    "v + M": "do not go together",
    "matmul(v, M)": "matmul takes a matrix of 9",
    "cross(v, a)": "cross takes two vectors of 3",
    "dot(v, M)": "dot takes two vectors",
    "det(v)": "det takes a matrix",
    "norm()": "norm takes a vector",
    "sin(a, b)": "sin takes one value",
    "where(a > 0, 1)": "where takes a condition and two values",
    "where(a, 1, 2)": "is no condition",
    "sum(T)": "takes a value and an index",
    "sum(T, a)": "is no index",
    "sum(sum(T, cell), cell)": "twice",
    "previous(T, 1)": "the name of an index",
    "sum": "needs arguments in brackets",
    "sin": "needs arguments in brackets",
    "sine(a)": "the nearest is sin",
    "dxx": "the nearest is dx",
    "note": "is text",
    "conductivity": "another key of k",
    "a(b)(c)": "only the functions of formulas",
    "": "empty",
    " ": "empty",
    "(": "goes wrong",
    "a b": "goes wrong",
    "a × b": "goes wrong",
    "\x00": "goes wrong|cannot be read",
    "\ud800": "cannot be read",
    "0x1for x in a": "goes wrong|no comparison",
    "(" * 1500: "goes wrong|nested",
    "(" * 150 + "(" + "a" + ")" * 151: "fine",
    "-" * 1900 + "a": "nested",
    "+".join(["a"] * 200): "nested",
    "a" + "[cell+1]" * 200: "nested",
    "(" * 100_000 + "a" + ")" * 100_000: "at most 2000",
    "a+" * 500_000 + "a": "at most 2000",
}


@pytest.mark.parametrize("text", REFUSED, ids=[repr(text[:30]) for text in REFUSED])
def test_what_cannot_stand_in_a_formula(text: str) -> None:
    if REFUSED[text] == "fine":
        assert parse(text, WORDS).reads == ("a",)
        return
    began = time.process_time()
    with pytest.raises(FormulaError, match=REFUSED[text]) as raised:
        parse(text, WORDS)
    assert time.process_time() - began < 1, "work without a bound"
    message = str(raised.value)
    assert "\n" not in message
    assert len(message) < 400


@given(st.text(st.sampled_from("abvTMk0129.+-*/()[],<>= cell step sum where(previous@'\"{}:\\#é"), max_size=60))
def test_any_text_is_a_formula_or_one_line(text: str) -> None:
    read, message = read_or_message(text)
    if read is None:
        assert message.strip()
        assert "\n" not in message
        return
    with suppress(ArithmeticError, ValueError, UnloggedError):
        assert len(read.compute(at(1, 1))) == read.size


def read_or_message(text: str) -> tuple[Expression | None, str]:
    try:
        return parse(text, WORDS), ""
    except FormulaError as error:
        return None, str(error)


# Floats and arrays

_leaves = st.sampled_from(["a", "b", "c", "1", "2.5", "0.5", "(dot(v, w) / norm(v)**2)"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["sin", "exp", "sqrt", "log", "abs", "floor", "float32", "-"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
        st.tuples(inner, inner, inner).map(lambda parts: f"where({parts[0]} > {parts[1]}, {parts[2]}, {parts[0]})"),
        st.tuples(st.sampled_from(["min", "max", "atan2"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        inner.map(lambda part: f"({part})**2"),
    )


@example("log(log(1))", [(0.0, 0.0, 0.0)])
@example("where(a > b, log(log(1)), a)", [(1.0, 2.0, 0.0)])
@given(
    st.recursive(_leaves, _larger, max_leaves=8),
    st.lists(st.tuples(*[st.floats(-10, 10)] * 3), min_size=1, max_size=4),
)
def test_a_column_is_its_values(text: str, rows: list[tuple[float, float, float]]) -> None:
    expression = parse(text, WORDS)
    columns = {name: np.array(column) for name, column in zip("abc", np.array(rows).T, strict=True)}
    singles = [_one_value(expression, dict(zip("abc", row, strict=True))) for row in rows]
    try:
        (column,) = expression.compute(at(0, 0, {**VALUES, **columns}))
    except (ArithmeticError, ValueError):  # of numbers alone, such as log(0), which no place has a value of
        assert singles == [None] * len(rows)
        return
    for value, single in zip(np.broadcast_to(column, len(rows)), singles, strict=True):
        if single is not None:
            np.testing.assert_allclose(value, single, rtol=1e-9, atol=1e-12)


def _one_value(expression: Expression, values: dict[str, float]) -> float | None:
    try:
        return float(expression.compute(at(0, 0, {**VALUES, **values}))[0])
    except (ArithmeticError, ValueError):
        return None
