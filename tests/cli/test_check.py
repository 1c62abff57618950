import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.places import ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_a_log_that_agrees_with_itself(nb: "Run", supervisor: Path) -> None:
    ended = nb("check", supervisor / "c.log")
    assert ended.code == 0
    assert ended.out.startswith("CONSISTENT  50 of 50 relations hold\n")
    assert "Pixel: slow 685 fast 1039" in ended.out


def test_an_edited_log_is_named(nb: "Run", logs: Path) -> None:
    text = (logs / "c.log").read_text().replace("TRACE_C: F_latt -2.38", "TRACE_C: F_latt -2.39")
    (logs / "edited.log").write_text(text)
    ended = nb("check", logs / "edited.log")
    assert ended.code == 1
    assert ended.out.startswith("INCONSISTENT  49 of 50 relations hold; broken: F_latt\n")
    document = json.loads(nb("check", logs / "edited.log", "--json", "-").out)
    assert document["verdict"] == "differ"
    assert [item["quantity"] for item in document["relations"] if item["finding"] == "broken"] == ["F_latt"]


def test_unreadable_lines_are_listed_with_their_number(nb: "Run", logs: Path) -> None:
    (logs / "torn.log").write_text((logs / "c.log").read_text() + "TRACE_C: polar\n" * 25)
    ended = nb("check", logs / "torn.log", "--all")
    lines = (logs / "c.log").read_text().count("\n")
    assert f"line {lines + 1}: " in " ".join(ended.out.split())
    assert "and 5 more" in ended.out
    assert ended.out.startswith("INCONSISTENT  50 of 50 relations hold, but 25 lines cannot be read\n")
    assert "25 unreadable" in " ".join(ended.out.split())


@pytest.mark.parametrize(("side", "excess"), [("c", 0.5), ("py", 0.25)])
def test_a_log_of_both_programs_needs_a_side(nb: "Run", tmp_path: Path, side: str, excess: float) -> None:
    both = tmp_path / "both.log"
    values = ("_C: r_e_meters 3", "_PY: r_e_meters 3", "_C: r_e_sqr 9.5", "_PY: r_e_sqr 9.25")
    both.write_text("".join(f"TRACE{value}\n" for value in values))
    refused = nb("check", both)
    assert refused.code == 3
    assert "both programs" in refused.err
    document = json.loads(nb("check", both, "--side", side, "--json", "-").out)
    assert document["log"]["side"] == side
    (broken,) = (item for item in document["relations"] if item["finding"] == "broken")
    assert broken["residual"] == pytest.approx(excess / 9)


def test_a_log_is_checked_from_standard_input(nb: "Run", supervisor: Path) -> None:
    assert nb("check", "-", stdin=(supervisor / "c.log").read_bytes()).code == 0


def test_markdown_and_bundle(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    assert nb("check", supervisor / "c.log", "--md", "check.md", "--bundle", "b").code == 0
    assert (tmp_path / "check.md").read_text().startswith("# A log held against itself\n\n**CONSISTENT**")
    assert nb("bundle", "verify", "b").code == 0


def test_a_remark_alone_is_in_the_first_line(nb: "Run", logs: Path) -> None:
    text = (logs / "c.log").read_text().replace("(spixel=685, fpixel=1039)", "(spixel=1, fpixel=2)")
    (logs / "lying.log").write_text(text)
    ended = nb("check", logs / "lying.log")
    assert ended.code == 1
    first = " ".join(ended.out.split())
    assert first.startswith(
        "INCONSISTENT 49 of 49 relations hold, but states pixel (1, 2), but its geometry is that of"
    )


def test_what_could_not_be_checked_is_listed_apart(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "short.log").write_text("TRACE_C: r_e_meters 3\nTRACE_C: r_e_sqr 9\nTRACE_C: F_latt 1\n")
    ended = nb("check", "short.log")
    assert ended.code == 0
    assert ended.out.startswith("CONSISTENT  1 of 1 relations hold; the log prints no I_pixel_final\n")
    assert "Not checked (13)" in ended.out
    assert "F_latt: not logged: F_latt_a" not in ended.out
    assert "F_latt: not logged: F_latt_a, F_latt_b, F_latt_c" in nb("check", "short.log", "--all").out
    assert nb("check", "short.log", "--md", "short.md").code == 0
    assert "F_latt: not logged: F_latt_a, F_latt_b, F_latt_c" in (tmp_path / "short.md").read_text()


def test_what_holds_is_counted_unless_all_is_asked_for(nb: "Run", supervisor: Path) -> None:
    short, whole = (nb("check", supervisor / "c.log", *more).out for more in ((), ("--all",)))
    assert "|pixel_pos|" not in short
    assert "|pixel_pos|" in whole
    assert len(short.splitlines()) <= 25


def test_nothing_to_check_is_no_verdict(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "one.log").write_text("TRACE_C: r_e_meters 3\n")
    ended = nb("check", "one.log")
    assert (ended.code, ended.out) == (3, "")
    assert "nothing to check" in ended.err
    assert "unreadable" not in ended.err


def test_nothing_to_check_names_a_line_that_could_not_be_read(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "four.log").write_text("TRACE_C: r_e_meters 3\nTRACE_C: hkl_frac 1 2 3 4\n")
    ended = nb("check", "four.log")
    assert (ended.code, ended.out) == (3, "")
    assert "nothing to check" in ended.err
    assert "1 unreadable line four.log:2: " in ended.err


def test_a_log_is_held_against_the_trace_format(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "good.log").write_text("TRACE_FORMAT 1\nTRACE_C: step=0 T_K 1.5 K\n")
    ended = nb("check", "--format", "good.log")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("VALID  1 trace line in version 1 of the trace format\n")


def test_what_is_not_in_the_trace_format_is_shown_with_what_it_should_be(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "bad.log").write_text("TRACE_FORMAT 1\nTRACE_C: T_K = 1.5 K\nTRACE_C: \x1b[31m 1\n")
    ended = nb("check", "--format", "bad.log", "--json", "bad.json", "--md", "bad.md")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("NOT VALID  2 faults; 0 trace lines in version 1 of the trace format\n")
    assert "bad.log:2: " in ended.out
    assert "    is         TRACE_C: T_K = 1.5 K\n    should be  TRACE_C: T_K 1.5 K\n" in ended.out
    assert "\x1b" not in ended.out
    document = json.loads((tmp_path / "bad.json").read_text())
    assert (document["format"], document["valid"], document["verdict"]) == ("nbtrace check --format", False, "differ")
    assert document["lines"]["not_valid"] == 2
    answer = "2 faults; 0 trace lines in version 1 of the trace format"
    assert document["answer"] == answer, "the verdict is a key of its own"
    assert document["faults"][0]["mend"] == ["TRACE_C: T_K 1.5 K"]
    report = (tmp_path / "bad.md").read_text()
    assert f"**DIFFER**: {answer}\n" in report
    assert "should be" in report


@pytest.mark.parametrize("name", ["empty.log", "binary.log", "prose.log", "missing.log"])
def test_what_has_no_trace_cannot_be_held_against_the_format(nb: "Run", logs: Path, name: str) -> None:
    ended = nb("check", "--format", logs / name)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.count("\n") == 1


def test_a_side_has_no_part_in_the_format(nb: "Run", logs: Path) -> None:
    ended = nb("check", "--format", "--side", "c", logs / "c.log")
    assert (ended.code, ended.out) == (2, "")
    assert "--side has no part in --format" in ended.err


def test_the_page_of_the_trace_format_shows_what_is_printed(nb: "Run", tmp_path: Path) -> None:
    page = (ROOT / "docs" / "trace-format.md").read_text(encoding="utf-8")
    old = "TRACE_C:fdet_vector=0 0 1\nTRACE_C_PHI phi_tic=0 phi_deg=0 k_frac=-0.5 F_latt_b=2 F_latt=-4\n"
    (tmp_path / "old.log").write_text(old)
    ended = nb("check", "--format", "old.log")
    assert ended.code == 1
    assert f"$ nbtrace check --format old.log\n{ended.out}```" in page


def test_a_filed_check_of_the_format_is_shown_on_the_page(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "bad.log").write_text("TRACE_FORMAT 1\nTRACE_C: T_K = 1.5 K\n")
    assert nb("check", "--format", "bad.log", "--bundle", "b").code == 1
    assert nb("bundle", "verify", "b").code == 0
    assert nb("report", "b").code == 0
    assert "1 fault" in (tmp_path / "b" / "report.html").read_text(encoding="utf-8")
