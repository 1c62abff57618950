"""Functions of columns: the bits that each of their values has alone."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.compare.column_math import added_up, summed_exactly, weighed_terms

_numbers = st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0**-53, -(2.0**-53), 5e-324, 1e16])
_rows = st.lists(st.tuples(_numbers, _numbers, _numbers), min_size=1, max_size=40)


@given(_rows)
def test_a_sum_of_three_columns_is_rounded_once(rows: list[tuple[float, float, float]]) -> None:
    columns = (np.array(column) for column in zip(*rows, strict=True))
    assert summed_exactly(*columns).tolist() == [math.fsum(row) for row in rows]


@given(st.floats(1.0, 2.0), st.sampled_from([-1.0, 1.0]), st.integers(-200, -54))
def test_a_sum_half_way_between_two_numbers_goes_to_the_side_of_the_rest(x: float, sign: float, power: int) -> None:
    row = x, math.ulp(x) / 2, sign * 2.0**power
    assert summed_exactly(*map(np.array, ([number] for number in row))).tolist() == [math.fsum(row)]


def test_where_a_term_is_no_finite_number_there_is_no_sum() -> None:
    found = summed_exactly(np.array([1.0, 2.0]), np.array([math.inf, 3.0]), np.array([1.0, 4.0]))
    assert math.isnan(found[0])
    assert found[1] == 9.0


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30), st.sampled_from([1.0, 0.75]))
def test_terms_are_added_one_after_the_other_and_weighed_as_in_their_sum(terms: list[float], weight: float) -> None:
    total = 0.5
    for term in terms:
        total = (total + term) * weight
    assert added_up(0.5, np.array(terms), weight) == added_up(0.5, terms, weight) == total
    own = math.fsum(weighed_terms(np.array(terms), weight).tolist()) + 0.5 * weight ** len(terms)
    assert math.isclose(own, total, rel_tol=1e-12)
