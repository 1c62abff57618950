"""Where two images are farthest apart, against looking at every pixel; remainders of whole numbers."""

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import value_relations
from nbtrace.compare.images.bands import FORMS
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "made",
    [
        lambda x: x * 1.7 + 3,
        lambda x: np.rint(x * 2.5),
        lambda x: np.floor(x * 30) / 10 + 40,
        lambda x: np.minimum(x + 8, np.quantile(x, 0.6)),
        lambda x: np.clip(np.rint(np.sqrt(x) * 90), 20, 300),
        lambda x: x * x * (1 + 1e-3 * np.sin(1e6 * x)),
        RNG.permutation,
    ],
)
def test_evenly_spread_pixels_rule_out_no_line_that_all_pixels_allow(
    made: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    dtype: type[np.floating],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = RNG.lognormal(1, 1.5, 9000)
    images = x.astype(dtype), made(x).astype(dtype)
    pairs = images, images[::-1]
    found = [value_relation(*pair) for pair in pairs]
    every = list(product(FORMS, value_relations._TRANSFORMS))
    monkeypatch.setattr(value_relations, "_open_lines", lambda *_: every)
    for own, pair in zip(found, pairs, strict=True):
        expected = value_relation(*pair)
        assert (own is None) == (expected is None)
        if own is not None and expected is not None:
            assert own.steps == expected.steps
            assert np.array_equal(own.predicted, expected.predicted)


def test_of_noise_only_evenly_spread_pixels_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    x = RNG.lognormal(3, 1, 9000)
    y = RNG.poisson(x).astype(np.float64)
    monkeypatch.setattr(value_relations, "few_places", None)
    assert value_relation(x, y) is None
    assert value_relation(y, x) is None
