"""Which blocks of a log are the first to name a sampled point or a turn."""

from pathlib import Path

from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.first_turns import FirstTurns
from nbtrace.longlogs.windows import WindowPart


def _part(log: Path) -> WindowPart:
    (columns,) = ColumnReader(str(log)).chunks()
    rows = columns.kind.size
    place = columns.kind, columns.block, columns.sample, columns.step
    return WindowPart(*place, columns.offset[:-1], columns.offset[1:], columns.numbers, [(columns, 0, rows)], [])


def test_each_new_point_and_turn_is_of_one_block(tmp_path: Path) -> None:
    log = tmp_path / "log"
    samples, turns = (1, 1, 3, 1, 2, 4, 2), ((), (0,), (0,), (0, 2), (1,), (2,), (1,))
    lines = []
    for many, own in zip(samples, turns, strict=True):
        lines += ["TRACE_C: hkl_frac 1 2 3", "TRACE_C: F_latt 2"] * many
        lines += [f"TRACE_C_PHI phi_tic={turn} phi_deg=1 k_frac=2 F_latt_b=1 F_latt=3" for turn in own]
        lines.append("TRACE_C: I_pixel_final 5")
    log.write_text("\n".join(lines) + "\n")
    first = FirstTurns()
    assert sorted(set(first.blocks(_part(log)))) == [0, 1, 2, 3, 4, 5]
    assert first.blocks(_part(log)) == []
