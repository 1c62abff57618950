"""Numbers of a program's values: all digits that their type holds."""

from fractions import Fraction

import numpy as np
import pytest

from nbtrace.capturing.inside.digits import MOST, DigitsError, digits_of


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_what_is_written_is_read_back_bit_for_bit(kind: type[np.floating]) -> None:
    values = (np.random.default_rng(7).normal(size=200) * 1.7 ** np.arange(-5, 5).repeat(20)).astype(kind) / kind(3)
    assert np.array_equal(np.array([kind(text) for text in digits_of(values)]), values)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (True, ["1"]),
        (2**70, [str(2**70)]),
        (0.1, ["0.10000000000000001"]),
        (1 + 2j, ["1", "2"]),
        (np.complex64(0.1 - 0.5j), ["0.100000001", "-0.5"]),
        (np.array([[1, 2], [3, 4]], np.int8), ["1", "2", "3", "4"]),
        (np.array([1.0, 2.0])[::-1], ["2", "1"]),
        ([(1, 2.5), [np.float32(0.1)]], ["1", "2.5", "0.100000001"]),
        (float("nan"), ["nan"]),
        (-np.inf, ["-inf"]),
        (Fraction(1, 4), ["0.25"]),
        (None, ["None"]),
        ("two words\n=", ["two words__"]),
        ([], ["empty"]),
        (np.bool_(False), ["0"]),
    ],
)
def test_a_value_has_these_numbers(value: object, texts: list[str]) -> None:
    assert digits_of(value) == texts


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.zeros((3, MOST)), rf"it has {3 * MOST} values \(3 x {MOST}\); give an index"),
        ([0.0] * (MOST + 1), "give an index"),
        ([[0.0] * MOST] * 2, "give an index"),
        (object(), "a object is no number"),
        ({"a": 1}, "a dict is no number"),
    ],
)
def test_a_value_without_numbers_or_with_too_many_is_refused(value: object, why: str) -> None:
    with pytest.raises(DigitsError, match=why):
        digits_of(value)
