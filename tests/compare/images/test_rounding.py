"""Rounding to the integers of a file: what agrees, what does not, and what cannot be told."""

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.compare.images.rounding import rounding_of
from nbtrace.errors import InputError
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry
from tests.compare.images.test_compare import compared

NAMES = registry.default().names


def pattern(scale: float = 30.0) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(5)
    return rng.lognormal(0, 1, (40, 50)) * scale


def test_rounding_to_integers_agrees_and_is_noted() -> None:
    c = pattern()
    result = compared(c, np.rint(c).astype(np.int32))
    assert result.verdict is Verdict.AGREE
    notes = [notice.text for notice in result.notices if notice.weight is Weight.WARNING]
    assert len(notes) == 1
    assert notes[0].startswith("Py is C rounded to whole numbers: largest |Py − C| 0.4")


@pytest.mark.parametrize("cut", [np.floor, np.ceil])
def test_cutting_is_named_and_not_forgiven(cut: np.ufunc) -> None:
    c = pattern()
    result = compared(c, cut(c).astype(np.int32))
    assert result.verdict is Verdict.DIFFER
    assert result.relation is not None
    assert "whole numbers" in result.relation.text(NAMES)


def test_whole_numbers_in_a_file_of_floats_differ() -> None:
    c = pattern()
    result = compared(c, np.rint(c))
    assert result.verdict is Verdict.DIFFER
    assert result.relation is not None
    assert result.relation.text(NAMES) == "Py is C rounded to whole numbers"


def test_a_scale_that_rounding_does_not_hide_differs() -> None:
    c = pattern(1000.0)
    assert compared(c, np.rint(c * 1.001).astype(np.int32)).verdict is Verdict.DIFFER


def test_nothing_left_is_nothing_to_compare() -> None:
    c = pattern(0.01)
    assert c.max() < 0.5
    with pytest.raises(InputError, match="nothing is left to compare: C is at most ½ in all 2000 compared pixels"):
        compared(c, np.zeros(c.shape, np.int32))


def test_a_few_pixels_above_half_are_too_few_to_agree() -> None:
    c = np.full((40, 50), 0.4)
    c[3, 4:9] = (900.2, 700.1, 500.3, 800.1, 600.2)
    result = compared(c, np.rint(c).astype(np.int32))
    assert result.verdict is Verdict.DIFFER
    gate = result.gate("rounding")
    assert gate is not None
    assert "only 5 pixels exceed ½" in gate.reason


def test_much_below_half_is_not_agreed_on() -> None:
    c = np.full((60, 70), 0.45)
    c[::5, ::5] = pattern(20.0)[:12, :14] + 1
    result = compared(c, np.rint(c).astype(np.int32))
    assert result.verdict is Verdict.DIFFER
    gate = result.gate("rounding")
    assert gate is not None
    assert "below ½ hold a sum" in gate.reason


def test_limits_of_the_user_stand() -> None:
    c = pattern(3.0)
    whole = np.rint(c).astype(np.int32)
    assert compared(c, whole, sum_ratio=(0.9999999, 1.0000001)).verdict is Verdict.DIFFER


def test_the_factors_that_round_to_the_same_are_those_that_do() -> None:
    c = pattern()
    found = rounding_of(c.ravel(), np.rint(c).astype(np.int32).ravel(), NAMES)
    assert found is not None
    low, high = found.factors
    assert low < 1 < high
    for factor, same in ((low + 1e-9, True), (high - 1e-9, True), (low - 1e-6, False), (high + 1e-6, False)):
        assert np.array_equal(np.rint(c * factor), np.rint(c)) is same


def test_the_same_whole_numbers_in_another_format_are_not_rounded() -> None:
    counts = np.arange(100, dtype=np.int32)
    assert rounding_of(counts, counts.astype(np.float32), registry.default().names) is None
