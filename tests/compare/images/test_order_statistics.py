"""Different numbers, medians and ends against numpy's own."""

import numpy as np
import pytest

from nbtrace.compare.images.order_statistics import distinct, median, outermost


@pytest.mark.parametrize("size", [1, 2, 3, 100, 1001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_they_are_those_of_numpy(size: int, dtype: type[np.generic]) -> None:
    values = np.random.default_rng(size).normal(0, 50, size).round(1).astype(dtype)
    assert np.array_equal(distinct(values), np.unique(values))
    assert median(values) == np.median(values.astype(np.float64))


@pytest.mark.parametrize("size", [5, 500, 30_000])
@pytest.mark.parametrize("lowest", [True, False])
@pytest.mark.parametrize("digits", [12, 0])
def test_the_outermost_are_those_of_a_sort(size: int, digits: int, *, lowest: bool) -> None:
    values = np.random.default_rng(size).normal(0, 5, size).round(digits)
    places = outermost(values, 400, lowest=lowest)
    assert len(set(places.tolist())) == places.size == min(400, size)
    ordered = np.sort(values)
    assert np.array_equal(np.sort(values[places]), ordered[:400] if lowest else ordered[-400:])
