"""The bands of differences in arrays; what they add up to is held to single comparisons in `test_stream.py`."""

import numpy as np

from nbtrace.longlogs.tally import _Limits
from nbtrace.longlogs.windows import as_single_numbers


def test_a_relative_difference_beyond_all_numbers_is_in_the_last_band() -> None:
    worst, size = np.array([[1e300, 1e-9]]), np.array([[1e-300, 1.0]])
    relative, minor, divergent = np.array([[True]]), np.array([[1e-4]]), np.array([[1e-2]])
    blind = np.zeros((1, 2), dtype=np.bool_)
    limits = _Limits(relative, minor, divergent, worst, size, 1e-6 * size, blind)
    with as_single_numbers():
        bands = limits.bands(np.ones((1, 2), dtype=np.bool_))
    assert [band.tolist() for band in bands] == [[[True, False]]] * 3
