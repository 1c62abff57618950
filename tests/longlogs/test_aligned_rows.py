"""The unified diff of long logs by columns against that by records: the same text to the byte."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.compare.diff import diff_traces
from nbtrace.longlogs.aligned_rows import are_in_blocks
from nbtrace.longlogs.stream import diff_long
from nbtrace.parsers import read_trace
from nbtrace.report.views.unified import unified, unified_of_long
from tests.longlogs.test_long_check import EXAMPLES as LOGS
from tests.longlogs.test_long_check import edited_log
from tests.longlogs.test_stream import Faults, write_blocks

_logs = st.builds(
    lambda example, seed, form, **more: [
        edited_log(example, side, seed + at, form, **more) for at, side in enumerate(("c", "py"))
    ],
    st.sampled_from(LOGS),
    st.integers(0, 2**32),
    st.sampled_from([".15g", ".15g", ".17g", ".7g", ".12e", ".4g"]),
    blocks=st.integers(3, 7),
    rate=st.sampled_from([0.0, 0.0, 0.004, 0.02]),
    wrong=st.sampled_from([0.0, 0.02, 0.3]),
)


def _same(folder: Path, logs: list[bytes], chunk: int) -> None:
    names = str(folder / "aligned_c.log"), str(folder / "aligned_py.log")
    for name, text in zip(names, logs, strict=True):
        Path(name).write_bytes(text)
    by_columns = diff_long(*names, chunk=chunk)
    if by_columns is not None and are_in_blocks(by_columns):
        assert "".join(unified_of_long(by_columns)) == unified(diff_traces(*map(read_trace, names)))


@settings(max_examples=3, suppress_health_check=list(HealthCheck), deadline=None)
@given(logs=_logs, chunk=st.sampled_from([3_000, 1 << 20]))
def test_both_ways_print_the_same(tmp_path_factory: pytest.TempPathFactory, logs: list[bytes], chunk: int) -> None:
    _same(tmp_path_factory.getbasetemp(), logs, chunk)


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(logs=_logs, chunk=st.sampled_from([3_000, 1 << 20]))
def test_both_ways_print_the_same_of_many_logs(
    tmp_path_factory: pytest.TempPathFactory, logs: list[bytes], chunk: int
) -> None:
    _same(tmp_path_factory.getbasetemp(), logs, chunk)


@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.3])
def test_chunks_far_smaller_than_the_logs_print_the_same(tmp_path: Path, wrong: float) -> None:
    """Of most chunks nothing is printed, and the first and the last line of a piece are in the middle of blocks."""
    names = tmp_path / "c.log", tmp_path / "py.log"
    for name, faults in zip(names, (Faults(), Faults(wrong=wrong)), strict=True):
        write_blocks(name, "polar_09__35_24", 60, faults, 3)
    by_columns = diff_long(*map(str, names), chunk=2_500)
    assert by_columns is not None
    assert are_in_blocks(by_columns)
    printed = "".join(unified_of_long(by_columns))
    assert ("@@" in printed) == bool(by_columns.divergences)
    assert printed == unified(diff_traces(*(read_trace(str(name)) for name in names)))
