"""The library's comparison of logs: by columns where they are long."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.longlogs import diff_logs, stream
from tests.places import EXAMPLES, SUPERVISOR_PAIR

C, PY = SUPERVISOR_PAIR / "c.log", SUPERVISOR_PAIR / "py.log"
HEAT = EXAMPLES / "heat"


@pytest.mark.parametrize("kind", [str, Path])
def test_logs_are_compared_as_their_traces_are(kind: type[str] | type[Path]) -> None:
    of_traces = nbtrace.diff(nbtrace.read_trace(C), nbtrace.read_trace(PY))
    of_logs = nbtrace.diff(kind(C), kind(PY))
    assert of_logs == of_traces
    assert nbtrace.diff(nbtrace.read_trace(C), kind(PY)) == of_traces


def test_long_logs_are_compared_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    by_records = nbtrace.diff(C, PY)
    asked = []

    def by_columns(*args: object, **more: object) -> object:
        asked.append(args)
        return real(*args, **more)  # type: ignore[arg-type]

    real = stream.diff_long
    monkeypatch.setattr(stream, "diff_long", by_columns)
    monkeypatch.setattr(diff_logs, "_LONG", 0)
    found = nbtrace.diff(C, PY)
    assert asked
    assert found.verdict is by_records.verdict
    assert found.first_divergence is not None
    assert by_records.first_divergence is not None
    assert found.first_divergence.label == by_records.first_divergence.label
    assert found.coverage == by_records.coverage


def test_logs_without_columns_are_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_logs, "_LONG", 0)
    rod = nbtrace.load_vocabulary(str(HEAT / "rod.toml"))
    found = nbtrace.diff(HEAT / "loops.log", HEAT / "arrays_mistake.log", nbtrace.Policy(vocabulary=rod))
    assert found.verdict is nbtrace.Verdict.DIFFER


def test_a_log_is_read_with_the_vocabulary_of_the_trace_beside_it() -> None:
    rod = nbtrace.load_vocabulary(str(HEAT / "rod.toml"))
    trace = nbtrace.read_trace(HEAT / "loops.log", vocabulary=rod)
    assert nbtrace.diff(trace, HEAT / "arrays.log").verdict is nbtrace.Verdict.AGREE
