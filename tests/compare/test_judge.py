"""Units beside the values of quantities that no vocabulary knows."""

import pytest

from nbtrace import diff, parse_trace
from nbtrace.compare.diff import DiffResult
from nbtrace.verdicts.status import Status, Verdict


def compared(c: str, py: str) -> DiffResult:
    (left,), (right,) = (
        parse_trace(f"{side}: F_cell = 300\n{side}: bath = {value}\n", side)
        for side, value in (("TRACE_C", c), ("TRACE_PY", py))
    )
    return diff(left, right)


@pytest.mark.parametrize(("c", "py"), [("306.5 K", "306500 mK"), ("1.5 Å", "0.15 nm")])
def test_one_value_in_two_units_agrees(c: str, py: str) -> None:
    assert compared(c, py).verdict is Verdict.AGREE


@pytest.mark.parametrize(("c", "py"), [("306.5 K", "306.5 mK"), ("1.5 Å", "1.5 nm")])
def test_one_number_in_two_units_differs(c: str, py: str) -> None:
    result = compared(c, py)
    assert result.verdict is Verdict.DIFFER
    assert next(row.status for row in result.rows if row.quantity == "bath") is Status.CRITICAL


def test_units_of_different_things_are_no_agreement() -> None:
    row = next(row for row in compared("3 K", "3 m").rows if row.quantity == "bath")
    assert row.status is Status.SHAPE
    assert "different things" in row.reason
