"""The lattice factor of a square crystal against the reference and against its formula.

People and their scripts select this file by its name, so it stands here and keeps it.
"""

import math

import pytest

from tests.embedded_runs import reference, supervisor, value

CELLS = {"a": 36, "b": 47, "c": 29}


@pytest.mark.parametrize(("mode", "log"), [("c-parity", "c.log"), ("spec", "c_roi_fresh.log")])
def test_f_latt_square_matches_c(mode: str, log: str) -> None:
    traced, expected = supervisor(mode), reference(log)
    indices = dict(zip("abc", value(traced, "hkl_frac"), strict=True))
    product = 1.0
    for axis, count in CELLS.items():
        (factor,) = value(traced, f"F_latt_{axis}")
        formula = math.sin(math.pi * count * indices[axis]) / math.sin(math.pi * indices[axis])
        assert factor == pytest.approx(value(expected, f"F_latt_{axis}")[0], rel=1e-12)
        # The index is known to 15 digits, so the sine of N times its half turns is known to N ε |h|.
        assert factor == pytest.approx(formula, rel=1e-10)
        product *= factor
    assert value(traced, "F_latt")[0] == pytest.approx(product, rel=1e-13)
    assert value(traced, "F_latt") == pytest.approx(value(expected, "F_latt"), rel=1e-12)


def test_the_two_modes_differ_in_the_stale_step_alone() -> None:
    parity, fresh = supervisor("c-parity"), supervisor("spec")
    steps = [(value(parity, "phi_F_latt", tic), value(fresh, "phi_F_latt", tic)) for tic in range(10)]
    assert [tic for tic, (one, other) in enumerate(steps) if one != other] == [0]
    assert value(parity, "phi_F_latt", 0) == value(parity, "phi_F_latt", 9)
