"""The steps that the columns of a sweep share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.longlogs.step_columns import _Gathered, _Steps

NAMES = "abc"
parts = st.lists(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)), max_size=8)


@given(parts=parts)
def test_each_quantity_has_the_steps_that_were_added_for_it(parts: list[dict[str, int]]) -> None:
    steps, gathered = _Steps(), dict[str, _Gathered]()
    told: dict[str, list[int]] = {name: [] for name in NAMES}
    for number, part in enumerate(parts):
        steps.begin()
        for name in sorted(part, key=lambda name: name != steps.leader):
            # Two of a part that lack as many steps have the same ones.
            own = np.arange(10 * number, 10 * number + 5 - part[name])
            if not own.size:
                continue
            quantity = gathered.setdefault(name, _Gathered())
            steps.add(name, quantity, own)
            quantity.add(own / 2, own % 3, np.zeros(own.size, dtype=np.uint8))
            told[name] += own.tolist()
    shared = steps.shared.taken()
    for name, quantity in gathered.items():
        own = shared[: quantity.numbers.size] if quantity.steps is None else quantity.steps.taken()
        assert own.tolist() == told[name]


@pytest.mark.parametrize("codes", [[3, 255, 4], [3, 256, 4], [255, 70_000]])
def test_codes_are_what_they_were_however_many_there_are(codes: list[int]) -> None:
    gathered = _Gathered()
    for code in codes:
        gathered.add(np.array([0.5]), np.array([code]), np.zeros(1, dtype=np.uint8))
    assert gathered.half.taken().tolist() == codes
