"""Third-party logs, held against the index that describes them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrace.parsers import read_sides, read_trace
from nbtrace.records import Shape, Side, Trace

pytestmark = pytest.mark.corpus

DIALECTS = {
    "C-pix": "C keyed",
    "C-geo": "C keyed",
    "C-phi": "C per-φ",
    "C-cfg": "C configuration",
    "C-cell": "C cell block / Py prose",
    "C-tap": "C tap",
    "C-rotate": "C rotations",
    "C-beamcenter": "C beam centre",
    "Py-pix": "Py keyed",
    "Py-pix-e15": "Py keyed",
    "Py-geo-eq": "Py keyed",
    "Py-geo-sp": "Py keyed",
    "Py-phi5": "Py per-φ",
    "Py-tricubic": "Py tricubic",
    "Py-base": "Py base lattice",
    "Py-sim": "Py lattice debug",
    "J-perphi-entries5": "per-φ JSON",
    "J-perphi-entries12": "per-φ JSON",
    "J-perphi-traces": "per-φ JSON",
}
"""Dialect names of the index: ours. The index counts prose of the port among other things."""
SHARED = {"C keyed", "Py keyed", "C cell block / Py prose"}


def index(corpus: Path) -> Iterator[tuple[Path, set[str]]]:
    with (corpus / "INDEX.tsv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            yield corpus / row["file"], set(row["dialects"].split(","))


def traces(path: Path) -> tuple[Trace, ...]:
    return read_sides(str(path))


def test_every_file_is_read_and_every_line_accounted_for(corpus: Path) -> None:
    files = [path for path in corpus.rglob("*") if path.is_file()]
    assert len(files) > 50
    for path in files:
        for trace in traces(path):
            account = trace.account
            assert account.total == account.used + account.structure + account.ignored + len(account.unreadable), path
            assert account.total == len(path.read_bytes().decode(errors="replace").removesuffix("\n").split("\n")), path


def test_dialects_are_those_of_the_index(corpus: Path) -> None:
    counted = 0
    for path, labels in index(corpus):
        wanted = {DIALECTS[label] for label in labels & DIALECTS.keys()}
        found = {dialect for trace in traces(path) for dialect in trace.dialects}
        assert wanted <= found, path
        if path.suffix not in {".md", ".tsv"}:
            assert (found & set(DIALECTS.values())) - SHARED <= wanted, path
        counted += bool(wanted)
    assert counted > 40


def test_no_log_of_the_index_holds_an_unreadable_line(corpus: Path) -> None:
    for path, labels in index(corpus):
        if labels & DIALECTS.keys() and "MD" not in labels:
            assert [trace.account.unreadable for trace in traces(path)] == [()] * len(traces(path)), path


def test_sides_are_those_of_the_index(corpus: Path) -> None:
    for path, labels in index(corpus):
        if path.suffix in {".md", ".tsv"}:
            continue
        if labels & {"C-pix", "C-phi"}:
            assert [trace.side for trace in traces(path)] == [Side.C], path
        if labels & {"Py-pix", "Py-phi5", "J-perphi-entries5"}:
            assert [trace.side for trace in traces(path)] == [Side.PY], path


def test_facts_of_the_scaling_audit(corpus: Path) -> None:
    c = read_trace(str(corpus / "L-scaling-audit__c_trace_scaling.log"))
    assert c.pixels == {0: (685, 1039)}
    k = {record.index.ordinal("phi_tic"): record.numbers[0] for record in c.by_quantity["phi_k_frac"]}
    assert set(k) == set(range(10))
    assert k[0] == k[9] == -0.607255839576692
    py = read_trace(str(corpus / "L-scaling-audit__trace_py_scaling_refreshed.log"))
    (sentinel,) = [record for record in py.records if record.value.shape is Shape.SENTINEL]
    assert (sentinel.quantity, sentinel.value.text) == ("I_before_scaling", "NOT_EXTRACTED")


def test_other_facts_of_the_index(corpus: Path) -> None:
    side_by_side = read_sides(str(corpus / "E-pix0-override__trace_side_by_side.tsv"))
    assert [trace.side for trace in side_by_side] == [Side.C, Side.PY]
    relabelled = read_sides(str(corpus / "E-pix0-override__trace_diff_beam.txt"))
    assert [trace.side for trace in relabelled] == [Side.C, Side.C]
    per_phi = read_trace(str(corpus / "K-per-phi__per_phi_pytorch_20251006-151228.json"))
    assert per_phi.pixels == {0: (133, 134)}
    assert read_trace(str(corpus / "J-scaling__trace_c_scaling.log")).pixels == {0: (1039, 685)}
    broken = read_trace(str(corpus / "K-base-lattice__metadata.json"))
    assert len(broken.account.unreadable) == 1
