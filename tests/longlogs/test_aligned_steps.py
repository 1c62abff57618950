"""The unified diff of long sweeps from the steps next to a divergence, against that of every record: the same text."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.compare.diff import diff_traces
from nbtrace.longlogs.aligned_steps import StepReading, are_steps_shown
from nbtrace.longlogs.long_sweeps import diff_sweeps
from nbtrace.parsers import read_trace
from nbtrace.report.views.unified import unified, unified_of_long
from nbtrace.verdicts.tolerance import Policy
from tests.longlogs.test_long_phi import log_of_sweeps


def _other(log: bytes, chance: random.Random, *, wrong: float, lost: float) -> bytes:
    """Return the port's log of a reference's: some numbers are larger, some lines or values of steps are left out."""
    lines = []
    for line in log.decode().replace("TRACE_C", "TRACE_PY").split("\n"):
        if "_PHI " in line and chance.random() < lost:
            if chance.random() < 0.5:
                lines.append(re.sub(r" [A-Za-z_]+=\S+$", "", line))
            continue
        larger = chance.random() < wrong
        lines.append(re.sub(r"(\d)$", lambda found: f"{found[1]}17", line) if larger else line)
    return "\n".join(lines).encode()


def _same(folder: Path, logs: tuple[bytes, bytes], chunk: int) -> bool:
    """Hold both ways against each other; return whether columns were one of them."""
    names = str(folder / "c.log"), str(folder / "py.log")
    for name, log in zip(names, logs, strict=True):
        Path(name).write_bytes(log)
    by_columns = diff_sweeps(*names, Policy(), chunk=chunk)
    if by_columns is None or not are_steps_shown(by_columns):
        return False
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert "".join(unified_of_long(by_columns)) == unified(ordinary)
    return True


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 40),
    sweeps=st.integers(1, 3),
    rate=st.sampled_from([0.0, 0.0, 0.1]),
    wrong=st.sampled_from([0.02, 0.1, 1.0]),
    lost=st.sampled_from([0.0, 0.0, 0.1, 0.6]),
    chunk=st.sampled_from([200, 1 << 20]),
)
def test_both_ways_print_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    steps: int,
    sweeps: int,
    rate: float,
    wrong: float,
    lost: float,
    chunk: int,
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    log = log_of_sweeps("TRACE_C", seed, steps, sweeps=sweeps, rate=rate)
    _same(tmp_path_factory.getbasetemp(), (log, _other(log, chance, wrong=wrong, lost=lost)), chunk)


def test_steps_far_from_a_divergence_are_not_read_again(tmp_path: Path) -> None:
    steps = (f"phi_tic={tic} phi_deg={tic / 10} k_frac={tic / 7} F_latt_b=1.5 F_latt={tic + 2.5}" for tic in range(90))
    lines = [f"TRACE_C_PHI {step}" for step in steps]
    log = "\n".join(["TRACE_C: polar 0.5", *lines, "TRACE_C: omega_pixel 1e-6", ""])
    other = (
        log.replace("TRACE_C", "TRACE_PY").replace("F_latt=32.5", "F_latt=33.5").replace("F_latt=38.5", "F_latt=39.5")
    )
    assert _same(tmp_path, (log.encode(), other.encode()), 500)
    by_columns = diff_sweeps(str(tmp_path / "c.log"), str(tmp_path / "py.log"), Policy(), chunk=500)
    assert by_columns is not None
    assert "".join(unified_of_long(by_columns)).count("@@ ") == 2
    read = [set(rows.step[rows.c_row >= 0].tolist()) for rows in StepReading(by_columns).windows()]
    assert set().union(*read) >= {28, 29, 30, 31, 32, 34, 35, 36, 37, 38}
    assert len(set().union(*read)) < 25
