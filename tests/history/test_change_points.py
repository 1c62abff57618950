"""Levels of series that are made by a rule that is known: no alarm without a loss, and each loss at its place."""

import random

import pytest

from nbtrace.history.change_points import lasting_loss, stretches


def noisy(
    random_numbers: random.Random, runs: int, scatter: float, *, lost: float = 0.0, place: int = 0
) -> list[float]:
    return [9.0 + random_numbers.gauss(0, scatter) - lost * (run >= place) for run in range(runs)]


def test_unchanged_inputs_give_no_alarm_in_a_thousand_histories() -> None:
    numbers = random.Random(16)  # noqa: S311 - a simulation
    scatters = (0.0, 0.03, 0.06, 0.1)
    histories = [noisy(numbers, numbers.randint(1, 30), scatters[number % 4]) for number in range(1000)]
    assert [history for history in histories if lasting_loss(history) is not None] == []


def test_half_a_digit_is_found_at_its_commit_in_nearly_all_noisy_histories() -> None:
    numbers = random.Random(17)  # noqa: S311 - a simulation
    found = 0
    for _ in range(200):
        place = numbers.randint(8, 20)
        loss = lasting_loss(noisy(numbers, 24, 0.05, lost=0.5, place=place))
        found += loss is not None and loss.place == place
    assert found >= 196


@pytest.mark.parametrize(
    ("digits", "place"),
    [
        ([9.0, 8.5], 1),
        ([9.0, 9.0, 9.0, 8.5], 3),
        ([9.0, 8.6], None),
        ([9.0, 8.4, 9.0], None),
        ([8.0, 8.0, 9.0, 9.0], None),
        ([9.0] * 5 + [3.0] + [9.0] * 5, None),
        ([9.0] * 5 + [8.0] * 5 + [9.2] * 5 + [8.6] * 5, 15),
        ([14.0] * 6 + [0.0], 6),
        ([], None),
        ([5.0], None),
    ],
)
def test_a_loss_counts_if_it_lasts_to_the_end(digits: list[float], place: int | None) -> None:
    loss = lasting_loss(digits)
    assert (None if loss is None else loss.place) == place


def test_a_loss_in_several_steps_is_one_at_the_largest() -> None:
    loss = lasting_loss([9.0] * 6 + [8.6] * 6 + [7.6] * 6 + [7.2] * 6)
    assert loss is not None
    assert (loss.place, loss.before, loss.now) == (12, 9.0, 7.2)


def test_stretches_cover_a_series_in_order() -> None:
    parts = stretches([9.0] * 6 + [5.0] * 3 + [9.0] * 4)
    assert [(part.first, part.last, part.level, part.count) for part in parts] == [
        (0, 5, 9.0, 6),
        (6, 8, 5.0, 3),
        (9, 12, 9.0, 4),
    ]
