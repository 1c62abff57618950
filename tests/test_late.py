"""Sequences whose values are made when they are asked for."""

import pickle

import pytest

from nbtrace.late import Late


def test_values_are_those_of_a_tuple_and_made_only_when_asked_for() -> None:
    made: list[int] = []

    def square(at: int) -> int:
        made.append(at)
        return at * at

    late = Late(1_000_000, square)
    assert len(late) == 1_000_000
    assert late[3] == 9
    assert late[-1] == 999_999**2
    assert late[2:5] == (4, 9, 16)
    assert made == [3, 999_999, 2, 3, 4]
    with pytest.raises(IndexError):
        late[1_000_000]
    few = Late(4, square)
    assert few == (0, 1, 4, 9)
    assert few == (0, 1, 4, 9)
    assert few != (0, 1, 4)
    assert few != (0, 1, 4, 8)
    assert {few: "found"}[Late(4, square)] == "found"
    assert pickle.loads(pickle.dumps(few)) == (0, 1, 4, 9)
    assert list(reversed(few)) == [9, 4, 1, 0]
