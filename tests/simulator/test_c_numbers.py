"""Numbers as C reads them."""

import pytest

from simulator.arguments import parse
from simulator.c_numbers import leading_integer, whole_integer
from simulator.canonical import canonical_arguments


@pytest.mark.parametrize("number", [-(2**31), -1, 0, 2**31 - 1])
def test_every_integer_of_32_bits_is_read(number: int) -> None:
    assert whole_integer(str(number)) == leading_integer(str(number)) == number


@pytest.mark.parametrize("number", [-(2**31) - 1, 2**31, 10**400])
def test_a_larger_one_is_refused_where_c_would_wrap_it(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        whole_integer(str(number))
    assert -(2**31) <= leading_integer(str(number)) < 2**31


def test_the_smallest_integer_is_printed_and_read_again() -> None:
    config = parse(["-roi", "0", "10", str(-(2**31)), "10"], lenient=True).config
    assert parse(canonical_arguments(config)).config == config
