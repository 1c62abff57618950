"""The second reader by hand, and that it objects where it must."""

from random import Random

import pytest

from nbtrace import diff, parse_trace
from nbtrace.verdicts.status import Verdict
from tests.fuzz import corpus, oracle

LOG = """TRACE_C:distance_m=0.1
TRACE_C: hkl_frac 1 2 3
TRACE_C_PHI phi_tic=0 phi_deg=0 k_frac=2 F_latt_b=1 F_latt=4
TRACE_C_PHI phi_tic=1 phi_deg=0.1 k_frac=2.1 F_latt_b=1 F_latt=5
TRACE_C: floatimage_accumulated 7
TRACE_C: hkl_frac 4 5 6
TRACE_C: F_cell 100
TRACE_C: floatimage_accumulated 8
"""
PY = LOG.replace("TRACE_C", "TRACE_PY")
ONCE = {place: values[0] for place, values in oracle.read(LOG).values.items()}


def test_values_by_block_key_and_step() -> None:
    values = oracle.read(LOG).values
    assert values[-1, "distance_m", -1] == ["0.1"]
    assert values[0, "hkl_frac", -1] == ["1 2 3"]
    assert values[0, "F_latt", 1] == ["5"]
    assert values[1, "hkl_frac", -1] == ["4 5 6"]
    assert values[1, "floatimage_accumulated", -1] == ["8"]
    assert len(values) == 14
    assert oracle.read(PY).values == values


@pytest.mark.parametrize(
    ("old", "new", "objection"),
    [
        ("F_cell 100", "F_cell 100.001", "F_cell of block 1: C 100, Py 100.001"),
        ("F_cell 100", "F_cell nan", "F_cell of block 1: C 100, Py nan"),
        ("F_cell 100", "F_cell 1_00", "F_cell of block 1: C 100, Py 1_00"),
        ("F_cell 100", "F_cell ١٠٠", "F_cell of block 1: C 100, Py ١٠٠"),
        ("hkl_frac 4 5 6", "hkl_frac 4 5", "hkl_frac of block 1: C 4 5 6, Py 4 5"),
        ("hkl_frac 4 5 6", "hkl_frac 4 5 6.0006", "hkl_frac of block 1: C 4 5 6, Py 4 5 6.0006"),
        ("TRACE_PY: F_cell 100\n", "", "F_cell of block 1: C 100, Py nothing"),
        ("F_latt=5", "F_latt=6", "F_latt of block 0, step 1: C 5, Py 6"),
        ("TRACE_PY_PHI phi_tic=1", "TRACE_PY_PHI phi_tic=2", "F_latt of block 0, step 1: C 5, Py nothing"),
    ],
)
def test_what_it_objects_to(old: str, new: str, objection: str) -> None:
    changed = PY.replace(old, new)
    assert changed != PY
    found = oracle.objections(LOG, changed, ONCE)
    assert objection in map(str, found)
    assert len({item.place[::2] for item in found}) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("F_cell 100", "F_cell 100.00001"),
        ("4 5 6", "4 5 6.0004"),
        ("F_cell 100", "F_cell 1e2"),
        ("TRACE_PY: F_cell", "  12→TRACE_PY F_cell"),
        ("TRACE_PY: F_cell", "TRACE_PY: F_cell ="),
        ("TRACE_PY:distance_m=", "TRACE_PY:distance_m "),
    ],
)
def test_what_it_does_not_object_to(old: str, new: str) -> None:
    assert oracle.objections(LOG, PY.replace(old, new), ONCE) == []


def test_what_neither_can_print_is_not_looked_at() -> None:
    assert oracle.objections(LOG.replace("F_cell 100", "F_cell x"), PY.replace("F_cell 100", "F_cell ?"), ONCE) == []
    assert oracle.objections(LOG.replace("F_cell 100", "F_cell x"), PY, ONCE) != []


def test_the_pairs_agree_for_both_readers() -> None:
    blocks = set()
    for seed in range(40):
        c, py = corpus.agreeing_pair(Random(seed))  # noqa: S311 - no secret
        (c_trace,), (py_trace,) = parse_trace(c), parse_trace(py)
        assert diff(c_trace, py_trace).verdict is Verdict.AGREE
        left, right = oracle.read(c), oracle.read(py)
        common = left.values.keys() & right.values.keys()
        assert len(common) > 10
        assert common >= {place for place in right.values if place[0] >= 0}
        assert oracle.objections(c, py, {place: left.values[place][0] for place in common}) == []
        blocks.add(max(left.blocks()))
    assert blocks == {0, 1, 2}
