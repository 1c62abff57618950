"""The values near divergences, which come window by window, against a search through all of them at once."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.longlogs.aligned_rows import RowTexts, rows_near_divergences
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.verdicts.status import Status


@dataclass
class _Numbered:
    """Values of which each is its own number."""

    first: int
    diverge: Flags

    def texts(self, which: Ints) -> RowTexts:
        numbers = (which + self.first).tolist()
        statuses = [Status.MINOR if self.diverge[at] else Status.PASS for at in which.tolist()]
        return RowTexts([f"{number}" for number in numbers], ["c"] * len(numbers), ["py"] * len(numbers), statuses)


@given(
    windows=st.lists(st.lists(st.sampled_from([False, False, False, False, False, True]), max_size=12), max_size=8),
    context=st.integers(0, 3),
)
def test_windows_of_any_size_show_what_the_whole_shows(windows: list[list[bool]], context: int) -> None:
    every = [diverges for window in windows for diverges in window]
    firsts = np.cumsum([0, *map(len, windows)]).tolist()
    near = [any(every[max(0, at - context) : at + context + 1]) for at in range(len(every))]
    shown = [at for at, is_near in enumerate(near) if is_near]
    given_windows = [
        _Numbered(first, np.array(flags, dtype=np.bool_)) for first, flags in zip(firsts, windows, strict=False)
    ]
    parts = list(rows_near_divergences(given_windows, context))
    assert [int(label) for part in parts for label in part.labels] == shown
    assert [begins for part in parts for begins in part.begins] == [at == 0 or not near[at - 1] for at in shown]
    statuses = [status for part in parts for status in part.statuses]
    assert [status is Status.MINOR for status in statuses] == [every[at] for at in shown]
