import base64
import zlib
from typing import Any

import numpy as np
import pytest

from nbtrace.images.image import Geometry, Pixels
from nbtrace.report.page.viewer import WHOLE_PIXELS, Mark, Viewer, make_viewer


def unpacked(viewer: Viewer, region: dict[str, Any], side: str) -> Pixels:
    """Unpack an array as the browser does."""
    said = region["arrays"][side]
    kind = np.dtype("<" + said["dtype"])
    raw = np.frombuffer(zlib.decompress(base64.b64decode(dict(viewer.arrays)[said["name"]])), np.uint8)
    shape = region["rows"], region["columns"]
    array: Pixels = np.ascontiguousarray(raw.reshape(kind.itemsize, -1).T).view(kind).reshape(shape)
    return array


@pytest.mark.parametrize("kind", ["float32", "float64", ">f4", "uint8", "uint16", "int32", "float16", "int64", "bool"])
def test_a_small_image_is_embedded_bit_for_bit(kind: str) -> None:
    c = (np.arange(35).reshape(5, 7) % 3).astype(kind)
    py = c[::-1].copy()
    viewer = make_viewer("v", c, py, [])
    (region,) = viewer.head["regions"]
    assert region["block"] == 1
    assert np.array_equal(unpacked(viewer, region, "c"), c)
    assert np.array_equal(unpacked(viewer, region, "py"), py)
    assert viewer.start == (2, 3)


def large() -> tuple[Pixels, Pixels]:
    random = np.random.default_rng(3)
    c = random.normal(size=(1301, 1103)).astype(np.float32)
    py = c + np.float32(0.001)
    c[0, 0] = np.nan
    c[1300, 1102] = -77.0
    py[700, 3] = np.inf
    return c, py


def test_a_large_image_is_embedded_as_what_is_furthest_from_zero_and_whole_around_the_marks() -> None:
    c, py = large()
    assert c.size > WHOLE_PIXELS
    marks = [Mark("worst", 1300, 1102, cross=True), Mark("near it", 1290, 1100), Mark("brightest", 700, 3)]
    viewer = make_viewer("v", c, py, marks)
    *crops, overview = viewer.head["regions"]
    block = overview["block"]
    assert [(crop["slow"], crop["fast"]) for crop in crops] == [(1236, 1038), (636, 0)]
    for crop in crops:
        window = np.s_[crop["slow"] : crop["slow"] + crop["rows"], crop["fast"] : crop["fast"] + crop["columns"]]
        assert np.array_equal(unpacked(viewer, crop, "c"), c[window], equal_nan=True)
        assert np.array_equal(unpacked(viewer, crop, "py"), py[window], equal_nan=True)
    for side, image in (("c", c), ("py", py), ("diff", py.astype(np.float64) - c)):
        cells = unpacked(viewer, overview, side)
        for row, column in ((0, 0), (3, 5), (cells.shape[0] - 1, cells.shape[1] - 1), (700 // block, 0)):
            piece = image[row * block : (row + 1) * block, column * block : (column + 1) * block]
            known = piece[~np.isnan(piece)]
            assert cells[row, column] == known[np.abs(known).argmax()]
    said = " ".join(viewer.caption)
    assert "The page does not hold every pixel" in said
    assert "1 pixel of C is NaN." in said


def test_every_pixel_is_kept_where_that_is_asked_for() -> None:
    c, py = large()
    viewer = make_viewer("v", c, py, [], whole=True)
    (region,) = viewer.head["regions"]
    assert np.array_equal(unpacked(viewer, region, "c"), c, equal_nan=True)
    assert "does not hold" not in " ".join(viewer.caption)


def test_both_images_share_a_scale_and_the_difference_is_symmetric() -> None:
    c = np.linspace(0, 1, 400).reshape(20, 20)
    py = c.copy()
    py[3, 4] += 9.0
    scales = make_viewer("v", c, py, []).scales
    assert [scale.chosen for scale in scales].count(True) == 1
    everything = scales[-1]
    assert (everything.low, everything.high, everything.diff) == (0.0, py.max(), 9.0)
    highs = [scale.high for scale in scales]
    assert highs == sorted(highs)
    chosen = next(scale for scale in scales if scale.chosen)
    assert chosen.high == pytest.approx(np.percentile(np.concatenate([c.ravel(), py.ravel()]), 99.5))


def test_the_logarithm_begins_at_the_faintest_pixel_and_no_further_than_six_decades_down() -> None:
    c = np.geomspace(1e-3, 1e3, 400).reshape(20, 20)
    largest = make_viewer("v", c, c, []).scales[-1]
    assert (largest.positive, largest.high) == (c.min(), c.max())
    c[0, 0] = 1e-30
    assert make_viewer("v", c, c, []).scales[-1].positive == c.max() / 1e6
    assert make_viewer("v", -c, -c, []).scales[-1].positive == 0.0, "nothing has a logarithm"


def test_the_limit_of_the_ratio_is_as_far_below_one_as_above() -> None:
    c = np.full((20, 20), 8.0)
    py = c.copy()
    py[3, 4], py[5, 6], py[7, 8] = 2.0, 0.0, -1.0
    limits = [scale.ratio for scale in make_viewer("v", c, py, []).scales]
    assert limits == pytest.approx([np.log(4)] * len(limits)), "0 and a negative value have none"


def test_the_ratio_of_a_cell_is_the_one_furthest_from_one() -> None:
    c = np.full((1100, 1000), 1.0, np.float32)
    py = c.copy()
    c[0, 0], py[0, 0] = 1000.0, 990.0
    py[0, 1] = 0.5
    c[500, 500] = 0.0
    viewer = make_viewer("v", c, py, [])
    overview = viewer.head["regions"][-1]
    block, ratios = overview["block"], unpacked(viewer, overview, "ratio")
    assert block > 1
    assert ratios[0, 0] == pytest.approx(np.log(0.5))
    assert ratios[500 // block, 500 // block] > 709, "over 0: beyond the logarithm of any ratio"
    assert np.count_nonzero(ratios) == 2


def test_a_geometry_is_told_in_pixels_and_angstroms(tilted: Geometry) -> None:
    image = np.arange(4800.0).reshape(60, 80)
    viewer = make_viewer("v", image, image + 1, [], geometry=tilted)
    head = viewer.head["geometry"]
    assert head["corner"] == pytest.approx([50.0, 30.0, -45.0])
    assert head["wavelength"] == pytest.approx(1.1)
    assert np.array(head["cell"]) == pytest.approx(np.array([[60, 3, 0], [-5, 70, 8], [4, 0, 80]]))
    assert viewer.rings
    assert head["rings"]
    assert "Along a green ring the resolution is the same, in Å." in viewer.caption
    without = make_viewer("v", image, image + 1, [])
    assert without.head["geometry"] is None
    assert not without.rings
    assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in viewer.caption)
    assert all(sentence.endswith(".") for sentence in (*viewer.caption, *without.caption))


def test_images_without_a_number_and_unsigned_ones_have_a_viewer() -> None:
    nothing = np.full((4, 4), np.nan)
    assert make_viewer("v", nothing, nothing, []).scales[0].high == 1.0
    counts = np.zeros((1100, 1000), np.uint16)
    counts[5, 5] = 60000
    viewer = make_viewer("v", counts, counts, [])
    assert unpacked(viewer, viewer.head["regions"][-1], "c").max() == 60000
    assert unpacked(viewer, viewer.head["regions"][-1], "c").min() == 0
