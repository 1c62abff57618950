import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.report.figures.pooling import MOST, Grid


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 7), st.integers(0, 99))
def test_blocks_are_those_of_slices(rows: int, columns: int, block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels, compared = rng.normal(size=(rows, columns)), rng.random((rows, columns)) < 0.7
    grid = Grid((rows, columns), block)
    largest, apart = grid.largest(pixels, compared), grid.most_apart(pixels, compared)
    sums, whole = grid.sums(pixels, compared), grid.largest(pixels)
    for i, row in enumerate(range(0, rows, block)):
        for j, column in enumerate(range(0, columns, block)):
            part = pixels[row : row + block, column : column + block]
            kept = part[compared[row : row + block, column : column + block]]
            assert whole[i, j] == part.max()
            assert sums[i, j] == pytest.approx(kept.sum(), abs=1e-12)
            if kept.size:
                assert largest[i, j] == kept.max()
                assert apart[i, j] == kept[np.argmax(np.abs(kept))]
            else:
                assert np.isnan(largest[i, j])
                assert np.isnan(apart[i, j])


@pytest.mark.parametrize("shape", [(2527, 2463), (10, 10), (1, 9000), (MOST, 3), (MOST + 1, 3)])
def test_the_grid_covers_the_image_and_no_more_than_a_block_beyond(shape: tuple[int, int]) -> None:
    grid = Grid.of(shape)
    left, right, bottom, top = grid.extent
    assert (left, top) == (-0.5, -0.5)
    assert shape[0] <= bottom + 0.5 < shape[0] + grid.block
    assert shape[1] <= right + 0.5 < shape[1] + grid.block
    assert max(grid.largest(np.zeros(shape)).shape) <= MOST
    assert (grid.block == 1) == (max(shape) <= MOST)
