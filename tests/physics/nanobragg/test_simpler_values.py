import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.physics.nanobragg.simpler_values import fewer, rounder, shorter_range


@pytest.mark.parametrize(
    ("text", "favourites", "simpler"),
    [
        ("85.57", (90.0,), ("90", "86", "85.6")),
        ("90", (90.0,), ()),
        ("90.0", (90.0,), ("90",)),
        ("0.9768", (0.0, 1.0), ("0", "1", "0.98", "0.977")),
        ("1", (0.0, 1.0), ("0",)),
        ("1.50", (), ("2", "1.5")),
        ("7", (100.0,), ("100",)),
        ("1e400", (), ()),
    ],
)
def test_numbers_get_rounder(text: str, favourites: tuple[float, ...], simpler: tuple[str, ...]) -> None:
    assert rounder(text, favourites) == simpler


@given(st.floats(allow_nan=False, allow_infinity=False), st.lists(st.integers(0, 100).map(float), max_size=3))
def test_every_chain_of_rounder_numbers_ends(value: float, favourites: list[float]) -> None:
    text = repr(value)
    for _ in range(40):
        simpler = rounder(text, favourites)
        if not simpler:
            return
        text = simpler[-1]
    pytest.fail(f"{value} does not end")


@pytest.mark.parametrize(("text", "numbers"), [("64", "1 2 32 48 56 60 62 63"), ("3", "1 2"), ("1", ""), ("-4", "")])
def test_counts_get_smaller_down_to_one_less(text: str, numbers: str) -> None:
    assert fewer(text) == tuple(numbers.split())


def test_a_count_that_the_absence_of_the_option_stands_for_is_left_out() -> None:
    assert fewer("3", without=1.0) == ("2",)


@given(st.integers(-5, 50), st.integers(0, 60))
def test_a_range_gets_shorter_and_stays_inside(first: int, length: int) -> None:
    last = first + length
    ranges = shorter_range(first, last)
    assert bool(ranges) == (length > 0)
    assert all(first <= a <= b <= last and b - a < length for a, b in ranges)
