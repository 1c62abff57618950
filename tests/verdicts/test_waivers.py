"""Waivers against findings: each outcome, and that nothing else is hidden by one."""

from datetime import date

import pytest

from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Limit
from nbtrace.verdicts.waivers import (
    JudgedCandidate,
    JudgedCase,
    JudgedQuantity,
    Waiver,
    WaiverOutcome,
    WaiverReport,
    judge_waivers,
)
from nbtrace.vocabulary.quantity import Basis

DAY = date(2026, 6, 15)
OFF = JudgedQuantity("F", Status.DIVERGENT, 1e-3, 0.1, 3.0, 1e-6, side="py", cause="squared")
OTHER = JudgedQuantity("G", Status.MINOR, 1e-5, 0.1, 5.0, 1e-6)
FINE = JudgedQuantity("F", Status.PASS, 1e-9, 1e-9, 9.0, 1e-6)


def waiver(quantity: str = "F", bound: float = 2e-3, **more: object) -> Waiver:
    return Waiver(quantity, Limit(bound, Basis.RELATIVE), "known", "jan", date(2026, 6, 15), **more)  # type: ignore[arg-type]


def held(waived: Waiver, *found: JudgedQuantity, others: tuple[str, ...] = (), agrees: bool = False) -> WaiverReport:
    return judge_waivers([waived], [JudgedCase("one", found, others, agrees=agrees)], day=DAY)


def test_a_waived_divergence_does_not_fail() -> None:
    report = held(waiver(), OFF)
    assert report.passes
    assert report.waivers[0].outcome is WaiverOutcome.WAIVED
    assert report.num_waived == 1


@pytest.mark.parametrize(
    ("waived", "outcome"),
    [
        (waiver(bound=9e-4), WaiverOutcome.EXCEEDED),
        (waiver(side="c"), WaiverOutcome.EXCEEDED),
        (waiver(cause="halved"), WaiverOutcome.EXCEEDED),
        (waiver(side="py", cause="squared"), WaiverOutcome.WAIVED),
        (waiver("f_cell"), WaiverOutcome.UNUSED),
        (waiver(case="one"), WaiverOutcome.WAIVED),
        (waiver(case="o*"), WaiverOutcome.WAIVED),
        (waiver(case="two"), WaiverOutcome.ELSEWHERE),
    ],
)
def test_what_becomes_of_a_waiver(waived: Waiver, outcome: WaiverOutcome) -> None:
    report = held(waived, OFF)
    assert report.waivers[0].outcome is outcome
    assert report.passes is (outcome is WaiverOutcome.WAIVED)


@pytest.mark.parametrize(
    ("waived", "cases"),
    [
        (waiver(), ("one [fast]", "one [slow]")),
        (waiver(candidate="fast"), ("one [fast]",)),
        (waiver(candidate="f*", case="one"), ("one [fast]",)),
        (waiver(case="one [slow]"), ("one [slow]",)),
        (waiver(case="one"), ("one [fast]", "one [slow]")),
        (waiver(candidate="other"), ()),
        (waiver(candidate="fast", case="two"), ()),
    ],
)
def test_a_waiver_of_one_candidate_is_of_no_other(waived: Waiver, cases: tuple[str, ...]) -> None:
    found = [
        JudgedCandidate(f"one [{name}]", (OFF,), (), agrees=False, case="one", candidate=name)
        for name in ("fast", "slow")
    ]
    report = judge_waivers([waived], found, day=DAY)
    assert tuple(name for name, quantities in report.waived.items() if quantities) == cases
    assert report.passes is (len(cases) == 2)


@pytest.mark.parametrize("known", [None, ["one"]])
def test_a_candidate_that_was_not_compared_is_named_with_the_nearest(known: list[str] | None) -> None:
    found = [JudgedCandidate.of(JudgedCase("one [fast]", (OFF,)), "one", "fast")]
    misspelt, of_another_case = waiver(candidate="fsat"), waiver(candidate="fast", case="two")
    report = judge_waivers([misspelt, of_another_case], found, day=DAY, known=known)
    assert [item.outcome for item in report.waivers] == [
        WaiverOutcome.ELSEWHERE,
        WaiverOutcome.ELSEWHERE if known is None else WaiverOutcome.UNUSED,
    ]
    assert report.waivers[0].reason == "no candidate called 'fsat' was compared here; the nearest is called fast"
    assert "candidate" not in report.waivers[1].reason
    assert not report.passes


def test_a_waiver_that_names_a_candidate_is_of_no_comparison_without_names() -> None:
    report = held(waiver(candidate="fast"), OFF)
    assert report.waivers[0].outcome is WaiverOutcome.ELSEWHERE
    assert not report.passes


def test_a_waiver_of_a_case_with_a_candidate_holds_in_a_history_of_both() -> None:
    cases = [JudgedCase(name, (OFF,)) for name in ("one [fast]", "one [slow]")]
    report = judge_waivers([waiver(case="one", candidate="fast")], cases, day=DAY)
    assert [item.case for item in report.left] == ["one [slow]"]


def test_a_waiver_holds_on_its_last_day_and_not_the_next() -> None:
    cases = [JudgedCase("one", (OFF,))]
    assert judge_waivers([waiver()], cases, day=DAY).passes
    late = judge_waivers([waiver()], cases, day=date(2026, 6, 16))
    assert late.waivers[0].outcome is WaiverOutcome.EXPIRED
    assert not late.passes


def test_a_divergence_that_is_gone_fails() -> None:
    report = held(waiver(), FINE)
    assert report.waivers[0].outcome is WaiverOutcome.XPASS
    assert not report.passes


@pytest.mark.parametrize(
    ("found", "others"),
    [
        ((OFF, OTHER), ()),
        ((OFF,), ("C lacks values",)),
        ((JudgedQuantity("F", Status.MISSING),), ()),
        ((JudgedQuantity("F", Status.NOT_FINITE, float("inf"), float("inf")),), ()),
        ((JudgedQuantity("F", Status.CRITICAL, float("nan"), float("nan")),), ()),
    ],
)
def test_a_waiver_hides_nothing_else(found: tuple[JudgedQuantity, ...], others: tuple[str, ...]) -> None:
    report = held(waiver(), *found, others=others)
    assert not report.passes
    assert report.left or report.failing


def test_a_consequence_is_waived_only_with_what_it_follows_from() -> None:
    follows = JudgedQuantity("I", Status.CRITICAL, 0.5, 1.0, 0.3, 1e-6, inherited=True)
    assert held(waiver(), OFF, follows).passes
    assert not held(waiver("G", 1e-4), OFF, OTHER, follows).passes
    assert not held(waiver("nothing"), follows).passes


def test_a_case_that_agrees_as_a_whole_has_nothing_left() -> None:
    assert held(waiver("G", 1e-4), OFF, OTHER, agrees=True).passes


def test_a_waiver_of_no_case_of_a_suite_is_unused_and_one_of_a_case_left_out_is_not() -> None:
    cases = [JudgedCase("one", (FINE,))]
    both = judge_waivers([waiver(case="twoo"), waiver(case="two")], cases, day=DAY, known=["one", "two"])
    assert [item.outcome for item in both.waivers] == [WaiverOutcome.UNUSED, WaiverOutcome.ELSEWHERE]
    assert "two" in both.waivers[0].reason


@pytest.mark.parametrize(
    ("case", "known", "complete", "outcome"),
    [
        ("", ["one"], True, WaiverOutcome.XPASS),
        ("", ["one", "two"], True, WaiverOutcome.ELSEWHERE),
        ("*", ["one", "two"], True, WaiverOutcome.ELSEWHERE),
        ("o*", ["one", "two"], True, WaiverOutcome.XPASS),
        ("one", ["one", "two"], True, WaiverOutcome.XPASS),
        ("one", ["one"], False, WaiverOutcome.XPASS),
        ("", ["one"], False, WaiverOutcome.ELSEWHERE),
        ("", None, True, WaiverOutcome.XPASS),
        ("two", ["one"], False, WaiverOutcome.ELSEWHERE),
    ],
)
def test_a_waiver_is_gone_only_where_all_of_its_cases_were_compared(
    case: str, known: list[str] | None, complete: bool, outcome: WaiverOutcome
) -> None:
    cases = [JudgedCase("one", (FINE,))]
    report = judge_waivers([waiver(case=case)], cases, day=DAY, known=known, complete=complete)
    assert report.waivers[0].outcome is outcome
    misspelt = judge_waivers([waiver("f", case=case)], cases, day=DAY, known=known, complete=complete)
    assert misspelt.waivers[0].outcome is (WaiverOutcome.UNUSED if outcome is WaiverOutcome.XPASS else outcome)
    waived = judge_waivers([waiver(case=case)], [JudgedCase("one", (OFF,))], day=DAY, known=known, complete=complete)
    found = WaiverOutcome.ELSEWHERE if case == "two" else WaiverOutcome.WAIVED
    assert waived.waivers[0].outcome is found


def test_a_waiver_of_a_case_that_could_not_be_compared_is_not_gone_and_the_case_fails() -> None:
    report = judge_waivers([waiver()], [JudgedCase("one", (FINE,)), JudgedCase("two", (), ("it crashed",))], day=DAY)
    assert report.waivers[0].outcome is WaiverOutcome.ELSEWHERE
    assert [item.what for item in report.left] == ["it crashed"]


def test_what_others_compare_is_not_unused_though_it_has_expired() -> None:
    old = waiver("scale")
    report = judge_waivers([old], [JudgedCase("one", (OFF,))], day=date(2026, 6, 16), elsewhere={"scale"}.__contains__)
    assert report.waivers[0].outcome is WaiverOutcome.ELSEWHERE
    assert [item.what for item in report.left] == ["F DIVERGENT, 0.001 relative"]
    there = JudgedQuantity("scale", Status.PASS)
    gone = judge_waivers([old], [JudgedCase("one", (there,))], day=DAY, elsewhere={"scale"}.__contains__)
    assert gone.waivers[0].outcome is WaiverOutcome.XPASS


def test_a_waiver_of_many_cases_fails_where_one_of_them_exceeds_it() -> None:
    worse = JudgedQuantity("F", Status.DIVERGENT, 9e-3, 0.1)
    report = judge_waivers([waiver()], [JudgedCase("one", (OFF,)), JudgedCase("two", (worse,))], day=DAY)
    assert report.waivers[0].outcome is WaiverOutcome.EXCEEDED
    assert "two" in report.waivers[0].reason
    assert not report.passes
