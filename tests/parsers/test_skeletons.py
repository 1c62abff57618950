"""What is left of a line without its numbers, and what is learned of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import load_vocabulary
from nbtrace.parsers import skeletons
from nbtrace.parsers.skeletons import BySkeleton, Learned, are_tried, parted, takes_skeletons, template_of, trials
from nbtrace.vocabulary import registry
from tests.places import EXAMPLES

lines = st.text(st.sampled_from("aE1.0-+ =:,;/()[]|e5\tK"), max_size=40)


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("STEP 100 TEMP = 309.9 K, pressure 1.2e5", ["100", "309.9", "1.2e5"]),
        ("h=-3 k=+2 (0.5, -0.25)", ["-3", "+2", "0.5", "-0.25"]),
        ("Epoch 3/20: loss=0.5", ["3", "20", "0.5"]),
        ("2026-01-02 03:04:05 v1.2.3 x86 F2 1.5D+02 70/80/90 0x1f 5mm a/3", []),
        ("", []),
    ],
)
def test_a_line_is_parted_at_numbers_that_stand_by_themselves(line: str, numbers: list[str]) -> None:
    assert parted(line)[1] == numbers
    assert template_of(line)[0] % tuple(numbers) == line


def test_lines_that_differ_in_the_kind_of_a_number_have_skeletons_of_their_own() -> None:
    kinds = ["a 5", "a -5", "a 5.5", "a b"]
    assert len({parted(line)[0] for line in kinds}) == len(kinds)
    assert len({parted(f"a {number}")[0] for number in ("5.5", "-0.25", "1e5", "+2.5E-07")}) == 1


@given(line=lines)
def test_the_trials_of_a_line_have_its_skeleton(line: str) -> None:
    skeleton, numbers = parted(line)
    for trial in trials(skeleton):
        assert parted(trial.text) == (skeleton, list(trial.numbers))
        assert len(trial.numbers) == len(numbers)
        assert not trial.apart or len(set(trial.numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("line", "is_tried"),
    [
        ("no number", True),
        ("a 123456789 -12345678 b -2.2250738585072014e-308", True),
        ("a 1234567890", False),
        ("a -123456789", False),
        ("a 5 0.123456789012345678901234", False),
    ],
)
def test_no_number_is_longer_than_those_that_were_tried(line: str, is_tried: bool) -> None:
    skeleton, numbers = parted(line)
    assert are_tried(numbers) is is_tried
    lengths = [list(map(len, trial.numbers)) for trial in trials(skeleton)]
    longer = [any(own >= len(number) for own in of) for number, *of in zip(numbers, *lengths, strict=True)]
    assert not is_tried or all(longer)


def test_a_function_is_asked_once_for_the_lines_of_a_skeleton_where_it_gives_the_same_for_all() -> None:
    asked: list[str] = []

    def words(line: str) -> int:
        asked.append(line)
        return len(line.split())

    of = BySkeleton(words)
    assert {of.of(line, parted(line)[0]) for line in (f"step {n} E {n}.5" for n in range(100))} == {4}
    assert len(asked) < 10


def test_a_function_that_looks_at_digits_is_asked_for_every_line() -> None:
    of = BySkeleton(len)
    told = [f"step {10**n}" for n in range(8)]
    assert [of.of(line, parted(line)[0]) for line in told] == list(map(len, told))


def test_of_random_words_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skeletons, "MOST_KNOWN", 5)
    monkeypatch.setattr(skeletons, "_MOST_SEEN", 7)
    known = Learned[int]()
    for number in range(100):
        known.comes_again(f"word {number}")
        known.learn(f"word {number}", number)
    assert len(vars(known)["_known"]) == 5
    assert len(vars(known)["_seen"]) <= 7
    assert (known.get("word 99"), known.get("word 90")) == (99, None)


def test_skeletons_beyond_the_room_that_there_is_are_not_learned_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(skeletons, "MOST_KNOWN", 5)
    asked: list[str] = []
    of = BySkeleton(asked.append)
    for _ in range(20):
        for word in "abcdefghij":
            of.of(word, word)
    assert len(asked) < 5 * 7 + 5 * 20 + 10


def test_a_vocabulary_whose_keys_hold_numbers_takes_no_skeletons() -> None:
    assert takes_skeletons(registry.default())
    rod = load_vocabulary(EXAMPLES / "heat" / "rod.toml")
    assert takes_skeletons(rod)
