"""The steps of long sweeps, taken out of a log chunk by chunk."""

from pathlib import Path

import pytest

from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.step_queue import StepQueue

_STEPS = [f"TRACE_C_PHI phi_tic={tic} phi_deg=0 k_frac=1 F_latt_b=2 F_latt=3" for tic in range(12)]
_TAP = "TRACE_C_TAP4: pixel 0 0 subpixel 0 1 source 0 mos 0 phi {} h -7.9"


def _take_all(log: Path, lines: list[str], chunk: int) -> StepQueue:
    log.write_text("\n".join(["TRACE_C: hkl_frac 1 2 3", *lines, "TRACE_C: F_latt 2"]) + "\n")
    queue = StepQueue("phi_tic")
    for columns in ColumnReader(str(log), chunk).chunks():
        queue.without_steps(columns)
        queue.take()
    return queue


def test_a_step_of_an_irregular_line_that_comes_after_later_ones_is_refused(tmp_path: Path) -> None:
    """Those of its window may have been compared before."""
    lines = [*_STEPS, _TAP.format(3)]
    with pytest.raises(NotColumnarError, match="another order"):
        _take_all(tmp_path / "log", lines, 200)
    assert _take_all(tmp_path / "log", lines, 1 << 20).last == 11


def test_steps_that_only_irregular_lines_name_are_noted(tmp_path: Path) -> None:
    queue = _take_all(tmp_path / "log", [*_STEPS, _TAP.format(15)], 200)
    assert (queue.last, queue.turns) == (15, {15})
