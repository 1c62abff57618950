"""The table of heads: every head is found, whatever it looks like."""

import numpy as np
import pytest

from nbtrace.longlogs import templates
from nbtrace.longlogs.templates import NO_TEMPLATE, HeadTable

_MOST_TRIES = 1000
_KEYS = (
    *("#" * many for many in range(6, 32)),
    *("ab" * many for many in range(3, 16)),
    *("_" * many + "sum" for many in range(6, 28)),
)
"""Bars of progress and the like: some of the same bytes at the beginning and at the end, of another length."""


@pytest.fixture
def _few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a table looks for a place for its heads without an end."""
    tries = []
    slot = templates._slot

    def counted(*given: object) -> object:
        tries.append(given)
        assert len(tries) < _MOST_TRIES
        return slot(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(templates, "_slot", counted)


@pytest.mark.usefixtures("_few_tries")
def test_heads_that_repeat_a_sign_are_told_apart() -> None:
    heads = [f"TRACE_C: {key} ".encode() for key in _KEYS]
    table = HeadTable(tuple(heads[::2]))
    text = b"\n" * 64 + b"1\n".join(heads) + b"1\n" + b"\n" * 64
    buffer = np.frombuffer(text + b"\n" * (-len(text) % 8), dtype=np.uint8)
    starts = np.array([text.index(b"\n" + head + b"1") + 1 for head in heads])
    found = table.find(buffer, starts, starts + np.array(list(map(len, heads))))
    assert found.tolist() == [at // 2 if at % 2 == 0 else NO_TEMPLATE for at in range(len(heads))]
