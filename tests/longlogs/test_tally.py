"""The bands of differences in arrays; what they add up to is held to single comparisons in `test_stream.py`."""

import numpy as np

from nbtrace.longlogs.tally import _Limits


def test_a_relative_difference_beyond_all_numbers_is_critical_without_a_warning() -> None:
    """Warnings are errors here."""
    worst, size = np.array([[1e300, 1e-9]]), np.array([[1e-300, 1.0]])
    limits = _Limits(np.array([[1e-6]]), np.array([[True]]), worst, size, 1e-6 * size, np.zeros((1, 2), dtype=np.bool_))
    measure, bands = limits.bands(np.ones((1, 2), dtype=np.bool_))
    assert measure[0, 0] == np.inf
    assert [band.tolist() for band in bands] == [[[True, False]]] * 3
