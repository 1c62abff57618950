"""`nbtrace A B` of two traces: one screen, one document."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.explain import ExplainDocument

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_the_answer_is_that_of_explain_and_the_rows_are_those_of_diff(nb: "Run", supervisor: Path) -> None:
    logs = supervisor / "c.log", supervisor / "c_roi_fresh.log"
    answer, explained = nb(*logs), nb("explain", *logs)
    assert (answer.code, answer.err) == (1, "")
    lines = answer.out.splitlines()
    assert len(lines) <= 25
    assert lines[:3] == explained.out.splitlines()[:3]
    assert lines[-1].startswith("DIFFER  C: rot_a_angstroms, rot_b_angstroms")
    assert "rot_a_angstroms.z -5.54765783" in answer.out
    assert "… 11 more and 99 that agree (--all)" in answer.out


def test_the_document_holds_that_of_diff(nb: "Run", supervisor: Path) -> None:
    logs = supervisor / "c.log", supervisor / "c_roi_fresh.log"
    document = json.loads(nb(*logs, "--json", "-").out)
    compared = json.loads(nb("diff", *logs, "--json", "-").out)
    explained = json.loads(nb("explain", *logs, "--json", "-").out)
    own = {"provenance", "answer"}
    assert document["diff"]["factors"] == compared["factors"]
    assert {key: value for key, value in document["diff"].items() if key not in own} == {
        key: value for key, value in compared.items() if key not in own
    }
    assert explained["diff"] is None
    assert {**document, "diff": None, "provenance": None} == {**explained, "provenance": None}
    inner = read_as(ExplainDocument, document).diff
    assert isinstance(inner, DiffDocument)
    assert inner.num_divergent == compared["num_divergent"]


def test_all_and_files_hold_everything(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    logs = supervisor / "c.log", supervisor / "c_roi_fresh.log"
    ended = nb(*logs, "--all", "--md", "a.md", "-o", "a.txt", "--bundle", "evidence")
    text = (tmp_path / "a.txt").read_text()
    for part in (ended.out, text, (tmp_path / "a.md").read_text()):
        for title in ("Roots", "Quantities in execution order", "Every value that differs", "Coverage"):
            assert title in part, title
        assert "fdet_vec.x" in part
    assert "(--all)" not in ended.out + text
    assert text.splitlines()[-1].startswith("DIFFER  C: rot_a_angstroms")
    assert nb("report", "evidence").code == 0
    page = (tmp_path / "evidence/report.html").read_text()
    assert "rot_b_angstroms" in page


def test_the_configuration_is_taken_from_option_or_flags(nb: "Run", supervisor: Path) -> None:
    logs = supervisor / "c.log", supervisor / "c.log"
    ended = nb(*logs, "--config", "supervisor", "--", "-lambda", "1")
    assert (ended.code, ended.err) == (2, "nbtrace: give either --config or flags after --, not both\n")
    assert nb(*logs, "--config", "nosuch").code == 3
    assert nb(*logs, "--", "-nosuch", "1").code == 2


@pytest.mark.parametrize(
    ("second", "code", "verdict"),
    [("c.log", 0, "AGREE"), ("py.log", 1, "DIFFER"), ("other_pixel.log", 4, "NOT"), ("alien.log", 3, "")],
)
def test_it_ends_as_diff_and_explain_do(nb: "Run", logs: Path, second: str, code: int, verdict: str) -> None:
    ended = nb(logs / "c.log", logs / second)
    assert ended.code == code
    assert nb("diff", logs / "c.log", logs / second).code == code
    if verdict:
        assert ended.out.split()[0] == ended.out.splitlines()[-1].split()[0] == verdict
    else:
        assert "have no quantity in common" in ended.err


def test_one_file_may_hold_both(nb: "Run", tmp_path: Path) -> None:
    both = tmp_path / "both.log"
    both.write_text("TRACE_C: F_latt 2\nTRACE_PY: F_latt 3\nTRACE_C: F_cell 5\nTRACE_PY: F_cell 5\n")
    ended = nb("both.log")
    assert ended.code == 1
    assert ended.out.split()[0] == "DIFFER"
    assert "F_latt" in ended.out


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("c.log", 2, "or hold it against itself: nbtrace check"),
        ("prose.log", 3, "holds no trace values (1 lines)"),
        ("empty.log", 3, "holds no trace values"),
        ("binary.log", 3, "is binary, not a trace log"),
    ],
)
def test_one_log_is_told_what_to_do(nb: "Run", logs: Path, name: str, code: int, message: str) -> None:
    ended = nb(logs / name)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_names_are_quoted_for_the_shell(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    for name, other in (("my log; rm.log", "c.log"), ("-t.log", "c_roi_fresh.log")):
        shutil.copy(supervisor / other, tmp_path / name)
    ended = nb("my log; rm.log", "./-t.log")
    assert "nbtrace explain 'my log; rm.log' ./-t.log --bundle evidence" in ended.out


def test_nothing_is_overwritten(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("mine")
    ended = nb(supervisor / "c.log", supervisor / "py.log", "--json", "x.json")
    assert ended.code == 2
    assert (tmp_path / "x.json").read_text() == "mine"


def test_the_answer_names_the_turn_of_a_loop_without_a_name(nb: "Run", tmp_path: Path) -> None:
    for name, factor in (("a.log", 1.0), ("b.log", 1.01)):
        values = [(1 / (turn + 1)) * (factor if turn >= 7 else 1) for turn in range(12)]
        (tmp_path / name).write_text("".join(f"residual = {value:.9f}\n" for value in values))
    ended = nb("a.log", "b.log")
    assert ended.code == 1
    assert "residual at repeat 7" in ended.out.splitlines()[0]
