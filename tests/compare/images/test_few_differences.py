"""What is seen of the pixels that differ, against looking at all of them at once."""

import numpy as np
import pytest

from nbtrace.compare.images.few_differences import AGREES, DifferenceTally
from nbtrace.compare.images.rounding import HALF

RNG = np.random.default_rng(6)


@pytest.mark.parametrize("differing", [0.0, 0.01, 0.6])
@pytest.mark.parametrize("rounds", [True, False])
def test_few_or_many_differing_pixels_are_seen_as_all_at_once(differing: float, *, rounds: bool) -> None:
    x = RNG.lognormal(0, 2, 5000) * (RNG.random(5000) < 0.7)
    y = np.where(RNG.random(x.size) < differing, np.rint(x + RNG.normal(0, 1, x.size)), x)
    y[::7] *= 1 + 1e-8
    tally = DifferenceTally(rounds)
    for start in (0, 3000):
        tally.add(x[start : start + 3000], y[start : start + 3000], start)

    apart, size = np.abs(y - x), np.maximum(np.abs(x), np.abs(y))
    alike = (apart <= AGREES * size) | (rounds & (apart <= HALF))
    assert tally.differing == int((~alike).sum())
    assert tally.lit == int((size > 0).sum())
    assert np.array_equal(np.concatenate([*tally.places, []]), np.flatnonzero(~alike))
    assert tally.left == apart[alike].max()
    assert tally.left_relative == (apart[alike & (size > 0)] / size[alike & (size > 0)]).max()
