"""Peaks against scipy's maximum filter; matching against what was put in."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from nbtrace.compare.images.peaks import RADIUS, SIGMAS, Peaks, find_peaks, match_peaks

Floats = npt.NDArray[np.float64]


def spots(places: list[tuple[float, float]], shape: tuple[int, int] = (60, 70), width: float = 1.2) -> Floats:
    slow, fast = np.indices(shape)
    image = np.zeros(shape)
    for s, f in places:
        image += 100 * np.exp(-((slow - s) ** 2 + (fast - f) ** 2) / (2 * width**2))
    return image


def peaks_of(image: Floats, compared: npt.NDArray[np.bool_] | None = None) -> Peaks:
    return find_peaks(image, compared, float(image.mean()), float(image.std()))


@pytest.mark.parametrize("seed", range(5))
def test_strong_peaks_are_those_of_a_maximum_filter(seed: int) -> None:
    image = np.random.default_rng(seed).lognormal(0, 1.5, (80, 90))
    found = peaks_of(image)
    filtered = ndimage.maximum_filter(image, size=2 * RADIUS + 1, mode="constant", cval=-np.inf)
    expected = (image == filtered) & (image > image.mean() + SIGMAS * image.std())
    assert found.strong == expected.sum()
    rounded = {(int(slow), int(fast)) for slow, fast in np.argwhere(expected)}
    near = {tuple(np.rint(place).astype(int)) for place in found.places[: found.strong]}
    assert all(min(max(abs(s - u), abs(f - v)) for u, v in rounded) <= 1 for s, f in near)


def test_centroids_find_spots_between_pixels() -> None:
    places = [(10.3, 20.4), (40.0, 50.0), (30.2, 11.7)]
    found = peaks_of(spots(places, width=0.7))
    assert found.strong == 3
    for place in places:
        assert np.hypot(*(found.places - place).T).min() < 0.15


def test_a_plateau_is_one_peak() -> None:
    image = np.zeros((30, 30))
    image[10:12, 10:13] = 5.0
    assert peaks_of(image).strong == 1


def test_a_masked_pixel_is_no_peak_and_hides_none() -> None:
    image = spots([(20, 20)])
    image[20, 22] = 1e6
    compared = np.ones(image.shape, bool)
    compared[20, 22] = False
    mean, deviation = float(image[compared].mean()), float(image[compared].std())
    found = find_peaks(image, compared, mean, deviation)
    assert found.strong == 1
    assert abs(found.places[0] - (20, 20)).max() < 0.5


def test_an_image_without_variation_has_no_peak() -> None:
    assert peaks_of(np.ones((5, 5))).strong == 0


def test_matching_is_one_to_one_and_counts_the_rest() -> None:
    c = peaks_of(spots([(10, 10), (30, 30), (50, 60)]))
    py = peaks_of(spots([(11, 10), (30, 33), (12, 50)]))
    matching = match_peaks(c, py)
    assert [round(match.distance, 1) for match in matching.matches] == [3.0, 1.0]
    assert matching.max_distance == matching.matches[0].distance
    assert matching.mean_distance == pytest.approx(sum(m.distance for m in matching.matches) / 2)
    assert [tuple(np.rint(place)) for place in matching.c_alone] == [(50, 60)]
    assert [tuple(np.rint(place)) for place in matching.py_alone] == [(12, 50)]


def test_exchanging_the_images_mirrors_the_matching() -> None:
    rng = np.random.default_rng(4)
    places = [(float(s), float(f)) for s, f in rng.uniform(5, 55, (25, 2))]
    c = peaks_of(spots(places))
    py = peaks_of(spots([(s + rng.normal(), f + rng.normal()) for s, f in places]))
    one, other = match_peaks(c, py), match_peaks(py, c)
    assert {(m.c, m.py, m.distance) for m in one.matches} == {(m.py, m.c, m.distance) for m in other.matches}
    assert (one.c_alone, one.py_alone) == (other.py_alone, other.c_alone)
    assert one.mean_distance == other.mean_distance


def test_a_peak_that_falls_just_below_the_limit_is_not_lost() -> None:
    image = spots([(10, 10), (30, 30), (50, 50)])
    peaks = peaks_of(image)
    fewer = Peaks(peaks.places, strong=peaks.strong - 1)
    assert match_peaks(peaks, fewer).c_alone == ()
