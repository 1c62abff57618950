import pytest

from nbtrace.report.page.tables import MOST_ROWS, PageCell, PageColumn, PageTable, Tone, leading_number, tone_of
from nbtrace.verdicts.status import Status


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("101.37 %", 101.37),
        ("+1.279e-06", 1.279e-06),
        ("−4", -4.0),
        ("-0.5 Å", -0.5),
        ("3/10", 3.0),
        ("0*", 0.0),
        (".5", 0.5),
        ("2026-11-22T05:11:50Z", None),
        ("3rd", None),
        ("e5", None),
        ("–", None),
        ("", None),
    ],
)
def test_the_number_that_a_cell_begins_with(text: str, number: float | None) -> None:
    assert leading_number(text) == number


def test_every_status_of_a_comparison_has_a_tone() -> None:
    tones = {status: tone_of(status.value) for status in Status}
    assert None not in tones.values()
    assert tones[Status.PASS] is Tone.GOOD
    assert tones[Status.CRITICAL] is Tone.BAD
    assert tone_of("PASS*") is Tone.GOOD
    assert tone_of("passed") is None


def test_a_cell_is_sorted_by_its_value_before_its_text_and_a_status_by_its_tone() -> None:
    assert PageCell("rounded 1.0", value=0.98).sort == "0.98"
    assert PageCell("1e-3").sort == "0.001"
    assert PageCell("text").sort == ""
    assert PageCell("nan", value=float("nan")).sort == ""
    ranks = [float(PageCell(word).sort) for word in ("PASS", "MINOR", "DIVERGENT", "MISSING", "CRITICAL")]
    assert ranks == sorted(set(ranks))


def test_the_status_column_is_the_one_where_every_cell_is_a_status() -> None:
    rows = tuple(
        (PageCell("PASS"), PageCell(name), PageCell(status)) for name, status in (("a", "MINOR"), ("OK", "PASS*"))
    )
    table = PageTable("t", (PageColumn("x"), PageColumn("y"), PageColumn("z")), rows)
    assert table.status_column == 2
    assert table.statuses == (("MINOR", Tone.MINOR, 1), ("PASS", Tone.GOOD, 1))
    assert PageTable("t", (PageColumn("x"),), ((PageCell("a"),),)).statuses == ()
    assert PageTable("t", (PageColumn("x"),), ()).status_column is None


def test_of_too_many_rows_those_that_do_not_agree_are_kept_in_order() -> None:
    bad = {5, 3000, 6999}
    rows = tuple((PageCell(str(number)), PageCell("MINOR" if number in bad else "PASS")) for number in range(7000))
    table = PageTable("t", (PageColumn("n"), PageColumn("status")), rows)
    shown = [int(row[0].text) for row in table.shown]
    assert len(shown) == MOST_ROWS
    assert bad <= set(shown)
    assert shown == sorted(shown)
    assert shown[:10] == list(range(10))
    assert {word: count for word, _, count in table.statuses} == {"MINOR": 3, "PASS": MOST_ROWS - 3}
