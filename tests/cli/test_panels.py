"""The help is grouped: every command stands in a panel, and options in panels where there are many."""

from typing import TYPE_CHECKING, Any

import pytest
import typer
from rich.text import Text

from nbtrace.cli.application import app
from nbtrace.cli.panels import COMPARE, EVIDENCE, EXPLAIN, OUTPUT, PIXELS, RUN, TOLERANCE
from tests.cli.test_wrong_calls import commands

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT: Any = typer.main.get_command(app)


PANELS = [COMPARE, EXPLAIN, RUN, EVIDENCE]


def test_every_command_has_a_panel_and_every_panel_its_commands() -> None:
    assert {command.rich_help_panel for command in ROOT.commands.values() if not command.hidden} == set(PANELS)


def test_the_help_lists_panels_in_their_order(nb: "Run") -> None:
    out = nb("--help").out
    places = [out.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    assert "─ Commands ─" not in out


@pytest.mark.parametrize(
    ("command", "panels"),
    [("images", (PIXELS, TOLERANCE, OUTPUT)), ("compare", (PIXELS, TOLERANCE, OUTPUT)), ("diff", (TOLERANCE, OUTPUT))],
)
def test_options_stand_in_panels(nb: "Run", command: str, panels: tuple[str, ...]) -> None:
    out = nb(command, "--help").out
    assert all(f"─ {panel} ─" in out for panel in panels)


def test_no_help_loses_words_in_brackets() -> None:
    """Help is read as markup, in which a word in square brackets is a style."""
    for name, command in commands():
        for text in (command.help, *(getattr(parameter, "help", None) for parameter in command.params)):
            assert Text.from_markup(text or "").plain == (text or ""), name
