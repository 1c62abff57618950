from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.reduction.answers import Answers, Outcome
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.reduce import Reduction, RunSides, Steadiness, reduce_case
from nbtrace.verdicts.status import Verdict
from tests.reduction.conftest import GATE, OTHER, NumberMoves, NumberTest

SIDES = RunSides("one", "two")
GIVEN = FlagCase(("9", "3", "8", "6", "5", "1"))


def rule(words: tuple[str, ...]) -> CaseFailure | None:
    """It fails with a number from 3 to 6 in it, in another way with a 9 alone; else it passes."""
    if any("3" <= word <= "6" for word in words):
        return GATE
    return OTHER if "9" in words else None


def reduced(test: NumberTest, most: int = 1000, folder: Path | None = None) -> Reduction:
    return reduce_case(GIVEN, Answers(test, most, folder=folder), NumberMoves(), SIDES)


def test_the_smallest_case_fails_in_the_same_way_and_nothing_more_can_be_done_to_it() -> None:
    test = NumberTest(rule)
    result = reduced(test)
    assert result.verdict is Verdict.DIFFER
    assert result.smallest.words == ("3", "8")  # without the 8 there would be more to compute
    assert result.kept == ("8",)
    assert result.is_minimal
    assert result.steadiness is Steadiness.STEADY
    assert result.runs == len(test.ran) == len(set(test.ran)) + 2  # the two that are told run again


def test_the_nearest_case_that_passes_is_one_change_away() -> None:
    passing = reduced(NumberTest(rule)).passing
    assert passing is not None
    assert rule(passing.case.words) is None
    assert (passing.case.words, passing.text) == (("2", "8"), "2 in place of 3")


def test_at_the_limit_the_best_case_so_far_is_told_as_not_minimal() -> None:
    whole = reduced(NumberTest(rule))
    for most in range(1, whole.runs):
        result = reduced(NumberTest(rule), most)
        assert rule(result.smallest.words) == GATE
        assert result.is_minimal == (most >= whole.runs - 2)
        assert result.steadiness is Steadiness.UNTESTED
        assert "of --max-runs" in result.report()
        assert result.runs == most


def test_a_reduction_that_was_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = reduced(NumberTest(rule))
    reduced(NumberTest(rule), 3, tmp_path)
    rest = NumberTest(rule)
    result = reduced(rest, folder=tmp_path)
    assert (result.smallest, result.passing) == (whole.smallest, whole.passing)
    assert (result.recalled, len(rest.ran)) == (2, whole.runs - 2)
    assert rest.ran[0] == GIVEN.words  # what all is held against


@dataclass
class FlakyTest(NumberTest):
    """Says something else of one case from the second time on."""

    flaky: tuple[str, ...] = ()
    then: CaseFailure | None = None

    def __call__(self, case: FlagCase) -> Outcome:
        again = case.words == self.flaky and case.words in self.ran
        outcome = super().__call__(case)
        return Outcome(self.then) if again else outcome


@pytest.mark.parametrize(
    ("flaky", "then", "said"),
    [
        ("3 8", None, "the smallest case was run twice and gave two answers: its images differ (scale); it passes"),
        ("2 8", OTHER, "the case that passes was run twice and gave two answers: it passes; its images differ (corr"),
    ],
)
def test_a_side_whose_answer_changes_has_no_smallest_case(flaky: str, then: CaseFailure | None, said: str) -> None:
    result = reduced(FlakyTest(rule, flaky=tuple(flaky.split()), then=then))
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert not result.is_minimal
    text = " ".join(result.report().split())
    assert text.startswith("NOT COMPARABLE a side does not give the same answer each time")
    assert f"STOP {said}" in text
    assert "failed once" in text
    assert '"steady": false' in result.report("json")


def test_where_the_given_case_is_answered_otherwise_than_before_no_kept_answer_is_used(tmp_path: Path) -> None:
    other = NumberTest(lambda words: OTHER if "3" in words else None)
    reduced(other, folder=tmp_path)
    test = NumberTest(rule)
    result = reduced(test, folder=tmp_path)
    assert result.recalled == 0
    assert result.smallest == reduced(NumberTest(rule)).smallest
    assert "remembered another answer to the given case (its images differ (correlation))" in " ".join(
        result.report().split()
    )
    again = reduced(NumberTest(rule), folder=tmp_path)
    assert (again.notices, again.runs) == ((), 3)


@pytest.mark.parametrize("most", [4, 1000])
def test_several_at_a_time_give_the_same_result(most: int) -> None:
    with ThreadPoolExecutor(3) as executor:
        several = reduce_case(GIVEN, Answers(NumberTest(rule), most, executor, 3), NumberMoves(), SIDES)
    assert several == reduced(NumberTest(rule), most)


def test_a_case_that_passes_is_not_reduced() -> None:
    test = NumberTest(lambda _: None)
    result = reduced(test)
    assert result.verdict is Verdict.AGREE
    assert result.smallest == GIVEN
    assert len(test.ran) == 1


def test_a_case_that_cannot_be_run_is_refused_with_its_own_error() -> None:
    answers = Answers(NumberTest(rule), 9)
    with pytest.raises(InputError, match="no numbers"):
        reduce_case(FlagCase(("0", "3")), answers, NumberMoves(), SIDES)


def test_a_result_tells_itself() -> None:
    result = reduced(NumberTest(rule))
    assert "DIFFER" in repr(result)
    assert "2 in place of 3" in result.report()
    assert '"between": "2 in place of 3"' in result.report("json")
