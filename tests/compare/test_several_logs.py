"""Several logs against one: which leave it together, by values that the test makes itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs, short_names
from nbtrace.errors import ExitCode
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, parse_option
from tests.one_trace import one

VALUES = {"lambda_meters": "1e-10", "F_cell": "300.0", "F_latt": "12.5", "I_pixel_final": "55.25"}


def log(side: str, **values: str) -> str:
    return "".join(f"TRACE_{side}: {name} {value}\n" for name, value in {**VALUES, **values}.items())


def against(*logs: dict[str, str], policy: Policy | None = None) -> SeveralLogs:
    reference = one(log("C"), "c.log")
    compared = [
        LogAgainstReference.of(f"{name}.log", diff_traces(reference, one(log("PY", **values), f"{name}.log"), policy))
        for name, values in zip("abcdefgh", logs, strict=False)
    ]
    return SeveralLogs(reference, policy or Policy(), tuple(compared))


def leaving(result: SeveralLogs) -> list[str | None]:
    return [None if entry.leaves_at is None else entry.leaves_at.quantity for entry in result.logs]


def test_each_log_has_its_own_first_divergence() -> None:
    result = against({}, {"F_latt": "13.0"}, {"lambda_meters": "2e-10", "F_latt": "13.0"})
    assert leaving(result) == [None, "F_latt", "lambda_meters"]
    assert [(entry.agreeing, entry.compared) for entry in result.logs] == [(4, 4), (3, 4), (2, 4)]
    assert result.shared == ()


def test_logs_with_one_value_leave_the_reference_together() -> None:
    result = against({"F_latt": "13.0"}, {"F_cell": "301.0"}, {"F_latt": "13.0", "I_pixel_final": "60.0"})
    (together,) = result.shared
    assert (together.logs, together.row.quantity) == (("a.log", "c.log"), "F_latt")
    assert together.same_value
    assert together.is_first
    assert (together.common, together.apart) == (4, 1)
    assert not together.agree_with_each_other


def test_logs_that_agree_with_each_other_leave_the_reference_alone() -> None:
    apart = {"F_latt": "13.0", "I_pixel_final": "60.0"}
    result = against(apart, apart)
    (together,) = result.shared
    assert together.agree_with_each_other
    assert (together.common, together.apart) == (4, 0)


def test_two_values_at_one_place_are_no_common_value() -> None:
    result = against({"F_latt": "13.0"}, {"F_latt": "14.0"})
    (together,) = result.shared
    assert together.logs == ("a.log", "b.log")
    assert not together.same_value
    assert not together.agree_with_each_other


@pytest.mark.parametrize(
    ("one_value", "other", "same"),
    [
        ("12.6", "12.600000001", True),  # a hundred-millionth of the departure
        ("12.5000200", "12.5000310", False),  # within the tolerance of each other, but half the departure apart
        ("12.6", "12.61", False),
        ("nan", "nan", True),
        ("nan", "inf", False),
    ],
)
def test_a_common_value_is_far_nearer_than_the_reference(one_value: str, other: str, same: bool) -> None:
    result = against({"F_latt": one_value}, {"F_latt": other})
    assert leaving(result) == ["F_latt", "F_latt"]
    assert [item.same_value for item in result.shared] == [same]


def test_a_common_value_behind_the_first_divergence_is_found_above_1e_4() -> None:
    result = against({"F_latt": "13.0"}, {"lambda_meters": "1.00001e-10", "F_latt": "13.0"})
    assert leaving(result) == ["F_latt", "lambda_meters"]
    (together,) = result.shared
    assert (together.row.quantity, together.same_value, together.is_first) == ("F_latt", True, False)


def test_three_logs_of_two_values_give_the_pair_and_the_place() -> None:
    result = against({"F_latt": "13.0"}, {"F_latt": "14.0"}, {"F_latt": "13.0"})
    assert [(item.logs, item.same_value) for item in result.shared] == [
        (("a.log", "c.log"), True),
        (("a.log", "b.log", "c.log"), False),
    ]


def test_the_whole_agrees_only_if_every_log_does() -> None:
    agreeing = against({}, {})
    assert (agreeing.verdict, agreeing.exit_code) == (Verdict.AGREE, ExitCode.AGREE)
    empty = LogAgainstReference("e.log", None, "it is empty", ExitCode.INPUT)
    unread = replace(agreeing, logs=(*agreeing.logs, empty))
    assert (unread.verdict, unread.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.INPUT)
    differing = replace(unread, logs=(*unread.logs, *against({"F_latt": "13.0"}).logs))
    assert (differing.verdict, differing.exit_code) == (Verdict.DIFFER, ExitCode.DIFFER)
    alone = SeveralLogs(agreeing.reference, Policy(), ())
    assert (alone.verdict, alone.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.MISMATCH)


def test_tolerances_decide_who_leaves() -> None:
    wide = Policy().updated(parse_option("F_latt=0.1"), "a test")
    assert leaving(against({"F_latt": "13.0"}, policy=wide)) == [None]


@pytest.mark.parametrize(
    ("sources", "short"),
    [
        (["x/c.log", "y/py.log"], ["c.log", "py.log"]),
        (["x/c.log", "y/c.log", "py.log"], ["x/c.log", "y/c.log", "py.log"]),
        (["a/x/c.log", "b/x/c.log"], ["a/x/c.log", "b/x/c.log"]),
        (["c.log", "y/c.log"], ["c.log", "y/c.log"]),
        (["-", "c.log"], ["-", "c.log"]),
        (["/c.log", "c.log"], ["/c.log", "c.log"]),
    ],
)
def test_short_names_differ(sources: Sequence[str], short: Sequence[str]) -> None:
    assert list(short_names(sources).values()) == list(short)


def test_cases_of_logs_with_one_name_differ() -> None:
    reference = one(log("C"), "ref/c.log")
    logs = tuple(LogAgainstReference(name, None, "", ExitCode.INPUT) for name in ("a/py.log", "b/py.log", "d.log"))
    cases = SeveralLogs(reference, Policy(), logs).cases
    assert cases == {"a/py.log": "c.log a/py.log", "b/py.log": "c.log b/py.log", "d.log": "c.log d.log"}
