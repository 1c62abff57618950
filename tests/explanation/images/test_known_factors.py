"""The ratio of two images as a product: powers found, numbers named, and what is no product."""

import numpy as np
import pytest

from nbtrace.explanation.images.known_factors import named_number, ratio_factors

RNG = np.random.default_rng(2)
COUNT = 4000
WHERE = RNG.uniform(0, 1, COUNT), RNG.uniform(0, 1, COUNT)
POLAR = 1 - 0.4 * WHERE[0] ** 2
OMEGA = 1e-7 * (1 + 0.3 * WHERE[1] + 0.1 * WHERE[0])
FACTORS = {"polar": POLAR, "omega": OMEGA}


def noise(size: float) -> np.ndarray:
    return 1 + size * RNG.normal(size=COUNT)


@pytest.mark.parametrize(
    ("ratio", "powers", "number"),
    [
        (1 / POLAR, {("polar", -1.0)}, 1.0),
        (POLAR**2 * OMEGA, {("polar", 2.0), ("omega", 1.0)}, 1.0),
        (4 / OMEGA, {("omega", -1.0)}, 4.0),
    ],
)
def test_powers_and_a_number_are_found(ratio: np.ndarray, powers: set[tuple[str, float]], number: float) -> None:
    found = ratio_factors(ratio * noise(3e-8), FACTORS, {"steps": 4.0}, WHERE)
    assert found is not None
    assert {(power.name, power.exponent) for power in found.powers} == powers
    assert found.number == pytest.approx(number, rel=1e-6)
    assert found.named == ("steps" if number == 4.0 else "")
    assert found.exact
    assert sum(power.share for power in found.powers) + found.number_share == pytest.approx(1, abs=1e-6)


def test_a_number_alone_needs_no_factor() -> None:
    found = ratio_factors(np.full(COUNT, 0.25) * noise(3e-8), FACTORS, {"steps": 4.0}, WHERE)
    assert found is not None
    assert not found.powers
    assert found.named == "1/steps"


def test_what_is_left_is_mapped() -> None:
    ratio = 1 / POLAR
    ratio[WHERE[0] > 0.875] *= 1.01
    found = ratio_factors(ratio, FACTORS, {}, WHERE)
    assert found is None or not found.exact
    if found is not None:
        last, first = found.rest[-1][3], found.rest[0][3]
        assert last is not None
        assert first is not None
        assert last - first == pytest.approx(0.00995, abs=1e-3)


def test_another_pattern_is_no_product() -> None:
    assert ratio_factors(RNG.lognormal(0, 1, COUNT), FACTORS, {}, WHERE) is None


def test_a_number_is_named_by_few_of_the_configuration() -> None:
    numbers = {"steps": 40.0, "φ steps": 10.0}
    assert named_number(40.0, numbers) == "steps"
    assert named_number(1 / 1600, numbers) == "1/steps²"
    assert named_number(4.0, numbers) == "steps/φ steps"
    assert named_number(1.0, numbers) == ""
    assert named_number(7.3, numbers) == ""
