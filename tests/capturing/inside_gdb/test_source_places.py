import pytest

from nbtrace.capturing.inside_gdb.source_places import (
    after_assignment,
    before_assignment,
    first_of,
    loops_named,
    nested,
    with_text,
)
from nbtrace.capturing.inside_gdb.source_statements import CReader, SourceError, Statement
from tests.capturing.programs import ROWS


def body() -> Statement:
    lines = ROWS.split("\n")
    return CReader(ROWS).function(next(at for at, line in enumerate(lines, 1) if "int main" in line))


def line_of(text: str) -> int:
    (found,) = [at for at, line in enumerate(ROWS.split("\n"), 1) if text in line]
    return found


def test_loops_are_found_inside_one_another() -> None:
    row, column, step = nested(body(), ("row", "column", "step"))
    assert [row.first, column.first, step.first] == [line_of(f"for ({name} =") for name in ("row", "column", "step")]
    assert first_of(row).spans[0][0] == column.first
    assert nested(body(), ("row",), ("step",)) == [row]


def test_a_place_is_behind_the_last_assignment() -> None:
    (*_, step) = nested(body(), ("row", "column", "step"))
    assert after_assignment(step, "term").spans[0][0] == line_of("if (term < 0)")
    assert after_assignment(step, "state").spans[0][0] == line_of("term = smooth")
    assert before_assignment(step, "term").spans[0][0] == line_of("term = smooth")


def test_the_last_statement_of_a_loop_has_to_have_run() -> None:
    (*_, step) = nested(body(), ("row", "column", "step"))
    at = after_assignment(step, "total")
    assert (at.spans, at.behind) == ((), (line_of("total +="),) * 2)
    assert at.turns == (step.first, step.last)


def test_a_loop_that_begins_nothing_comes_to_its_own_beginning_again() -> None:
    source = "void f(void) {\n for (i = 0; i < 3; i++) {\n  do {\n   x = 1;\n  } while (x);\n }\n}\n"
    (loop,) = nested(CReader(source).function(1), ("i",))
    assert first_of(loop).repeats
    assert before_assignment(loop, "x").repeats
    assert not first_of(nested(body(), ("row",))[0]).repeats  # a `for` with an assignment is entered there alone


@pytest.mark.parametrize(
    ("code", "assigned"),
    [
        ("x = 1;", True),
        ("x += 1;", True),
        ("x[i] = 1;", True),
        ("x++;", True),
        ("--x;", True),
        ("fill(&x, 3);", True),
        ("rotate(y, x, 3);", True),
        ("s.x = 1;", False),
        ("y = x;", False),
        ("if (x == 1) y = 2;", False),
        ("xx = 1;", False),
        ('printf("x = 1");', False),
        ("/* x = 1; */ y = 1;", False),
    ],
)
def test_what_assigns_a_variable(code: str, assigned: bool) -> None:
    source = f"void f(void) {{\n  {code}\n  y = 0;\n}}\n"
    function = CReader(source).function(1)
    if assigned:
        assert after_assignment(function, "x").spans[0] == (3, 3)
    else:
        with pytest.raises(SourceError, match="assigns x"):
            after_assignment(function, "x")


def test_a_call_in_an_expression_assigns_only_what_nothing_else_does() -> None:
    function = CReader("void f(void) {\n  a = turn(x);\n  r = unitize(p, d);\n  s = dot(a, d);\n}\n").function(1)
    assert after_assignment(function, "a").spans[0] == (3, 3)
    assert before_assignment(function, "a").spans[0] == (2, 2)


def test_loops_of_one_name_are_told_apart_by_what_they_hold_or_by_their_line() -> None:
    source = (
        "void f(void) {\n for (i = 0; i < 2; i++) {\n  x = 1;\n }\n for (i = 0; i < 3; i++) {\n"
        "  for (j = 0; j < 2; j++) {\n   y = 1;\n  }\n }\n}\n"
    )
    function = CReader(source).function(1)
    assert nested(function, ("i",), ("j",))[0].first == 5
    assert nested(function, ("i:2",))[0].first == 2
    with pytest.raises(SourceError, match=r"2 loops over i would do, in lines 2, 5; name one as i:LINE"):
        nested(function, ("i",))
    with pytest.raises(SourceError, match="no loop over k where it is looked for; there are loops over i, j"):
        nested(function, ("k",))
    assert [loop.first for loop in loops_named(function, "i")] == [2, 5]


def test_what_stands_in_one_line_cannot_be_told_apart() -> None:
    function = CReader("void f(void) {\n for (i = 0; i < 2; i++) x = i;\n y = 1; z = 2;\n}\n").function(1)
    (loop,) = nested(function, ("i",))
    with pytest.raises(SourceError, match="lines apart only"):
        after_assignment(loop, "x")
    with pytest.raises(SourceError, match="lines apart only"):
        after_assignment(function, "y")
    with pytest.raises(SourceError, match="lines apart only"):
        first_of(loop)


def test_a_text_stands_in_one_line() -> None:
    lines = ["a;", "b;", "a;"]
    assert with_text(lines, "b", 1, 3).spans == ((2, 2),)
    with pytest.raises(SourceError, match=r"2 lines \(1, 3\) of lines 1 to 3 hold 'a'"):
        with_text(lines, "a", 1, 3)
    with pytest.raises(SourceError, match="no line of lines 1 to 3 holds 'c'"):
        with_text(lines, "c", 1, 3)
