"""Forms of JSON that hold a trace."""

import json
from typing import Any

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.parsers import parse_trace
from nbtrace.records import Shape, Side, Trace
from nbtrace.verdicts.status import Verdict


def read(document: Any) -> tuple[Trace, ...]:
    traces = parse_trace(document if isinstance(document, str) else json.dumps(document))
    for trace in traces:
        account = trace.account
        assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    return traces


def one(document: Any) -> Trace:
    (trace,) = read(document)
    return trace


def values(trace: Trace) -> dict[str, tuple[float, ...]]:
    return {record.quantity: record.numbers for record in trace.records}


METRICS = {"first_divergence": "F_latt", "factors": {
    "F_latt_a": {"c_value": 2.0, "py_value": 2.0, "status": "PASS"},
    "F_latt": {"c_value": -2.38, "py_value": -2.0, "ratio": 0.84},
}}  # fmt: skip
ROWS = [{"name": "F_latt_a", "c": [2.0], "py": [2.0]}, {"name": "F_latt", "c": [-2.38], "py": [-2.0]}]
OBJECTS = {"expected": {"F_latt_a": 2.0, "F_latt": -2.38}, "actual": {"F_latt_a": 2.0, "F_latt": -2.0}}
COLUMNS = {"quantity": ["F_latt_a", "F_latt"], "ref": [2.0, -2.38], "port": [2.0, -2.0]}
SPLIT = {"columns": ["quantity", "cpp", "torch"], "data": [["F_latt_a", 2.0, 2.0], ["F_latt", -2.38, -2.0]]}


@pytest.mark.parametrize(
    "document", [METRICS, ROWS, OBJECTS, COLUMNS, SPLIT], ids=["metrics", "rows", "objects", "columns", "split"]
)
def test_a_document_with_both_programs_gives_both_traces(document: Any) -> None:
    c, py = read(document)
    assert (c.side, py.side) == (Side.C, Side.PY)
    assert values(c) == {"F_latt_a": (2.0,), "F_latt": (-2.38,)}
    assert values(py) == {"F_latt_a": (2.0,), "F_latt": (-2.0,)}
    result = diff_traces(c, py)
    first = result.first_divergence
    assert result.verdict is Verdict.DIFFER
    assert first is not None
    assert first.quantity == "F_latt"


def test_two_quantities_of_one_object_are_no_two_sides() -> None:
    (trace,) = read({"trace": {"F_latt": 1.0, "F_cell": 2.0}})
    assert values(trace) == {"F_latt": (1.0,), "F_cell": (2.0,)}


def test_sides_whose_names_no_vocabulary_knows_are_compared_not_merged() -> None:
    c, py = read({"C": {"F_latt": 1.0, "I_final": 2.0}, "Py": {"I_final": 3.0}, "ratios": {"I": 1.5}})
    assert values(c) == {"F_latt": (1.0,), "I_final": (2.0,)}
    assert values(py) == {"I_final": (3.0,)}
    assert any("ratios" in text for text in c.readings)


def test_a_nested_document_keeps_its_pixel_and_its_unknown_keys() -> None:
    (trace,) = read({
        "pixel": {"slow": 7, "fast": 9},
        "trace": {"F_latt": {"a": 2.0, "b": 3.0}, "rot_a_angstroms": {"x": 1.0, "y": 2.0, "z": 3.0}, "own": 4},
        "beam": {"lambda_angstroms": {"value": 0.9, "unit": "Å"}},
    })  # fmt: skip
    assert trace.pixels == {0: (7, 9)}
    assert values(trace) == {
        "F_latt_a": (2.0,), "F_latt_b": (3.0,), "rot_a_angstroms": (1.0, 2.0, 3.0), "own": (4.0,),
        "lambda_angstroms": (0.9,),
    }  # fmt: skip


def test_one_key_with_two_values_is_two_quantities_and_said() -> None:
    (trace,) = read({"spec": {"F_latt": 1.0}, "parity": {"F_latt": 2.0}, "F_cell": 3.0})
    assert values(trace) == {"spec.F_latt": (1.0,), "parity.F_latt": (2.0,), "F_cell": (3.0,)}
    assert len(trace.readings) == 1


def test_records_with_an_index_are_steps() -> None:
    (trace,) = read({"steps": [{"phi_tic": tic, "k_frac": 0.1 * tic} for tic in range(3)]})
    assert {record.index.ordinal("phi_tic"): record.quantity for record in trace.records} == {
        0: "phi_k_frac", 1: "phi_k_frac", 2: "phi_k_frac",
    }  # fmt: skip
    assert not trace.readings


def test_records_without_an_index_are_places_in_order_and_said() -> None:
    (trace,) = read([{"F_latt": 1.0}, {"F_latt": 2.0}, {"F_latt": 2.0}])
    assert [record.index.block for record in trace.records] == [0, 1, 2]
    assert trace.readings


def test_records_of_pixels_are_their_blocks() -> None:
    (trace,) = read([{"slow": 1, "fast": 2, "F_latt": 1.0}, {"slow": 3, "fast": 4, "F_latt": 2.0}])
    assert trace.pixels == {0: (1, 2), 1: (3, 4)}


def test_a_divergence_in_one_record_is_found_there() -> None:
    good = [{"step": step, "F_latt": 1.5 * step, "V_cell": 2.0 + step} for step in range(5)]
    bad = [{**row, "V_cell": row["V_cell"] + (row["step"] == 3)} for row in good]
    result = diff_traces(one(good), one(bad))
    (row,) = [row for row in result.rows if row.status.diverges]
    assert (row.quantity, row.index.grid("step")) == ("V_cell", (3,))


def test_a_missing_record_is_a_difference() -> None:
    rows = [{"step": step, "F_latt": 1.5 + step} for step in range(4)]
    assert diff_traces(one(rows), one(rows[:3])).verdict is Verdict.DIFFER


def test_null_is_a_missing_value_and_nan_is_not_finite() -> None:
    (trace,) = read('{"F_latt": null, "F_cell": NaN}')
    shapes = {record.quantity: record.value.shape for record in trace.records}
    assert shapes == {"F_latt": Shape.SENTINEL, "F_cell": Shape.SCALAR}
    assert diff_traces(trace, trace).verdict is Verdict.DIFFER


def test_json_lines_are_records() -> None:
    (trace,) = read('{"phi_tic":0,"k_frac":0.5}\n\n{"phi_tic":1,"k_frac":0.25}\n')
    assert [(record.numbers, record.line) for record in trace.records] == [((0.5,), 1), ((0.25,), 3)]
    assert trace.dialects == ("JSON lines",)


def test_json_lines_with_one_key_each_are_one_document() -> None:
    (trace,) = read('{"F_latt": 1.5}\n{"F_cell": 2.5}\n')
    assert {record.index.block for record in trace.records} == {0}


def test_a_torn_json_line_is_unreadable_with_what_it_would_have_given() -> None:
    whole = '{"step":0,"F_latt":0.5}\n{"step":1,"F_latt":0.25}\n'
    (trace,) = read(whole[:-4])
    (bad,) = trace.account.unreadable
    assert (bad.line, bad.quantities) == (2, ("F_latt",))
    assert diff_traces(one(whole), trace).verdict is Verdict.DIFFER


def test_a_repeated_key_of_an_inner_object_is_no_agreement() -> None:
    (trace,) = read('{"trace": {"F_latt": 1, "F_latt": 1}}')
    assert trace.account.unreadable[0].quantities == ("F_latt",)
    assert diff_traces(trace, trace).verdict is Verdict.DIFFER


@pytest.mark.parametrize("document", [[{}, {}], [{}], {"a": {}}, {"columns": [], "data": [[]]}, {"steps": [{}, {}]}])
def test_empty_objects_hold_no_trace(document: Any) -> None:
    assert not one(document).records


@pytest.mark.parametrize(
    "document",
    [
        {"phi_tic": {"0": 0, "1": 1}, "F_latt": {"0": -2.38, "1": 1.5}},
        {"columns": ["phi_tic", "F_latt"], "index": [0, 1], "data": [[0, -2.38], [1, 1.5]]},
        {"phi_tic": [0, 1], "F_latt": [-2.38, 1.5]},
    ],
    ids=["pandas", "pandas split", "lists"],
)
def test_a_data_frame_has_a_row_for_each_step(document: dict[str, Any]) -> None:
    (trace,) = parse_trace(json.dumps(document))
    assert [(record.quantity, record.index.ordinal("phi_tic"), record.numbers) for record in trace.records] == [
        ("phi_F_latt", 0, (-2.38,)),
        ("phi_F_latt", 1, (1.5,)),
    ]
