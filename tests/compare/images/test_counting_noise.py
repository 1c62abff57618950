"""Sums that are known rule out counting noise where looking at all pixels refuses it, and nowhere else."""

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import counting_noise as noise
from nbtrace.compare.images.counting_noise import counting_noise
from nbtrace.compare.images.value_pair import ValuePair

Doubles = npt.NDArray[np.float64]


def observed(x: Doubles, wider: float, offset: int, rng: np.random.Generator) -> Doubles:
    """Return counts of an expectation, strewn wider than by counting."""
    return np.maximum(0, np.rint(rng.poisson(x) + wider * np.sqrt(x) * rng.standard_normal(x.size))) + offset


@pytest.mark.parametrize("offset", [0, 7])
def test_known_sums_change_no_answer(offset: int) -> None:
    rng = np.random.default_rng(2)
    told = refused = ruled_out = 0
    for wider in np.linspace(0, 0.7, 60):
        x = rng.lognormal(3, 0.3, 3000)
        y = observed(x, float(wider), offset, rng)
        pair = ValuePair.of(x, y).with_sums()
        found = counting_noise(x, y)
        assert counting_noise(x, y, known=pair) == found
        told, refused = told + (found is not None), refused + (found is None)
        ruled_out += noise._is_ruled_out(pair.sums)
    assert told > 5
    assert refused >= ruled_out > 20


def test_two_noise_images_are_ruled_out_by_their_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    x, y = (rng.poisson(20.0, 5000).astype(np.float32) for _ in range(2))
    monkeypatch.setattr(noise, "_sums", None)  # which would look at all pixels
    assert counting_noise(x, y, known=ValuePair.of(x, y).with_sums()) is None
