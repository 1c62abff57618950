"""The geometry in the header lines of a detector's CBF file."""

import pytest

from nbtrace.images.cbf_geometry import cbf_geometry
from nbtrace.images.resolution import direct_beam

LINES = {
    "Pixel_size": "172e-6 m x 172e-6 m",
    "Wavelength": "1.0332 A",
    "Detector_distance": "0.2345 m",
    "Beam_xy": "(1231.50, 1263.25) pixels",
    "Detector_2theta": "0.0000 deg.",
}


def header(**changed: str | None) -> bytes:
    lines = [f"# {name} {text}\r\n" for name, text in (LINES | changed).items() if text is not None]
    return ("###CBF: VERSION 1.5\r\n" + "".join(lines) + "--CIF-BINARY-FORMAT-SECTION--\r\n").encode()


def test_lines_of_a_header_tell_the_geometry() -> None:
    geometry = cbf_geometry(header(), "a.cbf")
    assert geometry is not None
    assert geometry.wavelength == pytest.approx(1.0332e-10)
    assert geometry.pixel_size == pytest.approx(172e-6)
    assert geometry.pix0[2] == pytest.approx(0.2345)
    assert direct_beam(geometry) == pytest.approx((1263.25, 1231.5))
    assert geometry.origin == "header of a.cbf, a detector square to the beam"


def test_units_are_those_of_the_header() -> None:
    geometry = cbf_geometry(header(Detector_distance="234.5 mm", Pixel_size="172 um x 172 um"), "a.cbf")
    assert geometry is not None
    assert geometry.pix0[2] == pytest.approx(0.2345)
    assert geometry.pixel_size == pytest.approx(172e-6)


@pytest.mark.parametrize(
    "changed",
    [
        *({name: None} for name in LINES if name != "Detector_2theta"),
        {"Detector_2theta": "12.0 deg."},
        {"Pixel_size": "172e-6 m x 100e-6 m"},
        {"Detector_distance": "0.2 furlong"},
        {"Detector_distance": "0 m"},
        {"Wavelength": "0 A"},
    ],
)
def test_a_header_that_tells_no_whole_geometry_gives_none(changed: dict[str, str | None]) -> None:
    assert cbf_geometry(header(**changed), "a.cbf") is None
