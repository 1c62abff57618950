"""Which blocks of a long log are read once more, and which chunks they are in."""

import numpy as np

from nbtrace.longlogs.placing import ColumnPlacement
from nbtrace.longlogs.reading_again import BlockSpread, ChunkMark, ReadingAgain


def _spread(rows: list[int], diverging: set[int]) -> BlockSpread:
    """Return that of blocks with so many values each, added in two windows and three loops."""
    spread = BlockSpread()
    for first, stop in ((0, 4), (4, len(rows))):
        both = np.arange(9)[:, None] < np.array(rows[first:stop])
        over = both & np.isin(np.arange(first, stop), list(diverging)) & (np.arange(9)[:, None] == 0)
        spread.add(first, both, np.zeros_like(over), 1)
        spread.add(first, np.zeros_like(both), over, 1)
        spread.add(first, np.zeros_like(both), np.zeros_like(over), 1)
    return spread


def test_blocks_next_to_one_that_diverges_are_read_until_there_are_values_enough() -> None:
    rows = [5, 5, 5, 2, 0, 3, 5, 5, 5, 5]
    near = _spread(rows, {6}).near(frozenset(), 4)
    assert np.flatnonzero(near).tolist() == [3, 4, 5, 6, 7]
    assert np.flatnonzero(_spread(rows, set()).near(frozenset({0}), 6)).tolist() == [0, 1, 2]
    assert np.flatnonzero(_spread(rows, {9}).near(frozenset({11}), 1)).tolist() == [8, 9, 10, 11]


def test_chunks_are_left_out_that_hold_none_of_them_and_nothing_irregular() -> None:
    marks = [
        ChunkMark(0, ColumnPlacement(block=first), last, regular)
        for first, last, regular in ((0, 2, True), (2, 4, True), (4, 6, False), (6, 8, True))
    ]
    again = ReadingAgain(tuple(marks), {}, np.isin(np.arange(9), [2]))
    assert [again.leaves_out(number) for number in range(5)] == [False, False, False, True, False]
    assert again.are_wanted(np.array([1, 2, 8, 9])).tolist() == [False, True, False, True]
