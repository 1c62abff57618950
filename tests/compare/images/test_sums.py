"""The exact sums against Python's own fractions."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.compare.images.sums import Moments, moments

Array = npt.NDArray[np.generic]


def fractions(values: Array) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def expected(x: Array, y: Array) -> tuple[Fraction, ...]:
    a, b = fractions(x), fractions(y)
    return (
        sum(a, Fraction()),
        sum(b, Fraction()),
        sum((u * u for u in a), Fraction()),
        sum((v * v for v in b), Fraction()),
        sum((u * v for u, v in zip(a, b, strict=True)), Fraction()),
    )


def found(m: Moments) -> tuple[Fraction, ...]:
    return m.x, m.y, m.xx, m.yy, m.xy


DOUBLES = st.floats(-1e60, 1e60).filter(lambda number: number == 0 or abs(number) > 1e-60)
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(DOUBLES, DOUBLES), min_size=1, max_size=60))
def test_moments_of_doubles_are_exact(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs).T
    assert found(moments(x, y)) == expected(x, y)


@given(st.lists(st.tuples(SINGLES, SINGLES), min_size=1, max_size=60))
def test_moments_of_singles_are_exact(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs, np.float32).T
    assert found(moments(x, y)) == expected(x, y)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.uint32, np.float16, np.float32])
def test_every_number_format_over_many_chunks(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(1)
    x, y = (rng.integers(0, 120, 40_000).astype(dtype) for _ in range(2))
    a, b = x.astype(object), y.astype(object)
    if np.dtype(dtype).kind == "f":
        a, b = x.astype(np.int64).astype(object), y.astype(np.int64).astype(object)
    assert found(moments(x, y)) == tuple(
        Fraction(int(total)) for total in (a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum())
    )


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_squares_beyond_the_range_of_a_double(scale: float) -> None:
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal(50) * scale for _ in range(2))
    assert found(moments(x, y)) == expected(x, y)


def test_a_huge_and_a_tiny_image_are_scaled_each_by_itself() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal(50) * 1e250, rng.standard_normal(50) * 1e-250
    assert found(moments(x, y)) == expected(x, y)


def test_the_largest_numbers_of_both_signs() -> None:
    x = np.array([1.7e308, -1.7e308, 1.7e308] * 20_000)
    assert found(moments(x, -x)) == expected(x, -x)


@pytest.mark.parametrize("tail", [5e-324, 3e-323, 1e-310, 1e-160])
def test_a_tail_down_to_the_smallest_double_ends(tail: float) -> None:
    x = np.array([1.0, tail, -tail, 3 * tail, tail] * 7)
    m = moments(x, x[::-1])
    assert (m.x, m.y) == (sum(fractions(x)), sum(fractions(x)))
    assert abs(m.xx - expected(x, x)[2]) < Fraction(1e-300)


def test_terms_that_cancel() -> None:
    values = np.array([1e30, 1.0, -1e30, 1e-30, 3.0] * 5000)
    assert moments(values, values).x == 5000 * (4 + Fraction(1e-30))


@given(st.permutations(range(50)))
def test_any_order_of_pixels_gives_the_same_sums(order: list[int]) -> None:
    rng = np.random.default_rng(3)
    x, y = (rng.lognormal(-12, 5, 50).astype(np.float32) for _ in range(2))
    assert moments(x[order], y[order]) == moments(x, y)


@pytest.mark.parametrize("differing", [0.0, 1e-3, 0.24, 0.26])
def test_images_that_are_alike_but_for_some_pixels(differing: float) -> None:
    rng = np.random.default_rng(2)
    x = np.rint(rng.lognormal(8, 3, 40_000)).astype(np.float32)
    y = np.where(rng.random(x.size) < differing, -2 * x - 1, x)
    a, b = x.astype(np.int64).astype(object), y.astype(np.int64).astype(object)
    assert found(moments(x, y)) == tuple(
        Fraction(int(total)) for total in (a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum())
    )


@pytest.mark.parametrize("largest", [2**26, 2**26 + 1, 2**31 - 1])
def test_whole_numbers_of_which_products_are_exact_or_not(largest: int) -> None:
    x = np.array([largest, -largest, largest - 1, 3], np.int32)
    y = np.array([largest, largest - 2, 1, -largest], np.int32)
    assert found(moments(x, y)) == expected(x, y)
