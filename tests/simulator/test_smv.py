from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.errors import InputFileError
from simulator.smv import SmvHeader, decode_smv, header_number, read_geometry, read_smv, write_smv
from tests.places import NOISE_IMAGE

HEADER = SmvHeader(
    pixel_size=1.5,
    distance=60.0,
    close_distance=60.0,
    wavelength=1.1,
    beam_center=(48.75, 48.75),
    fast_beam=49.5,
    slow_beam=49.5,
    slow_size=96.0,
    dials_origin=(-49.5, 49.5, -60.0),
    xds_origin=(33.5, 33.5),
    phi=0.0,
    oscillation=0.0,
    two_theta=0.0,
)
LONG = replace(
    HEADER,
    pixel_size=0.172001,
    distance=-231.275,
    close_distance=-231.275,
    wavelength=0.976812,
    beam_center=(-217.742, -213.907),
    fast_beam=-217.742,
    slow_beam=-213.907,
    slow_size=434.644,
    dials_origin=(-216.476, -216.343, -230.192),
    xds_origin=(1266.45, 1244.15),
    phi=-0.123457,
    oscillation=0.00123457,
    two_theta=-12.3457,
)
PIXELS = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000


def edited(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content
    header, pixels = content[:512].replace(old, new).rstrip(b" ").ljust(512), content[512:]
    path.write_bytes(header + pixels)
    return path


@pytest.fixture(name="path")
def written(tmp_path: Path) -> Path:
    return write_smv(tmp_path / "a.img", PIXELS, HEADER)


@pytest.mark.parametrize("name", ["int_header.txt", "noise_header.txt"])
def test_header_of_the_reference(name: str) -> None:
    assert HEADER.encode(64, 64) == (NOISE_IMAGE / name).read_bytes()


def test_header_tells_slow_from_fast_and_one_centre_from_another() -> None:
    header = replace(HEADER, fast_beam=10.0, slow_beam=20.0, beam_center=(1.0, 2.0), xds_origin=(3.0, 4.0), phi=5.0)
    text = replace(header, oscillation=6.0, two_theta=7.0, close_distance=8.0).encode(30, 40).decode()
    expected = """SIZE1=40; SIZE2=30; PIXEL_SIZE=1.5; DISTANCE=60; WAVELENGTH=1.1; BEAM_CENTER_X=1; BEAM_CENTER_Y=2;
        ADXV_CENTER_X=10; ADXV_CENTER_Y=76; MOSFLM_CENTER_X=19.25; MOSFLM_CENTER_Y=9.25; DENZO_X_BEAM=20;
        DENZO_Y_BEAM=10; DIALS_ORIGIN=-49.5,49.5,-60 XDS_ORGX=3; XDS_ORGY=4; CLOSE_DISTANCE=8; PHI=5; OSC_START=5;
        OSC_RANGE=6; TWOTHETA=7; DETECTOR_SN=000; BEAMLINE=fake; }"""
    assert text.split()[5:] == expected.split()


def test_pixels_come_back(path: Path) -> None:
    image = read_smv(path)
    np.testing.assert_array_equal(image.pixels, PIXELS)
    assert image.number("WAVELENGTH") == 1.1
    assert image.number("NOTHING") is None


def test_geometry_takes_the_last_occurrence_of_a_keyword(tmp_path: Path) -> None:
    header = replace(HEADER, distance=60.0, close_distance=55.0, xds_origin=(7.5, 8.5), phi=3.0, oscillation=0.5)
    geometry = read_geometry(read_smv(write_smv(tmp_path / "a.img", PIXELS, header)))
    assert (geometry.slow_pixels, geometry.fast_pixels) == (3, 4)
    assert (geometry.distance, geometry.close_distance) == (55.0, 55.0)
    assert (geometry.orgx, geometry.orgy) == (7.5, 8.5)
    assert (geometry.beam_center_x, geometry.beam_center_y) == (48.75, 48.75)
    assert (geometry.phi, geometry.oscillation, geometry.pixel_size, geometry.wavelength) == (3.0, 0.5, 1.5, 1.1)


def test_geometry_is_silent_where_the_header_is(path: Path) -> None:
    edited(path, b"CLOSE_DISTANCE=60;\n", b"")
    geometry = read_geometry(read_smv(path))
    assert geometry.close_distance is None
    assert geometry.distance == 60.0


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("A=1;\nA=2;", 2.0),
        ("A= -1.5e-3 ;", -1.5e-3),
        ("XA=7;", 7.0),
        ("A=;", None),
        ("", None),
        ("A=.5", 0.5),
        ("A" + " " * 200000 + "x", None),
    ],
)
def test_a_number_of_a_header_is_read_or_is_none(header: str, value: float | None) -> None:
    assert header_number(header, "A") == value


def test_a_header_longer_than_it_declares_comes_back(tmp_path: Path) -> None:
    assert len(LONG.encode(2527, 2463)) > 512
    pixels = np.full((2527, 2463), 0x0C7D, dtype=np.uint16)  # the bytes of a closing brace and a form feed
    pixels[0, :3] = 1, 2, 3
    image = read_smv(write_smv(tmp_path / "a.img", pixels, LONG))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.number("TWOTHETA") == -12.3457


def test_byte_order_is_the_headers_or_the_machines(path: Path) -> None:
    edited(path, b"little_endian", b"big_endian")
    np.testing.assert_array_equal(read_smv(path).pixels, PIXELS.byteswap())
    np.testing.assert_array_equal(read_smv(path, byte_order="native").pixels, PIXELS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"{\nHEADER", b"{ HEADER", "is not an SMV image"),
        (b"unsigned_short", b"float", "has pixels of type float; only unsigned_short"),
        (b"SIZE1=4", b"SIZE1=0", "does not say how large it is"),
        (b"little_endian", b"middle_endian", "has BYTE_ORDER=middle_endian; only little_endian and big_endian"),
        (b"HEADER_BYTES=512", b"HEADER_BYTES=-51", "no SMV image: its header says HEADER_BYTES=-51"),
        (b"SIZE2=3", b"SIZE2=4", "too short: 4 x 4 pixels need 32 bytes behind the header, and 24 are there"),
    ],
)
def test_what_is_no_such_image_is_one_clear_line(path: Path, old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(InputFileError, match=message) as caught:
        read_smv(edited(path, old, new))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["missing.img", "."])
def test_an_image_that_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputFileError, match="cannot be read"):
        read_smv(tmp_path / name)


@pytest.mark.parametrize(("word", "dtype"), [("float", "f4"), ("long_integer", "i4"), ("unsigned_char", "u1")])
def test_other_types_are_decoded_where_they_are_allowed(path: Path, word: str, dtype: str) -> None:
    pixels = np.arange(12).reshape(3, 4).astype(dtype)
    content = edited(path, b"unsigned_short", word.encode()).read_bytes()[:512] + pixels.tobytes()
    image = decode_smv(content, "a.img")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.dtype == pixels.dtype


@pytest.mark.parametrize("size", [b"1e999", b"nan", b"-4"])
def test_sizes_that_are_none(path: Path, size: bytes) -> None:
    with pytest.raises(InputFileError, match="does not say how large it is"):
        decode_smv(edited(path, b"SIZE1=4", b"SIZE1=" + size).read_bytes(), "a.img")
