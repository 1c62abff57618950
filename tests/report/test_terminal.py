import io
import re
from functools import cache
from pathlib import Path

import pytest
from rich.cells import cell_len

from nbtrace import Trace, check, compare_phi, diff, read_trace, scaling_chain
from nbtrace.report import terminal
from nbtrace.report.view import Command, Section, View, clean
from nbtrace.report.views.check_view import check_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.report.views.unified import unified
from nbtrace.verdicts.status import Verdict
from tests.places import PAIR_FOLDERS

ODD = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def views(c: Trace, py: Trace) -> list[View]:
    found = [diff_view(diff(c, py)), scaling_view(scaling_chain(c, py)), check_view(check(c)), check_view(check(py))]
    if "phi_k_frac" in c.by_quantity and "phi_k_frac" in py.by_quantity:
        found.append(phi_view(compare_phi(py, c)))
    return found


@cache
def views_of(folder: Path) -> list[View]:
    return views(*(read_trace(str(folder / name)) for name in ("c.log", "py.log")))


@pytest.mark.slow
@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("width", [80, 100, 160, 200])
def test_no_line_is_wider_than_the_terminal(folder: Path, width: int) -> None:
    for view in views_of(folder):
        for line in terminal.render(view, width).splitlines():
            # A command is one line, so that it can be copied.
            assert cell_len(line) <= width or line.startswith("  nbtrace "), line
            assert line == line.rstrip()


def test_a_command_and_its_question_can_be_copied() -> None:
    """A command is one line, and each line of a question a comment: a shell would run what is none."""
    question, line = "a question of many words " * 8, "nbtrace " + "argument " * 20
    section = Section("Next", commands=(Command(line.strip(), question.strip()),))
    text = terminal.render(View("t", Verdict.AGREE, "fine", (), (), (section,)), 80)
    comments = [shown for shown in text.splitlines() if shown.startswith("  # ")]
    assert len(comments) > 1
    assert " ".join(shown.removeprefix("  # ") for shown in comments) == question.strip()
    assert f"\n{comments[-1]}\n  {line.strip()}\n" in text
    assert max(map(len, comments)) <= 80


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
def test_no_name_is_broken_at_80_columns(folder: Path) -> None:
    """Whoever reads the table must be able to search it."""
    c, py = (read_trace(str(folder / name)) for name in ("c.log", "py.log"))
    text = terminal.render(diff_view(diff(c, py)), 80) + terminal.render(scaling_view(scaling_chain(c, py)), 80)
    for name in (
        "pix0_vector_meters",
        "fluence_photons_per_m2",
        "I_before_scaling",
        "capture_fraction",
        "I_pixel_final",
    ):
        assert re.search(rf"^{name}\b", text, re.MULTILINE), name


def test_hostile_logs_command_no_terminal(hostile_pair: tuple[Trace, Trace]) -> None:
    c, py = hostile_pair
    for view in views(c, py):
        assert not ODD.search(terminal.render(view))
    assert not ODD.search(unified(diff(c, py)))


def test_clean_keeps_one_line() -> None:
    assert clean("a\nb\tc\rd\x00é→λ") == "a b c d\ufffdé→λ"


def test_a_stream_that_is_no_terminal_gets_no_colour(pairs: Path) -> None:
    stream = io.StringIO()
    folder = pairs / "supervisor__685_1039"
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    terminal.print_view(diff_view(result), terminal.console_for(stream))
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().startswith("DIFFER  first divergence")


def test_the_verdict_comes_first_and_notices_before_tables(pairs: Path) -> None:
    folder = pairs / "supervisor__685_1039"
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    text = terminal.render(diff_view(result), 80)
    places = [
        text.index(word) for word in ("DIFFER", "NOTE", "Tolerance:", "Quantities in execution order", "Coverage")
    ]
    assert places == sorted(places)


def test_unified_shows_divergences_with_context(pairs: Path) -> None:
    folder = pairs / "polar_09__35_24"
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    lines = unified(result).splitlines()
    notices = len(result.notices) + 1
    assert all(line.startswith("# ") for line in lines[:notices])
    lines = lines[notices:]
    assert lines[0].startswith("--- ")
    assert lines[1].startswith("+++ ")
    minus = [line.split()[0].removeprefix("-") for line in lines[2:] if line.startswith("-")]
    plus = [line.split()[0].removeprefix("+") for line in lines[2:] if line.startswith("+")]
    diverging = [row.quantity for row in result.rows if row.status.diverges]
    assert minus == plus == diverging
    assert "-rot_a_angstroms 57.8972119517245 -14.8463105131032 -5.24403588523332" in "\n".join(lines)
    context = sum(line.startswith(" ") for line in lines)
    assert 0 < context < len(result.rows) - len(diverging)
    assert unified(diff(result.c, result.c)) == ""
