"""Where two images are farthest apart, against looking at every pixel; remainders of whole numbers."""

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images.relation import RelationKind
from nbtrace.compare.images.value_relations import few_places, value_relation

RNG = np.random.default_rng(8)


def places_of_the_ends(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> set[int]:
    """Return the first places of the ends of y − x, and of its shares of x and of y, 0 where these are."""
    u, v = x.astype(np.float64), y.astype(np.float64)
    every = [v - u, *(np.divide(v - u, np.abs(size), out=np.zeros(u.size), where=size != 0) for size in (u, v))]
    return {int(place) for values in every for place in (values.argmin(), values.argmax())}


@pytest.mark.parametrize("differing", [1, 3, 2000, 9000])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_the_pixels_that_are_farthest_apart_are_among_the_few(differing: int, way: float) -> None:
    x = RNG.lognormal(0, 2, 10_000).astype(np.float32)
    x[:40] = 0
    y = x.copy()
    chosen = RNG.permutation(x.size)[:differing]
    y[chosen] += np.float32(way) * RNG.lognormal(0, 2, differing).astype(np.float32)
    places = set(few_places(x, y).tolist())
    assert places_of_the_ends(x, y) <= places
    assert set(few_places(y, x).tolist()) == places


@pytest.mark.parametrize("bits", [8, 16])
def test_an_overflow_is_told_from_one_that_fails_in_a_single_pixel(bits: int) -> None:
    x = RNG.integers(0, int(2**bits * 1.3), 20_000).astype(np.float64)
    y = np.mod(x, 2**bits)
    found = value_relation(x, y)
    assert found is not None
    assert [step.kind for step in found.steps] == [RelationKind.WRAPPED]
    y[12_345] += 1 if y[12_345] < 2**bits - 1 else -1
    found = value_relation(x, y)
    assert found is None or RelationKind.WRAPPED not in {step.kind for step in found.steps}
