"""Rows of structured files by nanoBragg's loops."""

from nbtrace.compare.diff import diff_traces
from nbtrace.parsers import parse_trace

LOG = """TRACE_CONFIG: tracing pixel (spixel=7, fpixel=9)
TRACE_C_TAP5_HKL: subpixel=0 0 hkl_frac=0.10 0.20 0.31 h0=0 k0=0 l0=0 F_cell=100 out_of_bounds=0
TRACE_C_TAP5_HKL: subpixel=0 1 hkl_frac=0.10 0.20 0.33 h0=0 k0=0 l0=0 F_cell=100 out_of_bounds=0
"""
TAP = """{"tap_id": "hkl_subpixel", "pixel_coords": [7, 9], "values": {"subpixels": [
{"subpixel_index": [0, 0], "hkl_fractional": [0.10, 0.20, 0.30], "hkl_rounded": [0, 0, 0], "F_cell": 100.0,
 "out_of_bounds": false},
{"subpixel_index": [0, 1], "hkl_fractional": [0.10, 0.20, 0.32], "hkl_rounded": [0, 0, 0], "F_cell": 100.0,
 "out_of_bounds": false}]}}
"""


def test_a_tap_in_json_is_that_of_the_log() -> None:
    (c,), (py,) = parse_trace(LOG), parse_trace(TAP)
    assert py.pixels == {0: (7, 9)}
    result = diff_traces(c, py)
    wrong = [(row.quantity, row.index.grid("subpixel"), row.component) for row in result.rows if row.status.diverges]
    assert wrong == [("tap_hkl_frac", (0, 0), "z"), ("tap_hkl_frac", (0, 1), "z")]
    assert result.coverage.compared == 12


def test_rows_of_a_source_are_its_lines() -> None:
    (trace,) = parse_trace("source,lambda_angstroms,F_cell\n0,0.9,100\n1,0.91,100\n")
    names = {(record.quantity, record.index.ordinal("source")) for record in trace.records}
    assert ("source_lambda_angstroms", 1) in names


def test_points_of_a_pixel_are_its_samples() -> None:
    head = "slow,fast,layer,subpixel_slow,subpixel_fast,F_latt\n"
    (trace,) = parse_trace(head + "1,2,0,0,0,5\n1,2,0,0,1,6\n1,3,0,0,0,7\n1,3,0,0,1,8\n")
    assert [(record.index.block, record.index.sample) for record in trace.records] == [(0, 0), (0, 1), (1, 0), (1, 1)]
