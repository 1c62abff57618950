import numpy as np
import numpy.typing as npt
import pytest

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
