"""The unified diff of long logs by columns against that by records: the same text to the byte."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.compare.diff import diff_traces
from nbtrace.longlogs import aligned_blocks
from nbtrace.longlogs.aligned_blocks import are_in_blocks
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


_SEEDS = (("c", 7), ("py", 8))


def _same(folder: Path, logs: list[bytes], chunk: int) -> bool:
    """Hold both ways against each other; return whether columns were one of them."""
    names = str(folder / "aligned_c.log"), str(folder / "aligned_py.log")
    for name, text in zip(names, logs, strict=True):
        Path(name).write_bytes(text)
    by_columns = diff_long(*names, chunk=chunk)
    if by_columns is None or not are_in_blocks(by_columns):
        return False
    assert "".join(unified_of_long(by_columns)) == unified(diff_traces(read_trace(names[0]), read_trace(names[1])))
    return True


@pytest.mark.parametrize("example", ["custom_vectors_mat_hkl_phi__24_51", "oversample_2_omega__22_14"])
@pytest.mark.parametrize("chunk", [3_000, 1 << 20])
def test_both_ways_print_the_same(tmp_path: Path, example: str, chunk: int) -> None:
    logs = [edited_log(example, side, seed, ".15g", blocks=6, rate=0.004, wrong=0.02) for side, seed in _SEEDS]
    assert _same(tmp_path, logs, chunk)


@pytest.mark.slow
def test_both_ways_print_the_same_of_many_logs(tmp_path: Path) -> None:
    compared = []

    @settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
    @given(logs=_logs, chunk=st.sampled_from([3_000, 1 << 20]))
    def compare(logs: list[bytes], chunk: int) -> None:
        compared.append(_same(tmp_path, logs, chunk))

    compare()
    assert any(compared)


@pytest.mark.parametrize("example", ["polar_09__35_24", "custom_vectors_mat_hkl_phi__24_51"])
def test_parts_in_which_nothing_diverges_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    """Of two logs of the reference, whose banner has values that no vocabulary knows."""
    monkeypatch.setattr(aligned_blocks, "_GAP", 3)
    names = str(tmp_path / "first.log"), str(tmp_path / "second.log")
    for number, name in enumerate(names):
        write_blocks(tmp_path / "c.log", example, 36, Faults(wrong=0.06 if number else 0.0), 5)
        text = (tmp_path / "c.log").read_text()
        Path(name).write_text(text.replace("TRACE_C", "TRACE_PY") if number else text)
    by_columns = diff_long(*names, chunk=2_500)
    assert by_columns is not None
    assert are_in_blocks(by_columns)
    for again in by_columns.reading.again:
        left_out = [again.leaves_out(number) for number in range(len(again.marks))]
        assert 0 < sum(left_out) < len(left_out)
    printed = "".join(unified_of_long(by_columns))
    assert printed.count("-F_latt_b [pixel block") > 1
    assert printed == unified(diff_traces(read_trace(names[0]), read_trace(names[1])))


@pytest.mark.parametrize(
    ("example", "chunk"), [("polar_09__35_24", 2_500), ("polar_09__35_24", 1 << 20), ("thick_sensor__44_31", 1 << 20)]
)
def test_what_stands_beside_the_first_and_last_value_of_a_block_is_of_its_neighbours(
    tmp_path: Path, example: str, chunk: int
) -> None:
    """A thick sensor has a value of each of its layers."""
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    write_blocks(Path(names[0]), example, 20, Faults(), 5)
    lines = Path(names[0]).read_text().replace("TRACE_C", "TRACE_PY").splitlines(keepends=True)
    changed = {"floatimage_accumulated": [4, 9, 10, 19], "fdet_vec": [0, 7, 10, 14], "capture_fraction": [1, 5, 12, 17]}
    for quantity, blocks in changed.items():
        at = [at for at, line in enumerate(lines) if line.startswith(f"TRACE_PY: {quantity} ")]
        for block in blocks:
            key, number = lines[at[block]].rsplit(" ", 1)
            lines[at[block]] = f"{key} {float(number) * 1.001}\n"
    Path(names[1]).write_text("".join(lines))
    by_columns = diff_long(*names, chunk=chunk)
    assert by_columns is not None
    assert are_in_blocks(by_columns)
    printed = "".join(unified_of_long(by_columns))
    assert all(printed.count(f"-{quantity}") == 4 for quantity in changed)
    assert printed == unified(diff_traces(read_trace(names[0]), read_trace(names[1])))
