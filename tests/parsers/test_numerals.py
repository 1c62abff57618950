"""Printed numbers in the forms of C, Fortran and Python."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.compare.precision import NumberFormat
from nbtrace.parsers import parse_trace
from nbtrace.parsers.numerals import NUMBER, PLAIN_NUMBER, number_of

is_number = re.compile(NUMBER).fullmatch
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite)
def test_fortran_writes_d_where_c_writes_e(number: float) -> None:
    token = f"{number:.16e}".replace("e", "D")
    assert is_number(token)
    assert number_of(token) == number


@given(finite)
def test_hexadecimal_floats_are_exact(number: float) -> None:
    assert is_number(number.hex())
    assert number_of(number.hex()) == number


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("1.0d-10", 1e-10),
        ("0.5D+01", 5.0),
        ("1.5-100", 1.5e-100),
        ("-0.25+101", -0.25e101),
        ("0x1.8p+3", 12.0),
        ("-0x1p99999", -math.inf),
        ("INF", math.inf),
        ("-Infinity", -math.inf),
        ("1.#INF", math.inf),
        ("-1.#INF00", -math.inf),
    ],
)
def test_forms_of_other_languages(token: str, value: float) -> None:
    assert is_number(token)
    assert number_of(token) == value


@pytest.mark.parametrize("token", ["nan(0x8000000000000)", "-nan", "NAN", "nan(ind)", "1.#QNAN", "-1.#IND"])
def test_what_is_no_number_is_nan(token: str) -> None:
    assert is_number(token)
    assert math.isnan(number_of(token))


@pytest.mark.parametrize(
    "token", ["0x10", "1d5", "12d34", "1-100", "1.5-10", "1.5-1000", "****", "1_0", "٣", "1.5e", ""]
)
def test_what_may_be_something_else_is_no_number(token: str) -> None:
    assert not is_number(token)


@given(finite)
def test_every_plain_number_is_a_number(number: float) -> None:
    assert re.fullmatch(PLAIN_NUMBER, repr(number))
    assert is_number(repr(number))


def test_a_d_exponent_has_the_digits_that_it_prints() -> None:
    own = NumberFormat(0, own=True)
    assert own.resolution("1.234D-10") == pytest.approx(own.resolution("1.234e-10"))
    assert own.resolution("1.234-100") == pytest.approx(own.resolution("1.234e-100"))


def test_they_are_read_in_trace_lines() -> None:
    (trace,) = parse_trace(
        "TRACE_PY: polar 0.5D+00\nTRACE_PY: F_cell 0x1.9p+6\nTRACE_PY: hkl_frac 1.D0 -2.5d-1 nan(0x8)\n"
    )
    assert [record.numbers[:2] for record in trace.records] == [(0.5,), (100.0,), (1.0, -0.25)]
