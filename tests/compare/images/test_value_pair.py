"""What is known of the values of two images, against looking at all of them."""

import numpy as np
import pytest

from nbtrace.compare.images import image_parts
from nbtrace.compare.images.sums import moments
from nbtrace.compare.images.value_pair import Ends, FlatValues, ValuePair

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "u2"])
@pytest.mark.parametrize("size", [1, 70_000, 200_001])
def test_the_ends_are_those_of_all_values(dtype: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_parts, "_LEAST", 1)
    values = RNG.integers(0 if dtype == "u2" else -500, 500, size).astype(dtype)
    ends = FlatValues(values).ends
    assert ends == (float(values.min()), float(values.max()))
    assert ends.largest == float(np.abs(values.astype(float)).max())


def test_no_values_end_at_0() -> None:
    assert FlatValues(np.empty(0)).ends == Ends(0.0, 0.0)


def test_one_part_of_a_number_anywhere_makes_them_not_whole() -> None:
    values = RNG.integers(0, 9, 150_000).astype(np.float32)
    assert FlatValues(values).are_whole
    values[-1] += 0.5
    assert not FlatValues(values).are_whole
    assert FlatValues(np.arange(5)).are_whole


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_known_leaves_the_sums_as_they_are_and_follows_an_exchange(*, whole: bool) -> None:
    x, y = RNG.lognormal(2, 3, (2, 40_000)).astype(np.float32)
    if whole:
        x, y = np.rint(x), -np.rint(y)
    pair = ValuePair.of(x, y).with_sums()
    assert pair.sums == moments(x, y)
    turned = pair.exchanged()
    assert turned.known_sums == moments(y, x)
    assert turned.arrays[0] is y
    assert turned.x is pair.y
