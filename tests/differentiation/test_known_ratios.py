"""Ratios that are known for what makes them."""

import math
from itertools import pairwise

import pytest

from nbtrace.differentiation.known_ratios import KNOWN_RATIOS, known_ratio


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (-1.0, "the other sign"),
        (2.0, "twice as large"),
        (-0.5, "the other sign, half as large"),
        (math.pi / 180.0, "per degree where per radian is meant"),
        (180.0 / math.pi, "per radian where per degree is meant"),
        (1.0, ""),
        (1.37, ""),
    ],
)
def test_a_ratio_is_called_by_its_cause(ratio: float, words: str) -> None:
    assert known_ratio(ratio * (1.0 + 1e-7), 1e-6) == words


def test_a_ratio_that_is_not_known_well_enough_has_no_name() -> None:
    assert not known_ratio(2.001, 1e-4)
    assert known_ratio(2.001, 1e-3) == "twice as large"
    assert not known_ratio(2.0, 0.1)


def test_no_two_names_are_of_one_ratio() -> None:
    numbers = sorted(KNOWN_RATIOS.values())
    assert all(after / before > 1.03 for before, after in pairwise(numbers))
