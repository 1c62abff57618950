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


def _with_words(log: bytes, chance: random.Random) -> bytes:
    """Return a log with values in its steps that no vocabulary knows, one or two of them, in most steps."""
    more = [b"", b" extra=%d", b" S_x=1.5", b" extra=%d S_x=2", b" extra=%d S_x=2.5"]

    def longer(line: re.Match[bytes]) -> bytes:
        words = chance.choice(more)
        return line[0] + (words % chance.randrange(3) if b"%" in words else words)

    return re.sub(rb"_PHI phi_tic=.* F_latt=\S+", longer, log)


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


def test_both_ways_print_the_same(tmp_path: Path) -> None:
    compared = []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        seed=st.integers(0, 10**6),
        steps=st.integers(1, 40),
        sweeps=st.integers(1, 3),
        rate=st.sampled_from([0.0, 0.0, 0.1]),
        wrong=st.sampled_from([0.02, 0.1, 1.0]),
        lost=st.sampled_from([0.0, 0.0, 0.1, 0.6]),
        words=st.booleans(),
        chunk=st.sampled_from([200, 1 << 20]),
    )
    def compare(
        *, seed: int, steps: int, sweeps: int, rate: float, wrong: float, lost: float, words: bool, chunk: int
    ) -> None:
        chance = random.Random(seed)  # noqa: S311 - no secret
        log = log_of_sweeps("TRACE_C", seed, steps, sweeps=sweeps, rate=rate)
        log = _with_words(log, chance) if words else log
        compared.append(_same(tmp_path, (log, _other(log, chance, wrong=wrong, lost=lost)), chunk))

    compare()
    assert any(compared)


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


def _log_of(steps: list[str]) -> bytes:
    lines = [
        f"TRACE_C_PHI phi_tic={tic} phi_deg={tic / 10} k_frac={tic / 7} F_latt_b=1.5 F_latt={tic + 2.5}{words}"
        for tic, words in enumerate(steps)
    ]
    return "\n".join(["TRACE_C: polar 0.5", *lines, "TRACE_C: omega_pixel 1e-6", ""]).encode()


def test_values_that_no_vocabulary_knows_stand_as_their_line_has_them(tmp_path: Path) -> None:
    log = _log_of([" second=1", *[" first=2 second=1"] * 9, " second=1 third=2"])
    other = log.replace(b"TRACE_C", b"TRACE_PY").replace(b"F_latt=", b"F_latt=1")
    assert _same(tmp_path, (log, other), 1 << 20)
    by_columns = diff_sweeps(str(tmp_path / "c.log"), str(tmp_path / "py.log"), Policy())
    assert by_columns is not None
    shown = "".join(unified_of_long(by_columns))
    assert shown.index("phi_first [phi_tic 1]") < shown.index("phi_second [phi_tic 1]")


def test_values_of_a_line_stand_in_the_order_of_execution(tmp_path: Path) -> None:
    log = re.sub(rb"(k_frac=\S+) (F_latt_b=\S+) (F_latt=\S+)", rb"\3 \2 \1", _log_of([""] * 9))
    other = log.replace(b"TRACE_C", b"TRACE_PY").replace(b"F_latt_b=1.5", b"F_latt_b=1.75")
    assert _same(tmp_path, (log, other), 1 << 20)
    by_columns = diff_sweeps(str(tmp_path / "c.log"), str(tmp_path / "py.log"), Policy())
    assert by_columns is not None
    shown = "".join(unified_of_long(by_columns))
    at = [shown.index(f"phi_{name} [phi_tic 4]") for name in ("k_frac", "F_latt_b", "F_latt")]
    assert at == sorted(at)


def test_steps_that_are_held_as_records_take_their_places(tmp_path: Path) -> None:
    """One has a number that is not finite, and one stands in a line with a rank; Py lacks another."""
    log = _log_of([""] * 30).replace(b"TRACE_C_PHI phi_tic=17", b"[1] TRACE_C_PHI phi_tic=17")
    other = log.replace(b"TRACE_C", b"TRACE_PY").replace(b"F_latt=", b"F_latt=1")
    other = re.sub(rb".* phi_tic=20 .*\n", b"", other.replace(b"F_latt=112.5", b"F_latt=nan"))
    assert _same(tmp_path, (log, other), 700)
    by_columns = diff_sweeps(str(tmp_path / "c.log"), str(tmp_path / "py.log"), Policy(), chunk=700)
    assert by_columns is not None
    assert by_columns.reading.steps_aside == {10, 17}
    shown = "".join(unified_of_long(by_columns))
    at = [shown.index(f"+phi_F_latt [phi_tic {tic}] ") for tic in (9, 10, 11, 16, 17, 19, 21)]
    assert at == sorted(at)
    assert "[phi_tic 20]" not in shown[at[0] :]


@pytest.mark.parametrize(("source", "is_shown"), [(0, False), (5, False), (21, True)])
def test_values_of_two_loops_stand_by_the_outer_one(tmp_path: Path, source: int, is_shown: bool) -> None:
    """They stand beside the step of the number of their source, which is not read again for them."""
    line = f"TRACE_C_TAP4: pixel 0 0 subpixel 0 1 source {source} mos 0 phi 21 h -7.9\n"
    log = _log_of([""] * 30).replace(b"TRACE_C_PHI phi_tic=22", line.encode() + b"TRACE_C_PHI phi_tic=22")
    other = log.replace(b"TRACE_C", b"TRACE_PY").replace(b"-7.9", b"-7.5")
    assert _same(tmp_path, (log, other), 700) is is_shown


@pytest.mark.parametrize("sweeps", [1, 2])
def test_labels_of_steps_name_their_block(tmp_path: Path, sweeps: int) -> None:
    log = log_of_sweeps("TRACE_C", 3, 9, sweeps=sweeps, rate=0.0)
    other = re.sub(rb"F_latt_b=(\S+)", rb"F_latt_b=\g<1>5", log.replace(b"TRACE_C", b"TRACE_PY"))
    assert _same(tmp_path, (log, other), 1 << 20)
    by_columns = diff_sweeps(str(tmp_path / "c.log"), str(tmp_path / "py.log"), Policy())
    assert by_columns is not None
    assert ("+phi_F_latt_b [pixel block 1, phi_tic 8]" in "".join(unified_of_long(by_columns))) is (sweeps > 1)


def test_what_no_vocabulary_knows_of_a_source_stands_among_steps(tmp_path: Path) -> None:
    """It follows the values of a point, and stands beside the step of the number of its source, 15."""
    log = _log_of([""] * 30).replace(b"polar 0.5", b"hkl_frac 1 2 3\nTRACE_C_SOURCE15: weight 0.5")
    other = log.replace(b"TRACE_C", b"TRACE_PY").replace(b"weight 0.5", b"weight 0.75")
    assert not _same(tmp_path, (log, other), 700)
    c, py = (read_trace(str(tmp_path / name)) for name in ("c.log", "py.log"))
    assert "[phi_tic 15]" in unified(diff_traces(c, py))
