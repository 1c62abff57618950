"""The geometry of NeXus files, against positions worked out by hand."""

import math
from typing import Any

import numpy as np
import pytest

from nbtrace.images.nexus_geometry import nexus_geometry
from nbtrace.images.resolution import direct_beam, resolution

SQUARE: dict[str, Any] = {
    "distance": (100.0, "mm"),
    "beam_center_x": (20.0, ""),
    "beam_center_y": (10.0, "pixels"),
    "x_pixel_size": (0.1, "mm"),
    "y_pixel_size": (100.0, "micron"),
    "incident_wavelength": (0.15, "nm"),
}


def axis(kind: str, value: float, unit: str, vector: tuple[float, float, float], **more: object) -> dict[str, object]:
    made = {"kind": kind, "value": value, "unit": unit, "vector": list(vector), "offset": [0, 0, 0], "offset_unit": ""}
    return made | more


def test_a_detector_square_to_the_beam_with_a_unit_for_each_number() -> None:
    geometry, why = nexus_geometry({"numbers": SQUARE}, "a.h5")
    assert geometry is not None
    assert why == ""
    assert geometry.wavelength == pytest.approx(1.5e-10)
    assert direct_beam(geometry) == pytest.approx((10, 20))
    # A pixel 30 rows below the beam: tan 2θ = 3 mm / 100 mm, d = λ / (2 sin θ).
    theta = math.atan(0.03) / 2
    assert resolution(geometry, 40, 20) == pytest.approx(1.5e-10 / (2 * math.sin(theta)))


def test_an_energy_gives_the_wavelength() -> None:
    numbers = {name: number for name, number in SQUARE.items() if name != "incident_wavelength"}
    geometry, _ = nexus_geometry({"numbers": numbers | {"incident_energy": (12.398419843320026, "keV")}}, "a.h5")
    assert geometry is not None
    assert geometry.wavelength == pytest.approx(1e-10)


def test_a_detector_on_a_two_theta_arm_is_where_its_axes_take_it() -> None:
    # 30° about −x (McStas: y up), then 0.1 m along the turned beam; rows run down, the corner 1 mm up and 2 mm aside.
    arm = axis("rotation", 30, "deg", (-1, 0, 0))
    away = axis("translation", 100, "mm", (0, 0, 1))
    corner = axis("translation", 0, "mm", (0, 0, 1), offset=[2e-3, 1e-3, 0], offset_unit="m")
    chains = {
        "module_offset": [corner, away, arm],
        "fast_pixel_direction": [axis("translation", 0.1, "mm", (-1, 0, 0)), corner, away, arm],
        "slow_pixel_direction": [axis("translation", 0.1, "mm", (0, -1, 0)), corner, away, arm],
    }
    geometry, why = nexus_geometry({"numbers": SQUARE, "chains": chains}, "a.h5")
    assert geometry is not None
    assert why == ""
    sine, cosine = math.sin(math.radians(30)), math.cos(math.radians(30))
    np.testing.assert_allclose(
        geometry.pix0, [2e-3, 1e-3 * cosine + 0.1 * sine, -1e-3 * sine + 0.1 * cosine], rtol=1e-12
    )
    np.testing.assert_allclose(geometry.fast, [-1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(geometry.slow, [0, -cosine, sine], rtol=1e-12)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"y_pixel_size": (0.2, "mm")}, "its pixels are not square"),
        ({"distance": (1.0, "s")}, "s"),
        ({"incident_wavelength": (0.0, "Å")}, None),
        ({"distance": (0.0, "m")}, None),
        ({"distance": (math.nan, "m")}, None),
        ({"incident_wavelength": (math.inf, "Å")}, None),
    ],
)
def test_numbers_that_make_no_geometry_give_none(changed: dict[str, Any], why: str | None) -> None:
    geometry, reason = nexus_geometry({"numbers": SQUARE | changed}, "a.h5")
    assert geometry is None
    assert reason == "" if why is None else why in reason


def test_a_file_that_tells_part_of_it_tells_none() -> None:
    for name in SQUARE:
        numbers = {other: number for other, number in SQUARE.items() if other != name}
        assert nexus_geometry({"numbers": numbers}, "a.h5") == (None, ""), name
    assert nexus_geometry({}, "a.h5") == (None, "")
