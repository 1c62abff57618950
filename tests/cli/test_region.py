"""`--region` is slow first in every command, `--roi` in the order that each command has always had."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nbtrace.cli.region import region_of
from nbtrace.errors import UsageError
from nbtrace.images.roi import Roi

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_both_options_name_the_same_rectangle() -> None:
    assert region_of((3, 5, 10, 12), None) == region_of(None, (10, 12, 3, 5)) == Roi(10, 12, 3, 5)
    assert region_of(None, None) is None


@pytest.mark.parametrize("region", [(5, 1, 0, 3), (0, 3, 5, 1), (-1, 3, 0, 3)])
def test_an_end_before_its_start_is_refused_in_the_words_of_the_option(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError, match="along slow, then along fast"):
        region_of(region, None)


def test_two_names_of_the_same_pixels_are_refused() -> None:
    with pytest.raises(UsageError, match="give one of them"):
        region_of((0, 1, 0, 1), (0, 1, 0, 1))


def test_images_compare_the_region_with_slow_first(nb: "Run", tmp_path: Path) -> None:
    c = np.random.default_rng(1).random((20, 30)) + 1
    py = c.copy()
    py[3, 25] += 1  # slow 3, fast 25: no other order of the four numbers reaches it
    np.save(tmp_path / "c.npy", c)
    np.save(tmp_path / "py.npy", py)
    assert nb("images", "c.npy", "py.npy", "--region", "0", "5", "20", "29").code == 1
    assert nb("images", "c.npy", "py.npy", "--region", "4", "9", "20", "29").code == 0
    assert nb("images", "c.npy", "py.npy", "--roi", "20", "29", "0", "5").code == 1
