import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbtrace import Trace, check, compare_phi, diff, read_trace, scaling_chain
from nbtrace.documents import dump
from nbtrace.physics.nanobragg.chain import ScalingChain
from nbtrace.report.documents.trace_documents import check_document, diff_document, phi_document, scaling_document

Read = Callable[..., Trace]


def refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def through(document: Any) -> Any:
    """The document as a strict reader of JSON gets it."""
    return json.loads(dump(document), parse_constant=refuse)


@pytest.fixture
def traces(pairs: Path) -> tuple[Trace, Trace]:
    folder = pairs / "supervisor__685_1039"
    return read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log"))


def test_keys_of_a_diff(traces: tuple[Trace, Trace]) -> None:
    document = through(diff_document(diff(*traces)))
    assert document["format_version"] == 1
    assert document["tolerance_rel"] == 1e-6
    assert document["first_divergence"] == "scattering_vec_A_inv"
    assert document["verdict"] == "differ"
    assert document["num_divergent"] == sum(entry["status"] != "PASS" for entry in document["factors"].values())
    coverage = document["coverage"]
    assert 0 < coverage["compared"] < coverage["expected"]
    assert coverage["skipped"] == {}
    keys = {
        "description",
        "unit",
        "c_value",
        "py_value",
        "abs_delta",
        "rel_delta",
        "ratio_py_over_c",
        "status",
        "tolerance",
        "tolerance_origin",
    }
    for name, entry in document["factors"].items():
        assert keys <= entry.keys(), name
    assert document["factors"]["pix0_vector_meters"]["c_value"] == [
        -0.216475836204836,
        0.216343050492215,
        -0.230192414300537,
    ]
    assert document["factors"]["polar"]["unit"] == "1"
    assert document["factors"]["r_e_sqr"]["description"].startswith("Thomson")
    assert document["c"]["pixel"] == {"slow": 685, "fast": 1039}
    lines = document["c"]["lines"]
    assert lines["total"] == lines["used"] + lines["structure"] + lines["ignored"] + len(lines["unreadable"])


def test_agreement_has_no_first_divergence(traces: tuple[Trace, Trace]) -> None:
    c, _ = traces
    document = through(diff_document(diff(c, c)))
    assert document["verdict"] == "agree"
    assert document["first_divergence"] is None
    assert document["first_divergence_by_band"] == {"tolerance": None, "0.0001": None, "0.01": None}
    assert (document["num_divergent"], document["roots"]) == (0, [])


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
def test_not_finite_values_are_null_with_a_reason(read: Read, bad: str) -> None:
    c = read(f"TRACE_C: polar {bad}\nTRACE_C: hkl_frac 1 {bad} 2\nTRACE_C: steps 1\n")
    py = read("TRACE_PY: polar 1\nTRACE_PY: hkl_frac 1 1 2\nTRACE_PY: steps 0\n")
    document = through(diff_document(diff(c, py)))
    polar, hkl = document["factors"]["polar"], document["factors"]["hkl_frac"]
    assert polar["c_value"] is None
    assert polar["not_finite"]["c_value"] == str(float(bad))
    assert hkl["c_value"] == [1, None, 2]
    assert hkl["not_finite"]["c_value"] == [None, str(float(bad)), None]
    assert polar["status"] == hkl["status"] == "NOT_FINITE"
    assert set(document["coverage"]["skipped"]) == {"polar", "hkl_frac"}
    through(scaling_document(scaling_chain(c, py)))
    through(check_document(check(c)))


def test_a_c_value_of_zero_has_no_ratio(read: Read) -> None:
    document = through(diff_document(diff(read("TRACE_C: polar 0\n"), read("TRACE_PY: polar 0.5\n"))))
    entry = document["factors"]["polar"]
    assert entry["ratio_py_over_c"] is None
    assert entry["rel_delta"] is None
    assert entry["not_finite"] == {"rel_delta": "inf"}
    assert entry["status"] == "CRITICAL"


def test_a_sentinel_is_null(read: Read) -> None:
    document = through(diff_document(diff(read("TRACE_C: polar 1\n"), read("TRACE_PY: polar NOT_EXTRACTED\n"))))
    entry = document["factors"]["polar"]
    assert entry["py_value"] is None
    assert entry["py_text"] == "NOT_EXTRACTED"
    assert entry["status"] == "MISSING"


def test_keys_of_a_sweep(traces: tuple[Trace, Trace]) -> None:
    document = through(phi_document(compare_phi(*traces)))
    assert document["first_divergence"] == 0
    assert document["max_delta_k"] == pytest.approx(0.607255839517774)
    keys = {"phi_tic", "phi_deg_c", "phi_deg_py", "delta_k", "delta_F_latt_b", "delta_F_latt", "status"}
    assert all(keys <= step.keys() for step in document["steps"])
    assert document["coverage"] == {"expected": 10, "compared": 10, "missing_c": [], "missing_py": []}
    assert document["repeats"] == [{"side": "c", "phi_tic": 0, "of_phi_tic": 9, "sample": 0}]
    c, _ = traces
    assert through(phi_document(compare_phi(c, c)))["first_divergence"] is None


def test_a_sweep_with_nan(read: Read) -> None:
    text = "_PHI phi_tic=0 phi_deg=0 k_frac=nan F_latt_b=1 F_latt=1\n"
    document = through(phi_document(compare_phi(read("TRACE_C" + text), read("TRACE_PY" + text))))
    assert document["max_delta_k"] is None
    assert document["steps"][0]["delta_k"] is None
    assert document["steps"][0]["not_finite"]["delta_k"] == "nan"
    assert document["steps"][0]["status"] == "NOT_FINITE"


def test_keys_of_the_chain(traces: tuple[Trace, Trace]) -> None:
    document = through(scaling_document(scaling_chain(*traces)))
    assert tuple(document["factors"]) == ScalingChain.names
    assert document["first_divergence"] == "I_before_scaling"
    assert document["num_divergent"] == 3
    shares = [entry["share_of_final_log_ratio"] for entry in document["factors"].values()]
    known = [share for share in shares if share is not None]
    assert math.fsum([*known, document["unexplained_share"]]) == pytest.approx(1)
    assert document["coverage"]["compared"] == 9
    assert document["products"]["c"]["ratio"] == pytest.approx(1, rel=1e-14)
    assert len(document["rebuilt"]["steps"]) == 10
    assert [axis["cells"] for axis in document["lattice"]["c"]] == [36, 47, 29]


def test_keys_of_a_self_check(traces: tuple[Trace, Trace]) -> None:
    document = through(check_document(check(traces[0])))
    assert document["verdict"] == "agree"
    assert {item["finding"] for item in document["relations"]} == {"holds", "not checked"}
    assert document["remarks"] == []


def test_hostile_text_survives_as_text(hostile_pair: tuple[Trace, Trace], hostile: str) -> None:
    document = through(diff_document(diff(*hostile_pair)))
    assert document["c"]["source"] == f"{hostile}.log"
    assert document["py"]["source"] == hostile
