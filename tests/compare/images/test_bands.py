"""Whether no line meets some bands, against a solver of linear programs."""

import numpy as np
import pytest
from scipy.optimize import linprog

from nbtrace.compare.images.bands import _no_line


@pytest.mark.parametrize("whole", [True, False])
def test_bands_that_a_line_meets_are_never_refused(*, whole: bool) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        u = rng.integers(0, 30, 200).astype(np.float64) if whole else rng.lognormal(0, 3, 200)
        middle = rng.normal(0, 5) * u + rng.normal(0, 100)
        low, high = middle - rng.random(u.size), middle + rng.random(u.size)
        low[:20], high[20:40] = -np.inf, np.inf
        assert not _no_line(u, low, high, 1.0)


@pytest.mark.parametrize("strewn", [0.3, 3.0, 100.0])
def test_what_is_refused_has_no_solution(strewn: float) -> None:
    rng, refused = np.random.default_rng(5), 0
    for _ in range(20):
        u = rng.lognormal(1, 1, 60)
        y = np.rint(2 * u + strewn * rng.standard_normal(u.size))
        low, high = y - 0.5, y + 0.5
        if _no_line(u, low, high, 1.0):
            refused += 1
            rows = np.concatenate((np.stack((u, np.ones(60)), 1), np.stack((-u, -np.ones(60)), 1)))
            limits = np.concatenate((high, -low))
            assert not linprog((0, 0), A_ub=rows, b_ub=limits, bounds=[(None, None)] * 2).success
    assert refused == (0 if strewn < 1 else 20)
