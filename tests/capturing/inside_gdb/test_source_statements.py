import pytest

from nbtrace.capturing.inside_gdb.source_statements import CReader, SourceError, StatementKind, blank_hidden


def test_comments_strings_and_directives_are_no_code() -> None:
    source = 'a; // b;\n/* c;\nd; */ "e; \\" {" \'}\';\n#define F { \\\n {\n#if 0\nf;\n#else\ng;\n#endif\n'
    code = blank_hidden(source)
    assert len(code) == len(source)
    assert code.count("\n") == source.count("\n")
    assert code.split() == ["a;", ";", "g;"]


def test_of_two_branches_of_a_directive_the_first_counts() -> None:
    source = "void f(void) {\n#ifdef A\n if (a) {\n#else\n if (b) {\n#endif\n  x = 1;\n }\n}\n"
    (statement,) = CReader(source).function(1).inner
    assert (statement.first, statement.last) == (3, 8)
    assert [inner.first for inner in statement.inner] == [7]


def test_statements_have_their_lines_and_what_they_hold() -> None:
    source = """int f(int n) {
    int a[] = {1, 2};
    if (n) {
        a[0] = 1;
    } else if (n > 2)
        a[1] = 2;
    else {
        a[1] = 3;
    }
    do {
        n--;
    } while (n > 0);
    switch (n) {
    case 1:
        n = 2;
        break;
    default:
        n = 3;
    }
    while (n < 9)
        n++;
    return n;
}
"""
    inner = CReader(source).function(1).inner
    assert [(item.first, item.last) for item in inner] == [(2, 2), (3, 9), (10, 12), (13, 19), (20, 21), (22, 22)]
    assert [item.kind is StatementKind.LOOP for item in inner] == [False, False, True, False, True, False]
    assert inner[1].inner[0].first == 4
    assert inner[2].variables == ("n",)
    assert inner[2].body_first == 11
    assert [item.first for item in inner[3].inner] == [15, 16, 18]


def test_a_loop_is_named_after_what_it_starts_with() -> None:
    source = "void f() {\n for (int i = 0, j = 1; i < n; i++) {}\n for (; k < n;) {}\n for (auto &x : xs) {}\n}\n"
    assert [loop.variables for loop in CReader(source).function(1).inner] == [("i", "j"), ("k", "n"), ("x",)]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("int f(void) {\n x = 1;\n", 1, "never closes"),
        ("int f(void);\n", 1, "no function begins in line 1"),
        ("int f(void) {}\n", 9, "has no line 9"),
        ("void f() {\n do x = 1;\n y = 2;\n}\n", 1, "has no while"),
        ("void f() {" + "{" * 500 + "}" * 500 + "}", 1, "nested too deeply"),
    ],
)
def test_a_source_that_cannot_be_taken_apart_is_said(source: str, line: int, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        CReader(source).function(line)
