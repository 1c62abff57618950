"""The scaling chain of a traced pixel, on every device and in both precisions.

People and their scripts select this file by its name, so it stands here and keeps it.
"""

import math

import pytest

import nbtrace
from nbtrace.physics.nanobragg.chain import ScalingChain
from tests.embedded_runs import DEVICES, DTYPES, PLAIN, TOLERANCE, reference, supervisor, value

RADIUS_M = 2.8179411775602e-15
"""Classical electron radius: e²/(4π ε₀ m c²), to the digits of the squared value that the reference uses."""


class TestScalingTrace:
    """From the intensity to the pixel."""

    @pytest.mark.parametrize("device", DEVICES)
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_scaling_trace_matches_physics(self, device: str, dtype: str) -> None:
        traced = supervisor(device=device, dtype=dtype)
        chain = {name: value(traced, name)[0] for name in ScalingChain.names}
        two_theta = self._angle(value(traced, "incident_vec"), value(traced, "diffracted_vec"))
        solid_angle = 0.172e-3**2 / value(traced, "R_distance_meters")[0] ** 2 * value(traced, "obliquity_factor")[0]
        assert chain["cos_2theta"] == pytest.approx(math.cos(two_theta), rel=1e-12)
        assert chain["polar"] == pytest.approx((1.0 + math.cos(two_theta) ** 2) / 2.0, rel=1e-12)
        assert chain["omega_pixel"] == pytest.approx(solid_angle, rel=1e-12)
        assert chain["r_e_sqr"] == pytest.approx(RADIUS_M**2, rel=1e-12)
        assert chain["fluence_photons_per_m2"] == pytest.approx(1e18 / (1e-3 * 1e-3), rel=1e-12)
        assert chain["capture_fraction"] == 1.0
        assert chain["steps"] == 10.0
        summed = sum((190.27 * value(traced, "phi_F_latt", tic)[0]) ** 2 for tic in range(10))
        assert chain["I_before_scaling"] == pytest.approx(summed, rel=1e-6 if dtype == "float32" else 1e-12)
        factors = chain["polar"] * chain["omega_pixel"] * chain["r_e_sqr"] * chain["fluence_photons_per_m2"]
        assert chain["I_pixel_final"] == pytest.approx(chain["I_before_scaling"] * factors / 10.0, rel=1e-12)

    @pytest.mark.parametrize("device", DEVICES)
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_scaling_trace_matches_c(self, device: str, dtype: str) -> None:
        traced, expected = supervisor(device=device, dtype=dtype), reference()
        for name in ScalingChain.names:
            assert value(traced, name) == pytest.approx(value(expected, name), rel=TOLERANCE[dtype]), name

    @staticmethod
    def _angle(u: tuple[float, ...], v: tuple[float, ...]) -> float:
        """Return the angle between two directions by the half-angle formula, which stays exact near 0."""
        return 2.0 * math.atan2(math.dist(u, v), math.hypot(*(a + b for a, b in zip(u, v, strict=True))))


def test_the_library_traces_a_pixel_from_flags() -> None:
    traced = nbtrace.trace_pixel([*PLAIN.split(), "-oversample", "1"], (5, 7))
    assert isinstance(traced, nbtrace.EmbeddedTrace)
    assert traced.trace.pixels == {0: (5, 7)}
    assert [record.numbers for record in traced.trace.records] == [record.numbers for record in traced.records]
    assert nbtrace.diff(traced.trace, traced.trace).verdict is nbtrace.Verdict.AGREE
