"""Sums over neighbours, against adding one shifted image after the other."""

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import image_parts, spread
from nbtrace.compare.images.spread import spread_over_neighbours, sums_over_neighbours

RNG = np.random.default_rng(7)
Doubles = npt.NDArray[np.float64]


def shifted_sums(source: Doubles, weights: Doubles) -> Doubles:
    size = len(weights)
    rows, columns = (length - size + 1 for length in source.shape)
    total = np.zeros((rows, columns))
    for slow, fast in np.ndindex(size, size):
        total += weights[slow, fast] * source[slow : slow + rows, fast : fast + columns]
    return total


@pytest.fixture(params=[1, 3])
def small_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let images of a few thousand pixels be looked at in many parts, by one processor and by three."""
    monkeypatch.setattr(image_parts, "_LEAST", 1)
    monkeypatch.setattr(image_parts, "_processors", lambda: request.param)
    monkeypatch.setattr(spread, "_AT_ONCE", 200)
    monkeypatch.setattr(spread, "_PIXELS", 70)


@pytest.mark.parametrize("shape", [(9, 9), (40, 17), (11, 60)])
@pytest.mark.parametrize("size", [3, 5, 9])
def test_sums_over_neighbours_are_those_of_shifted_images(shape: tuple[int, int], size: int, small_parts: None) -> None:
    source, weights = RNG.normal(0, 5, shape), RNG.normal(0, 1, (size, size))
    rows = shape[0] - size + 1
    found = sums_over_neighbours(source, weights, 0, rows)
    sizes = shifted_sums(np.abs(source), np.abs(weights))
    rounding = size * size * np.finfo(np.float64).eps * sizes
    assert (np.abs(found - shifted_sums(source, weights)) <= rounding).all()
    assert (np.abs(sums_over_neighbours(source, weights, 0, rows, sizes=True) - sizes) <= rounding).all()
    # Which rows are summed together says nothing of a sum, to the bit.
    apart = [sums_over_neighbours(source, weights, row, row + 1) for row in range(rows)]
    assert np.array_equal(found, np.concatenate(apart))


def blurred(image: Doubles, weights: Doubles) -> Doubles:
    made = np.zeros_like(image)
    radius = len(weights) // 2
    made[radius:-radius, radius:-radius] = shifted_sums(image, weights)
    return made


WEIGHTS = np.outer([0.25, 0.5, 0.25], [0.2, 0.6, 0.2])


@pytest.mark.parametrize("masked", [False, True])
def test_an_exact_blur_is_told_with_what_it_leaves_and_explains(*, masked: bool, small_parts: None) -> None:
    image = RNG.lognormal(0, 2, (60, 47))
    made = blurred(image, WEIGHTS).astype(np.float32)
    compared = np.ones(image.shape, bool)
    if masked:
        compared[20:23, 11] = False
        image[21, 11] = np.nan
    found = spread_over_neighbours(image, made, compared if masked else None).exact
    assert found is not None
    assert np.allclose(found.weights, WEIGHTS, atol=1e-6)
    inner = np.ones((58, 45), bool)
    if masked:
        inner[18:23, 9:12] = False
    predicted = sums_over_neighbours(image, found.weights, 0, 58)[inner]
    left, before = (made[1:-1, 1:-1][inner] - of for of in (predicted, image[1:-1, 1:-1][inner]))
    assert found.pixels == left.size
    assert found.left == np.abs(left).max()
    # To the bit: what is summed in parts is rounded as the sum of all.
    assert found.explained == 1 - float((left * left).sum()) / float((before * before).sum())


def test_one_pixel_that_is_no_blur_makes_it_inexact(small_parts: None) -> None:
    image = RNG.lognormal(0, 0.5, (200, 190))
    made = blurred(image, WEIGHTS)
    other = made.copy()
    other[100, 77] *= 1.001
    for given in (image, made, other):
        given.flags.writeable = False  # to change what was given is an error
    assert spread_over_neighbours(image, made, None).exact is not None
    found = spread_over_neighbours(image, other, None)
    assert found.exact is None
    best = found.best()
    assert best is not None
    assert not best.exact
    assert best.left == pytest.approx(made[100, 77] * 0.001, rel=0.2)
    assert best.explained > 0.999


def test_weights_of_either_sign_are_exact_where_sums_nearly_cancel(small_parts: None) -> None:
    image = 1000 + RNG.normal(0, 1, (60, 60))
    weights = np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 1.0]])
    found = spread_over_neighbours(image, blurred(image, weights), None).exact
    assert found is not None
    assert np.allclose(found.weights, weights)
