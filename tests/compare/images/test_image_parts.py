"""What is found in an image does not depend on how many processors look at it."""

import platform
import subprocess
import sys

import numpy as np
import pytest

from nbtrace.compare.images import image_parts as parts
from nbtrace.compare.images.counting_noise import counting_noise
from nbtrace.compare.images.image_parts import beside, in_parts, of_leaves, total
from nbtrace.compare.images.pixelwise import PixelTolerance, scan
from nbtrace.compare.images.sums import moments
from nbtrace.compare.images.value_relations import value_relation


@pytest.fixture(params=[1, 2, 3, 5])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count: int = request.param
    monkeypatch.setattr(parts, "_LEAST", 1)
    monkeypatch.setattr(parts, "_processors", lambda: count)
    return count


@pytest.mark.parametrize("size", [1, 7, 8, 9, 1000])
def test_parts_cover_everything_once_and_begin_at_chunks(size: int, processors: int) -> None:
    found = in_parts(size, 8, lambda first, end: (first, end))
    assert [number for first, end in found for number in range(first, end)] == list(range(size))
    assert all(first % 8 == 0 for first, _ in found)
    assert len(found) == (min(processors, size) if processors > 2 else 1)


def test_an_error_in_a_part_is_an_error(processors: int) -> None:
    def work(first: int, end: int) -> int:
        raise ValueError(f"{first} {end}")

    with pytest.raises(ValueError, match=r"0 \d+"):
        in_parts(100 * processors, 1, work)


def test_numpy_says_in_each_part_what_it_says_to_the_caller(processors: int) -> None:
    with np.errstate(over="raise"):
        assert in_parts(1000, 1, lambda *_: np.geterr()["over"]) == ["raise"] * (processors if processors > 2 else 1)


@pytest.mark.parametrize("size", [1, 7, 1000, 1001, 65_537, 100_003])
@pytest.mark.parametrize("most", [128, 1000, parts.LEAF])
def test_a_sum_in_parts_is_that_of_numpy_to_the_bit(size: int, most: int, processors: int) -> None:
    rng = np.random.default_rng(size)
    values = rng.lognormal(0, 8, size) * rng.choice([-1, 1], size)
    sums = of_leaves(size, lambda first, end: float(values[first:end].sum()), most)
    assert total(size, sums, most) == float(values.sum())


def test_counting_noise_is_that_of_sums_over_all_pixels(processors: int) -> None:
    rng = np.random.default_rng(2)
    x = rng.lognormal(2, 1, 120_001)
    y = rng.poisson(x).astype(np.float64)
    found = counting_noise(x, y)
    apart, variance = y - x, float(x.sum()) + 2 * float((x * x).sum())
    assert found is not None
    assert found.offset == 0
    assert found.chi_squared == float((apart * apart).sum()) / float(x.sum())
    assert found.deviation == variance**0.5 / float(x.sum())
    assert counting_noise(x, y + 3).offset == 3  # type: ignore[union-attr]
    y[100_000] += 400
    assert counting_noise(x, y) is None


def test_sums_worst_pixels_and_relations_are_those_of_one_processor(
    processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(7)
    x = rng.lognormal(-3, 4, 150_000).astype(np.float32)
    x[rng.integers(0, x.size, 40_000)] = 0
    y = x * np.float32(1 + 2e-7)
    # Equal worst pixels in different parts: the first ones are told.
    y[20_000:60_000] = x[20_000:60_000]
    x[[5, 90_000, 149_999]], y[[5, 90_000, 149_999]] = 0, 1e6
    tolerance = PixelTolerance.resolved(x, y, 1e-6, 0)
    found = moments(x, y), scan(x, y, tolerance), value_relation(x, x * np.float32(3))
    monkeypatch.setattr(parts, "_processors", lambda: 1)
    alone = moments(x, y), scan(x, y, tolerance), value_relation(x, x * np.float32(3))
    assert found[:2] == alone[:2]
    assert found[2] is not None
    assert alone[2] is not None
    assert found[2].steps == alone[2].steps
    assert scan(x, y, tolerance).worst[:3] == (5, 90_000, 149_999)


def test_what_is_done_beside_each_other_comes_in_order(processors: int) -> None:
    assert beside(lambda number: number**2, range(7), 1 << 20) == [0, 1, 4, 9, 16, 25, 36]
    assert beside(lambda number: number, [], 1 << 20) == []


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps freed memory in its own way")
def test_working_arrays_get_the_memory_of_those_before_them() -> None:
    script = """
import resource, numpy as np
from nbtrace.compare.images.image_parts import keep_freed_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        a = np.ones(1 << 15); b = a + 1; del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
first = faults()
keep_freed_memory(1 << 24)
faults()
print(first, faults())
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert int(told[1]) * 10 < int(told[0])
