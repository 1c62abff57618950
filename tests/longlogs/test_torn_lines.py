"""Long logs that end within a number: columns say the same of them as records."""

from pathlib import Path

import pytest

from benchmarks.long_logs import write_pair
from benchmarks.sweep_logs import write_sweep
from nbtrace import compare_phi, compare_steps, explain
from nbtrace.compare.diff import diff_traces
from nbtrace.documents import dump
from nbtrace.longlogs import long_files, streamed_log
from nbtrace.longlogs.long_phi import compare_long_phi
from nbtrace.longlogs.long_steps import compare_long_steps
from nbtrace.longlogs.stream import diff_long
from nbtrace.longlogs.torn_lines import reader_of, torn_lines
from nbtrace.parsers import read_trace
from nbtrace.records import Trace
from nbtrace.report.documents.trace_documents import diff_document
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.steps_view import steps_view
from nbtrace.verdicts.tolerance import Policy

CHUNK = 3000


def cut_behind(name: str | Path, text: str, *, digits: int = 1) -> None:
    """Cut a log off within the number behind the last of a text."""
    log = Path(name)
    whole = log.read_text()
    log.write_text(whole[: whole.rindex(text) + len(text) + digits])


def in_records(names: tuple[str, str]) -> tuple[Trace, Trace]:
    return read_trace(names[0]), read_trace(names[1])


@pytest.mark.parametrize("exchanged", [False, True])
def test_many_pixels_are_compared_as_by_records(tmp_path: Path, *, exchanged: bool) -> None:
    c, py = map(str, write_pair(tmp_path, 400))
    cut_behind(c if exchanged else py, ": F_latt ")
    names = (py, c) if exchanged else (c, py)
    by_columns, by_records = diff_long(*names, chunk=CHUNK), diff_traces(*in_records(names))
    assert by_columns is not None
    assert (by_columns.c if exchanged else by_columns.py).account.torn
    assert dump(diff_document(by_columns)) == dump(diff_document(by_records))
    assert diff_view(by_columns) == diff_view(by_records)


def test_a_long_sweep_is_compared_as_by_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = write_sweep(tmp_path, 60, every=25)
    cut_behind(names[1], "phi_tic=44 ")
    whole = Path(names[1]).read_text().rpartition("phi_tic=44")[0]
    step = next(line for line in Path(names[0]).read_text().splitlines() if "phi_tic=44 " in line)
    factor = step.rpartition("=")[2]
    line = f"{whole}{step.partition(' ')[2].rpartition('=')[0]}={factor[:3]}"
    Path(names[1]).write_text(line)
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 20)
    policy = Policy()
    by_records = diff_traces(*in_records(names))
    by_columns = diff_long(*names, chunk=CHUNK)
    assert by_columns is not None
    assert by_columns.py.account.torn
    assert dump(diff_document(by_columns)) == dump(diff_document(by_records))
    phi = compare_long_phi(*names, policy, by_records.c.vocabulary, chunk=CHUNK)
    assert phi is not None
    assert phi_view(phi) == phi_view(compare_phi(*names))
    steps = compare_long_steps(*names, "phi_tic", policy, chunk=CHUNK)
    assert steps is not None
    assert steps_view(steps) == steps_view(compare_steps(*names, "phi_tic"))
    explained = explain_view(explain(*names))
    monkeypatch.setattr(long_files, "LONG", 0)
    assert explain_view(explain(*names)) == explained


@pytest.mark.parametrize(("stands", "torn"), [("", False), ("9", False), ("\n", False), (None, True)])
def test_a_last_number_that_is_whole_is_read(tmp_path: Path, stands: str | None, *, torn: bool) -> None:
    names = write_pair(tmp_path, 100)
    text = names[1].read_text()
    at = text.rindex(": F_latt ") + len(": F_latt ")
    number = text[at:].split()[0]
    names[1].write_text(text[:at] + (number[:1] if stands is None else number + stands))
    traces = in_records((str(names[0]), str(names[1])))
    found = torn_lines(traces, Policy(), CHUNK)
    assert list(found) == ([str(names[1])] if torn else [])
    assert next(reversed([*reader_of(traces[1], CHUNK).chunks()])).line[-1] == traces[1].account.total


def test_the_only_value_of_a_log_is_compared_whatever_stands_before_it(tmp_path: Path) -> None:
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    Path(names[0]).write_text("TRACE_C: F_cell 1.5\nTRACE_C: F_latt 298.03\n")
    Path(names[1]).write_text("reading 3 files\nTRACE_PY: F_latt 29")
    by_columns, by_records = diff_long(*names, chunk=CHUNK), diff_traces(*in_records(names))
    assert by_columns is not None
    assert by_records.coverage.compared == 1
    assert diff_view(by_columns) == diff_view(by_records)
