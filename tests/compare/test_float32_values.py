"""Which numbers tell single from double precision, however their digits are printed."""

import pytest

from nbtrace import parse_trace
from nbtrace.compare.float32_values import is_long, mostly_single


@pytest.mark.parametrize("form", ["{}e-05", "{}E-05", "{}D-05", "0.0000{}", "-{}"])
@pytest.mark.parametrize(("digits", "long"), [("1.23456", False), ("1.2345600000000", False), ("1.2345678901", True)])
def test_a_number_is_long_by_its_digits_in_any_form(form: str, digits: str, long: bool) -> None:
    text = digits.replace(".", "") if form.startswith("0") else digits
    assert is_long(form.format(text)) is long


@pytest.mark.parametrize(("half", "single"), [("5.00000000000000e-01", False), ("0.500000059604645", True)])
def test_round_numbers_are_not_float32_ones_for_their_zeros(half: str, single: bool) -> None:
    (trace,) = parse_trace("".join(f"TRACE_C: own_{n} {half}\n" for n in range(12)))
    assert mostly_single(dict(enumerate(trace.records)), {}) is single
