"""Long sweeps by columns against the ordinary comparison: the same documents and reports."""

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrace
from nbtrace.compare.diff import diff_traces
from nbtrace.compare.scaling import scaling_of
from nbtrace.documents import dump
from nbtrace.explanation import explain as explain_module
from nbtrace.longlogs import long_files, streamed_log
from nbtrace.longlogs.diff_logs import in_blocks
from nbtrace.longlogs.every_step import with_every_step
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.long_sweeps import diff_sweeps
from nbtrace.longlogs.stream import diff_long
from nbtrace.longlogs.torn_lines import NOT_TORN, torn_lines
from nbtrace.parsers import read_trace
from nbtrace.records import Record
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.trace_documents import diff_document, scaling_document
from nbtrace.report.views.answer_view import answer_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.verdicts.tolerance import Policy
from tests.longlogs.test_long_phi import log_of_sweeps
from tests.places import PAIRS

_ORDERS = [("TRACE_C", "TRACE_PY"), ("TRACE_C", "TRACE_PY"), ("TRACE_PY", "TRACE_C")]


def _edited(log: bytes, chance: random.Random) -> bytes:
    """Return a log with other line ends, words that no vocabulary knows, steps in another order, or a rank in front."""
    lines = log.split(b"\n")
    for at, line in enumerate(lines):
        if b"_PHI " in line and chance.random() < 0.05:
            lines[at] = chance.choice([line + b" S_x=1.5", b"[1] " + line, line[: chance.randrange(len(line))]])
    if chance.random() < 0.3:
        first, second = sorted(chance.choices(range(len(lines)), k=2))
        lines[first], lines[second] = lines[second], lines[first]
    words = b" extra=2.5" if chance.random() < 0.2 else b""
    lines = [line + words if b"_PHI " in line and words else line for line in lines]
    return chance.choice([b"\n", b"\n", b"\r\n"]).join(lines)


def _by_columns(names: tuple[str, str], chunk: int) -> LongDiffResult | None:
    """Return the comparison of logs whose last number may be torn."""
    result = diff_sweeps(*names, Policy(), chunk=chunk)
    torn = NOT_TORN if result is None else torn_lines((result.c, result.py), Policy(), chunk)
    return diff_sweeps(*names, Policy(), chunk=chunk, torn=torn) if torn else result


def _same(first: Path, second: Path, chunk: int) -> bool | None:
    """Return whether both ways give the same; None if columns cannot."""
    names = str(first), str(second)
    by_columns = _by_columns(names, chunk)
    if by_columns is None:
        return None
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert dump(diff_document(by_columns)) == dump(diff_document(ordinary))
    return diff_view(by_columns) == diff_view(ordinary)


def _written(folder: Path, seed: int, sides: tuple[str, str], steps: tuple[int, int], sweeps: int, rate: float) -> None:
    """Write two logs of sweeps, of so many steps and so many more."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    many = steps[0], max(1, sum(steps))
    for name, side, own in zip(("a.log", "b.log"), sides, many, strict=True):
        log = log_of_sweeps(side, chance.randrange(10**6), own, sweeps=sweeps, rate=rate)
        (folder / name).write_bytes(_edited(log, chance) if rate else log)


def test_documents_and_reports_are_the_same(tmp_path: Path) -> None:
    same = []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        logs=st.tuples(
            st.integers(0, 10**6),
            st.sampled_from(_ORDERS),
            st.tuples(st.integers(1, 12), st.integers(-1, 1)),
            st.integers(1, 3),
            st.sampled_from([0.0, 0.0, 0.1, 0.4]),
        ),
        chunk=st.sampled_from([200, 1000, 1 << 20]),
    )
    def compare(logs: tuple[int, tuple[str, str], tuple[int, int], int, float], chunk: int) -> None:
        _written(tmp_path, *logs)
        same.append(_same(tmp_path / "a.log", tmp_path / "b.log", chunk))
        assert same[-1] is not False

    compare()
    assert any(same)


@pytest.mark.parametrize("pair", ["custom_vectors_mat_hkl_phi__24_51", "supervisor__685_1039"])
def test_recorded_pairs_are_compared_by_columns(pair: str) -> None:
    assert _same(PAIRS / pair / "c.log", PAIRS / pair / "py.log", 4000)


def test_explanations_and_scaling_chains_are_the_same(tmp_path: Path) -> None:
    names, compared = (str(tmp_path / "a.log"), str(tmp_path / "b.log")), []

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        seed=st.integers(0, 10**6),
        steps=st.tuples(st.integers(2, 12), st.integers(-1, 1)),
        sweeps=st.integers(1, 2),
        rate=st.sampled_from([0.0, 0.1]),
    )
    def compare(seed: int, steps: tuple[int, int], sweeps: int, rate: float) -> None:
        chance = random.Random(seed)  # noqa: S311 - no secret
        for name, side, own in zip(names, _ORDERS[0], (steps[0], max(1, sum(steps))), strict=True):
            log = log_of_sweeps(side, chance.randrange(99), own, sweeps=sweeps, rate=rate)
            Path(name).write_bytes(_edited(log, chance))
        by_columns = _by_columns(names, chance.choice([200, 1 << 20]))
        if by_columns is not None:
            compared.append(by_columns)
            _explained_alike(by_columns, names)

    compare()
    assert compared


@pytest.mark.parametrize("steps", [10, 12])
def test_a_step_in_the_lines_of_a_logger_is_one_of_those_that_a_pixel_is_the_sum_of(tmp_path: Path, steps: int) -> None:
    """A cosine that is not that of the vectors is of another sample, unless the log tells of every one."""
    names = [tmp_path / "c.log", tmp_path / "py.log"]
    for name, side in zip(names, _ORDERS[0], strict=True):
        sweep = [f"{side}_PHI phi_tic={tic} phi_deg=0 k_frac={tic / 7:.15g} F_latt_b=2 F_latt=3" for tic in range(10)]
        lines = [
            f"{side}: incident_vec 1 0 0",
            f"{side}: diffracted_vec 0.600012345678901 0.799990740692 0",
            *sweep[:-1],
            f"2026-01-02 03:04:05,123 - port - INFO - {sweep[-1]}",
            f"{side}: steps {steps}",
            f"{side}: cos_2theta 0.712345678901234",
        ]
        name.write_text("\n".join(lines) + "\n")
    assert _same(names[0], names[1], 300)
    found = diff_traces(read_trace(str(names[0])), read_trace(str(names[1])))
    assert [item.broken for item in found.checks[0].checks if item.quantity == "cos_2theta"] == [int(steps == 10)]


def test_a_value_of_steps_that_no_formula_gives_is_explained_from_every_row(tmp_path: Path) -> None:
    """Of such a value the comparison by columns keeps a few rows, and the explanation names each that differs."""
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    for name, side, value in zip(names, _ORDERS[0], (1.5, 1.75), strict=True):
        lines = [f"{side}_PHI phi_tic={tic} phi_deg={tic / 10} S_x={value + tic}" for tic in range(9)]
        Path(name).write_text("\n".join([f"{side}: polar 0.5", *lines, f"{side}: omega_pixel 1e-6"]) + "\n")
    by_columns = diff_sweeps(*names, Policy())
    assert by_columns is not None
    assert len(by_columns.divergences) < 9
    _explained_alike(by_columns, names)


@pytest.mark.slow
def test_a_recorded_pair_has_the_same_explanation_and_scaling_chain() -> None:
    folder = PAIRS / "custom_vectors_mat_hkl_phi__24_51"
    names = str(folder / "c.log"), str(folder / "py.log")
    by_columns = diff_sweeps(*names, Policy(), chunk=4000)
    assert by_columns is not None
    _explained_alike(by_columns, names)
    of_columns, of_records = scaling_of(with_every_step(by_columns)), nbtrace.scaling_chain(*names)
    assert dump(scaling_document(of_columns)) == dump(scaling_document(of_records))


def _printed(record: Record) -> tuple[object, ...]:
    """Return what a record holds, by what is printed of its numbers: NaN is NaN."""
    return record.key, record.quantity, record.index, record.line, record.family, record.value.tokens, record.unit


def _explained_alike(by_columns: LongDiffResult, names: tuple[str, str]) -> None:
    traces = read_trace(names[0]), read_trace(names[1])
    whole = with_every_step(by_columns)
    of_records = diff_traces(*traces)
    for mine, other in ((whole.c, of_records.c), (whole.py, of_records.py)):
        assert list(map(_printed, mine.records)) == list(map(_printed, other.records))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain_module, "diff", lambda *_, **__: whole)
        found = nbtrace.explain(*names)
    ordinary = nbtrace.explain(*traces)
    assert dump(explain_document(found, with_diff=True)) == dump(explain_document(ordinary, with_diff=True))
    assert answer_view(found) == answer_view(ordinary)


def _pair(folder: Path, steps: int) -> tuple[str, str]:
    """Write the logs of one pixel with a sweep of many steps, one of which is another in the port's."""
    for side in ("C", "PY"):
        lines = (PAIRS / "custom_vectors_mat_hkl_phi__24_51" / f"{side.lower()}.log").read_text().splitlines()
        at = next(at for at, line in enumerate(lines) if "_PHI " in line)
        sweep = []
        for tic in range(steps):
            factor = 2.5 if side == "PY" and tic == steps // 2 else 1.5
            values = f"k_frac={1 + tic * 1e-4:.15g} F_latt_b={factor} F_latt={factor * 2}"
            sweep.append(f"TRACE_{side}_PHI phi_tic={tic} phi_deg={tic / 100:.15g} {values}")
        rest = [line for line in lines[at:] if "_PHI " not in line]
        (folder / f"{side.lower()}.log").write_text("\n".join([*lines[:at], *sweep, *rest]) + "\n")
    return str(folder / "c.log"), str(folder / "py.log")


def test_a_long_sweep_is_compared_by_its_steps(tmp_path: Path) -> None:
    names = _pair(tmp_path, 700)
    result = diff_long(*names)
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert result is not None
    assert not result.has_whole_blocks
    assert len(result.c.records) < 400 < len(ordinary.c.records)
    assert dump(diff_document(result)) == dump(diff_document(ordinary))
    assert any(row.index.ordinal("phi_tic") == 350 and row.status.diverges for row in result.rows)


def test_what_takes_every_step_gets_them_as_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = _pair(tmp_path, 30)
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    monkeypatch.setattr(long_files, "LONG", 100)
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 100)
    assert not nbtrace.diff(*names).has_whole_blocks
    assert in_blocks(nbtrace.diff(*names)).c.records == ordinary.c.records
    assert nbtrace.scaling_chain(*names).report() == scaling_of(ordinary).report()


@pytest.mark.parametrize("lines", [0, 49, 1000])
def test_a_long_sweep_is_seen_wherever_in_a_chunk_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    names = _pair(tmp_path, 200)
    for name in names:
        Path(name).write_text("starting\n" * lines + Path(name).read_text())
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 100)
    result = diff_long(*names, chunk=500)
    assert result is not None
    assert not result.has_whole_blocks


def test_the_steps_of_the_last_block_are_compared_however_many_come_before(tmp_path: Path) -> None:
    last = 3999
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    for name, side, wrong in zip(names, _ORDERS[0], (0.0, 0.25), strict=True):
        lines = []
        for block in range(last + 1):
            lines.append(f"{side}: pix0_vector_meters 0.1 0.2 0.3")
            for tic in range(3 if block in {0, last} else 0):
                k = tic / 8 + (wrong if block == last else 0.0)
                lines.append(f"{side}_PHI phi_tic={tic} phi_deg={tic / 10} k_frac={k} F_latt_b=1.5 F_latt={tic + 2.5}")
            lines.append(f"{side}: floatimage_accumulated 2.5")
        Path(name).write_text("\n".join(lines) + "\n")
    by_columns = diff_sweeps(*names, Policy())
    assert by_columns is not None
    assert by_columns.counts["phi_k_frac"] == (6, 3)


def test_memory_does_not_grow_with_the_steps(tmp_path: Path) -> None:
    """What is left of a step is the number by which it is known, and that of its turn."""
    peaks = []
    for steps in (500, 3500):
        names = _pair(tmp_path, steps)
        tracemalloc.start()
        assert diff_sweeps(*names, Policy(), chunk=20_000) is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 3000 * 600  # records of a step take some thousands
