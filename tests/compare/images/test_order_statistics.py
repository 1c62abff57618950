"""Different numbers and medians against numpy's own."""

import numpy as np
import pytest

from nbtrace.compare.images.order_statistics import distinct, median


@pytest.mark.parametrize("size", [1, 2, 3, 100, 1001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_they_are_those_of_numpy(size: int, dtype: type[np.generic]) -> None:
    values = np.random.default_rng(size).normal(0, 50, size).round(1).astype(dtype)
    assert np.array_equal(distinct(values), np.unique(values))
    assert median(values) == np.median(values.astype(np.float64))
