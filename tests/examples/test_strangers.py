"""The stranger's mistakes are what they say: each breaks the formula of its quantity alone, on its side, visibly."""

import math
from collections import Counter
from collections.abc import Container
from itertools import combinations

import numpy as np
import pytest

from tests.examples.relations import held, read_log, read_words
from tests.examples.strangers import (
    CANDIDATE,
    FINAL,
    HOURS,
    LAYERS,
    MISTAKES,
    REFERENCE,
    VOCABULARY,
    Kind,
    Mistake,
    Run,
    logs,
    solve,
)

WORDS = read_words(VOCABULARY)
RIGHT = solve()


def largest_change(a: Run, b: Run, quantities: Container[str]) -> float:
    """By how much two runs differ at most in some quantities, relative."""
    keys = [key for key in RIGHT.values if key[0] in quantities]
    return max(math.dist(a.values[key], b.values[key]) / math.hypot(*RIGHT.values[key]) for key in keys)


def test_every_generic_kind_is_made_in_several_quantities() -> None:
    kinds = Counter(mistake.kind for mistake in MISTAKES)
    assert kinds.keys() == set(Kind)
    assert min(kinds.values()) >= 2
    assert {mistake.quantity for mistake in MISTAKES} == WORDS.formulas.keys()
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


def test_both_layouts_hold_every_value_and_obey_every_formula() -> None:
    for text in logs(None, REFERENCE).values():
        log = read_log(text, WORDS)
        assert log.keys() == WORDS.document["quantities"].keys()
        formed, broken = held(log, WORDS, 1e-12)
        assert not broken
        assert formed["tau"] == HOURS * LAYERS
        assert formed["irradiance_W_m2"] == HOURS * (LAYERS - 1)
        assert all(np.array_equal(log[name][place], np.squeeze(v)) for (name, place), v in RIGHT.values.items())


@pytest.mark.parametrize("side", [REFERENCE, CANDIDATE])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_breaks_one_formula_of_one_side(mistake: Mistake, side: str) -> None:
    for name, text in logs(mistake, side).items():
        _, broken = held(read_log(text, WORDS), WORDS, 1e-12)
        assert set(broken) == ({mistake.quantity} if name == side else set())


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_far_above_the_printed_digits(mistake: Mistake) -> None:
    assert largest_change(solve(mistake), RIGHT, {mistake.quantity}) > (1e-9 if mistake.kind is Kind.FLOAT32 else 1e-3)
    final = [solve(mistake).number(FINAL, hour) for hour in range(HOURS)]
    assert min(final) > 0, "a ratio of the final quantity has a logarithm"


def test_no_two_mistakes_give_the_same_values() -> None:
    runs = {mistake.name: solve(mistake) for mistake in MISTAKES}
    for first, second in combinations(runs, 2):
        assert largest_change(runs[first], runs[second], WORDS.document["quantities"]) > 1e-9, (first, second)
