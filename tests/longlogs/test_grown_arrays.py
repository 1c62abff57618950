"""Arrays that grow."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.longlogs.grown_arrays import GrownArray

pieces = st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=3000), max_size=8)


@given(pieces=pieces)
def test_a_grown_array_holds_what_was_added_in_its_order(pieces: list[list[int]]) -> None:
    grown = GrownArray(np.int64)
    for piece in pieces:
        grown.add(np.array(piece, dtype=np.int64))
    every = [number for piece in pieces for number in piece]
    assert grown.begun(len(every) // 2).taken().tolist() == every[: len(every) // 2]
    assert grown.taken().tolist() == every
    assert grown.taken().size == grown.size == 0


def test_numbers_that_need_more_room_are_the_same_in_a_wider_type() -> None:
    grown = GrownArray(np.uint8)
    grown.add(np.array([1, 255]))
    wide = grown.widened(np.int32)
    wide.add(np.array([256]))
    assert (wide.taken().tolist(), wide.dtype) == ([1, 255, 256], np.dtype(np.int32))
