import numpy as np

from nbtrace.images.roi import Roi


def test_a_region_holds_the_pixels_of_its_slices() -> None:
    roi = Roi(2, 4, 1, 1)
    inside = np.zeros((3, 6), bool)
    inside[roi.slices] = True
    assert {place for place in np.ndindex(inside.shape) if place in roi} == set(
        map(tuple, np.argwhere(inside).tolist())
    )
    assert inside.sum() == 3
    assert roi.flags == ("-roi", "2", "4", "1", "1")
    assert (str(roi), roi.words) == ("2 4 1 1", "slow 1 to 1, fast 2 to 4")
