"""Which logs are compared along a loop by columns."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.longlogs import long_files
from nbtrace.longlogs.counted_turns import CountedTurn
from tests.places import EXAMPLES, PAIRS

SWEPT = PAIRS / "custom_vectors_mat_hkl_phi__24_51"
ROD = EXAMPLES / "heat"


def test_long_logs_go_by_columns_with_the_same_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = SWEPT / "c.log", SWEPT / "py.log"
    ordinary = nbtrace.compare_steps(*logs, "phi_tic")
    monkeypatch.setattr(long_files, "LONG", 0)
    found = nbtrace.compare_steps(*logs, "phi_tic")
    assert all(isinstance(turn, CountedTurn) for turn in found.turns)
    assert not any(isinstance(turn, CountedTurn) for turn in ordinary.turns)
    assert found.turns
    assert found.report() == ordinary.report()


def test_long_logs_that_columns_do_not_hold_go_by_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(long_files, "LONG", 0)
    result = nbtrace.compare_steps(ROD / "loops.log", ROD / "arrays_mistake.log", vocabulary=ROD / "rod.toml")
    assert (result.index, result.first_divergence is not None) == ("step", True)
    c, py = (nbtrace.read_trace(SWEPT / name) for name in ("c.log", "py.log"))
    assert nbtrace.compare_steps(c, py, "phi_tic").turns
    log = tmp_path / "c.log"
    log.write_text((SWEPT / "c.log").read_text())
    with log.open() as stream:
        assert nbtrace.compare_steps(stream, SWEPT / "py.log", "phi_tic").turns
