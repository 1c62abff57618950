"""Which values are written into the reference for a root."""

from dataclasses import replace

import pytest

from nbtrace import explain
from nbtrace.compare.scene import Node
from nbtrace.explanation.proof import NotTried, ValueOrigin
from nbtrace.proving.captured_values import CapturedReading
from nbtrace.proving.injected_values import PlannedValue, UntriedError, distinct, wanted_values
from nbtrace.records import Side
from tests.places import SUPERVISOR_PAIR
from tests.proving.meter import explained, log


def test_what_one_mistake_makes_wrong_is_written_together() -> None:
    result = explain(str(SUPERVISOR_PAIR / "c.log"), str(SUPERVISOR_PAIR / "py.log"))
    root = next(item for item in result.roots if item.side is Side.C and item.quantity == "rot_a_angstroms")
    alone = replace(root, findings=root.findings[:1])
    wanted = wanted_values(result.audit, alone)
    assert [node.name for node in wanted] == ["rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"]
    assert {origin for _, origin in wanted.values()} == {ValueOrigin.FORMULA}
    unrotated = {"rot_a_angstroms": (-14.35626903, -21.87179285, -5.58202083)}  # the cell that the banner of C states
    assert wanted[root.node][0] == pytest.approx(unrotated["rot_a_angstroms"], abs=1e-8)


def test_the_others_value_is_written_where_the_formula_is_not_known_to_its_digits() -> None:
    rough = log("TRACE_C", gain=2.5).replace("base 2.0", "base 2.00").replace("offset 1.0", "offset 1.000001")
    result = explained(log(), rough)
    root = next(item for item in result.roots if item.quantity == "gain")
    value, origin = wanted_values(result.audit, root)[root.node]
    assert (value, origin) == ((3.0,), ValueOrigin.OTHER_LOG)


def test_a_value_that_no_log_has_is_none_to_write() -> None:
    result = explained(log(gain=6.0))
    root = next(item for item in result.roots if item.side is Side.PY)
    result.audit.effective[Side.PY].pop(root.node)
    with pytest.raises(UntriedError) as caught:
        wanted_values(result.audit, root)
    assert caught.value.reason is NotTried.NO_VALUE


def test_a_value_is_written_in_the_unit_of_the_probe_and_once_wherever_it_is_the_same() -> None:
    first = CapturedReading(Node("length"), "length_m", (2e-10,), 1e10, {"step": 1}, 4, 2, 0)
    again = replace(first, hit=9, passed=1)
    other = replace(first, hit=12, passed=2, numbers=(3e-10,))
    planned = [PlannedValue(item, (5.0,), ValueOrigin.FORMULA, ("source",)) for item in (first, again, other)]
    assert planned[1].injection.after == 1
    assert planned[0].injection.numbers == (5e-10,)
    assert planned[0].injection.index == {"step": 1}
    everywhere = [item.everywhere for item in distinct(planned)]
    assert [item.over for item in everywhere] == [(2e-10,), (3e-10,)]
    assert {item.free for item in everywhere} == {("source",)}
