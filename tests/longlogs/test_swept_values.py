"""The scaling chain of long sweeps from columns of their steps, against that from every record: the same answers."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.scaling import scaling_of
from nbtrace.documents import dump
from nbtrace.longlogs import swept_values
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.long_sweeps import diff_sweeps
from nbtrace.longlogs.swept_values import scaling_of_sweeps
from nbtrace.parsers import read_trace
from nbtrace.report.documents.trace_documents import scaling_document
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.verdicts.tolerance import Policy
from tests.longlogs.test_long_phi import log_of_sweeps

_AT_THE_END = b": I_pixel_final 3.5\n"


def _log(side: str, chance: random.Random, steps: int, *, sweeps: int, rate: float) -> bytes:
    """Return the log of some sweeps with a structure factor and an intensity, other than another one's by chance."""
    log = log_of_sweeps(side, chance.randrange(10**6), steps, sweeps=sweeps, rate=rate)
    log += f"\n{side}".encode() + _AT_THE_END
    intensity = chance.choice([9.25, 9.5])
    chain = f": F_cell {chance.choice([2.5, 3])}\n{side}: I_before_scaling {intensity}\n{side}: I_pixel_final 3.5\n"
    return log.replace(_AT_THE_END, chain.encode(), chance.choice([1, -1]))


def _same(by_columns: LongDiffResult, names: tuple[str, str]) -> None:
    found = scaling_of_sweeps(by_columns, None)
    ordinary = scaling_of(diff_traces(read_trace(names[0]), read_trace(names[1])))
    assert dump(scaling_document(found)) == dump(scaling_document(ordinary))
    assert scaling_view(found) == scaling_view(ordinary)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    sides=st.sampled_from([("TRACE_C", "TRACE_PY"), ("TRACE_PY", "TRACE_C")]),
    steps=st.integers(1, 12),
    sweeps=st.integers(1, 3),
    rate=st.sampled_from([0.0, 0.0, 0.1]),
    chunk=st.sampled_from([200, 1 << 20]),
)
def test_both_ways_give_the_same_chain(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    sides: tuple[str, str],
    steps: int,
    sweeps: int,
    rate: float,
    chunk: int,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    chance = random.Random(seed)  # noqa: S311 - no secret
    names = str(folder / "first.log"), str(folder / "second.log")
    for name, side in zip(names, sides, strict=True):
        Path(name).write_bytes(_log(side, chance, steps, sweeps=sweeps, rate=rate))
    by_columns = diff_sweeps(*names, Policy(), chunk=chunk)
    if by_columns is not None:
        _same(by_columns, names)


def test_the_steps_are_columns_and_no_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    for name, side in zip(names, ("TRACE_C", "TRACE_PY"), strict=True):
        Path(name).write_bytes(_log(side, random.Random(3), 60, sweeps=1, rate=0.0))  # noqa: S311 - no secret
    by_columns = diff_sweeps(*names, Policy(), chunk=1000)
    assert by_columns is not None
    monkeypatch.setattr(swept_values, "with_every_step", None)
    _same(by_columns, names)
    rebuilt = scaling_of_sweeps(by_columns, None).rebuilt
    assert rebuilt is not None
    assert len(rebuilt.steps) == 60
    assert len(by_columns.c.by_quantity["phi_F_latt"]) < 40


_LOGGED = "2026-01-02 03:04:05,123 - port - INFO - "


@pytest.mark.parametrize("before", ["", _LOGGED])
@pytest.mark.parametrize("pixel", [0, 1])
def test_a_step_that_comes_again_is_of_another_sample_and_one_of_the_second_pixel_does_not_count(
    tmp_path: Path, pixel: int, before: str
) -> None:
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    for name, side in zip(names, ("TRACE_C", "TRACE_PY"), strict=True):
        lines = _log(side, random.Random(4), 30, sweeps=2, rate=0.0).decode().splitlines(keepends=True)  # noqa: S311
        at = [at for at, line in enumerate(lines) if "phi_tic=29 " in line][pixel]
        lines.insert(at + 1, f"{before}{lines[at].rpartition('=')[0]}=7.25\n")
        Path(name).write_text("".join(lines))
    by_columns = diff_sweeps(*names, Policy(), chunk=1 << 20)
    assert by_columns is not None
    _same(by_columns, names)
    rebuilt = scaling_of_sweeps(by_columns, None).rebuilt
    assert (rebuilt is None) == (pixel == 0)
    # The structure factor is 3 at most, and F_latt of all other steps, too.
    assert rebuilt is None or max(step.c_term or 0 for step in rebuilt.steps) <= 81
