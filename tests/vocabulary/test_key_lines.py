import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from nbtrace.vocabulary.key_lines import KeyLines
from tests.vocabulary.places import ROD

TEXT = '''
top = 1
[a]
one = 1
"two words" = 2
'single' = 3
deep.er = 4
[a . "b c"]
x = """
not_a_key = 1
"""
y = 5
[[list]]
z = 6
"esc\\u00e9" = 7
inline = { p = 1, q = { r = 2 } }
many = [
  1,
  2,
]
after = 8
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a",), 3),
        (("a", "one"), 4),
        (("a", "two words"), 5),
        (("a", "single"), 6),
        (("a", "deep", "er"), 7),
        (("a", "b c"), 8),
        (("a", "b c", "x"), 9),
        (("a", "b c", "y"), 12),
        (("a", "b c", "not_a_key"), 8),
        (("list",), 13),
        (("list", "escé"), 15),
        (("list", "inline", "q", "r"), 16),
        (("list", "after"), 21),
        (("absent",), 1),
        ((), 1),
    ],
)
def test_where_a_key_stands(path: tuple[str, ...], line: int) -> None:
    assert KeyLines(TEXT).of(path) == line


def keys(table: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from keys(value, (*path, key))


def test_the_line_of_a_key_names_it_or_a_table_around_it() -> None:
    lines = ROD.split("\n")
    for path in keys(tomllib.loads(ROD)):
        assert any(part in lines[KeyLines(ROD).of(path) - 1] for part in path), path
