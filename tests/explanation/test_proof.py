"""What the reference's number says of a root."""

import math

import pytest

from nbtrace.explanation.proof import (
    NotTried,
    NumberMatch,
    Proof,
    ProofOutcome,
    not_tried,
    outcome_of,
    share_done,
)

APART, BITS, ROUNDING = NumberMatch.APART, NumberMatch.BITS, NumberMatch.ROUNDING


@pytest.mark.parametrize(
    ("match", "done", "expected", "whole", "outcome"),
    [
        (BITS, 1.0, 1.0, True, ProofOutcome.CONFIRMED),
        (ROUNDING, 1.0, 0.2, False, ProofOutcome.CONFIRMED),
        (APART, 0.97, 1.0, True, ProofOutcome.PARTLY),
        (APART, 0.0, 1.0, True, ProofOutcome.REFUTED),
        (APART, -0.3, 1.0, True, ProofOutcome.REFUTED),
        (APART, 1.6, 1.0, True, ProofOutcome.REFUTED),
        (APART, 0.0, 1.0, False, ProofOutcome.PARTLY),
        (APART, 0.0, 0.01, True, ProofOutcome.PARTLY),
        (APART, 0.4, None, True, ProofOutcome.PARTLY),
        (APART, None, 1.0, True, ProofOutcome.REFUTED),
        (APART, 1.3, 1.4, True, ProofOutcome.PARTLY),
    ],
)
def test_a_root_is_refuted_only_by_what_it_claims_and_where_all_of_it_was_changed(
    match: NumberMatch, done: float | None, expected: float | None, *, whole: bool, outcome: ProofOutcome
) -> None:
    assert outcome_of(match, done, expected, whole=whole) is outcome


def test_the_share_is_that_of_the_log_ratio_and_of_the_difference_where_that_is_no_number() -> None:
    assert share_done(1.0, 4.0, 16.0) == pytest.approx(0.5)
    assert share_done(16.0, 16.0, 1.0) == 0.0
    assert math.copysign(1.0, share_done(16.0, 16.0, 1.0) or 0.0) == 1.0
    assert share_done(0.0, 1.0, 4.0) == pytest.approx(0.25)
    assert share_done(-1.0, 0.0, 1.0) == pytest.approx(0.5)
    assert share_done(2.0, 3.0, 2.0) is None
    assert share_done(1.0, math.nan, 2.0) is None


def test_what_is_left_is_told_in_numbers() -> None:
    proof = Proof(ProofOutcome.PARTLY, before=1.0, after=2.0, target=4.0)
    assert proof.log_ratio_left == pytest.approx(math.log(2))
    assert proof.residual_rel == 0.5
    assert proof.tried
    untried = not_tried(NotTried.LOG_ONLY, "only the log")
    assert not untried.tried
    assert (untried.residual_rel, untried.log_ratio_left) == (None, None)
    assert Proof(ProofOutcome.REFUTED, after=-1.0, target=1.0).log_ratio_left is None
