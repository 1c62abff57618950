"""Old names of options work as the new ones, with a hint."""

from typing import Any

import pytest
import typer

from nbtrace.cli.application import app
from nbtrace.cli.former_options import FORMER, renamed

ROOT: Any = typer.main.get_command(app)


def test_an_old_name_becomes_the_new_one_with_one_hint(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--pixel", "1", "2", "--out", "a", "--out=b", "--", "-x", "--out", "c"]
    assert renamed("harness", words) == ["--pixel", "1", "2", "--output", "a", "--output=b", "--", "-x", "--out", "c"]
    assert capsys.readouterr().err == "hint: --out is called --output now; the old name still works\n"


def test_other_commands_and_new_names_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert renamed("diff", ["--out", "a"]) == ["--out", "a"]
    assert renamed("harness", ["--output", "a"]) == ["--output", "a"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", FORMER)
def test_every_new_name_is_an_option_and_no_old_one_is(command: str) -> None:
    there = {name for parameter in ROOT.commands[command].params for name in parameter.opts}
    assert set(FORMER[command].values()) <= there
    assert not set(FORMER[command]) & there
