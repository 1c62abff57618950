"""Options that stand together: a group is its options, in every command that has it."""

from dataclasses import fields
from typing import Any

import pytest
import typer

from nbtrace.cli.application import app
from nbtrace.cli.groups import Outputs, SimulatorOptions

ROOT: Any = typer.main.get_command(app)
WITH_OUTPUTS = (
    "diff",
    "phi",
    "steps",
    "scaling",
    "explain",
    "check",
    "images",
    "sweep",
    "compare",
    "trust",
    "gradients",
    "reduce",
    "merge",
)


def names(command: str) -> list[str]:
    return [parameter.name for parameter in ROOT.commands[command].params]


@pytest.mark.parametrize("command", WITH_OUTPUTS)
def test_results_have_the_same_outputs(command: str) -> None:
    own = [option.name for option in fields(Outputs)]
    there = names(command)
    start = there.index(own[0])
    assert there[start : start + len(own)] == own


@pytest.mark.parametrize("command", ["harness", "compare"])
def test_the_simulator_is_chosen_in_the_same_words(command: str) -> None:
    own = {option.name for option in fields(SimulatorOptions)}
    helps = {parameter.name: parameter.help for parameter in ROOT.commands[command].params}
    others = {parameter.name: parameter.help for parameter in ROOT.commands["compare"].params}
    assert {name: helps[name] for name in own} == {name: others[name] for name in own}


def test_no_group_is_left_in_a_command() -> None:
    for command in ROOT.commands.values():
        assert not {"outputs", "simulator"} & {parameter.name for parameter in command.params}
