from collections.abc import Callable, Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nbtrace.reduction.delta_debugging import fewest

Fails = Callable[[tuple[int, ...]], bool]


class Asked:
    """Answers by a rule, and notes what was asked."""

    def __init__(self, fails: Fails) -> None:
        self.fails, self.candidates = fails, list[tuple[int, ...]]()

    def __call__(self, candidates: Iterable[tuple[int, ...]]) -> int | None:
        for place, candidate in enumerate(candidates):
            self.candidates.append(candidate)
            if self.fails(candidate):
                return place
        return None


def whole(needed: set[int]) -> Fails:
    return lambda candidate: needed <= set(candidate)


@given(st.integers(0, 40), st.sets(st.integers(0, 39)))
def test_what_is_needed_stays_and_nothing_else(count: int, needed: set[int]) -> None:
    needed = {item for item in needed if item < count}
    assert fewest(range(count), Asked(whole(needed))) == tuple(sorted(needed))


@given(st.integers(1, 24), st.randoms(use_true_random=False))
def test_no_single_item_can_go_whatever_the_rule(count: int, random: Random) -> None:
    told: dict[tuple[int, ...], bool] = {tuple(range(count)): True}

    def fails(candidate: tuple[int, ...]) -> bool:
        return told.setdefault(candidate, random.random() < 0.3)

    left = fewest(range(count), Asked(fails))
    assert told[left]
    assert not any(fails((*left[:place], *left[place + 1 :])) for place in range(len(left)))


def test_one_of_many_thousands_is_found_in_few_runs() -> None:
    asked = Asked(whole({12345}))
    assert fewest(range(22_000), asked) == (12345,)
    assert len(asked.candidates) < 60


def test_of_many_needed_items_no_piece_can_go_and_few_runs_are_made() -> None:
    asked = Asked(whole(set(range(5000))))
    assert fewest(range(5000), asked, pieces=32) == tuple(range(5000))
    assert len(asked.candidates) < 150
