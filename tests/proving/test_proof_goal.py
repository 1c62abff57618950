"""What counts as the other program's number, and which number of a program may be held against it."""

import math
from collections.abc import Callable

import pytest

from nbtrace.capturing.probe import ImageCheck
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import ImageNumbers, NotTried, NumberMatch
from nbtrace.proving.injected_values import UntriedError
from nbtrace.proving.proof_goal import ProofGoal, proof_goal
from nbtrace.records import Side
from tests.proving.meter import STALE, explained, log

IMAGE = ImageCheck("reading", (), "image.bin", "float32", "5")
TARGET = 126.0


def given(value: float) -> Callable[[str], float]:
    return lambda _: value


def goal_of(result: Explanation, value: float, rounding: float = 0.0) -> ProofGoal:
    return proof_goal(result, Side.C, given(value), IMAGE if rounding else None, rounding)


def test_rounding_confirms_what_comes_most_of_the_way() -> None:
    """A difference little above rounding would be within it after any small step."""
    result = explained(log())
    goal = goal_of(result, 87.5, 2.0**-23)
    allowed = goal.allowed(result)
    near = ProofGoal(goal.final, TARGET - 1.2 * allowed, TARGET, goal.rounding)
    assert near.match(result, TARGET - 0.9 * allowed, None) is NumberMatch.APART
    assert near.match(result, TARGET - 0.5 * allowed, None) is NumberMatch.ROUNDING
    assert goal.match(result, TARGET - 0.9 * allowed, None) is NumberMatch.ROUNDING
    assert goal.match(result, TARGET - 1.1 * allowed, None) is NumberMatch.APART


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (ImageNumbers("f", 1.0, 2.0, 2.0), NumberMatch.BITS),
        (ImageNumbers("f", 2.0, 2.0, 2.0), NumberMatch.APART),
        (ImageNumbers("f", 1.0, math.inf, math.inf), NumberMatch.APART),
        (ImageNumbers("f", 1.0, 2.0, None), NumberMatch.APART),
    ],
    ids=["told", "same before", "too large", "another quantity"],
)
def test_an_image_confirms_where_it_tells_the_programs_apart(image: ImageNumbers, match: NumberMatch) -> None:
    result = explained(log())
    assert goal_of(result, 87.5).match(result, 100.0, image) is match


def test_a_program_that_gives_no_number_is_not_that_of_the_log() -> None:
    with pytest.raises(UntriedError) as raised:
        goal_of(explained(log()), math.nan)
    assert raised.value.reason is NotTried.OTHER_RUN


def test_an_image_is_held_against_the_log_of_its_program() -> None:
    """A number of an image has no name: what it is, only the log of the same program tells."""
    without = "".join(line for line in STALE.splitlines(keepends=True) if " reading " not in line)
    result = explained(log(), without)
    assert goal_of(result, 87.5).before == 87.5
    with pytest.raises(UntriedError) as raised:
        goal_of(result, 87.5, 2.0**-23)
    assert raised.value.reason is NotTried.NO_NUMBER
    assert "the reference's log has no reading" in raised.value.text
