"""Two images that are counts about one expected image."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import twofold_noise as twofold
from nbtrace.compare.images.twofold_noise import twofold_noise

Counts = npt.NDArray[np.int64]
Change = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def expected(level: float = 3.0) -> npt.NDArray[np.float64]:
    rows, columns = np.mgrid[0:48, 0:48]
    peaks = ((rows % 6 == 3) & (columns % 6 == 3)).astype(np.float64)
    image: npt.NDArray[np.float64] = level + 900 * peaks * (1 + columns / 48)
    return image.ravel()


def exposures(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], offset: int, seed: int) -> list[Counts]:
    random = np.random.default_rng(seed)
    return [random.poisson(image) + offset for image in (first, second)]


@pytest.mark.parametrize(("level", "offset"), [(0.0, 0), (0.0, 40), (0.3, 1), (3.0, 0), (3.0, 40), (200.0, 0)])
def test_two_exposures_of_one_image_are_known_with_their_offset(level: float, offset: int) -> None:
    found = [twofold_noise(*exposures(expected(level), expected(level), offset, seed)) for seed in range(10)]
    assert {item and item.offset for item in found} == {offset}
    assert np.mean([item.chi_squared for item in found if item]) == pytest.approx(1, abs=0.2)


def test_an_offset_that_the_scatter_does_not_tell_is_not_guessed() -> None:
    assert twofold_noise(*exposures(expected(200), expected(200), 40, 1)) is None


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image * 1.04,
        lambda image: image + 1,
        lambda image: np.roll(image, 1),
        lambda image: np.where(image > 1000, image * 0.9, image),
        lambda image: image * np.linspace(0.9, 1.1, image.size),
    ],
    ids=["a factor", "a background", "moved by a pixel", "the brightest", "a slope"],
)
def test_exposures_of_two_images_are_not(changed: Change) -> None:
    image = expected()
    for seed in range(5):
        assert twofold_noise(*exposures(image, changed(image), 40, seed)) is None


def test_noise_of_another_kind_is_not() -> None:
    random = np.random.default_rng(5)
    image = expected()
    wide = [np.maximum(np.rint(image + 40 + random.normal(0, 3, image.size)), 0) for _ in range(2)]
    same = random.poisson(image)
    assert twofold_noise(*wide) is None
    assert twofold_noise(same, same + (random.random(same.size) < 0.01)) is None
    assert twofold_noise(random.poisson(image) - 50, random.poisson(image) - 50) is None
    assert twofold_noise(random.poisson(image) + 0.5, random.poisson(image)) is None


@pytest.mark.parametrize("size", [1e17, 1e60, 1e100, 1e149])
def test_numbers_so_large_that_all_are_whole_are_no_counts(size: float) -> None:
    random = np.random.default_rng(6)
    assert twofold_noise(*(np.rint(random.random(20_000) * size) for _ in range(2))) is None


def test_what_is_summed_is_what_is_said() -> None:
    random = np.random.default_rng(7)
    x, y = random.poisson(random.lognormal(0, 2, (2, 40_000))).astype(np.float64)
    n, d = x + y, y - x
    weight = 1 / np.maximum(n, 1)
    below = (n - d * d) * weight**2 / 2
    found = twofold._Look.of(x, y, 0.0)
    offset = (weight**2, weight**4, below, below * weight**2, below**2)
    left = (d * weight, n * weight**2, (d * d - n) * weight, 2 * n * (n - 1) * weight**2, n**3)
    sums = (0.0, np.count_nonzero(n), *(part.sum() for part in (*offset, *left)))
    assert tuple(vars(found).values()) == pytest.approx(sums, rel=1e-11)
