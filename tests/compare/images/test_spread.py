"""Sums over neighbours, against adding one shifted image after the other."""

import numpy as np
import pytest

from nbtrace.compare.images import image_parts
from nbtrace.compare.images.spread import _sums_over_neighbours

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(3, 3), (40, 17), (9, 60)])
@pytest.mark.parametrize("processors", [1, 3])
def test_sums_over_neighbours_are_those_of_shifted_images(
    shape: tuple[int, int], processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_parts, "_LEAST", 1)
    monkeypatch.setattr(image_parts, "_processors", lambda: processors)
    source, weights = RNG.normal(0, 5, shape), RNG.normal(0, 1, (3, 3))
    predicted, reach = np.zeros((2, shape[0] - 2, shape[1] - 2))
    for slow, fast in np.ndindex(3, 3):
        shifted = source[slow : slow + shape[0] - 2, fast : fast + shape[1] - 2]
        predicted += weights[slow, fast] * shifted
        reach += abs(weights[slow, fast]) * np.abs(shifted)
    found = _sums_over_neighbours(source, weights)
    assert np.array_equal(found[0], predicted)
    assert np.array_equal(found[1], reach)
