"""Patterns that are compiled when they are first used, against those of `re`."""

import re

import pytest

from nbtrace.lazy_pattern import LazyPattern


@pytest.mark.parametrize("text", ["", "ab1", "xab12", "AB"])
def test_it_finds_what_the_pattern_finds(text: str) -> None:
    lazy, plain = LazyPattern("ab[0-9]*", re.IGNORECASE), re.compile("ab[0-9]*", re.IGNORECASE)
    for method in ("match", "fullmatch", "search"):
        found, expected = getattr(lazy, method)(text), getattr(plain, method)(text)
        assert (found and found.span()) == (expected and expected.span())
    assert [found[0] for found in lazy.finditer(text)] == plain.findall(text)


def test_a_place_may_be_given() -> None:
    found = LazyPattern("b").match("ab", 1)
    assert found is not None
    assert found.start() == 1


def test_nothing_is_compiled_before_it_is_used() -> None:
    wrong = LazyPattern("(")
    with pytest.raises(re.error, match="unterminated"):
        wrong.match("")
