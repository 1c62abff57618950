"""`nbtrace history` and `nbtrace trend` on results of real commands, of an older bundle, and on what is none."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.history.changes import attempt_changes
from nbtrace.history.history_file import read_history
from nbtrace.report.views.attempt import attempt_section
from tests.history.lines_of_histories import line
from tests.places import EXAMPLES, PAIRS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROTATION = PAIRS / "supervisor__685_1039"
C, FRESH = ROTATION / "c.log", ROTATION / "c_roi_fresh.log"
RECORDED = EXAMPLES / "history" / "history.jsonl"


def test_a_bundle_gives_a_line_for_each_quantity_with_what_the_explanation_says(nb: "Run", tmp_path: Path) -> None:
    nb("diff", C, FRESH, "--bundle", "evidence")
    nb("explain", C, FRESH, "--bundle", "evidence")
    assert nb("history", "add", "evidence").code == 0
    lines = read_history(tmp_path / "history.jsonl")
    document = json.loads((tmp_path / "evidence" / "diff.json").read_text())
    own = {line.quantity: line for line in lines if line.result == "diff"}
    assert own.keys() == {*document["factors"], "verdict"}
    root = own["rot_a_angstroms"]
    assert (root.status, root.side, root.case) == ("DIVERGENT", "c", "c.log c_roi_fresh.log")
    assert root.cause
    assert root.first_divergence == "rot_a_angstroms"
    assert root.digits == pytest.approx(document["factors"]["rot_a_angstroms"]["digits_in_agreement"], abs=1e-4)
    assert own["verdict"].status == "differ"
    again = nb("history", "add", "evidence")
    assert ": 0 lines added" in again.out


def test_what_a_script_of_the_field_filed_stands_beside_todays_result(nb: "Run", tmp_path: Path) -> None:
    nb("diff", C, FRESH, "--json", "today.json")
    rows = {"rot_a_angstroms": {"c_value": 1.0, "py_value": 1.001, "rel_delta": 1e-3, "status": "DIVERGENT"}}
    older = {"timestamp": "2025-10-08T14:26:30-07:00", "git_sha": "f" * 40, "tolerance_rel": 1e-6, "factors": rows}
    (tmp_path / "older.json").write_text(json.dumps(older))
    nb("history", "add", "older.json", "today.json", "--case", "rotation")
    lines = [line for line in read_history(tmp_path / "history.jsonl") if line.quantity == "rot_a_angstroms"]
    assert [line.result for line in lines] == ["metrics", "diff"]
    assert {line.case for line in lines} == {"rotation"}
    assert lines[0].time == "2025-10-08T21:26:30.000Z"
    assert lines[0].digits == pytest.approx(3.0)


@pytest.mark.parametrize(("content", "code"), [("[]", 3), ("{}", 3), ("{", 3), ('{"format": "nbtrace diff"}', 3)])
def test_what_is_no_result_adds_nothing(nb: "Run", tmp_path: Path, content: str, code: int) -> None:
    (tmp_path / "other.json").write_text(content)
    ended = nb("history", "add", "other.json")
    assert (ended.code, ended.err.count("\n")) == (code, 1)
    assert not (tmp_path / "history.jsonl").exists()


def test_a_ledger_grows_and_keeps_what_it_holds(nb: "Run", tmp_path: Path) -> None:
    ledger = tmp_path / "notes.md"
    ledger.write_text("# Notes\n\nby hand")
    nb("diff", C, FRESH, "--json", "first.json")
    assert nb("history", "note", "notes.md", "first.json", "--case", "one").code == 0
    first = ledger.read_bytes()
    assert first.startswith(b"# Notes\n\nby hand\n\n## Attempt 1, ")
    nb("diff", C, C, "--json", "second.json")
    nb("history", "note", "notes.md", "second.json", "--case", "one")
    text = ledger.read_text()
    assert ledger.read_bytes().startswith(first)
    assert len(re.findall(r"^## Attempt \d+, \d{4}-\d\d-\d\dT[\d:.]+Z, ", text, re.MULTILINE)) == 2
    second = text[len(first.decode()) :]
    assert "- Verdict: AGREE" in second
    assert "First divergence: none" in second
    assert "rot_a_angstroms: DIVERGENT 2.9 → PASS 14.0 (+11.1 digits)" in second
    assert "First divergence: rot_a_angstroms" in text


def test_a_ledger_names_the_cases_of_a_suite() -> None:
    lines = [[line(run, case=name, digits=digits) for name in ("one", "two")] for run, digits in enumerate((9.0, 4.0))]
    changes = attempt_changes(lines[1], lines[0])
    assert {(item.case, item.quantity) for item in changes.changes} == {("one", "F"), ("two", "F")}
    text = attempt_section(2, (), lines[1], changes)
    assert "  - F of one: PASS 9.0 → PASS 4.0" in text
    alone = attempt_section(2, (), lines[1][:1], attempt_changes(lines[1][:1], lines[0]))
    assert "  - F: PASS 9.0 → PASS 4.0" in alone


def test_a_trend_with_a_loss_fails_and_its_page_loads_nothing(nb: "Run", tmp_path: Path) -> None:
    ended = nb("trend", RECORDED, "--page", "trend.html", "--json", "trend.json")
    assert (ended.code, ended.out.split()[0]) == (1, "ALARM")
    document = json.loads((tmp_path / "trend.json").read_text())
    assert [item["quantity"] for item in document["losses"]] == ["T_mean_K", "T_K"]
    commits = list(dict.fromkeys(line.commit for line in read_history(RECORDED)))
    assert document["losses"][0]["commit"] == commits[3]
    page = (tmp_path / "trend.html").read_text()
    assert page.count("<svg") == len(document["series"]) == 4
    assert "default-src &#39;none&#39;" in page
    assert not re.findall(r"(?:src|href)=", page)


def test_a_trend_by_a_waiver_passes(nb: "Run", tmp_path: Path) -> None:
    text = '[[waiver]]\nquantity = ["T_mean_K", "T_K"]\nbound = 1e-7\nreason = "r"\nowner = "o"\nexpiry = 2199-01-01\n'
    (tmp_path / "waivers.toml").write_text(text)
    ended = nb("trend", RECORDED)
    assert (ended.code, ended.out.split()[0]) == (0, "WAIVED")


def test_a_history_in_a_merge_is_told_by_its_line(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text(RECORDED.read_text() + "<<<<<<< HEAD\n")
    ended = nb("trend")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "history.jsonl:41 is a mark of a merge" in ended.err
