"""`nbtrace help`: a word, its page."""

from typing import TYPE_CHECKING

import pytest

from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.commands import TABLE
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from tests.places import EXAMPLES

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_a_word_has_its_page(nb: "Run") -> None:
    ended = nb("help", "inherited")
    assert ended.code == 0
    first, *rest = ended.out.splitlines()
    assert first == "INHERITED: a word of `nbtrace explain`".replace("`", "")
    assert {"Why it matters", "Example", "What to do", "See also: AMPLIFIED, root, consequence"} <= set(rest)
    assert any(line.startswith("    hkl_frac ") for line in rest)


@pytest.mark.parametrize("words", [("exit", "4"), ("told", "by"), ("F_latt",), ("stale_rotation",), ("4",)])
def test_words_that_have_pages(nb: "Run", words: tuple[str, ...]) -> None:
    ended = nb("help", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


def test_every_command_and_every_quantity_is_explained(nb: "Run") -> None:
    for name in (*(name for name in TABLE if name != UNNAMED), *QUANTITIES):
        ended = nb("help", name)
        assert (ended.code, ended.err) == (0, ""), name
        assert name in ended.out


def test_without_a_word_all_are_listed(nb: "Run") -> None:
    ended = nb("help")
    assert ended.code == 0
    for word in ("INHERITED", "stale_phi_rotation", "different_units", "F_latt", "bisect", "exit 70", "headroom"):
        assert word in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_a_word_of_a_vocabulary_of_ones_own(nb: "Run") -> None:
    rod = str(EXAMPLES / "heat" / "rod.toml")
    assert "quantity of rod" in nb("help", "flux_W_m2", "--vocabulary", rod).out
    assert nb("help", "F_latt", "--vocabulary", rod).code == 2


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("inherted", "did you mean INHERITED?"),
        ("bisct", "did you mean bisect?"),
        ("upstream", "these mention it: "),
        ("qqqq", "nbtrace help lists all words"),
    ],
)
def test_a_word_without_a_page_is_one_line(nb: "Run", word: str, said: str) -> None:
    ended = nb("help", word)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
