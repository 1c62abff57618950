import math

import pytest

from nbtrace.capturing.expression import ExpressionError, names_in, parse_expression, parse_quantity


def elements(text: str, **variables: int) -> tuple[str, ...]:
    return parse_expression(text).elements(lambda end: int(eval(end, dict(variables))))  # noqa: S307 - texts of this file


def test_a_list_of_expressions_and_a_unit_are_told_apart() -> None:
    expressions, unit = parse_quantity("h, k, dot(a, b)[1..2] [Angstrom]")
    assert [part.text for part in expressions] == ["h", "k", "dot(a, b)[{}]"]
    assert unit == "Angstrom"
    assert parse_quantity("a[1..3]")[1] == ""
    assert parse_quantity("a[1]")[1] == ""


def test_a_range_stands_for_its_elements() -> None:
    assert elements("a[1..3]*1e10") == ("a[1]*1e10", "a[2]*1e10", "a[3]*1e10")
    assert elements("p[0..n-1]", n=2) == ("p[0]", "p[1]")
    assert elements("t(1..n)", n=1) == ("t(1)",)
    assert elements("lens.centre[0..1]") == ("lens.centre[0]", "lens.centre[1]")
    with pytest.raises(ExpressionError, match=r"3\.\.n is 3\.\.2"):
        elements("a[3..n]", n=2)
    with pytest.raises(ExpressionError, match="1 to 4096 elements"):
        elements("a[0..n]", n=10**6)


@pytest.mark.parametrize(
    "text", ["x = 1", "x += 1", "x++", "--x", "a; b", '$_shell("id")', "x <<= 2", "{int}x", "`id`"]
)
def test_an_expression_only_reads(text: str) -> None:
    with pytest.raises(ExpressionError, match="a probe only reads"):
        parse_expression(text)


@pytest.mark.parametrize("text", ["x == 1", "x <= 1", "x != 1", "p->x - -1", "a >= b"])
def test_comparisons_and_members_read(text: str) -> None:
    assert parse_expression(text).text == text


@pytest.mark.parametrize("text", ["", " ", "a[1", "a)", "a[(1]", "a[1..]", "a[1..2][1..2]"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text)


def test_names_are_those_of_variables() -> None:
    assert names_in("a->b.c[i]*1e10 + 2.5e-3*n") == ["a", "i", "n"]
    assert names_in("return") == []
    assert names_in("lens%centre(i)") == ["lens", "i"]


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [("x", 2.5, 2.5), ("x*1e10", 3.0, 3e-10), ("x/4", 2.0, 8.0), ("(x*2)*3", 12.0, 2.0), ("sqrt(x)", 3.0, 9.0)],
)
def test_a_multiple_of_a_variable_can_be_written(text: str, value: float, written: float) -> None:
    target = parse_expression(text).target()
    assert target is not None
    assert target.written(value) == written
    assert target.seen(target.written(value)) == value


@pytest.mark.parametrize("text", ["x + 1", "x*y", "return", "f(x)*y", "x*0", "-x*y"])
def test_what_is_computed_cannot_be_written(text: str) -> None:
    assert parse_expression(text).target() is None


def test_what_is_written_gives_the_value_back_as_near_as_can_be() -> None:
    target = parse_expression("a[1..3]*1e10").target()
    assert target is not None
    for at in range(200):
        value = math.sin(at) * 37.25
        assert abs(target.seen(target.written(value)) - value) <= math.ulp(value)
