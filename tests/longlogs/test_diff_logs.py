"""The library's comparison of logs: by columns where they are long."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.longlogs import long_files, stream
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
    monkeypatch.setattr(long_files, "LONG", 0)
    found = nbtrace.diff(C, PY)
    assert asked
    assert found.verdict is by_records.verdict
    assert found.first_divergence is not None
    assert by_records.first_divergence is not None
    assert found.first_divergence.label == by_records.first_divergence.label
    assert found.coverage == by_records.coverage


def test_logs_without_columns_are_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_files, "LONG", 0)
    rod = nbtrace.load_vocabulary(str(HEAT / "rod.toml"))
    found = nbtrace.diff(HEAT / "loops.log", HEAT / "arrays_mistake.log", nbtrace.Policy(vocabulary=rod))
    assert found.verdict is nbtrace.Verdict.DIFFER


def test_a_log_is_read_with_the_vocabulary_of_the_trace_beside_it() -> None:
    rod = nbtrace.load_vocabulary(str(HEAT / "rod.toml"))
    trace = nbtrace.read_trace(HEAT / "loops.log", vocabulary=rod)
    assert nbtrace.diff(trace, HEAT / "arrays.log").verdict is nbtrace.Verdict.AGREE


@pytest.mark.parametrize(("bad", "lacks"), [((7, 1), None), (None, (3, 2)), (None, None)])
def test_lines_of_the_trace_format_are_the_same_by_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: tuple[int, int] | None, lacks: tuple[int, int] | None
) -> None:
    def write(name: str, prefix: str, bad: tuple[int, int] | None, lacks: tuple[int, int] | None) -> Path:
        lines = ["TRACE_FORMAT 1"]
        for step in range(8):
            for cell in range(3):
                value = (step + 0.1) * (1.01 if (step, cell) == bad else 1)
                if (step, cell) != lacks:
                    lines.append(f"{prefix}: step={step} cell={cell} own {value:.17g} K")
            lines.append(f"{prefix}: phi_tic={step} k_frac {step + 0.3:.17g}")
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
        return tmp_path / name

    logs = write("c.log", "TRACE_C", None, None), write("py.log", "TRACE_PY", bad, lacks)
    by_records = nbtrace.diff(*logs)
    monkeypatch.setattr(long_files, "LONG", 0)
    by_columns = nbtrace.diff(*logs)
    assert by_columns.coverage == by_records.coverage
    assert by_columns.coverage.expected == 32
    differ = bad is not None or lacks is not None
    assert by_columns.verdict is by_records.verdict is (nbtrace.Verdict.DIFFER if differ else nbtrace.Verdict.AGREE)
    first = by_columns.first_divergence
    assert (None if first is None else first.index.loops) == (None if bad is None else (("step", 7), ("cell", 1)))
