import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.compare.images.pixelwise import PixelTolerance, scan
from nbtrace.compare.images.ulps import BINS, common_format, step_counts
from nbtrace.verdicts.status import Status

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 7, 8, 1000])
def test_steps_are_neighbours_in_the_number_format(dtype: type[np.floating], steps: int) -> None:
    start = np.array([1.0, -3.0, 0.0, 6e-5, -0.0, 100.0], dtype)
    moved = start.copy()
    for _ in range(steps):
        moved = np.nextafter(moved, dtype(np.inf))
    counts = step_counts(start, moved, np.dtype(dtype))
    assert counts[steps.bit_length()] == start.size == counts.sum()


@pytest.mark.parametrize(
    ("x", "y", "distance"),
    [(-0.0, 0.0, 0), (-5e-324, 5e-324, 2), (1.0, -1.0, 2 * 0x3FF0000000000000), (0.0, 1.0, 0x3FF0000000000000)],
)
def test_steps_across_zero(x: float, y: float, distance: int) -> None:
    counts = step_counts(np.array([x]), np.array([y]), np.dtype(np.float64))
    assert counts[distance.bit_length()] == 1


def test_a_distance_that_a_double_would_round_up() -> None:
    highest = np.array([2.0**-1074 * (2**53 - 1)])
    counts = step_counts(np.array([0.0]), highest, np.dtype(np.float64))
    assert counts[53] == 1
    below = np.array([np.uint64(2**62 - 1)]).view(np.float64)
    assert step_counts(np.array([0.0]), below, np.dtype(np.float64))[62] == 1


def test_formats_in_common() -> None:
    single, double, count = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.uint16)
    assert common_format(single, double) == common_format(double, single) == single
    assert common_format(count, np.dtype(np.int32)) == np.int64
    assert common_format(count, single) is None
    assert step_counts(np.array([3, 9], np.uint16), np.array([7, 9], np.uint8), np.dtype(np.int64))[3] == 1
    assert step_counts(np.zeros(2, np.uint16), np.zeros(2, np.uint16), np.dtype(np.int64)).size == BINS


TOLERANCE = PixelTolerance(1e-6, 1e-9)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1e-9, 1.0, 1e3, -2.0]), st.sampled_from([0.0, 1e-7, 3e-6, 1e-3, 0.5])),
        min_size=1,
        max_size=30,
    )
)
def test_status_counts_are_those_of_single_pixels(pairs: list[tuple[float, float]]) -> None:
    x = np.array([value for value, _ in pairs])
    y = np.array([value * (1 + off) for value, off in pairs])
    counts = scan(x, y, TOLERANCE).counts
    each = [TOLERANCE.status(float(u), float(v)) for u, v in zip(x, y, strict=True)]
    assert counts == {status: each.count(status) for status in counts}
    assert sum(counts.values()) == x.size


def test_bands_of_a_pixel() -> None:
    tolerance = PixelTolerance(1e-6, 0.0)
    found = [tolerance.status(1.0, 1.0 + off) for off in (0, 9e-7, 9e-5, 9e-3, 0.5)]
    assert found == [Status.PASS, Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL]
    assert PixelTolerance(0.0, 1.0).status(5, 7) is Status.MINOR
    assert tolerance.status(0.0, 1e-300) is Status.CRITICAL
    counts = PixelTolerance(1e-6, 0.0, rounding=1.0)
    assert [counts.status(20, 20 + off) for off in (1, 2)] == [Status.PASS, Status.CRITICAL]


def test_no_tolerance_is_finer_than_the_pixels() -> None:
    count, single = np.zeros(1, np.uint16), np.zeros(1, np.float32)
    assert PixelTolerance.resolved(count, count, 1e-6, 0.0).rounding == 1.0
    assert PixelTolerance.resolved(count, single, 1e-6, 0.0).rounding == 0.5
    assert PixelTolerance.resolved(single, single, 1e-6, 0.0).rounding == 0.0
    assert PixelTolerance.resolved(single, single, 0.0, 0.0).relative == np.finfo(np.float32).eps


def images(size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    x = RNG.lognormal(0, 3, size)
    return x, x * (1 + 1e-3 * RNG.standard_normal(size) * (RNG.random(size) < 0.01))


def test_worst_pixels_over_many_chunks_are_those_of_a_sort() -> None:
    x, y = images(60_000)
    result = scan(x, y, PixelTolerance(1e-6, 0.0))
    apart = np.abs(y - x)
    assert list(result.worst) == list(np.argsort(-apart, kind="stable")[:10])
    share = apart / np.maximum(x, y)
    assert list(result.worst_relative) == list(np.argsort(-share, kind="stable")[:10])
    assert result.max_abs_diff == apart.max()
    assert result.identical == int((x == y).sum())


def test_pixels_that_are_zero_on_one_side_are_counted_apart() -> None:
    x = np.array([0.0, 1.0, 2.0, 0.0, 5.0])
    y = np.array([1.0, 0.0, 0.0, 0.0, 5.5])
    result = scan(x, y, PixelTolerance(1e-6, 0.0))
    assert (result.zero_in_x, result.zero_in_y, result.worst_relative) == (1, 2, (4,))


def test_equal_worst_pixels_come_in_order_and_equal_images_have_none() -> None:
    x = np.zeros(40_000)
    y = np.ones(40_000)
    assert scan(x, y, PixelTolerance(0.0, 0.0)).worst == tuple(range(10))
    assert scan(x, x, PixelTolerance(0.0, 0.0)).worst == ()


@pytest.mark.parametrize("differing", [0.0, 1e-3, 0.2, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_few_or_many_differing_pixels_are_counted_as_one_by_one(differing: float, dtype: type[np.generic]) -> None:
    x = (RNG.lognormal(2, 2, 40_000) * (RNG.random(40_000) < 0.8)).astype(dtype)
    moved = (x * (1 + 1e-3 * RNG.standard_normal(x.size)) + RNG.integers(0, 2, x.size)).astype(dtype)
    y = np.where(RNG.random(x.size) < differing, moved, x)
    x[::9] *= dtype(-1)
    y[::9] *= dtype(-1)
    tolerance = PixelTolerance(1e-4, 0.0)
    result = scan(x, y, tolerance)

    u, v = x.astype(np.float64), y.astype(np.float64)
    apart, size = np.abs(v - u), np.maximum(np.abs(u), np.abs(v))
    beyond = apart > tolerance.relative * size
    share = np.divide(apart, size, out=np.zeros(x.size), where=beyond & (u != 0) & (v != 0))
    assert result.identical == int((u == v).sum())
    assert result.beyond == int(beyond.sum())
    assert (result.zero_in_x, result.zero_in_y) == (int((beyond & (u == 0)).sum()), int((beyond & (v == 0)).sum()))
    assert list(result.worst) == [place for place in np.argsort(-apart, kind="stable")[:10] if apart[place]]
    assert list(result.worst_relative) == [place for place in np.argsort(-share, kind="stable")[:10] if share[place]]
    steps = step_counts(x, y, np.dtype(dtype) if dtype is np.float32 else np.dtype(np.int64))
    assert result.steps == tuple(np.trim_zeros(steps, "b"))
