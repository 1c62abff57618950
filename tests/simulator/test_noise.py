import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from simulator.arrays import Float32
from simulator.noise import log_gamma, noise_image, poisson_deviates
from simulator.random import Generator, Stream
from tests.places import NOISE_IMAGE
from tests.simulator.golden import cases
from tests.simulator.reference_generator import ReferenceGenerator

MEANS = st.one_of(
    st.just(0.0), st.floats(0, 1e-3), st.floats(0, 12), st.floats(12, 2e4), st.floats(2e4, 1e6), st.floats(1e6, 1e12)
)


def check_against_reference(means: Float32, seed: int) -> None:
    reference = ReferenceGenerator(-seed)
    generator, stream = Generator(), Stream.from_seed(seed)
    expected = [reference.poisson(mean) for mean in means]
    np.testing.assert_array_equal(poisson_deviates(means, generator, stream), np.array(expected, dtype=np.float32))
    assert (generator.table, generator.last, stream.state) == (reference.table, reference.last, reference.state)


def test_noise_of_the_reference() -> None:
    image = cases()["noise_image"].image
    noise = noise_image(image, Generator(), Stream.from_seed(99), adc=40.0)
    np.testing.assert_array_equal(noise.pixels, np.load(NOISE_IMAGE / "noise.npz")["image"])
    line = f"{noise.photons:.0f} photons on noise image ({noise.overloads} overloads)"
    assert line in json.loads((NOISE_IMAGE / "case.json").read_text())["printed"]


@given(means=st.lists(MEANS, min_size=1, max_size=40), seed=st.integers(0, 2**31 - 2))
def test_any_mixture_of_means_draws_as_the_reference(means: list[float], seed: int) -> None:
    check_against_reference(np.array(means, dtype=np.float32), seed)


@pytest.mark.parametrize(
    ("low", "high", "pixels"),
    [
        (0.0, 0.0, 20_000),
        (0.0, 0.01, 20_000),
        (0.0, 0.18, 20_000),
        (0.5, 11.9, 6_000),
        (11.0, 13.0, 6_000),
        (12.0, 400.0, 6_000),
        (1e3, 5e4, 3_000),
        (5e4, 1e6, 3_000),
        (1e6, 1e9, 6_000),
    ],
)
def test_long_runs_draw_as_the_reference(low: float, high: float, pixels: int) -> None:
    means = np.random.default_rng(5).uniform(low, high, pixels).astype(np.float32)
    check_against_reference(means, seed=31)


def test_a_mean_below_zero_counts_nothing_and_consumes_a_deviate() -> None:
    check_against_reference(np.array([-1e-3, -5.0, 3.0, -70.0, 0.2, 20.0], dtype=np.float32), seed=2)


def test_means_that_end_a_count_at_the_first_deviate_itself() -> None:
    deviates = Generator().draws(Stream.from_seed(8), 500).astype(np.float64)
    means = np.concatenate([-np.log(deviates), -np.log(deviates) * (1 + 1e-7)]).astype(np.float32)
    check_against_reference(means[means < 12], seed=8)


@pytest.mark.parametrize("mean", [0.05, 3.0, 11.5, 30.0])
def test_counts_follow_the_poisson_distribution(mean: float) -> None:
    counts = poisson_deviates(np.full(40_000, mean, dtype=np.float32), Generator(), Stream.from_seed(4))
    values = np.arange(int(stats.poisson.ppf(0.9999, mean)) + 1)
    expected = stats.poisson.pmf(values, mean) * len(counts)
    seen = np.array([np.count_nonzero(counts == value) for value in values])
    common = expected >= 5
    distance = ((seen - expected)[common] ** 2 / expected[common]).sum()
    assert stats.chi2.sf(distance, common.sum() - 1) > 1e-3


@pytest.mark.parametrize("mean", [500.0, 2e4, 3e6])
def test_bright_pixels_have_the_mean_and_the_variance_of_their_mean(mean: float) -> None:
    counts = poisson_deviates(np.full(20_000, mean, dtype=np.float32), Generator(), Stream.from_seed(4))
    deviation = counts.astype(np.float64) - mean
    assert abs(deviation.mean()) < 4 * np.sqrt(mean / len(counts))
    np.testing.assert_allclose(deviation.var(), mean, rtol=4 * np.sqrt(2 / len(counts)))


@given(x=st.floats(1.0, 1e7))
def test_log_gamma_is_that_of_scipy(x: float) -> None:
    argument = np.float32(x)
    np.testing.assert_allclose(log_gamma(argument), special.gammaln(np.float64(argument)), rtol=1e-7, atol=1e-9)


def test_only_the_region_is_drawn_and_too_bright_pixels_are_counted() -> None:
    image = np.full((4, 5), 1e5, dtype=np.float32)
    image[2, 3] = 0.0
    noise = noise_image(image, Generator(), Stream.from_seed(1), adc=7.5, region=(slice(1, 3), slice(2, 5)))
    assert noise.overloads == 5
    expected = np.zeros((4, 5), dtype=np.uint16)
    expected[1:3, 2:5] = 65535
    expected[2, 3] = 7
    np.testing.assert_array_equal(noise.pixels, expected)
    assert 4.9e5 < noise.photons < 5.1e5


def test_an_empty_image_draws_nothing() -> None:
    generator, stream = Generator(), Stream.from_seed(1)
    assert poisson_deviates(np.empty(0, dtype=np.float32), generator, stream).shape == (0,)
    assert (generator.last, stream.state) == (0, -1)


def test_a_pixel_that_is_not_a_number_uses_two_deviates_and_counts_nothing() -> None:
    expected = Stream.from_seed(1)
    Generator().draws(expected, 2)
    stream = Stream.from_seed(1)
    assert np.isnan(poisson_deviates(np.array([np.nan], dtype=np.float32), Generator(), stream)).all()
    assert stream.state == expected.state
    noise = noise_image(np.full((1, 2), np.nan, dtype=np.float32), Generator(), Stream.from_seed(1))
    np.testing.assert_array_equal(noise.pixels, 0)
    assert noise.overloads == 0


def test_an_infinite_pixel_is_overloaded_or_lost() -> None:
    noise = noise_image(np.full((20, 20), np.inf, dtype=np.float32), Generator(), Stream.from_seed(1))
    assert set(np.unique(noise.pixels)) == {0, 65535}
    assert noise.overloads == np.count_nonzero(noise.pixels)
