import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_a_log_that_agrees_with_itself(nb: "Run", supervisor: Path) -> None:
    ended = nb("check", supervisor / "c.log")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  13 of 13 relations hold\n")
    assert "Pixel: slow 685 fast 1039" in ended.out


def test_an_edited_log_is_named(nb: "Run", logs: Path) -> None:
    text = (logs / "c.log").read_text().replace("TRACE_C: F_latt -2.38", "TRACE_C: F_latt -2.39")
    (logs / "edited.log").write_text(text)
    ended = nb("check", logs / "edited.log")
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  12 of 13 relations hold; broken: F_latt\n")
    document = json.loads(nb("check", logs / "edited.log", "--json", "-").out)
    assert document["verdict"] == "differ"
    assert [item["quantity"] for item in document["relations"] if item["finding"] == "broken"] == ["F_latt"]


def test_unreadable_lines_are_listed_with_their_number(nb: "Run", logs: Path) -> None:
    (logs / "torn.log").write_text((logs / "c.log").read_text() + "TRACE_C: polar\n" * 25)
    ended = nb("check", logs / "torn.log", "--all")
    lines = (logs / "c.log").read_text().count("\n")
    assert f"line {lines + 1}: " in " ".join(ended.out.split())
    assert "and 5 more" in ended.out
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
    assert (tmp_path / "check.md").read_text().startswith("# A log held against itself\n\n**AGREE**")
    assert nb("bundle", "verify", "b").code == 0


def test_a_remark_alone_is_in_the_first_line(nb: "Run", logs: Path) -> None:
    text = (logs / "c.log").read_text().replace("(spixel=685, fpixel=1039)", "(spixel=1, fpixel=2)")
    (logs / "lying.log").write_text(text)
    ended = nb("check", logs / "lying.log")
    assert ended.code == 1
    first = " ".join(ended.out.split())
    assert first.startswith("DIFFER 13 of 13 relations hold, but states pixel (1, 2), but its geometry is that of")


def test_what_could_not_be_checked_is_listed_apart(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "short.log").write_text("TRACE_C: r_e_meters 3\nTRACE_C: r_e_sqr 9\nTRACE_C: F_latt 1\n")
    ended = nb("check", "short.log", "--all")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  1 of 1 relations hold\n")
    assert "F_latt: not logged: F_latt_a, F_latt_b, F_latt_c" in ended.out
