"""Geometry from trace logs, held against what the same logs say of their pixel."""

import numpy as np
import pytest

from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import InputError
from nbtrace.images.resolution import cosine_two_theta, direct_beam, inverse_d_squared, miller_indices, resolution
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.physics.nanobragg.traced import trace_geometry
from nbtrace.records import Side
from tests.simulator.golden import trace_file, trace_text

FLAT = [
    ("adxv", (58, 94)),
    ("cubic_default", (22, 22)),
    ("denzo", (53, 80)),
    ("dials", (64, 77)),
    ("tilted_sample_pivot", (56, 40)),
]


@pytest.mark.parametrize(("name", "pixel"), FLAT)
def test_the_traced_pixel_has_the_logged_indices_and_scattering_vector(name: str, pixel: tuple[int, int]) -> None:
    trace = read_trace(trace_file(name, pixel), Side.C)
    geometry, place = trace_geometry(trace), whereabouts(trace).position
    assert place is not None
    hkl, scattering, cosine = (trace.get(key) for key in ("hkl_frac", "scattering_vec_A_inv", "cos_2theta"))
    assert hkl is not None
    assert scattering is not None
    assert cosine is not None
    assert miller_indices(geometry, *place) == pytest.approx(hkl.numbers, rel=1e-9, abs=1e-9)
    assert inverse_d_squared(geometry, *place) == pytest.approx(
        np.dot(scattering.numbers, scattering.numbers), rel=1e-9
    )
    assert resolution(geometry, *place) == pytest.approx(1 / np.linalg.norm(scattering.numbers), rel=1e-9)
    assert cosine_two_theta(geometry, *place) == pytest.approx(cosine.numbers[0], rel=1e-9)
    beam = direct_beam(geometry)
    assert beam is not None
    assert cosine_two_theta(geometry, *beam) == pytest.approx(1.0, abs=1e-12)


def test_a_log_without_geometry_says_what_it_lacks() -> None:
    with pytest.raises(InputError, match=r"lacks .*incident_vec"):
        trace_geometry(parse_trace("TRACE_C: fdet_vec 0 0 1\n", "x.log")[0])


def test_cell_vectors_in_another_unit_are_not_believed() -> None:
    text = trace_text("cubic_default", (22, 22))
    lines = []
    for line in text.splitlines():
        key, *numbers = line.removeprefix("TRACE_C: ").split()
        if key.startswith("rot_") and key.endswith("_angstroms"):
            in_metres = " ".join(f"{float(number) * 1e-10:.15g}" for number in numbers)
            lines.append(f"TRACE_C: {key} {in_metres}")
        else:
            lines.append(line)
    assert trace_geometry(parse_trace(text, "x.log")[0]).cell is not None
    geometry = trace_geometry(parse_trace("\n".join(lines) + "\n", "x.log")[0])
    assert geometry.cell is None
    assert "no cell" in geometry.origin
