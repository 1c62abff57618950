"""The example programs: what they print is recorded, the two of a pair agree, and theory agrees with both."""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.examples.relations import Array, Log, Words, held, read_log, read_words
from tests.places import EXAMPLES


@dataclass(frozen=True)
class Pair:
    """Two programs of a folder, a mistake of the second, and the quantity that it makes wrong."""

    folder: str
    vocabulary: str
    first: str
    second: str
    mistake: str
    wrong: str

    @property
    def place(self) -> Path:
        return EXAMPLES / self.folder

    @property
    def words(self) -> Words:
        return read_words((self.place / self.vocabulary).read_text())

    def recorded(self, name: str) -> Log:
        return read_log((self.place / f"{name}.log").read_text(), self.words)

    def printed(self, name: str, *options: str) -> Log:
        return read_log(output(self.place / f"{name}.py", *options), self.words)

    @property
    def recordings(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Log, program, and options of each recording."""
        mistaken = (f"{self.second}_mistake", self.second, ("--mistake", self.mistake))
        return (self.first, self.first, ()), (self.second, self.second, ()), mistaken


HEAT = Pair("heat", "rod.toml", "loops", "arrays", "stale-flux", "flux_W_m2")
POPULATION = Pair("population", "fishery.toml", "ledger", "matrix", "transposed", "stock")
PAIRS = pytest.mark.parametrize("pair", [HEAT, POPULATION], ids=lambda pair: pair.folder)


@cache
def output(program: Path, *options: str) -> str:
    command = [sys.executable, str(program), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def apart(a: Log, b: Log, name: str) -> float:
    """The largest difference of a quantity over its largest value."""
    assert a[name].keys() == b[name].keys(), name
    size = max(float(np.max(np.abs(value))) for value in a[name].values())
    return max(float(np.max(np.abs(a[name][place] - b[name][place]))) for place in a[name]) / size


def scalars(log: Log, name: str) -> Array:
    """A quantity of every step or year."""
    return np.array([log[name][place] for place in sorted(log[name])])


@PAIRS
def test_the_recorded_logs_are_what_the_programs_print(pair: Pair) -> None:
    for name, program, options in pair.recordings:
        recorded, printed = pair.recorded(name), pair.printed(program, *options)
        assert recorded.keys() == printed.keys()
        assert max(apart(recorded, printed, quantity) for quantity in recorded) < 1e-12
        lines = (pair.place / f"{name}.log").read_text().splitlines()
        assert len(lines) == len(output(pair.place / f"{program}.py", *options).splitlines()) <= 300


@PAIRS
@pytest.mark.parametrize("larger", [False, True])
def test_both_programs_agree(pair: Pair, *, larger: bool) -> None:
    sizes = {"heat": ("--cells", "11", "--steps", "40", "--radius", "0.002"), "population": ("--years", "40")}
    options = sizes[pair.folder] if larger else ()
    first, second = pair.printed(pair.first, *options), pair.printed(pair.second, *options)
    quantities = set(pair.words.document["quantities"])
    assert first.keys() == second.keys() == quantities
    assert {name: apart(first, second, name) for name in quantities if apart(first, second, name) > 1e-12} == {}


@PAIRS
def test_the_formulas_hold_but_for_that_of_the_mistake(pair: Pair) -> None:
    for name, _, options in pair.recordings:
        formed, broken = held(pair.recorded(name), pair.words, 1e-11)
        assert formed.keys() == pair.words.formulas.keys()
        assert set(broken) == ({pair.wrong} if options else set())


@PAIRS
def test_the_mistake_shows_first_in_its_quantity_and_then_downstream(pair: Pair) -> None:
    right, mistaken = pair.recorded(pair.second), pair.recorded(f"{pair.second}_mistake")
    differ = {
        (place[0], name)
        for name in right
        for place in right[name]
        if place and not np.allclose(right[name][place], mistaken[name][place], rtol=1e-9, atol=0)
    }
    assert all(np.array_equal(right[name][()], mistaken[name][()]) for name in right if () in right[name])
    assert min(step for step, _ in differ) == min(step for step, name in differ if name == pair.wrong) == 1
    final = pair.words.document["final"]
    assert final in {name for _, name in differ}
    if pair is HEAT:
        assert {name for step, name in differ if step == 1} == {"flux_W_m2", "hot_end_W"}


@pytest.mark.parametrize("program", ["loops", "arrays"])
def test_the_rod_follows_its_discrete_eigenmodes(program: str) -> None:
    # sin(kπξ) is an eigenvector of the second difference with held ends: a step takes 1 − 4F sin²(kπ/2(n−1)) of it.
    cells, steps = 9, 30
    log = HEAT.printed(program, "--cells", str(cells), "--steps", str(steps))
    x = np.arange(cells) / (cells - 1)
    for step in range(steps + 1):
        first, second = (1 - 4 * 0.25 * np.sin(k * np.pi / (2 * (cells - 1))) ** 2 for k in (1, 2))
        modes = 60 * first**step * np.sin(np.pi * x) + 25 * second**step * np.sin(2 * np.pi * x)
        expected = 353.15 - 60 * x + modes
        logged = np.array([log["T_K"][step, cell] for cell in range(cells)])
        np.testing.assert_allclose(logged, expected, rtol=1e-12)


@pytest.mark.parametrize("program", ["loops", "arrays"])
def test_the_rod_gives_off_what_flows_through_its_held_ends(program: str) -> None:
    log = HEAT.recorded(program)
    last_face = max(cell for _, cell in log["flux_W_m2"])
    for (step,), power in log["power_W"].items():
        out = log["flux_W_m2"][step - 1, last_face] - log["flux_W_m2"][step - 1, 0]
        np.testing.assert_allclose(power, out * log["area_m2"][()], rtol=1e-10)


@pytest.mark.parametrize("program", ["ledger", "matrix"])
def test_an_unfished_stock_grows_by_the_dominant_eigenvalue(program: str) -> None:
    log = POPULATION.printed(program, "--years", "60", "--unfished")
    matrix = log["leslie"][()].reshape(3, 3)
    dominant = max(np.linalg.eigvals(matrix), key=abs)
    assert dominant.imag == 0
    np.testing.assert_allclose(log["growth"][60,], dominant.real, rtol=1e-12)
    assert np.all(scalars(log, "harvest_kg") == 0)
    assert abs(log["growth"][1,] - dominant.real) > 0.01


@pytest.mark.parametrize("program", ["ledger", "matrix"])
def test_a_fished_stock_is_a_product_of_matrices(program: str) -> None:
    log = POPULATION.recorded(program)
    years = len(log["stock"])
    expected = np.array([5200.0, 1450.0, 880.0])
    for year in range(years - 1):
        kept = np.diag([1.0, 1.0, 1.0 - 0.0025 * float(log["effort_d"][year,])])
        expected = log["leslie"][()].reshape(3, 3) @ kept @ expected
    np.testing.assert_allclose(log["stock"][years - 1,], expected, rtol=1e-12)
    caught = sum(
        float(log["stock"][year,][2] - log["escaped"][year,][2]) * float(log["weight_kg"][()][2])
        for year in range(years)
    )
    np.testing.assert_allclose(scalars(log, "harvest_kg").sum(), caught, rtol=1e-12)
