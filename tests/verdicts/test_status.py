"""The bands of a difference beyond its tolerance, as README tells them."""

import math

import pytest

from nbtrace.verdicts.status import Status, band


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (2e-6, Status.MINOR),
        (9.99e-5, Status.MINOR),
        (1e-4, Status.DIVERGENT),
        (9.99e-3, Status.DIVERGENT),
        (1e-2, Status.CRITICAL),
        (math.inf, Status.CRITICAL),
        (math.nan, Status.CRITICAL),
    ],
)
def test_a_relative_difference_is_in_the_band_of_its_size(size: float, status: Status) -> None:
    assert band(size) is status


def test_a_band_ends_below_its_limit() -> None:
    assert [band(size, 1.0, 10.0) for size in (0.5, 1.0, 9.0, 10.0)] == [
        Status.MINOR,
        Status.DIVERGENT,
        Status.DIVERGENT,
        Status.CRITICAL,
    ]
