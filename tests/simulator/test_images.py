import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from simulator.arrays import Float32
from simulator.errors import ResourceError
from simulator.images import (
    image_statistics,
    integer_image,
    integer_scale,
    pgm_image,
    pgm_scale,
    write_float_image,
    write_pgm,
)
from tests.places import NOISE_IMAGE
from tests.simulator.golden import cases

PRINTED: list[str] = json.loads((NOISE_IMAGE / "case.json").read_text())["printed"]
IMAGES = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.just(0.0) | st.floats(2.0**-30, 2.0**40, width=32),
)


@pytest.fixture(name="image")
def golden_image() -> Float32:
    image: Float32 = cases()["noise_image"].image
    return image


def test_statistics_of_the_reference(image: Float32) -> None:
    found = image_statistics(image)
    fast, slow = found.maximum_position(1.5e-3)
    assert f"max_I = {found.maximum:g}  at {fast:g} {slow:g}" in PRINTED
    assert f"mean= {found.mean:g} rms= {found.rms:g} rmsd= {found.rmsd:g}" in PRINTED
    assert f"intfile_scale = {integer_scale(found.maximum):g}" in PRINTED


def test_integer_image_of_the_reference(image: Float32) -> None:
    scale = integer_scale(image_statistics(image).maximum)
    np.testing.assert_array_equal(integer_image(image, scale, adc=40.0), np.load(NOISE_IMAGE / "int.npz")["image"])


def test_statistics_leave_masked_pixels_out_except_from_the_deviation() -> None:
    image = np.array([[9, 9, 9, 9], [9, 1, 0, 4], [9, 2, 0, 5]], dtype=np.float32)
    mask = np.ones((3, 4), dtype=np.bool_)
    mask[1:, 2] = False
    found = image_statistics(image, (slice(1, 3), slice(1, 4)), mask)
    assert (found.maximum, found.maximum_pixel, found.visited) == (5.0, (2, 3), 4)
    assert found.mean == 3.0
    np.testing.assert_allclose(found.rms, np.sqrt((1 + 16 + 4 + 25) / 3), rtol=1e-15)
    np.testing.assert_allclose(found.rmsd, np.sqrt((4 + 9 + 1 + 1 + 9 + 4) / 5), rtol=1e-15)


def test_squares_are_rounded_to_single_precision() -> None:
    value = np.float32(1 + 2.0**-20)
    found = image_statistics(np.full((1, 2), value))
    assert found.rms == np.sqrt(2 * float(value * value))
    assert found.rms != np.sqrt(2 * float(value) ** 2)


@given(image=IMAGES)
def test_statistics_agree_with_their_definitions(image: Float32) -> None:
    found = image_statistics(image)
    values = image.astype(np.float64).ravel()
    np.testing.assert_allclose(found.mean, values.mean(), rtol=1e-12)
    np.testing.assert_allclose(found.rms, np.sqrt((values**2).sum() / max(values.size - 1, 1)), rtol=1e-7)
    np.testing.assert_allclose(found.rmsd, np.sqrt(((values - values.mean()) ** 2).sum() / max(values.size - 1, 1)))
    assert found.maximum == values.max()
    if found.maximum_pixel is not None:
        slow, fast = found.maximum_pixel
        assert slow * image.shape[1] + fast == values.argmax()


@pytest.mark.parametrize("image", [np.zeros((2, 3), dtype=np.float32), np.empty((0, 0), dtype=np.float32)])
def test_a_dark_or_empty_image_has_no_maximum(image: Float32) -> None:
    found = image_statistics(image)
    assert (found.maximum, found.maximum_pixel, found.mean, found.rms, found.rmsd) == (0.0, None, 0.0, 0.0, 0.0)
    assert found.maximum_position(0.1) == (0.0, 0.0)


def test_squares_beyond_single_precision_are_infinite_without_a_word() -> None:
    assert image_statistics(np.full((1, 2), 1e20, dtype=np.float32)).rms == np.inf


def test_the_last_subpixel_gives_the_position_of_the_maximum(image: Float32) -> None:
    # The reference printed 0.05225 0.07475 for pixel slow 49, fast 34 of 1.5 mm with -oversample 3.
    found = replace(image_statistics(image), maximum_pixel=(49, 34))
    assert found.maximum_position(1.5e-3, oversample=3) == pytest.approx((0.05225, 0.07475), rel=1e-12)


@pytest.mark.parametrize(
    ("maximum", "given_scale", "scale"), [(110.0, 0.0, 500.0), (110.0, 3.0, 3.0), (0.0, 0.0, 1.0), (110.0, -1.0, 500.0)]
)
def test_the_scale_of_integers_is_given_or_follows_from_the_brightest(
    maximum: float, given_scale: float, scale: float
) -> None:
    assert integer_scale(maximum, given_scale) == scale


@pytest.mark.parametrize(("rmsd", "given_scale", "scale"), [(10.0, 0.0, 5.0), (10.0, 3.0, 3.0), (0.0, 0.0, 7.0)])
def test_the_scale_of_pgm_is_given_or_follows_from_the_spread(rmsd: float, given_scale: float, scale: float) -> None:
    assert pgm_scale(rmsd, 7.0, given_scale) == scale


@given(image=IMAGES, scale=st.floats(1e-6, 1e6), adc=st.floats(-100, 100))
def test_integer_and_pgm_pixels_by_hand(image: Float32, scale: float, adc: float) -> None:
    integers, greys = integer_image(image, scale, adc), pgm_image(image, scale)
    for value, integer, grey in zip(image.ravel(), integers.ravel(), greys.ravel(), strict=True):
        shifted = min(max(float(value) * scale + adc, 0.0), 65535.0)
        assert integer == np.floor(np.float32(shifted + 0.5))
        assert grey == int(min(float(value) * scale, 255.0))


def test_only_the_region_is_written() -> None:
    image = np.full((3, 4), 2.0, dtype=np.float32)
    region = slice(1, 2), slice(2, 4)
    inside = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(integer_image(image, 10.0, 40.0, region), 60 * inside)
    np.testing.assert_array_equal(pgm_image(image, 10.0, region), 20 * inside)


def test_a_float_image_is_bare_rows(tmp_path: Path) -> None:
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    path = write_float_image(tmp_path / "a.bin", image.T)
    np.testing.assert_array_equal(np.frombuffer(path.read_bytes(), np.float32), [0, 3, 1, 4, 2, 5])


def test_a_pgm_has_its_scale_in_a_comment(tmp_path: Path) -> None:
    path = write_pgm(tmp_path / "a.pgm", np.array([[1, 2, 3], [4, 5, 255]], dtype=np.uint8), 0.1234567)
    assert path.read_bytes() == b"P5\n3 2\n# pixels scaled by 0.123457\n255\n\x01\x02\x03\x04\x05\xff"


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    link = tmp_path / "link.bin"
    (tmp_path / "a.bin").write_bytes(b"old and longer than the new")
    link.symlink_to(tmp_path / "a.bin")
    write_float_image(link, np.zeros((1, 1), dtype=np.float32))
    assert (tmp_path / "a.bin").read_bytes() == bytes(4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "link.bin"]
    assert link.is_symlink()


def test_a_device_is_written_to_and_stays() -> None:
    null = Path("/dev/null")
    write_float_image(null, np.zeros((1, 1), dtype=np.float32))
    assert null.is_char_device()


@pytest.mark.parametrize("name", ["missing/a.bin", "."])
def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResourceError, match="cannot be written"):
        write_float_image(tmp_path / name, np.zeros((1, 1), dtype=np.float32))
    assert list(tmp_path.iterdir()) == []
