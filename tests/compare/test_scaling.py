import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace import Trace, read_trace, scaling_chain
from nbtrace.errors import InputError
from nbtrace.physics.nanobragg.chain import ScalingChain
from nbtrace.verdicts.status import Status, Verdict

Read = Callable[..., Trace]
Edit = Callable[[str, str, str], str]
CHAIN = {
    "I_before_scaling": 943654.80923755,
    "r_e_sqr": 7.94079248018965e-30,
    "fluence_photons_per_m2": 1e24,
    "steps": 10.0,
    "oversample_thick": 0.0,
    "oversample_polar": 0.0,
    "oversample_omega": 0.0,
    "capture_fraction": 0.75,
    "polar": 0.91463969894451,
    "omega_pixel": 4.20412684465831e-07,
    "cos_2theta": 0.910647790250995,
}
FACTORS = ("I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "capture_fraction", "polar", "omega_pixel")


def chain(prefix: str, **changes: float | None) -> str:
    """A scaling block whose pixel is the product of its factors, unless it is given."""
    values = {**CHAIN, **changes}
    if "I_pixel_final" not in values:
        product = math.prod(value for name in FACTORS if (value := values[name]) is not None)
        values["I_pixel_final"] = product / (values["steps"] or 1)
    return "".join(f"{prefix}: {name} {value!r}\n" for name, value in values.items() if value is not None)


positive = st.floats(0.5, 2.0)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*FACTORS, "steps"), positive)))
def test_shares_sum_to_one_with_what_is_unexplained(read: Read, factors: dict[str, float]) -> None:
    changes = {name: CHAIN[name] * factor for name, factor in factors.items()}
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", **changes)))
    assert result.log_ratio is not None
    if abs(result.log_ratio) <= 9e-7:
        assert result.unexplained is None
        assert all(factor.share is None for factor in result.factors)
        return
    if abs(result.log_ratio) < 1.1e-6:
        return
    shares = [factor.share for factor in result.factors if factor.share is not None]
    assert result.unexplained is not None
    assert math.fsum([*shares, result.unexplained]) == pytest.approx(1, abs=1e-9)
    if abs(result.log_ratio) > 1e-3:
        assert result.unexplained == pytest.approx(0, abs=1e-9)
        for name, factor in factors.items():
            expected = math.log(factor) * (-1 if name == "steps" else 1) / result.log_ratio
            share = next(item.share for item in result.factors if item.name == name)
            assert share == pytest.approx(expected, abs=1e-9)


def test_the_order_and_the_words_of_the_chain(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY")))
    assert tuple(factor.name for factor in result.factors) == ScalingChain.names
    assert all(factor.description for factor in result.factors)
    assert result.verdict is Verdict.AGREE
    assert result.first_divergence is None
    assert [product.meaning for product in result.products] == ["holds", "holds"]


def test_factors_that_cancel_have_no_shares(read: Read) -> None:
    changes = {"polar": CHAIN["polar"] * 0.5, "omega_pixel": CHAIN["omega_pixel"] * 2}
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", **changes)))
    assert result.verdict is Verdict.DIFFER
    assert {factor.share for factor in result.factors} == {None}
    assert result.unexplained is None


def test_one_factor_explains_all(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", polar=0.95)))
    assert result.first_divergence is not None
    assert result.first_divergence.name == "polar"
    shares = {factor.name: factor.share for factor in result.factors}
    assert shares["polar"] == pytest.approx(1)
    assert shares["cos_2theta"] is None
    assert shares["I_pixel_final"] is None
    assert result.num_divergent == 2


def test_a_foreign_pixel_stays_unexplained(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", I_pixel_final=4e-7)))
    assert result.unexplained == pytest.approx(1)
    assert "foreign, stale or edited" in result.products[1].meaning
    assert result.products[1].ratio is not None
    assert result.products[1].ratio != pytest.approx(1)


@pytest.mark.parametrize("final", [0.0, -1e-7])
def test_a_pixel_of_zero_or_less_has_no_shares(read: Read, final: float) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", I_pixel_final=final)))
    assert result.log_ratio is None
    assert result.unexplained is None
    assert {factor.share for factor in result.factors} == {None}
    assert result.verdict is Verdict.DIFFER


def test_a_factor_of_zero_has_no_share(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", polar=0.0, I_pixel_final=1e-8)))
    assert next(factor.share for factor in result.factors if factor.name == "polar") is None
    assert result.unexplained == pytest.approx(1)


def test_a_division_by_zero_steps_is_said(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", steps=0.0, I_pixel_final=1e-8)))
    assert result.products[1].product is None
    assert result.products[1].meaning == "steps is 0: the product has no value"


def test_a_missing_factor_is_missing_not_equal(read: Read) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", polar=None)))
    polar = next(factor for factor in result.factors if factor.name == "polar")
    assert polar.status is Status.MISSING
    assert polar.reason == "not logged by Py"
    assert polar.c_value == CHAIN["polar"]
    assert polar.share is None
    assert result.first_divergence is polar
    assert result.verdict is Verdict.DIFFER


def test_flags_take_factors_out_of_the_shares(read: Read) -> None:
    flags = {"oversample_omega": 1.0, "oversample_polar": 1.0}
    final = math.prod(CHAIN[name] for name in FACTORS[:4]) / 10
    c = read(chain("TRACE_C", **flags, I_pixel_final=final))
    py = read(chain("TRACE_PY", **flags, omega_pixel=5e-7, capture_fraction=0.5, I_pixel_final=final * 0.5 / 0.75))
    result = scaling_chain(c, py)
    shares = {factor.name: factor.share for factor in result.factors}
    assert shares["omega_pixel"] is None
    assert shares["polar"] is None
    assert shares["capture_fraction"] == pytest.approx(1)
    assert [product.meaning for product in result.products] == ["holds", "holds"]


def test_an_intensity_after_polarisation_is_taken_for_what_it_is(read: Read) -> None:
    polar = CHAIN["polar"]
    before = CHAIN["I_before_scaling"] * 0.8
    final = before / CHAIN["I_before_scaling"] * math.prod(CHAIN[name] for name in FACTORS) / 10
    py = read(chain("TRACE_PY", I_before_scaling=before * polar, I_pixel_final=final))
    result = scaling_chain(read(chain("TRACE_C")), py)
    assert result.py_before_polarisation == pytest.approx(before)
    assert "after polarisation" in result.products[1].meaning
    first = result.factors[0]
    assert first.py_value == before * polar
    assert first.share == pytest.approx(1)
    assert result.unexplained == pytest.approx(0, abs=1e-9)


def test_newer_logs_name_both_intensities(read: Read) -> None:
    text = chain("TRACE_PY").replace("I_before_scaling", "I_before_scaling_pre_polar")
    after = CHAIN["I_before_scaling"] * CHAIN["polar"]
    result = scaling_chain(read(chain("TRACE_C")), read(f"TRACE_PY: I_before_scaling_post_polar {after!r}\n" + text))
    assert result.verdict is Verdict.AGREE
    assert result.py_before_polarisation is None


def test_the_intensity_is_rebuilt_from_the_steps(read: Read, c_text: str) -> None:
    c = read(c_text)
    without = re.sub(r"^(TRACE_C_PHI phi_tic=0 .*F_latt=).*$", r"\g<1>0", c_text, flags=re.MULTILINE)
    result = scaling_chain(c, read(without))
    assert result.rebuilt is not None
    assert result.rebuilt.c == pytest.approx(CHAIN["I_before_scaling"], rel=1e-12)
    first = (190.27 * 2.38319665299058) ** 2
    assert (result.rebuilt.c or 0) - (result.rebuilt.py or 0) == pytest.approx(first)
    assert [step.share_of_gap for step in result.rebuilt.steps] == pytest.approx([1, *[0] * 9])


def test_the_lattice_factor_is_worked_out(pairs: Path) -> None:
    folder = pairs / "supervisor__685_1039"
    c, py = read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log"))
    of_c, of_py = scaling_chain(c, py).lattice
    assert [item.cells for item in of_c] == [36, 47, 29]
    assert [item.cells_from for item in of_py] == ["inferred"] * 3
    forced, _ = scaling_chain(c, py, cells=(1, 1, 1)).lattice
    assert [item.at_index for item in forced] == pytest.approx([1, 1, 1])


def test_nothing_of_the_chain_is_an_error(read: Read) -> None:
    text = "pix0_vector_meters 1 2 3\n"
    with pytest.raises(InputError, match="no quantity of the scaling chain"):
        scaling_chain(read("TRACE_C: " + text), read("TRACE_PY: " + text))


@settings(max_examples=30)
@given(st.sampled_from(FACTORS), st.sampled_from([3e-7, 3e-6, 3e-4, 3e-2]))
def test_a_changed_factor_is_found_with_its_band(read: Read, name: str, size: float) -> None:
    result = scaling_chain(read(chain("TRACE_C")), read(chain("TRACE_PY", **{name: CHAIN[name] * (1 + size)})))
    status = [Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL][
        sum(size > edge for edge in (1e-6, 1e-4, 1e-2))
    ]
    assert next(factor.status for factor in result.factors if factor.name == name) is status
