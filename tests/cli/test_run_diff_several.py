"""`nbtrace diff` on more than two logs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.report.documents.models.several_logs import SeveralLogsDocument
from tests.cli.conftest import Ended
from tests.places import SUPERVISOR_PAIR

if TYPE_CHECKING:
    from tests.cli.conftest import Run

C, FRESH, PY = (SUPERVISOR_PAIR / name for name in ("c.log", "c_roi_fresh.log", "py.log"))
VALUES = {"lambda_meters": "1e-10", "F_cell": "300.0", "F_latt": "12.5", "I_pixel_final": "55.25"}


def write(path: Path, side: str = "PY", **values: str) -> Path:
    path.write_text("".join(f"TRACE_{side}: {name} {value}\n" for name, value in {**VALUES, **values}.items()))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where c.log is, good.log that agrees, and bad.log and worse.log that leave it together."""
    write(tmp_path / "c.log", "C")
    write(tmp_path / "good.log")
    write(tmp_path / "bad.log", F_latt="13.0")
    write(tmp_path / "worse.log", F_latt="13.0", I_pixel_final="60.0")
    return tmp_path


def said(ended: Ended) -> str:
    return " ".join(ended.out.split())


@pytest.mark.usefixtures("folder")
def test_the_answer_names_who_leaves_and_where(nb: "Run") -> None:
    ended = nb("diff", "c.log", "good.log", "bad.log", "worse.log")
    assert ended.code == 1
    assert said(ended).startswith(
        "DIFFER 2 of 3 logs differ from c.log: bad.log and worse.log first in F_latt, with the same value; "
        "good.log agrees"
    )
    assert "F_latt (line 3 of c.log), with the same value: 13 in place of 12.5; in 1 of the 4 values" in said(ended)
    assert [line.split() for line in ended.out.splitlines() if line.startswith("bad.log  ")] == [
        ["bad.log", "differ", "F_latt", "12.5", "13", "+4.000e-02", "not", "told", "3/4"]
    ]


def test_what_is_said_of_the_only_log_that_is_compared_has_its_name(nb: "Run", folder: Path) -> None:
    (folder / "empty.log").write_text("")
    with write(folder / "wide.log", F_latt="13.0").open("a") as log:
        log.write("TRACE_PY: F_cell\n")
    ended = nb("diff", "c.log", "empty.log", "wide.log")
    assert ended.code == 1
    assert "NOTE wide.log: Py log: 1 unreadable line" in said(ended)


@pytest.mark.usefixtures("folder")
def test_each_log_is_told_by_its_name_whatever_the_sides_are_called(nb: "Run") -> None:
    ended = nb("diff", "c.log", "good.log", "bad.log", "--names", "C: old", "Py: new")
    facts = [line.partition(" (")[0] for line in ended.out.splitlines() if line.endswith("lines used)")]
    assert facts == ["C: old: c.log", "good.log", "bad.log"]


def test_a_question_stands_once_above_its_commands(nb: "Run", folder: Path) -> None:
    ended = nb("diff", "c.log", "bad.log", write(folder / "other.log", F_cell="1.0"))
    assert ended.out.count("# who is wrong, and why?") == 1
    assert ended.out.count("  nbtrace explain ") == 2


def test_a_tolerance_is_of_a_quantity_that_one_log_has_and_misspelt_where_none_has_it(nb: "Run", folder: Path) -> None:
    write(folder / "c.log", "C", mine="1.0", other="2.0")
    write(folder / "one.log", mine="1.0001")
    write(folder / "two.log", other="2.0")
    known = nb("diff", "c.log", "one.log", "two.log", "-t", "mine=1e-3")
    assert (known.code, known.err) == (0, "")
    wrong = nb("diff", "c.log", "one.log", "two.log", "-t", "mone=1e-3")
    assert (wrong.code, wrong.out) == (2, "")
    assert "no quantity has that name; the nearest is mine" in wrong.err


def test_logs_that_all_agree_are_told_in_a_line(nb: "Run", folder: Path) -> None:
    write(folder / "again.log")
    ended = nb("diff", "c.log", "good.log", "again.log")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  all 2 logs agree with c.log\n")


def test_the_document_is_that_of_its_schema(nb: "Run", folder: Path) -> None:
    nb("diff", "c.log", "good.log", "bad.log", "worse.log", "--json", "r.json")
    document = SeveralLogsDocument.model_validate(json.loads((folder / "r.json").read_text()))
    assert document.coverage.model_dump(exclude={"not_finite"}) == {
        "logs": 3,
        "num_agree": 1,
        "num_differ": 2,
        "not_comparable": 0,
    }
    left = document.logs["bad.log"].left_at
    assert left is not None
    assert (left.quantity, left.c_text, left.py_text, left.c_line) == ("F_latt", "12.5", "13.0", 3)
    comparison = document.logs["worse.log"].comparison
    assert comparison is not None
    assert comparison.num_divergent == 2
    assert [(item.logs, item.same_value, item.common, item.apart) for item in document.shared] == [
        (("bad.log", "worse.log"), True, 4, 1)
    ]


def test_a_bundle_of_it_is_a_page_and_an_item_for_each_quantity_of_each_log(nb: "Run", folder: Path) -> None:
    (folder / "empty.log").write_text("")
    assert nb("diff", "c.log", "good.log", "bad.log", "empty.log", "--bundle", "e").code == 1
    page = nb("report", "e", "-o", "-").out
    assert "Several traces against c.log" in page
    junit = nb("report", "e", "--format", "junit", "-o", "-").out
    assert 'name="bad.log: F_latt"' in junit
    assert junit.count("<failure") == 2  # that quantity, and the verdict
    assert junit.count("<error") == 1
    assert nb("bundle", "verify", "e").code == 0
    assert nb("history", "add", "e").code == 0
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    verdicts = {line["case"]: line["status"] for line in lines if line["quantity"] == "verdict"}
    assert verdicts == {"c.log good.log": "agree", "c.log bad.log": "differ", "c.log empty.log": "not_comparable"}


def test_a_waiver_of_one_log_waives_nothing_of_another(nb: "Run", folder: Path) -> None:
    write(folder / "other.log", F_latt="13.0")
    waiver = (
        '[[waiver]]\nquantity = "F_latt"\nbound = 0.05\ncase = "{case}"\nreason = "known"\nowner = "jan"\n'
        "expiry = 2999-12-31\n"
    )
    (folder / "one.toml").write_text(waiver.format(case="c.log bad.log"))
    (folder / "all.toml").write_text(waiver.format(case="*"))
    logs = ("diff", "c.log", "bad.log", "other.log", "good.log")
    one = nb(*logs, "--waivers", "one.toml", "--json", "one.json", "--bundle", "e")
    assert one.code == 1
    assert json.loads((folder / "one.json").read_text())["waivers"]["num_waived"] == 1
    junit = nb("report", "e", "--format", "junit", "-o", "-").out
    waived, failed = ({line for line in junit.split("<testcase ") if mark in line} for mark in ("<skipped", "<failure"))
    assert any("bad.log: F_latt" in text for text in waived)
    assert any("other.log: F_latt" in text for text in failed)
    entry = json.loads((folder / "one.json").read_text())["logs"]["bad.log"]
    assert nb("history", "add", "e").code == 0
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    (kept,) = (line for line in lines if line["case"] == "c.log bad.log" and line["quantity"] == "F_latt")
    assert (kept["side"], kept["cause"]) == (entry["side"], entry["cause"])
    assert entry["side"]
    assert nb(*logs, "--waivers", "all.toml").code == 0


def test_a_log_that_differs_by_what_it_lacks_is_a_failure_of_its_own(nb: "Run", folder: Path) -> None:
    (folder / "less.log").write_text("TRACE_PY: lambda_meters 1e-10\nTRACE_PY: I_pixel_final 55.25\n")
    assert nb("diff", "c.log", "good.log", "less.log", "--strict", "--bundle", "e").code == 1
    junit = nb("report", "e", "--format", "junit", "-o", "-").out
    failed = [text for text in junit.split("<testcase ") if "<failure" in text]
    assert [text.partition(' name="')[2].partition('"')[0] for text in failed] == ["verdict", "less.log"]


def test_what_is_said_of_every_log_stands_once(nb: "Run", folder: Path) -> None:
    with (folder / "c.log").open("a") as log:
        log.write("TRACE_C: F_cell\n")
    ended = nb("diff", "c.log", "good.log", "bad.log", "worse.log")
    assert said(ended).count("C log: 1 unreadable line") == 1
    assert ".log: C log: 1 unreadable line" not in said(ended)


@pytest.mark.usefixtures("folder")
def test_every_pair_has_its_unified_diff(nb: "Run") -> None:
    ended = nb("diff", "c.log", "good.log", "bad.log", "worse.log", "-u")
    assert ended.code == 1
    assert [line for line in ended.out.splitlines() if line.startswith(("+", "-"))] == [
        "--- c.log",
        "+++ bad.log",
        "-F_latt 12.5",
        "+F_latt 13.0    # CRITICAL",
        "--- c.log",
        "+++ worse.log",
        "-F_latt 12.5",
        "+F_latt 13.0    # CRITICAL",
        "-I_pixel_final 55.25",
        "+I_pixel_final 60.0    # CRITICAL",
    ]


def test_a_second_log_of_the_reference_is_its_noise_for_all(nb: "Run", folder: Path) -> None:
    write(folder / "c2.log", "C", F_latt="13.5")
    ended = nb("diff", "c.log", "bad.log", "good.log", "--noise", "c2.log")
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("bad.log", "bad.log"), 2, "bad.log is given twice"),
        (("bad.log", "c.log"), 2, "c.log is given twice"),
        (("bad.log", "nope.log"), 3, "nope.log cannot be read"),
        (("bad.log", "good.log", "--case", "x"), 2, "--case names a single comparison"),
        (("bad.log", "good.log", "-t", "F_lat=1e-3"), 2, "F_lat"),
        (("bad.log", "-", "-"), 2, "standard input (-) can be read once"),
        (("list.hkl", "good.log"), 3, "list of structure factors"),
    ],
)
def test_a_wrong_call_gets_one_line(nb: "Run", folder: Path, words: tuple[str, ...], code: int, complaint: str) -> None:
    (folder / "list.hkl").write_text("1 0 0 10.0\n2 0 0 20.0\n")
    ended = nb("diff", "c.log", *words)
    assert (ended.code, ended.out) == (code, "")
    assert complaint in ended.err
    assert ended.err.count("\n") == 1


def test_structure_factors_are_compared_two_at_a_time(nb: "Run", folder: Path) -> None:
    for name in "abc":
        (folder / f"{name}.hkl").write_text("1 0 0 10.0\n2 0 0 20.0\n")
    ended = nb("diff", "a.hkl", "b.hkl", "c.hkl")
    assert ended.code == 2
    assert "two at a time" in ended.err


def test_twenty_logs_are_a_table_of_twenty(nb: "Run", folder: Path) -> None:
    names = [write(folder / f"p{number:02}.log", F_cell=f"{300 + number % 3}.0").name for number in range(20)]
    ended = nb("diff", "c.log", *names, "--all")
    assert ended.code == 1
    assert sum(line.startswith("p") and "/4" in line for line in ended.out.splitlines()) == 20
    assert said(ended).startswith(
        "DIFFER 13 of 20 logs differ from c.log: p01.log, p04.log, p07.log and 4 more first in"
    )
