from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbtrace.compare.images import image_metrics as figures
from nbtrace.compare.images.sums import moments

PIXELS = st.lists(st.tuples(st.floats(-100, 100, width=32), st.floats(-100, 100, width=32)), min_size=3, max_size=40)


@given(PIXELS)
def test_correlation_is_numpy_s(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs, np.float32).T
    found = figures.correlation(moments(x, y))
    if min(np.ptp(x), np.ptp(y)) < 1e-3:
        assert found is None or -1 <= found <= 1
    else:
        assert found == pytest.approx(np.corrcoef(x.astype(np.float64), y.astype(np.float64))[0, 1], abs=1e-9)


def test_correlation_close_to_one_keeps_its_digits() -> None:
    rng = np.random.default_rng(1)
    x = rng.lognormal(0, 2, 20_000)
    y = x * (1 + 1e-7 * rng.standard_normal(x.size))
    found = figures.correlation(moments(x, y))
    a, b = (values.astype(np.longdouble) for values in (x, y))
    a, b = a - a.mean(), b - b.mean()
    assert found is not None
    assert 1 - found == pytest.approx(float(1 - (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())), rel=0.01)


def test_an_image_correlates_with_itself_by_exactly_one() -> None:
    x = np.random.default_rng(1).lognormal(0, 3, 5000).astype(np.float32)
    assert figures.correlation(moments(x, x)) == 1.0
    assert figures.correlation(moments(x, -x)) == -1.0


def test_a_constant_image_has_no_correlation() -> None:
    x = np.full(10, 0.1)
    assert figures.correlation(moments(x, np.arange(10.0))) is None


def test_mean_square_difference_of_a_tiny_change_under_a_large_background() -> None:
    x = np.full(1000, 1e6)
    y = x.copy()
    y[3] += 2.0**-30
    assert figures.mean_square_difference(moments(x, y)) == Fraction(1, 2**60) / 1000


@given(st.fractions(min_value=0, max_value=10**30))
@example(Fraction(2965220, 47762))  # a tie in the first 64 bits of its root, and none
def test_root_is_correctly_rounded(value: Fraction) -> None:
    found = Fraction(figures.root(value))
    above, below = (Fraction(float(np.nextafter(float(found), end))) for end in (np.inf, -np.inf))
    assert ((found + below) / 2) ** 2 <= value or found == 0
    assert value <= ((found + above) / 2) ** 2
    assert (found == 0) == (value == 0)


def test_numbers_beyond_the_range() -> None:
    assert figures.number(Fraction(10) ** 400) == np.inf
    assert figures.number(-(Fraction(10) ** 400)) == -np.inf
    assert figures.ratio(Fraction(1), Fraction(0)) is None
    assert figures.ratio(Fraction(0), Fraction(1)) is None
