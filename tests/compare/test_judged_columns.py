"""Differences and bands of columns: those of each value alone."""

import math

import numpy as np
import pytest

from nbtrace.compare.judge import status_of
from nbtrace.compare.judged_columns import BANDS, bands, relatives
from nbtrace.compare.metrics import difference
from nbtrace.detector.judged_rows import STATUSES
from nbtrace.verdicts.tolerance import Tolerance
from nbtrace.vocabulary.quantity import Basis

PAIRS = [
    (c, c + sign * size * max(abs(c), 1e-3))
    for c in (1.0, -2.5, 1e-3, 1e300, 0.0)
    for size in (1e-5, 1e-4, 9.9e-3, 1e-2, 3.0)
    for sign in (1, -1)
]


@pytest.mark.parametrize("tolerance", [Tolerance(1e-6, Basis.RELATIVE), Tolerance(5e-6, Basis.ABSOLUTE)])
def test_columns_say_what_is_said_of_each_value(tolerance: Tolerance) -> None:
    c, py = (np.array(side) for side in zip(*PAIRS, strict=True))
    relative = relatives(py - c, c)
    alone = [difference((x,), (y,)) for x, y in PAIRS]
    assert relative.tolist() == [item.relative for item in alone]
    found = [BANDS[number] for number in bands(np.abs(py - c), relative, tolerance).tolist()]
    assert found == [status_of(item, 0.0, tolerance) for item in alone]
    assert len(set(found)) == 3


def test_what_is_no_number_is_in_the_last_band() -> None:
    relative = relatives(np.array([math.nan, 0.0]), np.array([1.0, 0.0]))
    assert math.isnan(relative[0])
    assert relative[1] == 0.0
    assert bands(relative, relative, Tolerance(1e-6, Basis.RELATIVE)).tolist() == [3, 1]


def test_the_statuses_of_whole_detectors_begin_with_the_bands() -> None:
    assert STATUSES[: len(BANDS)] == BANDS
