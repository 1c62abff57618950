"""Tables at any width: no number, exponent or status is cut, and no line is wider than the terminal."""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from nbtrace import Trace, check, compare_phi, compare_steps, explain, read_trace, scaling_chain
from nbtrace.compare.images import compare_images
from nbtrace.images.image import Image
from nbtrace.report import terminal
from nbtrace.report.short_form import on_a_screen, short_form
from nbtrace.report.table_layout import folded, laid_out, wrapped
from nbtrace.report.view import Column, Line, Section, Table, View
from nbtrace.report.views.answer_view import answer_view
from nbtrace.report.views.check_view import check_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.report.views.images_view import images_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.report.views.steps_view import steps_view
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary import registry
from tests.places import EXAMPLES, PAIR_FOLDERS

WIDTHS = (40, 60, 80, 100, 120, 160, 200)
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]\d+)?")
PAIRS_OF_LOGS = {folder.name: (folder / "c.log", folder / "py.log", None) for folder in PAIR_FOLDERS} | {
    "heat": (EXAMPLES / "heat/loops.log", EXAMPLES / "heat/arrays_mistake.log", "heat/rod.toml"),
    "population": (
        EXAMPLES / "population/ledger.log",
        EXAMPLES / "population/matrix_mistake.log",
        "population/fishery.toml",
    ),
}


def traces(name: str) -> tuple[Trace, Trace]:
    c, py, vocabulary = PAIRS_OF_LOGS[name]
    words = None if vocabulary is None else registry.load(str(EXAMPLES / vocabulary))
    return read_trace(c, vocabulary=words), read_trace(py, vocabulary=words)


@cache
def views(name: str) -> tuple[View, ...]:
    c, py = traces(name)
    explained = explain(c, py)
    found = [
        diff_view(explained.diff),
        explain_view(explained),
        answer_view(explained),
        check_view(check(c)),
        check_view(check(py)),
    ]
    if c.vocabulary.chain is not None:
        found.append(scaling_view(scaling_chain(c, py)))
    if name == "heat":
        found.append(steps_view(compare_steps(c, py, "step")))
    if {"phi_k_frac"} <= c.by_quantity.keys() & py.by_quantity.keys():
        found.append(phi_view(compare_phi(py, c)))
    return tuple(found)


def tables(view: View) -> Iterator[Table]:
    for section in view.sections:
        if section.table is not None and section.table.lines:
            yield section.table


def hold_whole(table: Table, width: int) -> None:
    """Assert that what stands of a table is whole."""
    laid = laid_out(table, width)
    kept = [table.columns[place] for place in laid.places]
    assert all(place in laid.places for place, column in enumerate(table.columns) if not column.rank)
    left_out = [column.rank for place, column in enumerate(table.columns) if place not in laid.places]
    assert max((column.rank for column in kept), default=0) < min(left_out, default=99)
    for line, cells in zip(table.lines, laid.cells, strict=True):
        for place, column, shown in zip(laid.places, kept, cells, strict=True):
            printed = line.cells[place]
            if column.numeric and any(letter.isdigit() for letter in printed):
                assert len(shown) == 1
                assert shown[0] == printed or (column.rounds and float(shown[0]) == pytest.approx(float(printed), 1e-5))
            assert "".join(shown).replace(" ", "") == printed.replace(" ", "") or column.rounds
            if printed and " " not in printed and place > 0 and len(printed) <= 20:
                assert len(shown) == 1  # a status


def hold_width(view: View, width: int) -> None:
    commands = {command.line for section in view.sections for command in section.commands}
    for line in terminal.render(view, width, closes=True).splitlines():
        assert cell_len(line) <= width or line.strip() in commands, line
        assert line == line.rstrip()


@pytest.mark.parametrize("name", PAIRS_OF_LOGS)
def test_at_every_width_what_stands_is_whole(name: str) -> None:
    found = [table for view in views(name) for table in tables(view)]
    assert len(found) > len(views(name))
    for table in found:
        for width in WIDTHS:
            hold_whole(table, width)


@pytest.mark.parametrize("name", ["supervisor__685_1039", "thick_sensor__44_31", "heat", "population"])
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    for view in views(name):
        for width in WIDTHS:
            hold_width(short_form(view), width)
        hold_width(view, 40)


@pytest.mark.parametrize("name", PAIRS_OF_LOGS)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_answer_is_one_screen(name: str, width: int) -> None:
    view = next(view for view in views(name) if view.title.startswith("Traces compared and explained"))
    shown = terminal.render(on_a_screen(view, width, 25), width, closes=True).splitlines()
    assert sum(max(1, -(-cell_len(line) // width)) for line in shown) <= 25
    assert shown[0].split()[0] == shown[-1].split()[0] == "DIFFER"


def test_images_keep_their_numbers() -> None:
    c = np.random.default_rng(4).random((30, 40)) * 1e7
    py = c * 1.001
    py[3, 4] *= 2
    view = images_view(compare_images(Image(c, "c.npy", "npy"), Image(py, "py.npy", "npy")))
    found = list(tables(view))
    assert found
    for width in WIDTHS:
        hold_width(view, width)
        for table in found:
            hold_whole(table, width)


PROSE = "the mean free path of a photon in the third layer of the sensor, along the fast axis of the detector"


def prose_table(name: str) -> Table:
    columns = (
        Column("quantity"),
        Column(f"{name}, of the reference", numeric=True, rank=2, rounds=True, named=True),
        Column(f"{name}, of the port", numeric=True, rank=2, rounds=True, named=True),
        Column("Δ rel", numeric=True, rank=1),
        Column("tolerance", rank=3),
        Column("status"),
    )
    lines = (
        Line((name, "-1.23456789e-150", "-1.23456788e-150", "-8.100e-09", "1e-06", "INTRODUCED_CANDIDATE"), None),
        Line((f"{name} [step 3, cell 7].x", "0", "12345678.9", "+1.000e+00", "abs 1e-3", "CRITICAL"), Status.CRITICAL),
    )
    return Table(columns, lines)


@pytest.mark.parametrize("name", [PROSE, PROSE.replace(" ", "_"), "漢字" * 20, "x"])
@pytest.mark.parametrize("width", WIDTHS)
def test_prose_names_fold_and_numbers_do_not(name: str, width: int) -> None:
    table = prose_table(name)
    hold_whole(table, width)
    hold_width(View("t", Verdict.DIFFER, "h", (), (), (Section("s", table=table),)), width)


def test_names_fold_before_columns_go_and_columns_go_by_rank() -> None:
    columns = (Column("name"), Column("b", numeric=True, rank=2), Column("c", numeric=True, rank=1), Column("status"))
    table = Table(columns, (Line(("n" * 40, "1.5e+10", "2.5e+10", "PASS"), Status.PASS),))
    assert laid_out(table, 60).places == (0, 1, 2, 3)
    assert len(laid_out(table, 60).cells[0][0]) == 2
    assert laid_out(table, 30).places == (0, 2, 3)
    assert laid_out(table, 12).places == (0, 3)


def test_digits_go_only_where_the_value_would() -> None:
    table = Table(
        (Column("name"), Column("value", numeric=True, rank=1, rounds=True), Column("status")),
        (Line(("name", "2.88139543e-07", "PASS"), Status.PASS),),
    )
    assert laid_out(table, 26).cells[0][1] == ("2.88139543e-07",)
    assert laid_out(table, 22).cells[0][1] == ("2.8814e-07",)
    assert laid_out(table, 18).places == (0, 2)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a b", 3, ["a b"]),
        ("a cause of 1.1e-15 left", 10, ["a cause of", "1.1e-15", "left"]),
        ("F_latt_a/F_latt_b", 9, ["F_latt_a/", "F_latt_b"]),
        ("phi_of_the_step", 8, ["phi_of_", "the_step"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 3, [""]),
    ],
)
def test_words_break_at_blanks_first(text: str, width: int, lines: list[str]) -> None:
    assert folded(text, width) == lines


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="ab c  /_φ漢—,;x0", max_size=90), width=st.integers(4, 60))
def test_a_paragraph_breaks_where_rich_breaks_it(text: str, width: int) -> None:
    lines = Text(text).wrap(Console(width=width), width)
    assert wrapped(text, width) == [line.plain.rstrip() for line in lines]
