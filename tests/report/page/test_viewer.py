import base64
import zlib
from typing import Any

import numpy as np
import pytest

from nbtrace.images.image import Pixels
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


def test_images_without_a_number_and_unsigned_ones_have_a_viewer() -> None:
    nothing = np.full((4, 4), np.nan)
    assert make_viewer("v", nothing, nothing, []).scales[0].high == 1.0
    counts = np.zeros((1100, 1000), np.uint16)
    counts[5, 5] = 60000
    viewer = make_viewer("v", counts, counts, [])
    assert unpacked(viewer, viewer.head["regions"][-1], "c").max() == 60000
    assert unpacked(viewer, viewer.head["regions"][-1], "c").min() == 0
