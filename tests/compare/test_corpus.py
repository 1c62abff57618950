"""Logs of third parties, which are not part of this repository: what is known of them, held against what is found."""

import csv
import os
import re
from pathlib import Path

import pytest

from nbtrace import Side, Status, Verdict, check, compare_phi, diff, read_sides, read_trace, scaling_chain
from nbtrace.compare.divergence import first_by_band
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.verdicts.notices import Weight

CORPUS = Path(os.environ.get("NBTRACE_CORPUS", "/no corpus"))
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="NBTRACE_CORPUS names no folder of logs"),
]
AUDIT_C = "L-scaling-audit__c_trace_scaling.log"
AUDIT_PY = "L-scaling-audit__trace_py_scaling_20251119.log"

OF_OTHER_PIXELS = {
    "AT006-64x128__py_full_output.log",
    "K-per-phi__per_phi_pytorch_20251006-151228.json",
}
"""Second logs of the pairs whose comparison says nothing about the physics, besides those marked PIXEL."""

FOUND_BEYOND_THE_TABLE = {
    "AT002-120x120__py_trace_0.4mm_120x120.log": "I_pixel_final",
    "K-base-lattice__trace_py.log": "pix0_vector",
}
"""Pairs for which the table, made with the blank-style lines alone, has no entry; nbtrace also reads their prose."""


def path(name: str) -> str:
    return str(CORPUS / name)


def rows() -> list[dict[str, str]]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "PAIRS.tsv").open(encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def pairs(*, per_phi: bool) -> list[dict[str, str]]:
    """The pairs of one kind; where there is none, a row that cannot be read, so that nothing passes for want of one."""
    found = [row for row in rows() if (row["kind"] == "per_phi") is per_phi]
    return found or [{"c_file": "none", "py_file": "none"}]


def pair_name(row: dict[str, str]) -> str:
    return f"{row['c_file'][:24]}-{row['py_file'][-32:]}"


@pytest.mark.parametrize("row", pairs(per_phi=False), ids=pair_name)
def test_first_divergences_of_the_pairs(row: dict[str, str]) -> None:
    result = diff(read_trace(path(row["c_file"]), Side.C), read_trace(path(row["py_file"]), Side.PY))
    bands = first_by_band(result.rows)
    for cell, band in (("naive_first_1e-6", "tolerance"), ("naive_first_1e-4", "0.0001"), ("naive_first_1e-2", "0.01")):
        name, _, size = row[cell].removesuffix(")").partition("(")
        found = bands[band]
        if name == "-":
            expected = FOUND_BEYOND_THE_TABLE.get(row["py_file"])
            assert (found.quantity if found else None) == expected
            continue
        assert found is not None
        assert found.quantity in {name, *VOCABULARY.equivalent_names(name)}
        if size:
            assert found.difference is not None
            assert abs(found.difference.relative) == pytest.approx(float(size), rel=6e-3)
    if row["final_ratio_or_perphi"] != "-":
        (ratio,) = (r.difference.ratio for r in result.rows if r.quantity == "I_pixel_final" and r.difference)
        assert ratio == pytest.approx(float(row["final_ratio_or_perphi"]), rel=1e-8)
    comparable = row["category"] != "PIXEL"
    assert (result.verdict is Verdict.NOT_COMPARABLE) is not comparable
    assert (result.verdict is Verdict.AGREE) is (row["category"] == "NONE")


@pytest.mark.parametrize("row", pairs(per_phi=True), ids=pair_name)
def test_phi_sweeps_of_the_pairs(row: dict[str, str]) -> None:
    result = compare_phi(read_trace(path(row["py_file"]), Side.PY), read_trace(path(row["c_file"]), Side.C))
    expected = re.fullmatch(
        r"nC=(\d+) nPy=(\d+) max_dk=([\d.e-]+)@tic(\d+) max_dk_excl_tic0=([\d.e-]+) phi_label_err=([\d.]+)",
        row["final_ratio_or_perphi"],
    )
    assert expected is not None
    assert len(result.compared) == int(expected[1]) == int(expected[2])
    assert result.max_delta_k == pytest.approx(float(expected[3]), rel=1e-6)
    assert result.worst is not None
    assert result.worst.phi_tic == int(expected[4])
    later = max(abs(step.delta_k) for step in result.steps if step.phi_tic and step.delta_k is not None)
    assert later == pytest.approx(float(expected[5]), rel=1e-5)
    labels = max(abs((step.phi_deg_py or 0) - (step.phi_deg_c or 0)) for step in result.steps)
    assert labels == pytest.approx(float(expected[6]), abs=1e-9)
    assert any("labels differ" in notice.text for notice in result.notices) is (labels > 1e-3)
    other = row["category"] == "PIXEL" or row["py_file"] in OF_OTHER_PIXELS
    assert (result.verdict is Verdict.NOT_COMPARABLE) is other
    assert "C phi_tic 0 repeats phi_tic 9" in {repeat.words(result.c.vocabulary.names) for repeat in result.repeats}


def test_the_factors_of_the_scaling_audit_are_those_of_its_record() -> None:
    result = scaling_chain(read_trace(path(AUDIT_C)), read_trace(path(AUDIT_PY)))
    relative = {
        factor.name: (f"{factor.row.difference.relative:+.6e}", factor.status)
        for factor in result.factors
        if factor.row is not None and factor.row.difference is not None
    }
    assert result.first_divergence is not None
    assert result.first_divergence.name == "I_before_scaling"
    assert relative["I_before_scaling"] == ("-2.439704e-01", Status.CRITICAL)
    assert relative["polar"] == ("+1.838282e-06", Status.MINOR)
    assert relative["omega_pixel"] == ("-1.861289e-05", Status.MINOR)
    assert relative["cos_2theta"] == ("+1.984734e-06", Status.MINOR)
    assert relative["I_pixel_final"] == ("-1.734283e-01", Status.CRITICAL)
    for name in ("r_e_sqr", "fluence_photons_per_m2", "steps", "capture_fraction"):
        assert relative[name][1] is Status.PASS
    assert "after polarisation" in result.products[1].meaning
    assert result.unexplained == pytest.approx(0, abs=1e-4)


def test_the_spec_baseline_has_two_divergent_factors() -> None:
    folder = "L-spec-baseline.bundle"
    c, py = read_trace(path(f"{folder}/c_trace_scaling.log")), read_trace(path(f"{folder}/trace_py_scaling.log"))
    result = scaling_chain(c, py)
    assert result.num_divergent == 2
    first = result.first_divergence
    assert first is not None
    assert first.name == "I_before_scaling"
    assert first.row is not None
    assert first.row.difference is not None
    assert first.row.difference.relative == pytest.approx(-0.14643174689167, rel=1e-12)


def test_the_audit_begins_with_the_corner_of_the_detector() -> None:
    result = diff(read_trace(path(AUDIT_C)), read_trace(path(AUDIT_PY)))
    first = result.first_divergence
    assert first is not None
    assert first.quantity == "pix0_vector_meters"
    assert first.component == "z"
    assert first.difference is not None
    assert first.difference.delta[2] == pytest.approx(-2.85468807e-06, rel=1e-8)


def test_every_log_of_the_reference_obeys_its_own_chain() -> None:
    """The reference keeps the product to 4e-15, whenever it logs every factor."""
    kept = 0
    for file in sorted(CORPUS.rglob("*")):
        if not file.is_file() or "c_" not in file.name:
            continue
        for trace in read_sides(str(file)):
            chain = next(item for item in check(trace).checks if item.quantity == "I_pixel_final")
            if trace.side is Side.C and "polar" in trace.by_quantity and chain.residual is not None:
                assert chain.residual < 1e-14, file
                kept += 1
    assert kept > 5


def test_every_file_is_read_and_every_line_accounted_for() -> None:
    files = [file for file in sorted(CORPUS.rglob("*")) if file.is_file()]
    assert len(files) > 50
    for file in files:
        for trace in read_sides(str(file)):
            account = trace.account
            assert account.total == account.used + account.structure + account.ignored + len(account.unreadable), file
            if trace.records:
                assert diff(trace, trace).c.source == trace.source


def test_other_pixels_are_said_before_any_physics() -> None:
    c = read_trace(path("K-per-phi__per_phi_c_20251006-151228.log"))
    result = compare_phi(read_trace(path("L-scaling-audit__trace_py_scaling_20251119_per_phi.json")), c)
    assert result.notices[0].weight is Weight.BLOCKING
    assert "different pixels" in result.notices[0].text
    assert "Py says slow 685 fast 1039" in result.notices[0].text
