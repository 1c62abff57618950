"""Traces in JSON documents."""

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.records import Side, Trace
from nbtrace.verdicts.status import Verdict

ENTRY = {"phi_tic": 0, "phi_deg": 0.0, "k_frac": -0.596337551708306, "F_latt_b": 0.0915914157955099, "F_latt": 0.25}
HEAD = {
    "timestamp": "2025-10-08T21:25:00Z",
    "pixel": {"slow": 685, "fast": 1039},
    "config": "supervisor",
    "device": "cpu",
    "dtype": "torch.float64",
}
META = {"timestamp": "t", "pixel_s": 133, "pixel_f": 134, "phi_steps": 1, "dtype": "float32", "device": "cpu"}


def read(document: Any, layout: int | None = 1) -> Trace:
    text = document if isinstance(document, str) else json.dumps(document, indent=layout)
    (trace,) = parse_trace(text)
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    assert account.total == len(text.splitlines())
    return trace


@pytest.mark.parametrize("key", ["per_phi_entries", "traces"])
def test_per_phi_document(key: str) -> None:
    trace = read(HEAD | {key: [ENTRY, ENTRY | {"phi_tic": 1, "S_x": -0.125}]})
    assert {(r.quantity, r.index.ordinal("phi_tic")): r.numbers[0] for r in trace.records} == {
        ("phi_deg", 0): 0.0, ("phi_k_frac", 0): -0.596337551708306, ("phi_F_latt_b", 0): 0.0915914157955099,
        ("phi_F_latt", 0): 0.25, ("phi_deg", 1): 0.0, ("phi_k_frac", 1): -0.596337551708306,
        ("phi_F_latt_b", 1): 0.0915914157955099, ("phi_F_latt", 1): 0.25, ("phi_S_x", 1): -0.125,
    }  # fmt: skip
    assert trace.pixels == {0: (685, 1039)}
    assert trace.settings["dtype"].value == "float64"
    assert trace.settings["config"].value == "supervisor"
    assert trace.side is Side.PY


def test_older_per_phi_document() -> None:
    entry = ENTRY | {"h_frac": 1.5, "l_frac": 2.5, "h": 1, "k": -1, "l": 2, "F_latt_a": 3.0, "F_latt_c": 4.0}
    trace = read({"metadata": META, "traces": [entry]})
    assert trace.pixels == {0: (133, 134)}
    assert trace.settings["dtype"].value == "float32"
    assert trace.by_quantity["phi_h_frac"][0].numbers == (1.5,)
    assert len(trace.records) == 11


def test_document_without_a_pixel() -> None:
    assert read({"per_phi_entries": [ENTRY]}).pixels == {}


def test_a_document_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    document = json.dumps(HEAD | {"per_phi_entries": [ENTRY]}).encode()
    for name, data in (
        ("spec_baseline", document),
        ("trace.log", b"\n  " + document),
        ("t.gz", gzip.compress(document)),
    ):
        (tmp_path / name).write_bytes(data)
        assert len(read_trace(str(tmp_path / name)).records) == 4


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda document: document["per_phi_entries"][0].pop("k_frac"), "per_phi_entries.0.k_frac is missing"),
        (lambda document: document["per_phi_entries"][0].update(phi_tic=-1), "per_phi_entries.0.phi_tic"),
        (lambda document: document["per_phi_entries"][0].update(F_latt="x"), "per_phi_entries.0.F_latt"),
        (lambda document: document["per_phi_entries"][0].update(S_x=None), "per_phi_entries.0.S_x"),
        (lambda document: document.update(per_phi_entries=5), "per_phi_entries"),
        (lambda document: document.update(pixel={"slow": 1}), "pixel.fast is missing"),
    ],
)
def test_a_document_that_fails_its_schema_gives_nothing(change: Callable[[dict[str, Any]], object], text: str) -> None:
    document: dict[str, Any] = json.loads(json.dumps(HEAD | {"per_phi_entries": [ENTRY]}))
    change(document)
    trace = read(document)
    assert trace.records == ()
    (problem,) = trace.account.unreadable
    assert problem.reason.startswith(text)


def test_a_flat_document_gives_its_numbers() -> None:
    trace = read(
        {
            "pixel_s": 133, "pixel_f": 134, "pixel_pos_A": [1e9, 2e9, -3e9], "R": 0.5, "wavelength_A": 0.9768,
            "h_frac": 1.25, "k_frac": -3.5, "l_frac": 0.0, "h": 1, "k": -4, "l": 0, "F_latt": 2.5,
            "note": "text", "ok": True, "none": None,
        }
    )  # fmt: skip
    values = {record.quantity: record.numbers for record in trace.records}
    assert values["hkl_frac"] == (1.25, -3.5, 0.0)
    assert values["hkl_rounded"] == (1.0, -4.0, 0.0)
    assert values["pixel_pos_meters"] == pytest.approx((0.1, 0.2, -0.3), rel=1e-14)
    assert values["lambda_angstroms"] == (0.9768,)
    assert values["R_distance_meters"] == (0.5,)
    assert values["F_latt"] == (2.5,)
    assert len(values) == 6
    assert trace.pixels == {0: (133, 134)}


def test_a_value_of_another_shape_is_no_value_of_the_quantity() -> None:
    trace = read({"a": 78.0, "b": 78.0, "pix0_vector": 3, "polar": 1.0, "F_latt": [1, 2, 3], "hkl_frac": [1, 2, 3]})
    assert sorted(record.quantity for record in trace.records) == ["hkl_frac", "polar"]
    assert read({"h_frac": [1, 2, 3], "k_frac": [1, 2, 3], "l_frac": [1, 2, 3]}).records == ()


@pytest.mark.parametrize("document", [{}, [], [1, 2], {"correlation": 1.0, "args": []}, {"pixel_s": 1, "pixel_f": 2}])
def test_json_without_a_trace(document: Any) -> None:
    trace = read(document)
    assert (trace.records, trace.account.used, trace.account.unreadable) == ((), 0, ())
    assert trace.dialects == ("JSON without a trace",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", 1),
        ("{\n", 1),
        ('{"a": 1,\n"b": $(date)\n}\n', 2),
        ('{"per_phi_entries": [\n{"phi_tic": 0, ', 2),
        ("[1, 2", 1),
    ],
)
def test_invalid_json_is_reported_with_its_line(text: str, line: int) -> None:
    trace = read(text)
    assert trace.dialects == ("invalid JSON",)
    (problem,) = trace.account.unreadable
    assert problem.line == line
    assert problem.reason.startswith("not JSON: ")


def test_json_nested_too_deeply_is_unreadable() -> None:
    (problem,) = read("[" * 200_000).account.unreadable
    assert problem.reason == "JSON nested too deeply"
    assert read('{"a":' * 100_000 + "1" + "}" * 100_000).account.unreadable


def test_numbers_beyond_a_float() -> None:
    trace = read('{"polar": ' + "9" * 5000 + ', "F_latt": 1e999, "F_cell": -' + "9" * 400 + ', "steps": NaN}')
    values = {record.quantity: record.numbers[0] for record in trace.records}
    assert (values["polar"], values["F_latt"], values["F_cell"]) == (math.inf, math.inf, -math.inf)
    assert math.isnan(values["steps"])
    entry = json.dumps(ENTRY).replace('"phi_tic": 0', '"phi_tic": ' + "9" * 5000)
    assert read('{"per_phi_entries": [' + entry + "]}").account.unreadable


def test_lone_surrogates_break_nothing() -> None:
    assert len(read('{"note": "\\ud800", "polar": 1.0}').records) == 1


def test_a_log_that_begins_with_a_bracket_is_a_log() -> None:
    (trace,) = parse_trace("[Thread debugging using libthread_db enabled]\nTRACE_C: polar 1\n")
    assert [(record.key, record.line) for record in trace.records] == [("polar", 2)]


def test_a_cut_compressed_document_says_so(tmp_path: Path) -> None:
    document = json.dumps({"per_phi_entries": [ENTRY | {"phi_tic": tic, "S_x": math.sin(tic)} for tic in range(500)]})
    path = tmp_path / "cut.json.gz"
    path.write_bytes(gzip.compress(document.encode())[:-1000])
    account = read_trace(str(path)).account
    assert account.cut
    assert len(account.unreadable) == 1


@pytest.mark.parametrize("order", [("per_phi_entries", "traces"), ("traces", "per_phi_entries")])
def test_of_two_lists_of_steps_the_first_known_name_counts(order: tuple[str, str]) -> None:
    entry = {"phi_deg": 0.0, "k_frac": 1.0, "F_latt_b": 1.0, "F_latt": 1.0}
    lists = {"per_phi_entries": [{"phi_tic": 0, **entry}], "traces": [{"phi_tic": 0, **entry}, {"phi_tic": 1, **entry}]}
    (both,) = parse_trace(json.dumps({name: lists[name] for name in order}))
    assert {record.index.ordinal("phi_tic") for record in both.records} == {0}
    (older,) = parse_trace(json.dumps({"traces": lists["traces"]}))
    assert {record.index.ordinal("phi_tic") for record in older.records} == {0, 1}
    (empty,) = parse_trace(json.dumps({"per_phi_entries": None, "traces": lists["traces"]}))
    assert empty.records == older.records


@pytest.mark.parametrize("kept", range(1, 14))
def test_json_lines_that_end_within_a_line_agree_with_nothing(kept: int) -> None:
    lines = ['{"name": "F_latt_a", "value": 2.0}', '{"name": "F_latt", "value": -2.38}']
    (whole,) = parse_trace("\n".join([*lines, lines[0].replace("_a", "_b")]) + "\n")
    (cut,) = parse_trace("\n".join([*lines, lines[0][:kept]]))
    assert cut.account.torn
    assert diff_traces(whole, cut).verdict is Verdict.DIFFER


def test_a_torn_line_of_json_names_its_quantity() -> None:
    (trace,) = parse_trace('{"name": "F_latt_a", "value": 2.0}\n{"name": "F_latt", "val')
    (bad,) = trace.account.unreadable
    assert bad.quantities == ("F_latt",)
