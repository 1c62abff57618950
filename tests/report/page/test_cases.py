from dataclasses import replace
from pathlib import Path

import pytest

from nbtrace.errors import ExitCode
from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteResult
from nbtrace.programs.suite_file import read_suite, tasks
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.page.cases import case_table
from nbtrace.report.page.result_page import result_page
from nbtrace.report.terminal import render
from nbtrace.report.views.suite_view import suite_view
from tests.browser import Tab
from tests.programs.quick_sides import WRONG, quick_run
from tests.report.page.hostile import HOSTILE
from tests.report.page.markup import Markup

SUITE = f"""format_version = 1
name = "quick"
[[case]]
name = "by hand"
flags = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -distance 100 -detpixels 4 -N 3"
[[matrix]]
name = "m"
flags = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -detpixels 4"
[matrix.values]
"-N" = [1, 2, {WRONG}]
"-distance" = [100, 120]
"-round_xtal" = [true, false]
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SuiteResult:
    """Thirteen cases, of which the four with N = 13 differ, and one that could not be compared."""
    folder = tmp_path_factory.mktemp("quick")
    (folder / "quick.toml").write_text(SUITE)
    run = quick_run()
    cases = [run.result(case) for case in tasks(read_suite(folder / "quick.toml"), folder)]
    lacking = CaseResult("lost", "", CaseOutcome.NOT_COMPARABLE, "it crashed", ExitCode.PROGRAM)
    return SuiteResult("quick", "quick.toml", "port", (*cases, lacking), 0)


def test_a_table_of_cases_is_chosen_from_by_parameter_and_by_what_differs(result: SuiteResult) -> None:
    table = case_table(suite_document(result))
    filters = {column.title: values for _, column, values in table.filters}
    differing = filters.pop("differs in")
    assert filters == {"-N": ("1", "2", "13"), "-distance": ("100", "120"), "-round_xtal": ("yes", "no")}
    assert {"scale", "sum ratio", "worst pixels"} <= set(differing)
    assert [(word, count) for word, _, count in table.statuses] == [("differ", 4), ("not comparable", 1), ("agree", 9)]
    assert [len(row) for row in table.rows] == [len(table.columns)] * 14


def test_the_figures_of_the_page_are_those_of_the_report(result: SuiteResult) -> None:
    timed = [
        case if case.metrics is None else replace(case, c_ms=10.0 + at, py_ms=200.0 + at)
        for at, case in enumerate(result.cases)
    ]
    suite = replace(result, cases=tuple(timed))
    page = case_table(suite_document(suite))
    told = next(section.table for section in suite_view(suite).sections if section.title == "Cases")
    assert told is not None
    shared = [column.title for column in told.columns if column.title in {mine.title for mine in page.columns}]
    assert shared == [
        *("case", "correlation", "sum Py/C − 1", "worst rel", "C ms", "Py ms"),
        *("first divergence", "verdict"),
    ]
    shared.remove("first divergence")  # of a case without one the report says how many pixels were traced
    mine, theirs = ([column.title for column in table.columns] for table in (page, told))
    rows = [[row[mine.index(title)].text for title in shared] for row in page.rows]
    assert sorted(rows) == sorted([line.cells[theirs.index(title)] for title in shared] for line in told.lines)
    assert len({tuple(row[1:]) for row in rows}) == 14


def test_a_value_all_of_whose_cases_differ_is_named(result: SuiteResult) -> None:
    told = render(suite_view(result), width=120)
    assert "-N 13: all of its 4 cases differ; no other case does" in told
    assert "-distance 100: all" not in told
    alone = replace(result, cases=tuple(case for case in result.cases if "-N 2" not in case.name))
    more = replace(alone.cases[0], name="more", outcome=CaseOutcome.DIFFER)
    told = render(suite_view(replace(alone, cases=(*alone.cases, more))), width=120)
    assert "-N 13: all of its 4 cases differ; 1 other does, too" in told


def test_the_page_of_a_suite_has_a_choice_for_each_and_no_table_twice(result: SuiteResult) -> None:
    page = Markup(result_page("compare", suite_view(result), suite_document(result)))
    assert page.faults == []
    labels = [tag for tag, _, within in page.elements if tag == "select" and "label" in within]
    assert len(labels) == len(page.of("select")) == 4
    assert page.visible().count("m: -N 2 -distance 120 -round_xtal") == 1
    assert all("src" not in attributes for attributes in page.of("script"))


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_a_hostile_case_is_text(text: str) -> None:
    case = CaseResult(text, text, CaseOutcome.NOT_COMPARABLE, text, ExitCode.PROGRAM, parameters=((text, text),))
    other = CaseResult("b", "", CaseOutcome.NOT_COMPARABLE, text, ExitCode.PROGRAM, parameters=((text, "1"),))
    result = SuiteResult("s", "s.toml", "x", (case, other, case, other, case), 0)
    page = Markup(result_page("compare", suite_view(result), suite_document(result)))
    assert page.faults == []
    assert not page.of("img")


@pytest.mark.slow
def test_the_choices_narrow_the_table(result: SuiteResult, tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "suite.html"
    path.write_text(result_page("compare", suite_view(result), suite_document(result)), encoding="utf-8")
    tab.open(path)
    assert tab.complaints() == []

    def shown(**chosen: str) -> int:
        for title, value in chosen.items():
            tab.run(f"""[...document.querySelectorAll("label")].filter((label) =>
                label.textContent.trim().startsWith("{title.replace("_", " ")}")).forEach((label) => {{
                    const select = label.querySelector("select");
                    select.value = "{value}";
                    select.dispatchEvent(new Event("change"));
                }})""")
        return int(str(tab.run("document.querySelectorAll('.table tbody tr:not([hidden])').length")))

    assert shown() == 14
    assert shown(differs_in="scale") == 4
    assert shown(**{"-distance": "120"}) == 2
    assert shown(differs_in="", **{"-distance": "100"}) == 6
    assert shown(**{"-N": "1"}) == 2
    assert tab.run("document.querySelector('.table .count').textContent") == "2 of 14 rows"
