"""Files that hold the traces of both programs."""

from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace, read_sides, read_trace
from nbtrace.records import Side, Trace

C = "TRACE_C: pixel_pos_meters 1 2 3\nTRACE_C: F_latt 2\nTRACE_C: I_pixel_final 3\n"
PY = C.replace("TRACE_C", "TRACE_PY").replace("F_latt 2", "F_latt 5")


def adds_up(trace: Trace) -> bool:
    account = trace.account
    return account.total == account.used + account.structure + account.ignored + len(account.unreadable)


def values(trace: Trace) -> list[tuple[str, float, int]]:
    return [(record.key, record.numbers[0], record.line) for record in trace.records]


def test_one_log_after_the_other() -> None:
    c, py = parse_trace(C + "Running the port\n" + PY)
    assert (c.side, py.side) == (Side.C, Side.PY)
    assert values(c) == [("pixel_pos_meters", 1, 1), ("F_latt", 2, 2), ("I_pixel_final", 3, 3)]
    assert values(py) == [("pixel_pos_meters", 1, 5), ("F_latt", 5, 6), ("I_pixel_final", 3, 7)]
    assert {record.index.block for record in (*c.records, *py.records)} == {0}
    assert adds_up(c)
    assert adds_up(py)
    assert (c.account.total, c.account.used, c.account.ignored) == (7, 3, 4)


def test_lines_of_both_in_turn() -> None:
    pairs = zip(C.splitlines(), PY.splitlines(), strict=True)
    c, py = parse_trace("".join(f"{left}\n{right}\n" for left, right in pairs))
    assert [record.line for record in c.records] == [1, 3, 5]
    assert [record.line for record in py.records] == [2, 4, 6]
    assert {record.index.block for record in (*c.records, *py.records)} == {0}


def test_each_side_keeps_the_pixel_that_it_states() -> None:
    c, py = parse_trace(f"TRACE_CONFIG: tracing pixel (spixel=1, fpixel=2)\n{C}Tracing pixel: (slow=1, fast=2)\n{PY}")
    assert c.pixels == py.pixels == {0: (1, 2)}


def test_prose_belongs_to_both() -> None:
    c, py = parse_trace("TRACE: r_e^2 = 7.9e-30\n" + C + PY)
    assert c.records[0].quantity == py.records[0].quantity == "r_e_sqr"


def test_detector_lines_of_the_reference_stay_with_it() -> None:
    c, py = parse_trace("DETECTOR_FAST_AXIS 0 0 1\nDETECTOR_PIX0_VECTOR 1 2 3\n" + C + PY)
    assert [record.side for record in c.records] == [Side.UNKNOWN] * 2 + [Side.C] * 3
    assert [record.side for record in py.records] == [Side.PY] * 3


def test_a_file_of_two_columns_is_two_traces() -> None:
    rows = zip(C.splitlines(), PY.splitlines(), strict=True)
    c, py = parse_trace(
        "".join(f"{left}\t{right}\n" for left, right in rows) + "TRACE_C: steps 4\n\tTRACE_PY: polar 1\n"
    )
    assert (c.side, py.side) == (Side.C, Side.PY)
    assert values(c)[-1] == ("steps", 4, 4)
    assert values(py)[-1] == ("polar", 1, 5)
    assert (c.account.total, c.account.used, c.account.ignored) == (5, 4, 1)
    assert adds_up(py)


@pytest.mark.parametrize("header", ["", "diff --git a/c.log b/py.log\nindex 1234567..89abcde 100644\n"])
def test_unified_diff_whose_sides_bear_the_same_prefix(header: str) -> None:
    c, py = parse_trace(
        f"{header}--- c.log\n+++ py_relabelled.log\n@@ -1,3 +1,3 @@\n TRACE_C: F_cell 100\n"
        "-TRACE_C: F_latt 1\n+TRACE_C: F_latt 2\n-TRACE_C: polar 1\n\\ No newline at end of file\n"
    )
    at = header.count("\n")
    assert values(c) == [("F_cell", 100, at + 4), ("F_latt", 1, at + 5), ("polar", 1, at + 7)]
    assert values(py) == [("F_cell", 100, at + 4), ("F_latt", 2, at + 6)]
    assert c.side is py.side is Side.C
    assert adds_up(c)
    assert adds_up(py)


def test_one_side_must_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "both.log"
    path.write_text(C + PY)
    with pytest.raises(InputError, match=r"both\.log holds the traces of both programs"):
        read_trace(str(path))
    assert read_trace(str(path), Side.C).side is Side.C
    assert read_trace(str(path), Side.PY).side is Side.PY
    assert len(read_sides(str(path))) == 2


def test_a_log_of_one_program_is_one_trace(tmp_path: Path) -> None:
    path = tmp_path / "py.log"
    path.write_text(PY)
    assert read_trace(str(path), Side.C).side is Side.PY
    assert len(read_sides(str(path))) == 1


def test_a_log_without_a_prefix_has_no_side() -> None:
    (trace,) = parse_trace("TRACE: polar = 1\n")
    assert trace.side is Side.UNKNOWN
    assert [trace.vocabulary.names.of(side) for side in Side] == ["C", "Py", "?"]
