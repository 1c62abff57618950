"""The step at φ = 0: the reference keeps the rotation of the step before it, and spec mode does not.

People and their scripts select this file by its name, so it stands here and keeps it.
"""

import pytest

from tests.embedded_runs import reference, supervisor, value

PARITY = pytest.mark.parametrize(("mode", "log"), [("c-parity", "c.log"), ("spec", "c_roi_fresh.log")])


class TestPhiZeroParity:
    """The crystal of step 0 and what follows from it."""

    @PARITY
    def test_rot_b_matches_c(self, mode: str, log: str) -> None:
        found, expected = value(supervisor(mode), "rot_b_angstroms"), value(reference(log), "rot_b_angstroms")
        assert found == pytest.approx(expected, rel=1e-12)

    @PARITY
    def test_k_frac_phi0_matches_c(self, mode: str, log: str) -> None:
        found, expected = (value(trace, "phi_k_frac", 0)[0] for trace in (supervisor(mode), reference(log)))
        assert found == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize(("mode", "k"), [("c-parity", -0.607255839576692), ("spec", -0.589167636095369)])
    def test_known_values(self, mode: str, k: float) -> None:
        assert value(supervisor(mode), "hkl_frac")[1] == pytest.approx(k, rel=1e-12)

    @PARITY
    def test_intensity_matches_c(self, mode: str, log: str) -> None:
        found, expected = (value(trace, "I_before_scaling")[0] for trace in (supervisor(mode), reference(log)))
        assert found == pytest.approx(expected, rel=1e-12)
