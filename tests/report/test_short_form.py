from dataclasses import replace

import pytest

from nbtrace.report import markdown, terminal
from nbtrace.report.short_form import ShortLimits, on_a_screen, short_form
from nbtrace.report.view import Column, Command, Line, Section, SectionKind, Table, View
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Status, Verdict

COLUMNS = (Column("quantity"), Column("status"))


def table(passing: int, failing: int) -> Table:
    lines = [Line((f"good{i}", "PASS"), Status.PASS) for i in range(passing)]
    lines += [Line((f"bad{i}", "CRITICAL"), Status.CRITICAL) for i in range(failing)]
    return Table(COLUMNS, tuple(lines))


def view(*sections: Section, notices: tuple[Notice, ...] = ()) -> View:
    return View("t", Verdict.DIFFER, "the answer", (), notices, sections)


def shown(whole: View) -> str:
    return terminal.render(short_form(whole), 80, closes=True)


@pytest.mark.parametrize(
    ("passing", "failing", "said"),
    [
        (3, 1, "… 3 that agree (--all)"),
        (1, 0, "… 1 that agrees (--all)"),
        (0, 14, "… 4 more (--all)"),
        (99, 14, "… 4 more and 99 that agree (--all)"),
        (0, 11, None),
    ],
)
def test_what_agrees_is_counted_and_what_is_long_is_cut(passing: int, failing: int, said: str | None) -> None:
    text = shown(view(Section("s", table=table(passing, failing))))
    assert "good" not in text
    assert (said in text.splitlines()) if said else "(--all)" not in text
    assert text.count("CRITICAL") == (10 if failing > 11 else failing)
    assert markdown.render(view(Section("s", table=table(passing, failing)))).count("good") == passing


def test_the_verdict_is_first_and_last() -> None:
    long = replace(view(Section("s", table=table(1, 1))), headline="a long answer; " * 20)
    lines = terminal.render(long, 60, closes=True).splitlines()
    assert lines[0].startswith("DIFFER  a long answer")
    assert lines[-1] == "DIFFER  a long answer; a long answer; a long answer …"
    assert len(lines[-1]) <= 60


def test_a_line_that_says_something_stands_although_it_agrees() -> None:
    lines = (Line(("moves", "PASS"), Status.PASS, kept=True), Line(("stays", "PASS"), Status.PASS))
    text = shown(view(Section("s", table=Table(COLUMNS, lines))))
    assert "moves" in text
    assert "stays" not in text


def test_details_are_named_and_one_proof_stands() -> None:
    proofs = [Section(f"proof {i}", items=("because",), kind=SectionKind.PROOF) for i in range(2)]
    text = shown(view(*proofs, Section("details", items=("much",), detail=True)))
    assert text.count("because") == 1
    assert "Left out: proof 1; details (--all)" in text


def test_no_blocking_notice_is_left_out_and_the_rest_is_counted_by_its_weight() -> None:
    notices = [Notice(Subject.PIXEL, Weight.BLOCKING, f"stop {i}") for i in range(8)]
    notices += [Notice(Subject.LOG, Weight.WARNING, "note"), Notice(Subject.LOG, Weight.INFO, "info")]
    text = terminal.render(short_form(view(notices=tuple(notices)), ShortLimits(notices=1)), 80)
    assert text.count("STOP") == 8
    assert "NOTE  … 2 more (--all)" in text


@pytest.mark.parametrize("words", [1, 40, 400])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_screen_holds_any_view(words: int, width: int) -> None:
    notices = tuple(Notice(Subject.LOG, Weight.WARNING, "word " * words) for _ in range(20))
    command = Command("nbtrace " + "name " * words, "why?")
    whole = replace(
        view(
            Section("Roots", table=table(0, 30), kind=SectionKind.ROOTS),
            Section("Next", commands=(command,), kind=SectionKind.NEXT),
            notices=notices,
        ),
        headline="answer " * words,
        facts=("fact " * words,) * 9,
    )
    lines = terminal.render(on_a_screen(whole, width, 25), width, closes=True).splitlines()
    assert sum(max(1, -(-len(line) // width)) for line in lines) <= 25
    assert lines[0].startswith("DIFFER  answer")
    assert lines[-1].startswith("DIFFER  answer")


def test_where_no_item_fits_none_is_counted() -> None:
    section = Section("Peaks", items=tuple(f"peak {n}" for n in range(4)))
    (shown, *_) = short_form(view(section), ShortLimits(items=0)).sections
    assert shown.items == ()
