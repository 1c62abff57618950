"""The pixels that count of a pair of images, against choosing them by their mask."""

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images import image_pair
from nbtrace.compare.images.image_pair import picked

RNG = np.random.default_rng(3)


def masks(shape: tuple[int, int]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return masks with many pixels in a row that count, and with few."""
    framed = np.ones(shape, bool)
    framed[:2], framed[:, -3:] = False, False
    ends = ~framed
    scattered = RNG.random(shape) < 0.5
    return {
        "all": np.ones(shape, bool),
        "none": np.zeros(shape, bool),
        "framed": framed,
        "ends": ends,
        "turned": framed[::-1, ::-1],
        "scattered": scattered,
    }


@pytest.mark.parametrize("name", masks((1, 1)))
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 70), (300, 2), (0, 5)])
@pytest.mark.parametrize("run", [1, 64])
def test_pixels_that_count_are_those_of_the_mask_in_row_order(
    name: str, shape: tuple[int, int], run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_pair, "_RUN", run)
    counted = masks(shape)[name]
    images = RNG.normal(0, 1, shape).astype(np.float32), RNG.integers(0, 99, shape, np.uint16)
    for given in (images, (images[0], np.asfortranarray(images[1]))):
        found = picked(given, counted)
        for values, image in zip(found, given, strict=True):
            assert values.dtype == image.dtype
            assert np.array_equal(values, image[counted])
