"""Where a trace is on the detector, as its geometry says."""

import pytest

from nbtrace.compare.whereabouts import whereabouts
from tests.one_trace import one
from tests.places import PAIRS


@pytest.mark.parametrize("banner", [True, False])
def test_the_pixel_size_is_that_of_the_first_of_several_layers(banner: bool) -> None:
    """The reference prints Ω of the first layer with every layer, and R of each."""
    lines = (PAIRS / "thick_sensor__44_31" / "c.log").read_text().splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("TRACE_C: pix0_vector_meters"))
    found = whereabouts(one("\n".join(lines if banner else lines[at:])))
    assert found.pixel_size == pytest.approx(1.5e-3, rel=1e-12)
    assert found.position == pytest.approx((44.5, 31.5), abs=1e-9)
