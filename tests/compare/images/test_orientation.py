from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import orientation
from nbtrace.compare.images.orientation import PLACEMENTS, better_placement

Floats = npt.NDArray[np.float32]


def pattern(shape: tuple[int, int], seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    image = np.zeros(shape, np.float32)
    for _ in range(60):
        slow, fast = rng.integers(2, shape[0] - 2), rng.integers(2, shape[1] - 2)
        image[slow - 1 : slow + 2, fast - 1 : fast + 2] += rng.lognormal(3, 1.5)
    return image + rng.random(shape, np.float32)


INVERSE = {"turned by 90°": "turned by 270°", "turned by 270°": "turned by 90°"}


@pytest.mark.parametrize("name", [name for name in PLACEMENTS if name != "as it is"])
@pytest.mark.parametrize("size", [96, 1100])
def test_a_turned_or_flipped_image_is_found(name: str, size: int) -> None:
    image = pattern((size, size))
    moved = np.ascontiguousarray(PLACEMENTS[INVERSE.get(name, name)](image))
    found = better_placement(image, moved, None)
    assert found is not None
    assert (found.name, found.shift) == (name, (0, 0))
    assert found.correlation == pytest.approx(1.0)
    assert found.as_given < 0.5


@pytest.mark.parametrize("shift", [(3, -2), (0, 1), (-40, 57)])
@pytest.mark.parametrize("shape", [(100, 130), (1200, 900)])
def test_a_shift_is_found_to_the_pixel(shape: tuple[int, int], shift: tuple[int, int]) -> None:
    image = pattern((shape[0] + 100, shape[1] + 120))
    c = image[50 : 50 + shape[0], 60 : 60 + shape[1]]
    py = image[50 - shift[0] : 50 - shift[0] + shape[0], 60 - shift[1] : 60 - shift[1] + shape[1]]
    found = better_placement(c, py, None)
    assert found is not None
    assert (found.name, found.shift) == ("as it is", shift)


@pytest.mark.parametrize("shape", [(1, 9000), (9000, 1), (3, 2600)])
def test_a_shift_along_an_image_of_few_rows_or_columns_is_found(shape: tuple[int, int]) -> None:
    long = int(shape[0] < shape[1])
    image = np.random.default_rng(4).lognormal(3, 1.5, shape).astype(np.float32)
    found = better_placement(image, np.roll(image, 40, long), None)
    assert found is not None
    assert (found.name, found.shift) == ("as it is", (0, 40) if long else (40, 0))


def test_images_of_nothing_in_common_have_no_placement() -> None:
    assert better_placement(pattern((90, 90)), pattern((90, 90), seed=2), None) is None


def test_an_image_has_no_better_placement_than_its_own() -> None:
    image = pattern((90, 80))
    assert better_placement(image, image * 2, None) is None


def test_masked_pixels_do_not_decide() -> None:
    image = pattern((96, 96))
    moved = image.T.copy()
    compared = np.ones(image.shape, bool)
    compared[:20, :20] = False
    image[3, 4] = np.nan
    moved[5, 6] = np.inf
    found = better_placement(image, moved, compared)
    assert found is not None
    assert found.name == "with slow and fast exchanged"


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint16, np.int32])
@pytest.mark.parametrize("masked", [False, True])
def test_an_estimated_correlation_is_that_of_numpy(kind: type, *, masked: bool) -> None:
    image = pattern((300, 210))
    other = image + 3 * pattern((300, 210), seed=3)
    compared = np.random.default_rng(0).random(image.shape) > 0.2 if masked else None
    pixels: list[npt.NDArray[Any]] = [
        (30 * values - 100 * (kind is np.int32)).astype(kind) for values in (image, other)
    ]
    compressed = [orientation._Compressed.of(values, compared) for values in pixels]
    expected = []
    for values in pixels:
        counted = values.astype(np.float64) if compared is None else np.where(compared, values, 0).astype(np.float64)
        typical = np.median(np.abs(counted[counted != 0]))
        expected.append(np.sign(counted) * np.log1p(np.abs(counted) / typical))
    found = orientation._estimated_correlation([values.rows for values in compressed], image.shape)
    assert found == pytest.approx(np.corrcoef(*(values.ravel() for values in expected))[0, 1], abs=2e-3)
    assert np.allclose(compressed[0].whole(), expected[0], rtol=1e-2)


def test_images_that_hardly_vary_but_for_a_row_are_not_estimated() -> None:
    flat = 1000 + np.random.default_rng(0).random((200, 200), np.float32)
    flat[0] = 0
    of = orientation._Compressed.of(flat, None).rows
    assert np.isnan(orientation._estimated_correlation([of, of], flat.shape))
    assert better_placement(flat, flat[::-1].copy(), None) is not None


@pytest.mark.parametrize("shape", [(530, 700), (1500, 900), (3583, 520), (4200, 300)])
def test_binned_images_are_means_of_blocks(shape: tuple[int, int]) -> None:
    image = pattern(shape)
    bins = -(-max(shape) // 512)
    rows, columns = (size // bins * bins for size in shape)
    blocks = image[:rows, :columns].reshape(rows // bins, bins, columns // bins, bins)
    assert np.allclose(orientation._binned(image, bins), blocks.mean(axis=(1, 3), dtype=np.float64), rtol=1e-5)


@pytest.mark.parametrize("shape", [(90, 70), (1, 5), (50, 40_000)])
def test_a_correlation_is_that_of_numpy(shape: tuple[int, int]) -> None:
    left, right = np.random.default_rng(3).random((2, *shape), np.float32)
    right += left
    expected = np.corrcoef(left.ravel().astype(float), right.ravel().astype(float))[0, 1]
    assert orientation._correlation(left[:, 1:], right[:, 1:]) == pytest.approx(
        np.corrcoef(left[:, 1:].ravel().astype(float), right[:, 1:].ravel().astype(float))[0, 1], abs=1e-12
    )
    assert orientation._correlation(left, right) == pytest.approx(expected, abs=1e-12)
    assert orientation._correlation(left, np.ones_like(left)) == 0.0
