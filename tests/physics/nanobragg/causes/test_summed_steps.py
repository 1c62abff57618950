"""What a term may have done to a sum over many steps, of all terms at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.physics.nanobragg.causes.summed_steps import other_terms

_WORDS = ("without {} of {}", "only {} of {}", "{} of {} twice", "{} of {} for all")


@given(
    terms=st.lists(st.floats(0, 1e9), min_size=2, max_size=9),
    right=st.floats(1e-3, 1e9),
    total=st.floats(1e-3, 1e9),
)
def test_the_sums_are_those_of_one_term_after_the_other(terms: list[float], right: float, total: float) -> None:
    made = other_terms(right, terms, total, _WORDS)
    wanted = []
    for term in terms:
        wanted += [right - term * right / total, term * right / total]
        wanted += [right * (1 + term / total), term * len(terms) * right / total]
    assert made.values.tolist() == wanted


def test_what_may_be_wrong_is_told_by_the_number_of_the_term() -> None:
    made = other_terms(10.0, [1.0, 2.0, 7.0], 10.0, _WORDS)
    told = {item.text: item.value[0] for item in made.telling((9.0,), (10.0,), (100.0,))}
    assert list(told)[:5] == ["without 0 of 3", "only 0 of 3", "0 of 3 twice", "0 of 3 for all", "without 1 of 3"]
    assert told["without 2 of 3"] == pytest.approx(3.0)
    assert told["2 of 3 for all"] == pytest.approx(21.0)
