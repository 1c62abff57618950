"""The numbers that are solved for from a log, and those from an image: two ways to find the same values."""

import pytest

from nbtrace.physics.nanobragg.solved import UNKNOWNS
from nbtrace.physics.nanobragg.unknowns import unknowns
from simulator.arguments import parse

BASE = "-cell 60 70 80 85 95 100 -lambda 1.1 -distance 90 -detpixels 64 -pixel 0.5 -N 5 -default_F 100"


@pytest.mark.parametrize(
    "more", ["", "-xds", "-Xbeam 15 -Ybeam 17", "-twotheta 5 -phi 3 -osc 1", "-detector_thick 300 -detector_abs 200"]
)
def test_both_begin_at_the_configured_values(more: str) -> None:
    config = parse(f"{BASE} {more}".split()).config
    of_logs = {field: value for unknown in UNKNOWNS for field, (_, _, value) in unknown.start(config).items()}
    of_images = {unknown.name: unknown.value for unknown in unknowns(config)}
    shared = of_logs.keys() & of_images.keys()
    assert {"detector.distance_mm", "beam.wavelength_angstrom", "detector.pixel_mm", "crystal.phi_deg"} <= shared
    assert {name: of_logs[name] for name in shared} == {name: of_images[name] for name in shared}


def test_both_make_the_same_configuration() -> None:
    config = parse(BASE.split()).config
    of_images = {unknown.name: unknown for unknown in unknowns(config)}
    pixel = next(unknown for unknown in UNKNOWNS if unknown.name == "pixel")
    assert pixel.compose is not None
    assert of_images["detector.pixel_mm"].change(0.6).applied(config).detector == config.detector.model_copy(  # type: ignore[attr-defined]
        update={name.partition(".")[2]: value for name, value in pixel.compose(config, [0.6]).items()}
    )
