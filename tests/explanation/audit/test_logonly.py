"""What follows from the right value where a log prints a wrong one, of sweeps with many wrong steps."""

from pathlib import Path

import pytest

import nbtrace
from benchmarks.sweep_logs import write_sweep
from nbtrace.documents import dump
from nbtrace.explanation.audit import logonly
from nbtrace.report.documents.explain_document import explain_document


@pytest.mark.parametrize("log_only", [False, True])
def test_wrong_steps_that_lead_to_no_value_do_not_change_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_only: bool
) -> None:
    """The port's factors along b are a thousandth too large in every third step, their product with them or not."""
    c, py = write_sweep(tmp_path, 24, every=3)
    if log_only:
        right = [line.rpartition("=")[2] for line in Path(c).read_text().splitlines() if "_PHI " in line]
        lines = Path(py).read_text().splitlines()
        steps = iter(right)
        lines = [f"{line.rpartition('=')[0]}={next(steps)}" if "_PHI " in line else line for line in lines]
        Path(py).write_text("\n".join(lines) + "\n")
    documents = []
    for many in (1, 10**9):
        monkeypatch.setattr(logonly, "_MANY", many)
        documents.append(dump(explain_document(nbtrace.explain(c, py), with_diff=True)))
    assert documents[0] == documents[1]
    assert documents[0].count("phi_F_latt_b [phi_tic") >= 8
