"""Runs of telling pixels: none is begun that takes far longer than the time there is."""

import time
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from nbtrace.explanation.images.telling_runs import TellingRuns

SECONDS = 0.2


@dataclass
class SlowSimulator:
    """A simulator whose configuration is its number of samples, each of which takes a millisecond."""

    asked: list[int] = field(default_factory=list)

    def shape(self, _: int) -> tuple[int, int]:
        return 8, 8

    def samples(self, config: int) -> int:
        return config

    def values(self, config: int, pixels: np.ndarray) -> np.ndarray:
        self.asked.append(config)
        end = time.process_time() + min(config, 1000) * 1e-3
        while time.process_time() < end:
            pass
        return np.full(pixels.size, float(config))


class Counts:
    """Changes that set the number of samples."""

    def applied(self, config: int, changes: tuple[int, ...]) -> int:
        return changes[-1] if changes else config


def runs(simulator: SlowSimulator) -> TellingRuns:
    return TellingRuns(cast("Any", simulator), cast("Any", Counts()), cast("Any", 10), np.arange(64), seconds=SECONDS)


def tried(made: TellingRuns, samples: int) -> bool:
    return made.of((cast("Any", samples),)) is not None


def test_a_run_that_takes_longer_than_all_the_time_is_not_begun() -> None:
    simulator = SlowSimulator()
    made = runs(simulator)
    assert made.of(()) is not None
    assert tried(made, 20)
    assert not tried(made, 100_000)
    assert made.unfinished
    assert simulator.asked == [10, 20]


def test_after_the_time_a_short_run_is_still_made_and_a_long_one_is_not() -> None:
    simulator = SlowSimulator()
    made = runs(simulator)
    assert made.of(()) is not None
    made.allow(float("inf"))
    assert tried(made, 150)
    assert tried(made, 30)
    assert not tried(made, 120)
    assert tried(made, 11)
